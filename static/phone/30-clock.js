// ---- The clock
// The server's clock, carried on by the phone's monotonic one; its wall clock may be
// wrong by a day.

const LAST = 5 * 60000; // ms: the end is near
let deadline = 0; // the server's epoch, ms
let due = 0; // performance.now() at which time is up
let doubt = Infinity; // ms the reading behind `due` travelled
let lastLeft = 0;
let paused = false; // the exam's clock stands, and so does `frozen`
let frozen = 0; // ms
let drift = Date.now() - performance.now();

/** A reading that left the server between sent and came. `remaining` is never below
 * zero; how late it is the two moments tell. */
function heed(newDeadline, remaining, now, held, sent, came) {
  if (held) frozen = remaining;
  const resumed = paused && !held;
  paused = held;
  if (held || (newDeadline === deadline && !resumed && came - sent >= doubt)) return;
  if (deadline && newDeadline !== deadline) flash(say("until_now", { time: wall(newDeadline) }));
  deadline = newDeadline;
  due = (sent + came) / 2 + (remaining || newDeadline - now);
  doubt = came - sent;
  write("until", say("until", { time: wall(deadline) }));
}

function left() {
  return paused ? frozen : due - performance.now();
}

function tick() {
  // Some engines stop the monotonic clock with the screen.
  if (Math.abs(Date.now() - performance.now() - drift) > 2000) resync(300);
  const rest = left();
  paintClock(rest);
  [10, 5, 1].forEach((n) => {
    if (lastLeft > n * 60000 && rest <= n * 60000 && rest > 0) flash(say("minutes_left", { n: Math.ceil(rest / 60000) }));
  });
  lastLeft = rest;
  if (rest <= 0 && phase === WRITING) finish(TIME_UP);
}

function paintClock(rest) {
  const seconds = Math.max(0, Math.ceil(rest / 1000));
  write("left", new Date(seconds * 1000).toISOString().slice(seconds < 3600 ? 14 : 12, 19));
  root.classList.toggle("hurry", rest <= LAST);
}
