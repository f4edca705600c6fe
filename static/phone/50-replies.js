// ---- What the server says

/** Anything else would stop the clock, or hand in at once. */
function numbersOnly(values) {
  return values.every(Number.isFinite);
}

/** An acknowledgement counts only if it names the very entry that was sent. */
function onSaved(body, reply, answers) {
  if (!Array.isArray(body.acked) || !numbersOnly([body.deadline, body.remaining, body.server_now])) return false;
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
  const told = forget(body.away || []);
  done.forEach(([q]) => paint(q));
  if (!toSend().length) alone = false;
  heed(body.deadline, body.remaining, body.server_now, body.paused === true, reply.sent, reply.came);
  settle(body);
  return done.length > 0 || told; // Else try again, but not at once.
}

function onState(body, reply) {
  if (!body.answers || !numbersOnly([body.deadline_ms, body.remaining_ms, body.server_now_ms])) return false;
  stale = false;
  if (body.generation !== state.generation) ended("generation");
  else if (body.holder !== state.holder) ended("moved");
  else {
    merge(body.answers);
    heed(body.deadline_ms, body.remaining_ms, body.server_now_ms, body.paused === true, reply.sent, reply.came);
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
  if (!answers.length) absences.clear();
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
  if (!version || version === state.version || phase !== WRITING || box.size || panel) return;
  trying(() => {
    if (sessionStorage.getItem(KEY) === version) return;
    sessionStorage.setItem(KEY, version); // Without it we might reload for ever.
    location.replace(state.url);
  });
}
