// <div data-live="15">: fetched anew every so many seconds and put in its place. What is
// typed stands outside of it. A page that has no such place any more is done, and loaded
// once more as a whole. Without this file there is a link or a <noscript> that reloads it.

const live = document.querySelector("[data-live]");
const wait = Number(live.dataset.live) * 1000;

async function renew() {
  // Nothing moves under a finger or a keyboard, and nobody looks at a hidden page.
  if (document.hidden || live.contains(document.activeElement)) return;
  try {
    const reply = await fetch(location.href, { cache: "no-store", redirect: "error" });
    if (!reply.ok) throw new Error(reply.status);
    const page = new DOMParser().parseFromString(await reply.text(), "text/html");
    const fresh = page.querySelector("[data-live]");
    if (!fresh) return location.reload();
    live.replaceChildren(...fresh.childNodes);
    live.classList.remove("stale");
  } catch {
    live.classList.add("stale"); // its clock says how old it is
  }
}

setInterval(renew, wait);
document.addEventListener("visibilitychange", renew);
