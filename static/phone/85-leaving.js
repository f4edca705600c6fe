// ---- Leaving the page
// A hint for people, never a verdict: a call, a lock screen and a system sheet look alike.

const BRIEF = 5000; // ms: not worth a word
const LONG = 6 * 3600 * 1000; // ms: more is a clock that was set
let gone = 0; // Date.now() when the page was left; 0 while it is seen
let goneAt = 0; // the same by the monotonic clock

function onHidden() {
  if (!gone && !reports && phase === WRITING) {
    gone = Date.now();
    goneAt = performance.now();
    keep((all) => {
      all.gone = gone; // WeChat may be closed meanwhile
    });
  }
  if (toSend().length && phase === WRITING) step(); // Before the phone freezes the page.
}

/** Seen again. The monotonic clock may have stood still, the other one been set. */
function onSeen() {
  if (!gone) return;
  const monotonic = performance.now() - goneAt;
  const byWall = Date.now() - gone;
  const ms = Math.round(byWall > monotonic && byWall < LONG ? byWall : monotonic);
  gone = 0;
  keep((all) => {
    all.gone = 0;
  });
  if (ms >= BRIEF && phase === WRITING) noteAbsence(ms);
}

function noteAbsence(ms) {
  const number = 1 + Math.floor(Math.random() * 2147483647);
  absences.set(number, ms);
  keep((all) => {
    all.away[number] = ms;
  });
  const seconds = Math.round(ms / 1000);
  const [m, n] = [Math.floor(seconds / 60), seconds % 60];
  flash(say("away", { time: m ? say("minutes", { m, n }) : say("seconds", { n }) }));
}

/** The server has written these down. */
function forget(told) {
  const ours = told.filter((number) => absences.delete(number));
  if (!ours.length) return false;
  keep((all) => ours.forEach((number) => delete all.away[number]));
  return true;
}

function cameBack() {
  gone = stored().gone || 0;
  goneAt = performance.now();
  onSeen();
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
  ask("leave", safety(), [[texts.leave_no, stay], [texts.leave_yes, () => location.assign(page.dataset.entry)]]);
}
