"""O1–O9: whether what was promised to the phones is what the database holds.

The oracle knows what each phone sent and was told, try by try, and the bare rows. A
try without an answer promises nothing: it may have been done or not.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import inf
from typing import Any

from audit.queries.verification import verify
from chaos.evidence import Evidence, Row, read, seconds
from chaos.history import History, Try
from tests.rehearsal.recount import mark

CLOCK = 0.1  # seconds by which two readings of one clock may differ here
LATE_KEPT = 200  # messages of one sitting; the rest is only refused


@dataclass(frozen=True)
class Case:
    """All there is to judge by."""

    history: History
    evidence: Evidence
    structure: list[str]
    key: str  # the server's secret


def judge(case: Case) -> dict[str, list[str]]:
    """What does not hold, by the name of the promise; empty: all of it holds."""
    found = {name: list(_seen(check, case)) for name, check in CHECKS.items()}
    return {name: faults for name, faults in found.items() if faults}


def _seen(check: Callable[[Case], Iterator[str]], case: Case) -> Iterator[str]:
    """What a check finds; rows that it cannot read are a find as well."""
    try:
        yield from check(case)
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        yield f"cannot be checked: {error!r}"


def _sitting(case: Case, one: Try) -> Row | None:
    return case.evidence.sittings.get(one.token)


def _of(answer: Row) -> str:
    return f"sitting {answer['sitting_id']} q {answer['q']}"


def _promised(one: Try) -> Iterator[tuple[str, int, Any]]:
    """What an answer said is stored: question, number, value."""
    sent = {(e["q"], e["seq"]): e["value"] for e in one.body["answers"]}
    if one.step == "submit":
        yield from ((q, seq, value) for (q, seq), value in sent.items())
        return
    for q, seq in one.reply["acked"]:
        yield q, seq, sent[q, seq]
    for q, seq, value in one.reply["superseded"]:
        yield q, seq, value


def _o1(case: Case) -> Iterator[str]:
    """What was acknowledged is stored, or something newer."""
    for one in case.history.of("save", "submit"):
        if one.status != 200:
            continue
        sitting = _sitting(case, one)
        if sitting is None:
            yield f"{one.token[:4]}…: the sitting is gone"
            continue
        for q, seq, value in _promised(one):
            own = sitting["id"], one.body["generation"], q
            row = case.evidence.answers.get(own)
            if row is None or row["seq"] < seq:
                has = row and row["seq"]
                yield f"sitting {own[0]} q {q}: {seq} acknowledged, {has} stored"
            elif row["seq"] == seq and read(row["value"]) != list(value):
                yield f"sitting {own[0]} q {q}: not the value acknowledged at {seq}"
    for row, _, acknowledged in _spans(case):
        if (after := seconds(row["received_at"]) - acknowledged) > CLOCK:
            yield f"{_of(row)}: stored {after:.1f} s after it was acknowledged"


def _o2(case: Case) -> Iterator[str]:
    """What is stored was sent, by this phone and with this value."""
    sent: dict[tuple[str, int, str, int], Any] = {}
    for one in case.history.of("save", "submit"):
        for e in one.body["answers"]:
            own = one.token, one.body["generation"], e["q"], e["seq"]
            if sent.setdefault(own, e["value"]) != e["value"]:
                yield f"a phone sent two values as q {e['q']} number {e['seq']}"
    tokens = {row["id"]: token for token, row in case.evidence.sittings.items()}
    for (sitting, generation, q), row in case.evidence.answers.items():
        own = tokens[sitting], generation, q, row["seq"]
        if own not in sent:
            yield f"sitting {sitting} q {q}: {row['seq']} was never sent"
        elif read(row["value"]) != list(sent[own]):
            yield f"sitting {sitting} q {q}: stored is not what was sent"


def _o3(case: Case) -> Iterator[str]:
    """Nobody is left open, and everybody is scored exactly once."""
    for row in case.evidence.rows["sitting"]:
        if row["state"] not in ("submitted", "auto"):
            yield f"sitting {row['id']} is {row['state']}"
        scored = [s["generation"] for s in case.evidence.scores[row["id"]]]
        if scored != [row["generation"]]:
            yield f"sitting {row['id']} has scores for generations {scored}"


def _digest(case: Case, sitting: Row) -> str:
    """The digest of a sheet, counted by hand (docs/algorithms/sitting.md)."""
    paper = case.evidence.by_id("paper")[sitting["paper_id"]]
    values = {q: r["value"] for q, r in case.evidence.sheet(sitting).items()}
    given = sorted((int(q), text) for q, text in values.items() if text != "[]")
    text = "|".join([paper["digest"], *(f"{q}={value}" for q, value in given)])
    return hashlib.sha256(text.encode()).hexdigest()


def _o4(case: Case) -> Iterator[str]:
    """Points and digests are those of a recount."""
    papers = case.evidence.by_id("paper")
    versions = case.evidence.by_id("question_version")
    for row in case.evidence.rows["sitting"]:
        sheet = case.evidence.sheet(row)
        values = {q: read(one["value"]) for q, one in sheet.items()}
        points = sum(
            mark(versions[version], order, worth, values.get(str(n), []))
            for n, (version, order, worth) in enumerate(
                json.loads(papers[row["paper_id"]]["items"]), 1
            )
        )
        for score in case.evidence.scores[row["id"]]:
            if score["points"] != points:
                yield f"sitting {row['id']}: {score['points']} points, not {points}"
        if row["answers_digest"] != _digest(case, row):
            yield f"sitting {row['id']}: the digest is not that of its answers"


def _o5(case: Case) -> Iterator[str]:
    """Whoever saw a receipt saw the same one, and it is that of the answers."""
    papers = case.evidence.by_id("paper")
    for one in case.history.of("receipt"):
        if one.status != 200:
            continue
        row = _sitting(case, one)
        if row is None:
            yield f"{one.token[:4]}…: a receipt of no sitting"
            continue
        digest = _digest(case, row)
        text = f"receipt|{row['id']}|{row['generation']}|{digest}"
        mac = hmac.new(case.key.encode(), text.encode(), hashlib.sha256).digest()
        word = f"{int.from_bytes(mac[:8], 'big') % 10_000:04d}"
        shown = one.reply
        if (shown["word"], shown["digest"]) != (word, digest):
            yield f"sitting {row['id']}: a receipt is not that of its answers"
        if shown["paper"] != papers[row["paper_id"]]["digest"]:
            yield f"sitting {row['id']}: a receipt is not of its paper"
        if shown["audit_n"] != str(row["audit_n"]):
            yield f"sitting {row['id']}: a receipt names entry {shown['audit_n']}"
    seen: dict[str, set[str]] = defaultdict(set)
    for one in case.history.of("receipt"):
        if one.status == 200:
            seen[one.token].add(json.dumps(one.reply, sort_keys=True))
    for token, receipts in seen.items():
        if len(receipts) > 1:
            yield f"{token[:4]}…: {len(receipts)} different receipts"


def _o6(case: Case) -> Iterator[str]:
    """What was refused as too late is kept, and nothing else is."""
    sent: dict[str, Counter[str]] = defaultdict(Counter)
    refused: dict[str, Counter[str]] = defaultdict(Counter)
    for one in case.history.of("save", "submit"):
        text = json.dumps(one.body, sort_keys=True)
        sent[one.token][text] += 1
        if one.status in (409, 410):
            refused[one.token][text] += 1
    for token, row in case.evidence.sittings.items():
        late = case.evidence.late[row["id"]]
        kept = Counter(json.dumps(read(r["body"]), sort_keys=True) for r in late)
        if strange := set(kept) - set(sent[token]):
            yield f"sitting {row['id']}: {len(strange)} late messages nobody sent"
        lost = refused[token] - kept
        if lost and len(late) < LATE_KEPT:
            yield f"sitting {row['id']}: {lost.total()} refused messages were not kept"


def _o7(case: Case) -> Iterator[str]:
    """The audit chain holds, and each change of a state is in it once."""
    for one in verify(recount=True).found[:20]:
        yield f"verify: {one.place}"
    for row in case.evidence.rows["sitting"]:
        acts = Counter(
            entry["action"] for entry in case.evidence.entries[f"sitting:{row['id']}"]
        )
        if acts != {"sitting.start": 1, f"sitting.{row['state']}": 1}:
            yield f"sitting {row['id']}: the log says {dict(acts)}"


def _o8(case: Case) -> Iterator[str]:
    """The files are whole."""
    yield from case.structure


def _o9(case: Case) -> Iterator[str]:
    """By the server's clock nothing counts after deadline and grace, all before."""
    ends = {
        token: case.evidence.ends(row) for token, row in case.evidence.sittings.items()
    }
    tokens = {row["id"]: token for token, row in case.evidence.sittings.items()}
    for (sitting, _, q), row in case.evidence.answers.items():
        if seconds(row["received_at"]) > ends[tokens[sitting]]:
            yield f"sitting {sitting} q {q}: received after the end, and counted"
    for one in case.history.of("save", "submit"):
        end = ends.get(one.token)
        if end is None or not one.status:
            continue
        if one.status == 410 and one.heard < end - CLOCK:
            yield f"{one.token[:4]}…: refused {end - one.heard:.2f} s before the end"
        if one.step == "save" and one.status == 200 and one.sent > end + CLOCK:
            yield f"{one.token[:4]}…: taken {one.sent - end:.2f} s after the end"
    for row, sent, _ in _spans(case):
        if (before := sent - seconds(row["received_at"])) > CLOCK:
            yield f"{_of(row)}: received {before:.1f} s before it was sent"


