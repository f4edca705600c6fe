// ---- The view

function readValue(question) {
  const filled = question.inputs.filter((input) => input.type === "text" || input.checked);
  const value = filled.map((input) => input.value);
  return value.some(Boolean) ? value : [];
}

function paint(q) {
  const value = current(q) ? current(q).value : [];
  questions.get(q).inputs.forEach((input, i) => {
    if (input.type !== "text") input.checked = value.includes(input.value);
    else if (input.value !== (value[i] || "") && !input.dataset.composing) input.value = value[i] || "";
  });
  paintNote(q);
}

function paintNote(q) {
  const { inputs, note, flag } = questions.get(q);
  const entry = known.get(q);
  let text = entry ? texts.saved : "";
  if (isRefused(q)) text = texts.refused;
  else if (box.has(q)) text = texts.unsaved;
  else if (entry && entry.at) text = say("saved_at", { time: wall(entry.at, 19) });
  if (inputs.some((input) => input.value.length === input.maxLength)) text += " · " + texts.limit;
  note.textContent = text;
  note.classList.toggle("bad", box.has(q));
  flag.setAttribute("aria-pressed", String(marks.has(q)));
  flag.textContent = marks.has(q) ? texts.marked : texts.mark;
}

function paintBar() {
  const n = box.size;
  const away = fails > 0 && !busy;
  let text = n ? say(away ? "offline_loose" : "some_unsaved", { n }) : texts.all_saved;
  if (n && away && storable) text = texts.offline_kept;
  write("count", those(isAnswered).length + "/" + questions.size);
  write("status", text);
  byId("status").classList.toggle("bad", n > 0);
  // One lost request is no news.
  const news = fails > 1 || (fails && navigator.onLine === false);
  const trouble = news ? texts[busy ? "banner_busy" : "banner_offline"] : "";
  if (!broken) banner(flashed || trouble + (storable ? "" : " " + texts.banner_storage));
}

let broken = false;
let flashed = "";

function banner(text) {
  write("banner", text);
  byId("banner").hidden = !text;
}

function flash(text) {
  flashed = text;
  setTimeout(() => {
    flashed = "";
    paintBar();
  }, 10000);
}

/** Only changes: live regions are read aloud. */
function write(id, text) {
  if (byId(id).textContent !== text) byId(id).textContent = text;
}

function paintClock(rest) {
  const seconds = Math.max(0, Math.ceil(rest / 1000));
  write("left", new Date(seconds * 1000).toISOString().slice(seconds < 3600 ? 14 : 12, 19));
  root.classList.toggle("hurry", rest <= 5 * 60000);
}

function onAnswer(event) {
  const node = event.target.closest("section.question");
  if (!node || phase !== WRITING) return;
  const q = node.id.slice(1);
  put(q, readValue(questions.get(q)));
  paintNote(q);
  paintBar();
  guard();
  wake(fails ? 2000 : GATHER);
}

/** Pinyin is typed as letters first: wait for the characters. */
function onTyped(event) {
  const { target, type } = event;
  if (target.type !== "text") return;
  if (type === "compositionstart") target.dataset.composing = "1";
  if (type === "compositionend") delete target.dataset.composing;
  if (!target.dataset.composing) onAnswer(event);
}

function onFlag(event) {
  if (!event.target.closest(".flag")) return;
  const q = event.target.closest("section.question").id.slice(1);
  if (!marks.delete(q)) marks.add(q);
  keep((all) => {
    all.marks = Array.from(marks);
  });
  paintNote(q);
}

function top(node) {
  return node.getBoundingClientRect().top;
}

function jump(q) {
  const { node } = questions.get(q);
  hidePanel();
  node.tabIndex = -1;
  node.focus({ preventScroll: true });
  // Older iOS knows no scroll-padding.
  window.scrollBy(0, top(node) - document.querySelector(".top").offsetHeight);
}

const SIZES = ["", " 1.3", " 1.6", " 2.0"];

/** The question being read stays where it is. */
function setType(size) {
  const reading = those((q) => top(questions.get(q).node) > 0)[0];
  const node = reading ? questions.get(reading).node : root;
  const before = top(node);
  root.dataset.type = size;
  byId("type").textContent = texts.type + SIZES[size];
  window.scrollBy(0, top(node) - before);
}

function nextType() {
  const size = (Number(root.dataset.type) + 1) % SIZES.length;
  setType(size);
  trying(() => localStorage.setItem("lawgauge-type", size));
}
