// The page of a job that is under way: figures every two seconds, then the result.
// Without this file the page loads itself again.

const box = document.querySelector("[data-job]");
const bar = box?.querySelector("progress");
const figures = box?.querySelector("[data-job-figures]");
const message = box?.querySelector("[data-job-message]");
const state = box?.querySelector("#job-state .tag");

async function look() {
  const reply = await fetch(box.dataset.job, { headers: { Accept: "application/json" } });
  const job = reply.ok ? await reply.json() : { active: false };
  if (!job.active) {
    location.reload();
    return;
  }
  state.textContent = job.state;
  state.className = `tag tag-${job.tone}`;
  if (message.textContent !== job.message) message.textContent = job.message;
  if (job.percent !== null) {
    bar.max = 100;
    bar.value = job.percent;
    figures.textContent = `${job.percent} %（${job.n} / ${job.of}）`;
  }
  setTimeout(again, 2000);
}

// The server may be restarting, or the network be gone: try on, more slowly.
function again() {
  look().catch(() => setTimeout(again, 5000));
}

if (box) setTimeout(again, 1000);