def _spans(case: Case) -> Iterator[tuple[Row, float, float]]:
    """Each answer with when it was first sent and first acknowledged."""
    spans: dict[tuple[int, str, int], tuple[float, float]] = {}
    for one in case.history.of("save", "submit"):
        row = _sitting(case, one)
        if row is None:
            continue
        for e in one.body["answers"]:
            own = row["id"], e["q"], e["seq"]
            first, last = spans.get(own, (one.sent, inf))
            if one.status == 200:
                last = min(last, one.heard)
            spans[own] = min(first, one.sent), last
    for (sitting, _, q), row in case.evidence.answers.items():
        first, last = spans.get((sitting, q, row["seq"]), (0.0, inf))
        yield row, first, last


def _p14(case: Case) -> Iterator[str]:
    """What cannot be done now is said as 503, with when to come again."""
    for one in case.history.tries:
        if one.status >= 500 and one.status != 503:
            yield f"{one.step}: {one.status} {one.reply}"
        if one.status == 503 and not one.retry_after:
            yield f"{one.step}: 503 without Retry-After"


CHECKS: dict[str, Callable[[Case], Iterator[str]]] = {
    "O1 acknowledged is stored": _o1,
    "O2 stored was sent": _o2,
    "O3 closed and scored once": _o3,
    "O4 points and digest recounted": _o4,
    "O5 one receipt, that of the answers": _o5,
    "O6 refused is kept as late": _o6,
    "O7 the log holds": _o7,
    "O8 the files are whole": _o8,
    "O9 the server's clock decides": _o9,
    "P14 trouble is loud": _p14,
}
