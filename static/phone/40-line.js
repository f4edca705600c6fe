// ---- The line to the server
// One request at a time. step() sends what the moment needs; wake() says when.

const GATHER = 600; // ms: taps within this time travel together
const BEAT = 40000; // ms between requests when nothing is tapped
const PATIENCE = 12000; // ms until a request counts as lost
const LONGEST = 30000; // ms between two tries
const HURRIED = 4000; // the same while handing in: the grace is short

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
let foreign = false; // it was somebody else's page: a hotspot that wants a sign-in
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
  else if (batch.length || absences.size) request("PUT", "/answers", parcel(batch), onSaved);
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

function message(q, entry) {
  return { q, seq: entry.seq, value: entry.value, at_ms: entry.at_ms };
}

function toSend() {
  const batch = waiting().map((q) => message(q, box.get(q)));
  return alone ? batch.slice(0, 1) : batch;
}

function sheet() {
  const best = (q) => (isRefused(q) ? known.get(q) : current(q));
  return those(best).map((q) => message(q, best(q)));
}

function parcel(answers) {
  const { generation, holder } = state;
  const whole = { generation, holder, n: answers.length, answers };
  return absences.size ? Object.assign(whole, { away: Array.from(absences) }) : whole;
}

function request(method, path, body, done) {
  const control = new AbortController();
  const giveUp = setTimeout(() => control.abort(), PATIENCE);
  const reply = { status: 0, body: null, sent: performance.now(), came: 0, wait: 0, strange: false };
  const options = {
    method,
    headers: { Accept: "application/json" },
    cache: "no-store",
    redirect: "manual", // a captive portal, never us
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
      const json = (response.headers.get("Content-Type") || "").includes("json");
      reply.strange = response.type === "opaqueredirect" || (response.ok && !json);
      reply.wait = Number(response.headers.get("Retry-After")) || 0;
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
    renew(body.version);
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
  if (phase === WRITING) wake(stale || toSend().length ? GATHER : jitter(paused ? BEAT / 3 : BEAT));
}

function failed(reply) {
  fails += 1;
  busy = reply.status === 503;
  foreign = reply.strange;
  if (phase === AGREED) phase = TIME_UP; // Time may be given back before we are heard.
  const longest = phase === WRITING || isLate() ? LONGEST : HURRIED;
  const pause = Math.min(longest, 1000 * Math.pow(2, fails - 1));
  notBefore = performance.now() + reply.wait * 1000;
  wake(jitter(pause));
  if (phase !== WRITING) showSending();
  if (panel === "claim") showClaim(texts.claim_failed);
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

function isLate() {
  return left() < -state.grace_ms;
}
