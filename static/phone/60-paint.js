// ---- What the page shows of it

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
  const { note, flag } = questions.get(q);
  note.textContent = noteOf(q);
  note.classList.toggle("bad", box.has(q));
  flag.setAttribute("aria-pressed", String(marks.has(q)));
  flag.textContent = marks.has(q) ? texts.marked : texts.mark;
}

/** 未保存, 已保存 12:03:41, or why it cannot be saved. */
function noteOf(q) {
  const entry = known.get(q);
  if (isRefused(q)) {
    const n = longest(box.get(q).value);
    return n > MOST ? say("too_long", { n, most: MOST }) : texts.refused;
  }
  if (box.has(q)) return texts.unsaved;
  if (!entry) return "";
  return entry.at ? say("saved_at", { time: wall(entry.at, 19) }) : texts.saved;
}

/** The line in the bar; its long form is safety(). */
function paintBar() {
  const n = box.size;
  const away = fails > 0 && !busy;
  let text = n ? say(away ? "offline_loose" : "some_unsaved", { n }) : texts.all_saved;
  if (n && away && storable) text = texts.offline_kept;
  write("count", those(isAnswered).length + "/" + questions.size);
  write("status", text);
  byId("status").classList.toggle("bad", n > 0);
  banner(flashed || (paused ? texts.paused : trouble()) + (storable ? "" : " " + texts.banner_storage));
}

/** One lost request is no news; while handing in the panel tells. */
function trouble() {
  const news = fails > 1 || (fails && navigator.onLine === false);
  if (phase !== WRITING || !news) return "";
  if (busy) return texts.banner_busy;
  return foreign ? texts.banner_foreign : texts.banner_offline;
}

/** In words, whether all is safe. */
function safety() {
  const [n, bad] = [waiting().length, those(isRefused).length];
  const words = bad ? [say("safe_not", { n: bad })] : [];
  if (n) words.push(say(storable ? "safe_here" : "safe_nowhere", { n }));
  return words.join("") || texts.all_safe;
}

let flashed = "";

function banner(text) {
  if (byId("banner").textContent === text) return;
  write("banner", text);
  byId("banner").hidden = !text;
  measure();
  speak(text);
}

function flash(text) {
  flashed = text;
  paintBar();
  setTimeout(() => {
    if (flashed === text) flashed = "";
    paintBar();
  }, 10000);
}

function onAnswer(event) {
  const q = questionOf(event.target);
  if (!q || phase !== WRITING) return;
  put(q, readValue(questions.get(q)));
  if (q !== here) settleAt(q);
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

function onFlag(q) {
  if (!marks.delete(q)) marks.add(q);
  keep((all) => {
    all.marks = Array.from(marks);
  });
  paintNote(q);
}
