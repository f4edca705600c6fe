/* The paper: every tap is painted at once, kept in the phone's storage, sent within a
 * second, and called saved only when the server has named it.
 * Floor: Chrome 78, iOS 13.4: ES2019. WeChat swallows unload events and freezes timers:
 * nothing waits for an unload; times are worked out anew when the page is seen again. */
(() => {
  "use strict";

  const VERSION = "1"; // of the protocol
  const GATHER = 600; // ms: taps within this time travel together
  const BEAT = 40000; // ms between requests when nothing is tapped
  const PATIENCE = 12000; // ms until a request counts as lost
  const LONGEST = 30000; // ms between two tries
  const HURRIED = 4000; // the same while handing in: the grace is short
  const KEPT = 7 * 24 * 3600 * 1000; // ms a forgotten outbox is kept

  // ---- The page

  const byId = (id) => document.getElementById(id);
  const page = byId("texts");
  const state = JSON.parse(byId("state").textContent);
  const texts = JSON.parse(page.textContent);
  const root = document.documentElement;

  /** By name: "7"; a part of a case is "12.2". */
  const questions = new Map();
  document.querySelectorAll("section.question").forEach((node) => {
    questions.set(node.id.slice(1), {
      node,
      inputs: Array.from(node.querySelectorAll("input")),
      note: node.querySelector(".saved"),
      flag: node.querySelector(".flag"),
    });
  });

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

  // ---- The outbox

  const KEY = "lawgauge:" + state.token;
  const known = new Map(); // q → {seq, value, at}: what the server holds
  const box = new Map(); // q → {seq, value, at_ms}: not acknowledged
  const refused = new Map(); // q → seq of an entry the server cannot read
  const marks = new Set();
  let storable = true;

  /** Storage may be forbidden, full or damaged: then the value is undefined. */
  function trying(act) {
    try {
      return act();
    } catch (_) {
      return undefined;
    }
  }

  function stored() {
    const read = trying(() => JSON.parse(localStorage.getItem(KEY)));
    return read && read.box && read.marks ? read : { box: {}, marks: [] };
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

  /** Names of questions. */
  function those(test) {
    return Array.from(questions.keys()).filter(test);
  }

  // ---- The clock
  // The server's clock, carried on by the phone's monotonic one; its wall clock may be
  // wrong by a day.

  let deadline = 0; // the server's epoch, ms
  let due = 0; // performance.now() at which time is up
  let doubt = Infinity; // ms the reading behind `due` travelled
  let lastLeft = 0;
  let drift = Date.now() - performance.now();

  /** A reading that left the server between sent and came. `remaining` is never below
   * zero; how late it is the two moments tell. */
  function heed(newDeadline, remaining, now, sent, came) {
    if (newDeadline === deadline && came - sent >= doubt) return;
    if (deadline && newDeadline !== deadline) flash(say("until_now", { time: wall(newDeadline) }));
    deadline = newDeadline;
    due = (sent + came) / 2 + (remaining || newDeadline - now);
    doubt = came - sent;
    write("until", say("until", { time: wall(deadline) }));
  }

  function left() {
    return due - performance.now();
  }

  function tick() {
    // Some engines stop the monotonic clock with the screen.
    if (Math.abs(Date.now() - performance.now() - drift) > 2000) resync(300);
    const rest = left();
    paintClock(rest);
    [10, 5, 1].forEach((n) => {
      if (lastLeft > n * 60000 && rest <= n * 60000 && rest > 0) write("say", say("minutes_left", { n: Math.ceil(rest / 60000) }));
    });
    lastLeft = rest;
    if (rest <= 0 && phase === WRITING) finish(TIME_UP);
  }

  // ---- The line to the server
  // One request at a time. step() sends what the moment needs; wake() says when.

  const WRITING = 0; // answers are taken
  const HANDING = 1; // the person hands in
  const TIME_UP = 2; // here; does the server agree?
  const AGREED = 3; // it does
  const GONE = 4; // nothing more to send from this page
  let phase = WRITING;
  let flight = null; // AbortController of the request under way
  let timer = 0;
  let wakeAt = 0;
  let notBefore = 0; // the server asked to be left alone until then
  let fails = 0; // requests in a row without a proper answer
  let busy = false; // the last failure was a 503: reachable, but busy
  let alone = false; // after a 422: one entry at a time, to find the bad one
  let stale = false; // the whole state is wanted

  function jitter(ms) {
    return ms * (0.75 + Math.random() / 2);
  }

  function wake(ms) {
    const at = Math.max(performance.now() + ms, notBefore);
    if (timer && at >= wakeAt) return;
    clearTimeout(timer);
    wakeAt = at;
    timer = setTimeout(step, at - performance.now());
  }

  function step() {
    clearTimeout(timer);
    timer = 0;
    if (flight || phase === GONE) return;
    const batch = toSend();
    if (phase === HANDING || phase === AGREED) request("POST", "/submit", parcel(sheet()), onReceipt);
    else if (batch.length) request("PUT", "/answers", parcel(batch), onSaved);
    else if (stale || phase === TIME_UP || !document.hidden) request("GET", "/state", null, onState);
    else wake(BEAT);
  }

  /** After sleep or a gap. Spread, because 500 phones come back with an access point. */
  function resync(spread) {
    doubt = Infinity;
    drift = Date.now() - performance.now();
    stale = true;
    wake(Math.random() * spread);
  }

  function isRefused(q) {
    return refused.get(q) === seqOf(box, q);
  }

  function message(q, entry) {
    return { q, seq: entry.seq, value: entry.value, at_ms: entry.at_ms };
  }

  function toSend() {
    const batch = those((q) => box.has(q) && !isRefused(q)).map((q) => message(q, box.get(q)));
    return alone ? batch.slice(0, 1) : batch;
  }

  function sheet() {
    const best = (q) => (isRefused(q) ? known.get(q) : current(q));
    return those(best).map((q) => message(q, best(q)));
  }

  function parcel(answers) {
    const { generation, holder } = state;
    return { generation, holder, n: answers.length, answers };
  }

  function request(method, path, body, done) {
    const control = new AbortController();
    const giveUp = setTimeout(() => control.abort(), PATIENCE);
    const reply = { status: 0, body: null, sent: performance.now(), came: 0, wait: 0 };
    const options = {
      method,
      headers: { Accept: "application/json", "X-Paper-Version": VERSION },
      cache: "no-store",
      redirect: "error", // a captive portal, never us
      signal: control.signal,
      keepalive: method === "PUT" && document.hidden,
    };
    if (body) {
      options.headers["Content-Type"] = "application/json";
      options.body = JSON.stringify(body);
    }
    flight = control;
    fetch(state.url + path, options)
      .then((response) => {
        reply.came = performance.now();
        reply.status = response.status;
        reply.wait = Number(response.headers.get("Retry-After")) || 0;
        reply.version = response.headers.get("X-Paper-Version");
        return response.json();
      })
      .then((json) => {
        reply.body = json;
      })
      .catch(() => {}) // Lost, cut short, or somebody else's page: no answer.
      .then(() => {
        clearTimeout(giveUp);
        if (flight !== control) return; // Overtaken by handing in.
        flight = null;
        sort(reply, (body && body.answers) || [], done);
      });
  }

  function sort(reply, answers, done) {
    const body = reply.body || {};
    const status = reply.body ? reply.status : 0;
    if (status === 200 && done(body, reply, answers)) {
      reached();
      renew(reply.version);
    } else if (status === 409 && body.why) {
      ended(body.why);
    } else if (status === 410) {
      ended("over");
    } else if (status === 422) {
      reached();
      onRefused(answers);
    } else if (status > 400 && status < 405 && body.error) {
      ended("lost");
    } else {
      failed(reply);
    }
    paintBar();
  }

  function reached() {
    fails = notBefore = 0;
    if (phase === WRITING) wake(stale || toSend().length ? GATHER : jitter(BEAT));
  }

  function failed(reply) {
    fails += 1;
    busy = reply.status === 503;
    if (phase === AGREED) phase = TIME_UP; // Time may be given back before we are heard.
    const longest = phase === WRITING || isLate() ? LONGEST : HURRIED;
    const pause = Math.min(longest, 1000 * Math.pow(2, fails - 1));
    notBefore = performance.now() + reply.wait * 1000;
    wake(jitter(pause));
    if (phase !== WRITING) showSending();
    if (panel === "claim") showClaim(texts.claim_failed);
  }

  /** An acknowledgement counts only if it names the very entry that was sent. */
  function onSaved(body, reply, answers) {
    if (!Array.isArray(body.acked) || !(body.remaining > -Infinity)) return false;
    const sent = new Map(answers.map((one) => [one.q, one]));
    const done = [];
    body.acked.forEach(([q, seq]) => {
      if (!sent.has(q) || sent.get(q).seq !== seq) return;
      learn(q, seq, sent.get(q).value, body.server_now);
      done.push([q, seq]);
    });
    (body.superseded || []).forEach(([q, seq, value]) => {
      if (!sent.has(q) || !Array.isArray(value)) return;
      learn(q, seq, value, body.server_now);
      done.push([q, Math.max(seq, sent.get(q).seq)]);
    });
    drop(done);
    done.forEach(([q]) => paint(q));
    if (!toSend().length) alone = false;
    heed(body.deadline, body.remaining, body.server_now, reply.sent, reply.came);
    settle(body);
    return done.length > 0; // Else try again, but not at once.
  }

  function onState(body, reply) {
    if (!body.answers || !(body.remaining_ms > -Infinity)) return false;
    stale = false;
    if (body.generation !== state.generation) ended("generation");
    else if (body.holder !== state.holder) ended("moved");
    else {
      merge(body.answers);
      heed(body.deadline_ms, body.remaining_ms, body.server_now_ms, reply.sent, reply.came);
      settle(body);
    }
    return true;
  }

  function learn(q, seq, value, at) {
    const before = known.get(q) || { seq: 0 };
    if (seq > before.seq || (seq === before.seq && at)) known.set(q, { seq, value, at });
  }

  /** Take what the server holds; only newer taps of this phone stand against it. */
  function merge(answers) {
    those((q) => answers[q]).forEach((q) => learn(q, answers[q].seq, answers[q].value, 0));
    drop(those((q) => box.has(q)).map((q) => [q, seqOf(known, q)]));
    questions.forEach((_, q) => paint(q));
  }

  /** What any good answer may bring. */
  function settle(body) {
    if (phase === TIME_UP && left() > 1500) {
      phase = WRITING;
      hidePanel();
    } else if (phase === TIME_UP && left() > 0) {
      wake(left() + 50);
    } else if (phase === TIME_UP) {
      phase = AGREED;
      // Everybody's time is up at once: spread.
      wake(Math.random() * Math.min(2000, state.grace_ms / 8));
    }
    if (phase === WRITING) offerClaim(body.claim === true);
  }

  function onReceipt(body) {
    if (!/^\/[^/]/.test(body.receipt)) return false;
    leaveFor(body.receipt);
    return true;
  }

  /** The sitting is closed: nothing of the sheet stays on the phone. */
  function leaveFor(receipt) {
    phase = GONE;
    trying(() => localStorage.removeItem(KEY));
    location.replace(receipt);
  }

  /** 422: the server cannot read an entry. Find it, say so beside it, save the rest. */
  function onRefused(answers) {
    if (phase !== WRITING) {
      phase = WRITING;
      showHandIn(texts.not_handed_in);
    }
    alone = answers.length > 1;
    if (!alone) answers.forEach((one) => refused.set(one.q, one.seq));
    answers.forEach((one) => paintNote(one.q));
    wake(GATHER);
  }

  /** The server takes nothing more from this page. */
  function ended(why) {
    const receipt = state.url + "/receipt";
    if (why === "submitted") {
      leaveFor(receipt);
      return;
    }
    const places = { moved: state.url, generation: state.url, lost: page.dataset.entry, void: page.dataset.entry };
    const name = places[why] ? why : "over";
    phase = GONE;
    root.classList.add("gone");
    ask(name, "", [[texts[name + "_go"], () => location.replace(places[name] || receipt)]]);
  }

  /** The server was upgraded: load its page, once. */
  function renew(version) {
    if (!version || version === VERSION || phase !== WRITING || box.size || panel) return;
    trying(() => {
      if (sessionStorage.getItem(KEY) === version) return;
      sessionStorage.setItem(KEY, version); // Without it we might reload for ever.
      location.replace(state.url);
    });
  }

  /** Hand in, or time is up. What is sent now carries more than a save under way. */
  function finish(why) {
    overtake(why);
    showSending();
    step();
  }

  function overtake(next) {
    phase = next;
    fails = notBefore = 0;
    if (flight) flight.abort();
    flight = null;
  }

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
})();
