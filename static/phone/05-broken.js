/* The paper: every tap is painted at once, kept in the phone's storage, sent within a
 * second, and called saved only when the server has named it.
 * The files of this folder are one script: they share one scope and are sent as
 * /static/phone.js. WeChat swallows unload events and freezes timers: nothing waits
 * for an unload; times are worked out anew when the page is seen again. */

// ---- If this script fails
// First, and leaning on nothing below: the plain page is offered, and the server is
// told where, but nothing a person has typed.

const REPORTS = 3; // of one page
let reports = 0;

/** Our own errors only: WeChat runs scripts of its own in the page. */
function onBroken(error, filename, row, column) {
  const stack = String(error && error.stack);
  const [ours, stackRow, stackColumn] = /phone\.js\S*?:(\d+):(\d+)/.exec(stack) || [];
  const here = /phone\.js/.test(filename);
  if (!ours && !here) return;
  const notice = document.getElementById("broken");
  notice.hidden = false;
  reports += 1;
  if (reports > REPORTS) return;
  const [atRow, atColumn] = here ? [row, column] : [stackRow, stackColumn];
  fetch(notice.dataset.report, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ name: String(error && error.name), row: Number(atRow), column: Number(atColumn) }),
  }).catch(() => {});
}

window.addEventListener("error", (event) => onBroken(event.error, event.filename, event.lineno, event.colno));
window.addEventListener("unhandledrejection", (event) => onBroken(event.reason, "", 0, 0));
