// ---- A page that waits for somebody's word: it loads itself again once it has come

const EVERY = 10000; // ms

function look() {
  if (document.hidden) return;
  fetch(location.href, { cache: "no-store" })
    .then((reply) => (reply.ok ? reply.text() : "data-again"))
    .then((text) => text.includes("data-again") || location.reload())
    .catch(() => undefined); // The next look may have a line.
}

setInterval(look, EVERY);
document.addEventListener("visibilitychange", look);
