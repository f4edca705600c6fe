// ---- The outbox

const KEY = "lawgauge:" + state.token;
const KEPT = 7 * 24 * 3600 * 1000; // ms a forgotten outbox is kept
const MOST = Number(page.dataset.most); // characters of one blank
const known = new Map(); // q → {seq, value, at}: what the server holds
const box = new Map(); // q → {seq, value, at_ms}: not acknowledged
const refused = new Map(); // q → seq of an entry the server cannot read
const marks = new Set();
const absences = new Map(); // number → ms: not acknowledged
let storable = true;

/** What the phone keeps of this sitting; nothing of any other. */
function stored() {
  const read = trying(() => JSON.parse(localStorage.getItem(KEY)));
  const whole = read && read.box && read.marks && read.away;
  return whole ? read : { box: {}, marks: [], away: {} };
}

/** Read, change, write: another tab may have written. */
function keep(change) {
  const all = stored();
  change(all);
  all.at = Date.now();
  const text = JSON.stringify(all);
  trying(() => localStorage.setItem(KEY, text));
  storable = trying(() => localStorage.getItem(KEY)) === text;
}

function seqOf(map, q) {
  return map.has(q) ? map.get(q).seq : 0;
}

function put(q, value) {
  const seq = Math.max(seqOf(known, q), seqOf(box, q)) + 1;
  const entry = { seq, value, at_ms: Math.round(performance.now()) };
  box.set(q, entry);
  keep((all) => {
    if (!all.box[q] || all.box[q].seq <= seq) all.box[q] = entry;
  });
}

/** Take out what was acknowledged; a newer tap on the same question stays. */
function drop(pairs) {
  pairs.forEach(([q, seq]) => {
    if (seqOf(box, q) <= seq) box.delete(q);
  });
  keep((all) => {
    pairs.forEach(([q, seq]) => {
      if (all.box[q] && all.box[q].seq <= seq) delete all.box[q];
    });
  });
}

function openBox() {
  const all = stored();
  questions.forEach((_, q) => {
    const entry = all.box[q];
    if (entry && entry.seq > 0 && Array.isArray(entry.value)) box.set(q, entry);
    if (all.marks.includes(q)) marks.add(q);
  });
  Object.keys(all.away).forEach((number) => absences.set(Number(number), all.away[number]));
  keep(() => {}); // Learn now, not at the first tap, whether the phone can store.
  trying(() => {
    Object.keys(localStorage).forEach((key) => {
      const ours = key.startsWith("lawgauge:") && key !== KEY;
      if (ours && !(Date.now() - JSON.parse(localStorage[key]).at < KEPT)) localStorage.removeItem(key);
    });
  });
}

function current(q) {
  return box.get(q) || known.get(q);
}

function isAnswered(q) {
  return Boolean(current(q)) && current(q).value.some(Boolean);
}

/** As people count: 🙂 is one. */
function longest(value) {
  return Math.max(0, ...value.map((text) => Array.from(text).length));
}

/** The server would not take it: not sent, not cut, and said beside the question. */
function isRefused(q) {
  const entry = box.get(q);
  return Boolean(entry) && (refused.get(q) === entry.seq || longest(entry.value) > MOST);
}

/** Names of questions with something the server still has to be told. */
function waiting() {
  return those((q) => box.has(q) && !isRefused(q));
}
