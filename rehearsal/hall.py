"""The closed exam of the demo: everybody sits it, in the order of the clock."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import current_app

from quiz.operations.answers import save_answers
from quiz.operations.closing import submit_sitting, sweep_exam
from quiz.operations.entry import start_sitting
from quiz.operations.exams import exempt_candidate, publish_results
from quiz.queries.exams import exam_by_id
from rehearsal.minds import ability, answer
from rehearsal.people import SEED
from rehearsal.queries import Sitter, all_versions, asked, sitters

REASONS = ("长期病假", "产假", "出国（境）培训", "挂职借调", "驻村帮扶", "当年退休")
EXEMPT_EVERY = 47  # of the roster, one
NOBODY_CAME = "市侨联"  # a unit without any candidate present
FEW_CAME = ("市粮食和物资储备局", "雾松山管理区", "石渡县")
ABSENT, ABSENT_OF_FEW = 0.02, 0.45
WALKS_AWAY = 0.012
SAVES = 2  # requests of one sitting before it is handed in


@dataclass(frozen=True)
class Act:
    """Something one phone does at a moment."""

    at: datetime
    do: Callable[[], None]


class Seat:
    """One candidate in the hall."""

    def __init__(
        self, sitter: Sitter, values: Sequence[tuple[str, list[str]]], key: str
    ) -> None:
        self._candidate = sitter.candidate_id
        self._values = values
        self._key = key
        text = f"demo|{sitter.candidate_id}"
        self._device = hashlib.sha256(text.encode()).hexdigest()
        self._token = ""

    def start(self, now: datetime) -> None:
        """Begin."""
        begun = start_sitting(
            candidate_id=self._candidate, device=self._device, now=now
        )
        self._token = begun.token

    def save(self, now: datetime, first: int, last: int) -> None:
        """Send the answers of some questions."""
        body = self._message(first, last)
        save_answers(token=self._token, device=self._device, body=body, now=now)

    def hand_in(self, now: datetime) -> None:
        """Send the whole sheet."""
        submit_sitting(
            token=self._token,
            device=self._device,
            body=self._message(1, len(self._values)),
            now=now,
            key=self._key,
        )

    def _message(self, first: int, last: int) -> dict[str, Any]:
        entries = [
            {"q": q, "seq": n, "value": value, "at_ms": 40_000 * n}
            for n, (q, value) in enumerate(self._values, 1)
            if first <= n <= last and value
        ]
        return {"generation": 1, "holder": 1, "n": len(entries), "answers": entries}


def hold_closed_exam(*, exam_id: int, account_id: int) -> int:
    """Exempt some, let the others sit, sweep, publish; returns how many sat.

    Who has a sitting already is left as they are: an earlier try was cut off.
    """
    exam = exam_by_id(exam_id)
    _exempt_some(exam_id, account_id, exam.opens_at - timedelta(hours=20))
    key = str(current_app.secret_key)
    versions = all_versions()
    hall = sitters(exam_id)
    acts: list[Act] = []
    for sitter in hall:
        chance = _chance(f"{sitter.unit}|{sitter.name}|{sitter.candidate_id}")
        if sitter.exempt or sitter.begun or not _comes(sitter, chance):
            continue
        spread = _chance(sitter.unit)
        able = ability(sitter.unit, sitter.rank, spread=spread, own=chance)
        questions = asked(sitter.items, versions)
        values = [(one.q, answer(one, able, chance)) for one in questions]
        seat = Seat(sitter, values, key)
        acts += _timetable(seat, len(values), exam.opens_at, chance)
    for act in sorted(acts, key=lambda act: act.at):
        act.do()
    swept_at = exam.closes_at + timedelta(minutes=2)
    while sweep_exam(exam_id=exam_id, now=swept_at, key=key):
        pass
    published = exam.closes_at + timedelta(days=1)
    publish_results(exam_id=exam_id, account_id=account_id, now=published)
    return sum(sitter.begun for sitter in sitters(exam_id))


def _exempt_some(exam_id: int, account_id: int, now: datetime) -> None:
    for n, sitter in enumerate(sitters(exam_id)):
        if n % EXEMPT_EVERY == EXEMPT_EVERY - 1 and not (sitter.exempt or sitter.begun):
            exempt_candidate(
                exam_id=exam_id,
                candidate_id=sitter.candidate_id,
                reason=REASONS[n // EXEMPT_EVERY % len(REASONS)],
                account_id=account_id,
                now=now + timedelta(minutes=n),
            )


def _comes(sitter: Sitter, chance: random.Random) -> bool:
    if sitter.unit == NOBODY_CAME:
        return False
    share = ABSENT_OF_FEW if sitter.unit in FEW_CAME else ABSENT
    return chance.random() >= share


def _timetable(
    seat: Seat, questions: int, opens: datetime, chance: random.Random
) -> Iterator[Act]:
    """When one phone starts, saves and hands in."""
    began = opens + timedelta(seconds=chance.uniform(5, 40 * 60))
    takes = timedelta(minutes=min(59.0, max(14.0, chance.gauss(38, 10))))
    leaves_after = chance.randint(0, SAVES) if chance.random() < WALKS_AWAY else None
    yield Act(began, lambda: seat.start(began))
    part = questions // SAVES
    for n in range(SAVES):
        if leaves_after is not None and n >= leaves_after:
            return
        at = began + takes * (n + 1) / (SAVES + 1)
        last = questions if n == SAVES - 1 else part * (n + 1)
        yield Act(at, _bound(seat, at, part * n + 1, last))
    if leaves_after is None:
        done = began + takes
        yield Act(done, lambda: seat.hand_in(done))


def _bound(seat: Seat, at: datetime, first: int, last: int) -> Callable[[], None]:
    return lambda: seat.save(at, first, last)


def _chance(what: str) -> random.Random:
    return random.Random(f"{SEED}|{what}")  # noqa: S311 - an invented hall
