// ---- The start

/** Taps made before this script had come. */
function adoptEarlyTaps() {
  questions.forEach((question, q) => {
    const value = readValue(question);
    if (value.length && !current(q)) put(q, value);
  });
}

/** Our own errors only: WeChat runs scripts of its own in the page. */
function onBroken(source) {
  if (!/phone\.js/.test(source)) return;
  broken = true;
  banner(texts.banner_broken + " ");
  byId("banner").className = "broken";
  byId("banner").appendChild(make("a", { href: state.url + "/q/1" }, texts.plain_page));
}

function onHidden() {
  if (box.size && phase === WRITING) step(); // Before the phone freezes the page.
}

function listen() {
  const on = (target, name, act) => target.addEventListener(name, act);
  const paper = byId("paper");
  on(paper, "change", (event) => event.target.type === "text" || onAnswer(event));
  ["input", "compositionstart", "compositionend"].forEach((name) => on(paper, name, onTyped));
  on(paper, "click", onFlag);
  on(paper, "submit", (event) => event.preventDefault()); // Enter in a text field.
  on(byId("type"), "click", nextType);
  on(byId("sheet"), "click", showSheet);
  document.querySelectorAll("[data-hand-in]").forEach((node) => on(node, "click", () => showHandIn("")));
  on(document, "visibilitychange", () => (document.hidden ? onHidden() : resync(300)));
  on(window, "pagehide", onHidden);
  on(window, "pageshow", (event) => event.persisted && resync(300));
  on(window, "online", () => {
    notBefore = 0;
    resync(2000);
  });
  on(window, "offline", paintBar);
  on(window, "popstate", onBack);
}

function start() {
  window.addEventListener("error", (event) => onBroken(event.filename));
  window.addEventListener("unhandledrejection", (event) => onBroken(event.reason && event.reason.stack));
  // The page came as the answer to a POST; from now on a reload fetches it.
  history.replaceState(null, "", state.url);
  openBox();
  those((q) => state.answers[q]).forEach((q) => learn(q, state.answers[q].seq, state.answers[q].value, 0));
  adoptEarlyTaps();
  merge({});
  const { navigationStart: began, requestStart, responseStart } = performance.timing;
  heed(state.deadline_ms, state.remaining_ms, state.server_now_ms, requestStart - began, responseStart - began);
  setType(trying(() => SIZES[localStorage["lawgauge-type"]] && Number(localStorage["lawgauge-type"])) || 0);
  document.querySelectorAll("[data-ready]").forEach((node) => {
    node.hidden = node.disabled = false;
  });
  listen();
  root.classList.add("ready");
  paintBar();
  tick();
  setInterval(tick, 500);
  wake(box.size ? 0 : BEAT);
}

start();
