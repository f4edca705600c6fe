// ---- Panels
// In the place of the paper: nothing behind can be tapped, tabbed to or read out.

let panel = ""; // the name of the open one
let scrolled = 0;
let cameFrom = null;

function showPanel(name, title, parts) {
  const node = byId("panel");
  if (!panel) {
    scrolled = pageYOffset;
    cameFrom = document.activeElement;
  }
  panel = name;
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
  window.scrollTo(0, scrolled);
  cameFrom.focus({ preventScroll: true });
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

function ask(name, problem, list) {
  showPanel(name, texts[name], [line(texts[name + "_text"]), line(problem, "alert"), actions(list)]);
}

function numbers(list) {
  const grid = make("div", { className: "numbers" });
  list.forEach((q) => {
    const look = "number" + (isAnswered(q) ? " full" : "") + (marks.has(q) ? " marked" : "");
    const words = [isAnswered(q) ? texts.answered : texts.blank];
    if (marks.has(q)) words.push(texts.marked);
    if (box.has(q)) words.push(texts.unsaved);
    const one = button(look, q, () => jump(q));
    one.setAttribute("aria-label", say("number", { n: q, state: words.join("，") }));
    grid.appendChild(one);
  });
  return grid;
}

function showSheet() {
  const key = byId("key").content.cloneNode(true);
  showPanel("sheet", texts.sheet, [key, numbers(those(Boolean)), actions([[texts.close, hidePanel]])]);
}

function showHandIn(problem) {
  const blank = those((q) => !isAnswered(q));
  const listed = (name, list) => (list.length ? [make("h2", {}, texts[name]), numbers(list)] : []);
  const ways = [[texts.confirm, () => finish(HANDING)], [texts.go_on, hidePanel]];
  showPanel("hand-in", texts.hand_in, [
    line(problem, "alert"),
    line(say("hand_in_count", { n: questions.size - blank.length, count: questions.size })),
    ...listed("hand_in_blanks", blank),
    ...listed("hand_in_marks", those((q) => marks.has(q))),
    line(box.size ? say("hand_in_unsaved", { n: box.size }) : "", "alert"),
    line(texts.hand_in_final),
    actions(blank.length ? ways.reverse() : ways),
  ]);
}

function isLate() {
  return left() < -state.grace_ms;
}

function showSending() {
  const name = phase === HANDING ? "handing" : "time_up";
  let text = texts[name + "_sending"];
  if (fails) text = isLate() ? texts.time_up_late : say(name + "_again", { n: fails });
  const back = phase === HANDING && fails && !isLate();
  showPanel("sending", texts[name], [line(text, fails ? "alert" : ""), back && actions([[texts.go_on, goOn]])]);
  write("say", text);
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

// The back key asks once. Engines skip history entries that were added without a tap.
let guarded = false;

function guard() {
  if (guarded) return;
  guarded = true;
  history.pushState(null, "", state.url);
}

function stay() {
  guard();
  hidePanel();
}

function onBack() {
  guarded = false;
  if (phase !== WRITING || panel === "leave") return;
  if (panel) {
    stay();
    return;
  }
  const unsaved = box.size ? say("some_unsaved", { n: box.size }) : "";
  ask("leave", unsaved, [[texts.leave_no, stay], [texts.leave_yes, () => location.assign(page.dataset.entry)]]);
}
