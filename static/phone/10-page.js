// ---- The page

const byId = (id) => document.getElementById(id);
const page = byId("texts");
const state = JSON.parse(byId("state").textContent);
const texts = JSON.parse(page.textContent);
const root = document.documentElement;
const paper = byId("paper");
const header = document.querySelector(".top");

/** By name: "7"; a part of a case is "12.2". */
const questions = new Map();
paper.querySelectorAll("section.question").forEach((node) => {
  questions.set(node.id.slice(1), {
    node,
    inputs: Array.from(node.querySelectorAll("input")),
    note: node.querySelector(".saved"),
    flag: node.querySelector(".flag"),
    kind: node.closest(".case") ? "case" : node.dataset.kind,
  });
});

/** Names of questions, in the order of the paper. */
function those(test) {
  return Array.from(questions.keys()).filter(test);
}

/** The question something on the page belongs to; undefined outside of all. */
function questionOf(node) {
  const section = node.closest("section.question");
  return section ? section.id.slice(1) : undefined;
}

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

/** Storage may be forbidden, full or damaged: then the value is undefined. */
function trying(act) {
  try {
    return act();
  } catch (_) {
    return undefined;
  }
}

/** Only changes: live regions are read aloud. */
function write(id, text) {
  if (byId(id).textContent !== text) byId(id).textContent = text;
}

// What is read aloud stands in one place that is always there; a region that appears
// together with its text stays silent on some phones.
function speak(text) {
  write("say", text);
  setTimeout(() => byId("say").textContent === text && write("say", ""), 6000);
}

function make(tag, properties, text) {
  const node = Object.assign(document.createElement(tag), properties);
  if (text) node.textContent = text;
  return node;
}

function line(text, look) {
  return text ? make("p", { className: look || "" }, text) : null;
}

function button(look, text, onclick) {
  return make("button", { type: "button", className: look, onclick }, text);
}

/** From [text, what it does]; the first one is green. */
function actions(list) {
  const row = make("div", { className: "actions" });
  list.forEach(([text, act], i) => row.appendChild(button(i ? "button plain" : "button", text, act)));
  return row;
}
