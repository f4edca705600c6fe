// ---- A page that waits for somebody's word: it loads itself again once it has come

const every = 1000 * Number(document.querySelector("[data-again]").dataset.again);

/** What a reply is worth: a redirection or a refusal is the word, a failure is not. */
function waits(reply) {
  if (reply.status >= 500 || reply.status === 429) return true;
  return reply.ok && reply.text().then((text) => text.includes("data-again"));
}

function look() {
  if (document.hidden) return;
  // Not followed: to look at a paper is to take it over.
  fetch(location.href, { cache: "no-store", redirect: "manual" })
    .then(waits)
    .then((still) => still || location.reload())
    .catch(() => undefined); // The next look may have a line.
}

setInterval(look, every);
document.addEventListener("visibilitychange", look);
