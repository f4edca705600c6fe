/* The clock of the big screen goes by the server's time, carried on by the monotonic
 * clock; every five seconds it is asked whether anything else has changed. */
(() => {
  "use strict";

  const ASK = 5000; // ms
  let etag = "";
  let ahead = 0; // the server's epoch less performance.now(), ms
  let asking = false;
  let notBefore = 0; // performance.now(): a code that is due is not asked for earlier

  const board = () => document.getElementById("board");

  function readClock() {
    ahead = Number(board().dataset.now) - performance.now();
  }

  function tick() {
    const [, sign, hours, minutes] = /^(.)(..)(..)$/.exec(board().dataset.zone);
    const zone = (sign + 1) * (hours * 60 + Number(minutes)) * 60000;
    const now = performance.now() + ahead;
    const shown = new Date(now + zone).toISOString().slice(11, 19);
    const clock = document.getElementById("clock");
    if (clock.textContent !== shown) clock.textContent = shown;
    // The next code is there: fetch it at once.
    const until = Number(board().dataset.until);
    if (until && now > until + 200 && performance.now() > notBefore && !asking) ask();
  }

  function ask() {
    asking = true;
    const sent = performance.now();
    fetch(location.href, { headers: { "If-None-Match": etag }, cache: "no-store", redirect: "error" })
      .then((reply) => {
        if (reply.status === 304) return "";
        if (!reply.ok) throw new Error(String(reply.status));
        etag = reply.headers.get("ETag") || "";
        return reply.text();
      })
      .then((text) => {
        if (text) {
          const page = new DOMParser().parseFromString(text, "text/html");
          board().parentNode.replaceChild(document.adoptNode(page.getElementById("board")), board());
          readClock();
          ahead += (performance.now() - sent) / 2;
        }
        document.getElementById("stale").hidden = true;
      })
      .catch(() => {
        document.getElementById("stale").hidden = false;
        notBefore = performance.now() + ASK;
      })
      .then(() => {
        asking = false;
        tick();
      });
  }

  readClock();
  tick();
  setInterval(tick, 250);
  setInterval(() => asking || ask(), ASK);
})();
