/* The paper: every tap is painted at once, kept in the phone's storage, sent within a
 * second, and called saved only when the server has named it.
 * The files of this folder are one script: they share one scope and are sent as
 * /static/phone.js. WeChat swallows unload events and freezes timers: nothing waits
 * for an unload; times are worked out anew when the page is seen again. */

// ---- The page

const byId = (id) => document.getElementById(id);
const page = byId("texts");
const state = JSON.parse(byId("state").textContent);
const texts = JSON.parse(page.textContent);
const root = document.documentElement;

/** By name: "7"; a part of a case is "12.2". */
const questions = new Map();
document.querySelectorAll("section.question").forEach((node) => {
  questions.set(node.id.slice(1), {
    node,
    inputs: Array.from(node.querySelectorAll("input")),
    note: node.querySelector(".saved"),
    flag: node.querySelector(".flag"),
  });
});

/** A text with its {places} filled in. */
function say(name, values) {
  return texts[name].replace(/\{(\w+)\}/g, (_, place) => values[place]);
}

/** A moment in the server's zone, whatever the phone's. */
function wall(ms, end) {
  const [, sign, hours, minutes] = /^(.)(..)(..)$/.exec(page.dataset.zone);
  const ahead = (sign + 1) * (hours * 60 + Number(minutes));
  return new Date(ms + ahead * 60000).toISOString().slice(11, end || 16);
}
