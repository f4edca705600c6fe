// ---- Panels
// In the place of the paper: nothing behind can be tapped, tabbed to or read out.

let panel = ""; // the name of the open one
let close = null; // what the escape key does
let scrolled = 0;
let cameFrom = null;

function showPanel(name, title, parts, onEscape) {
  const node = byId("panel");
  if (!panel) {
    scrolled = pageYOffset;
    cameFrom = document.activeElement;
  }
  panel = name;
  close = onEscape || null;
  node.textContent = "";
  const heading = make("h1", { id: "panel-title", tabIndex: -1 }, title);
  [heading].concat(parts.filter(Boolean)).forEach((part) => node.appendChild(part));
  document.body.classList.add("paneled");
  node.hidden = false;
  window.scrollTo(0, 0);
  heading.focus({ preventScroll: true });
}

function hidePanel() {
  if (!panel) return;
  panel = "";
  byId("panel").hidden = true;
  document.body.classList.remove("paneled");
  measure();
  window.scrollTo(0, scrolled);
  cameFrom.focus({ preventScroll: true });
}

/** Something has happened to the sheet: what, what to do, whom to ask. */
function ask(name, problem, list) {
  const parts = [line(texts[name + "_text"]), line(problem, "alert"), line(texts.contact), actions(list)];
  showPanel(name, texts[name], parts);
}

function wordsOf(q) {
  const words = [isAnswered(q) ? texts.answered : texts.blank];
  if (marks.has(q)) words.push(texts.marked);
  if (box.has(q)) words.push(texts.unsaved);
  return words.join("，");
}

function numbers(list) {
  const grid = make("div", { className: "numbers" });
  list.forEach((q) => {
    const look = ["number", isAnswered(q) && "full", marks.has(q) && "marked", box.has(q) && "loose"];
    const one = button(look.filter(Boolean).join(" "), q, () => jump(q));
    one.setAttribute("aria-label", say("number", { n: q, state: wordsOf(q) }));
    if (q === here) one.setAttribute("aria-current", "true");
    grid.appendChild(one);
  });
  return grid;
}

function listed(title, list) {
  return list.length ? [make("h2", {}, title), numbers(list)] : [];
}

function showSheet() {
  const kinds = [];
  those((q) => kinds.includes(questions.get(q).kind) || kinds.push(questions.get(q).kind));
  const groups = kinds.map((kind) => {
    const list = those((q) => questions.get(q).kind === kind);
    const n = list.filter(isAnswered).length;
    return listed(say("kind_count", { kind: texts["kind_" + kind], n, count: list.length }), list);
  });
  showPanel("sheet", texts.sheet, [
    line(safety()),
    byId("key").content.cloneNode(true),
    ...[].concat(...groups),
    actions([[texts.close, hidePanel]]),
  ], hidePanel);
}

function showHandIn(problem) {
  const blank = those((q) => !isAnswered(q));
  const ways = [[texts.confirm, () => finish(HANDING)], [texts.go_on, hidePanel]];
  showPanel("hand-in", texts.hand_in, [
    line(problem, "alert"),
    problem && line(texts.contact),
    line(say("hand_in_count", { n: questions.size - blank.length, count: questions.size })),
    ...listed(texts.hand_in_refused, those(isRefused)),
    ...listed(texts.hand_in_blanks, blank),
    ...listed(texts.hand_in_marks, those((q) => marks.has(q))),
    waiting().length ? line(say("hand_in_unsaved", { n: waiting().length }), "alert") : line(safety(), those(isRefused).length ? "alert" : ""),
    line(texts.hand_in_final),
    actions(blank.length ? ways.reverse() : ways),
  ], hidePanel);
}

function showSending() {
  const name = phase === HANDING ? "handing" : "time_up";
  let text = texts[name + "_sending"];
  if (fails) text = isLate() ? texts.time_up_late : say(name + "_again", { n: fails });
  const back = phase === HANDING && fails && !isLate();
  const parts = [line(text, fails ? "alert" : ""), fails ? line(texts.contact) : null];
  showPanel("sending", texts[name], parts.concat(back && actions([[texts.go_on, goOn]])));
  speak(text);
}

/** Had the hand-in arrived, the next save says so. */
function goOn() {
  overtake(WRITING);
  hidePanel();
  wake(0);
}

let claimAnswered = false;

function offerClaim(asked) {
  if (!asked && panel === "claim") hidePanel();
  if (asked && !claimAnswered && panel !== "claim") showClaim("");
  claimAnswered = asked && claimAnswered;
}

function showClaim(problem) {
  ask("claim", problem, [[texts.claim_no, keepSheet], [texts.claim_yes, release]]);
}

function keepSheet() {
  claimAnswered = true;
  hidePanel();
  overtake(WRITING);
  request("POST", "/release", { holder: state.holder, agree: false }, () => true);
}

/** What this phone still holds goes first. */
function release() {
  const batch = toSend();
  const go = () => request("POST", "/release", { holder: state.holder, agree: true }, onReleased);
  overtake(WRITING);
  if (!batch.length) go();
  else request("PUT", "/answers", parcel(batch), (...reply) => onSaved(...reply) && (go(), true));
}

function onReleased() {
  ended("moved");
  return true;
}
