// ---- The start

/** Taps made before this script had come. */
function adoptEarlyTaps() {
  questions.forEach((question, q) => {
    const value = readValue(question);
    if (value.length && !current(q)) put(q, value);
  });
}

function onTap(event) {
  const node = event.target.closest("button");
  if (!node) return;
  if (node.className === "flag") onFlag(questionOf(node));
  else if (node.closest(".case")) onCase(node);
}

function on(target, name, act) {
  target.addEventListener(name, act);
}

function listen() {
  on(paper, "change", (event) => event.target.type === "text" || onAnswer(event));
  ["input", "compositionstart", "compositionend"].forEach((name) => on(paper, name, onTyped));
  on(paper, "click", onTap);
  on(paper, "focusout", measure);
  on(paper, "submit", (event) => event.preventDefault()); // Enter in a text field.
  on(byId("look"), "click", showLook);
  on(byId("sheet"), "click", showSheet);
  on(byId("previous"), "click", () => go(-1));
  on(byId("next"), "click", () => go(1));
  document.querySelectorAll("[data-hand-in]").forEach((node) => on(node, "click", () => showHandIn("")));
  on(document, "keydown", onKey);
  on(window, "resize", measure);
  on(document, "visibilitychange", () => (document.hidden ? onHidden() : onVisible()));
  on(window, "pagehide", onHidden);
  on(window, "pageshow", (event) => event.persisted && onVisible());
  on(window, "online", () => {
    notBefore = 0;
    resync(2000);
  });
  on(window, "offline", paintBar);
  on(window, "popstate", onBack);
}

function onVisible() {
  resync(300);
  onSeen();
}

/** Where one was; a page that was only loaded again stands there already. */
function takePlace() {
  const kept = stored().here;
  settleAt(questions.has(kept) ? kept : those(Boolean)[0]);
  if (here !== those(Boolean)[0] && pageYOffset === 0) bring(here);
}

/** When the page was asked for and when it came, by the monotonic clock. */
function journey() {
  const { navigationStart: began, requestStart, responseStart } = performance.timing || {};
  return requestStart >= began ? [requestStart - began, responseStart - began] : [0, performance.now()];
}

function start() {
  // The page came as the answer to a POST; from now on a reload fetches it.
  history.replaceState(null, "", state.url);
  openBox();
  those((q) => state.answers[q]).forEach((q) => learn(q, state.answers[q].seq, state.answers[q].value, 0));
  adoptEarlyTaps();
  merge({});
  heed(state.deadline_ms, state.remaining_ms, state.server_now_ms, state.paused, ...journey());
  document.querySelectorAll("[data-ready]").forEach((node) => {
    node.hidden = node.disabled = false;
  });
  listen();
  root.classList.add("ready");
  paintBar();
  measure();
  takePlace();
  cameBack();
  tick();
  setInterval(tick, 500);
  wake(box.size || absences.size ? 0 : BEAT);
}

start();
