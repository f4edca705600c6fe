// ---- The page that waits for the opening

const ASK = 30000; // ms between two looks, before the opening
const ASK_SOON = 5000; // after it, while something is still missing
const SPREAD = 4000; // all phones of a hall begin within this time

const byId = (id) => document.getElementById(id);
const board = byId("board").dataset;
const texts = JSON.parse(byId("texts").textContent);
const mine = Math.random() * SPREAD;

let ahead = Number(board.now) - performance.now(); // the server's epoch less ours
let opens = Number(board.opens);
let door = board.door;
let allowed = board.may === "yes";
let due = performance.now() + mine / 2; // when the server is asked next
let asking = false;
let started = false;
let tried = false; // an option of the practice question waits for its reply

function serverNow() {
  return performance.now() + ahead;
}

/** Only changes: live regions are read aloud. */
function write(id, text) {
  if (byId(id) && byId(id).textContent !== text) byId(id).textContent = text;
}

function say(name, place, value) {
  return texts[name].replace("{" + place + "}", value);
}

/** A moment in the server's zone, whatever the phone's. */
function wall(ms) {
  const [, sign, hours, minutes] = /^(.)(..)(..)$/.exec(board.zone);
  const zone = (sign + 1) * (hours * 60 + Number(minutes));
  return new Date(ms + zone * 60000).toISOString().slice(11, 19);
}

/** Minutes and seconds; hours only when there are any. */
function span(ms) {
  const text = new Date(Math.ceil(ms / 1000) * 1000).toISOString().slice(11, 19);
  const days = Math.floor(ms / 86400000);
  return days ? days + " 天 " + text : text.replace(/^00:/, "");
}

function check(id, good) {
  if (byId(id)) byId(id).className = good ? "cell yes" : "cell no";
}

/** What stands in the big line; before the opening it counts down. */
function headline(now) {
  if (started) return texts.opening;
  if (now < opens) return say("until", "left", span(opens - now));
  if (door === "undrawn" || door === "paused") return texts[door];
  return allowed ? texts.soon : texts.unseen;
}

function paint() {
  const now = serverNow();
  write("clock", wall(now));
  write("left", headline(now));
  byId("all").hidden = !(allowed && byId("drawn").className === "cell yes" && byId("net").className === "cell yes");
}

/** When to ask again: not at the same moment as everybody else. */
function plan() {
  const now = serverNow();
  const usual = (now < opens ? ASK : ASK_SOON) * (0.8 + 0.4 * Math.random());
  const first = opens + mine - now;
  due = performance.now() + (now < opens ? Math.min(usual, first) : usual);
}

function begin() {
  if (started || document.hidden) return;
  started = true;
  paint();
  byId("start").submit();
}

function take(reply, sent) {
  ahead = reply.server_now - (performance.now() + sent) / 2;
  opens = reply.opens_ms;
  door = reply.door;
  allowed = reply.may;
  document.querySelectorAll("#start [name=ticket]").forEach((node) => {
    node.value = reply.ticket;
  });
  if (reply.exempt || door === "closed") return location.reload();
  if (allowed && reply.seen) {
    write("seen", reply.seen);
    if (byId("digits")) byId("digits").hidden = true;
  }
  check("seen", allowed);
  check("drawn", reply.drawn);
  byId("go").hidden = door !== "open" || !allowed;
  if (reply.drawn) write("drawn", texts.drawn);
  if (door === "open" && allowed) begin();
}

function online(good) {
  const at = wall(serverNow());
  check("net", good);
  write("net", good ? say("online", "at", at) : texts.offline);
  if (tried) write("tried", good ? say("tried", "at", at) : texts.untried);
  tried = false;
}

function ask() {
  if (asking || started) return;
  asking = true;
  const sent = performance.now();
  fetch(board.ask, { cache: "no-store", redirect: "error" })
    .then((reply) => {
      // Too old, or the exam is gone: the page of the server says so.
      if (reply.status === 400 || reply.status === 404) return location.reload();
      return reply.ok ? reply.json() : Promise.reject(new Error(reply.status));
    })
    .then((reply) => {
      if (reply) take(reply, sent);
      online(true);
    })
    .catch(() => online(false))
    .then(() => {
      asking = false;
      plan();
      paint();
    });
}

function onVisible() {
  if (!document.hidden) due = performance.now() + 300 * Math.random();
}

function start() {
  byId("try").addEventListener("change", () => {
    tried = true;
    write("tried", texts.trying);
    ask();
  });
  document.addEventListener("visibilitychange", onVisible);
  window.addEventListener("online", onVisible);
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    started = false;
    onVisible();
  });
  setInterval(() => {
    paint();
    if (performance.now() > due) ask();
  }, 250);
  paint();
}

if (byId("try")) start();
