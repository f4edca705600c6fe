// ---- Reading
// One question a screen or all of them; type, colours; keys; the material of a case.

const LOOKS = { type: ["0", "1", "2", "3"], theme: ["auto", "light", "dark"], view: ["all", "one"] };
let here = ""; // the question one is at

function look(name) {
  return LOOKS[name].includes(root.dataset[name]) ? root.dataset[name] : LOOKS[name][0];
}

function onePerScreen() {
  return look("view") === "one";
}

/** Remembered in a cookie: the server writes it into every page of the phone. */
function setLook(name, value) {
  root.dataset[name] = value;
  const all = ["type", "theme", "view"].map(look).join("-");
  document.cookie = "lawgauge_look=" + all + "; path=/; max-age=31536000; samesite=lax";
  measure();
}

function top(node) {
  return node.getBoundingClientRect().top;
}

/** The question being read: what stands a third down the screen. */
function reading() {
  const edge = innerHeight / 3;
  const seen = those((q) => questions.get(q).node.getBoundingClientRect().bottom > edge);
  return onePerScreen() || !seen.length ? here : seen[0];
}

function showLook() {
  const before = ["type", "theme", "view"].map(look).join();
  const q = reading();
  const back = () => {
    hidePanel();
    if (before !== ["type", "theme", "view"].map(look).join()) bring(q);
  };
  const choices = byId("choices").content.cloneNode(true);
  choices.querySelectorAll("input").forEach((input) => {
    input.checked = look(input.name) === input.value;
    input.onchange = () => setLook(input.name, input.value);
  });
  showPanel("look", texts.look, [choices, actions([[texts.close, back]])], back);
}

/** Be at a question: it is remembered, and alone on the screen where that is wished. */
function settleAt(q) {
  const all = those(Boolean);
  const i = all.indexOf(q);
  here = q;
  questions.forEach(({ node }, name) => node.classList.toggle("here", name === q));
  paper.querySelectorAll(".case").forEach((node) => node.classList.toggle("here", Boolean(node.querySelector(".here"))));
  root.classList.toggle("begun", i > 0);
  root.classList.toggle("last", i === all.length - 1);
  byId("previous").disabled = i === 0;
  write("place", say("place", { n: i + 1, count: all.length }));
  keep((kept) => {
    kept.here = q;
  });
}

/** Show a question under the bar, and under the material of its case. */
function bring(q) {
  settleAt(q);
  const { node } = questions.get(q);
  const around = node.closest(".case");
  const first = around && around.querySelector("section.question") === node;
  const held = around && !first ? around.querySelector(root.classList.contains("cramped") ? ".recall" : ".material") : null;
  // Older iOS knows no scroll-padding.
  window.scrollBy(0, top(first ? around : node) - header.offsetHeight - (held ? held.offsetHeight : 0));
}

function jump(q) {
  hidePanel();
  bring(q);
  const heading = questions.get(q).node.querySelector("h2");
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
}

function go(steps) {
  const all = those(Boolean);
  const q = all[all.indexOf(here) + steps];
  if (q) jump(q);
}

/** Letters choose in the question one is in; the arrows turn the page. */
function onKey(event) {
  const { target, key } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || target.type === "text") return;
  if (panel) {
    if (key === "Escape" && close) close();
    return;
  }
  const q = questionOf(target);
  const input = q && /^[a-h]$/i.test(key) && questions.get(q).inputs[key.toLowerCase().charCodeAt(0) - 97];
  if (input && input.type !== "text") input.click();
  if (onePerScreen() && target.tagName !== "INPUT") {
    if (key === "ArrowLeft") go(-1);
    if (key === "ArrowRight") go(1);
  }
}

/** How much the bars take, so that nothing focused hides under them. The material of a
 * case stays in sight if there is room; if not, a narrow bar that brings it back. */
function measure() {
  const typing = document.activeElement && document.activeElement.type === "text";
  if (panel || typing) return; // a keyboard halves the screen
  const [above, beneath] = [header, document.querySelector(".bar")].map((node) => Math.floor(node.getBoundingClientRect().height));
  const room = innerHeight - above - beneath;
  root.classList.toggle("cramped", room < 15 * parseFloat(getComputedStyle(document.body).lineHeight));
  root.style.setProperty("--top", above + "px");
  root.style.setProperty("--beneath", beneath + "px");
  root.style.setProperty("--room", Math.round(room * 0.4) + "px");
}

function onCase(node) {
  const around = node.closest(".case");
  const material = around.querySelector(".material");
  if (node.className === "recall") {
    const text = around.querySelector(".stem").cloneNode(true);
    showPanel("material", material.querySelector("h2").textContent, [text, actions([[texts.close, hidePanel]])], hidePanel);
  } else {
    const folded = material.classList.toggle("folded");
    node.setAttribute("aria-expanded", String(!folded));
    node.textContent = folded ? texts.unfold : texts.fold;
  }
}
