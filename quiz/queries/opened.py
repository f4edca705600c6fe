"""A sitting as its page shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core.statements import Statement
from quiz.models import Answer, Candidate, Exam, Paper, Sitting
from quiz.queries.sittings import Hand, Place


@dataclass(frozen=True)
class Opened:
    """A sitting with the exam, the person and the paper."""

    token: str
    sitting_id: int
    state: str
    generation: int
    holder: int
    device: str
    claim: str | None
    started_at: datetime
    deadline: datetime
    items: str
    exam_id: int
    candidate_id: int
    code: str
    title: str
    demo: bool
    duration_s: int
    grace_s: int
    paused_at: datetime | None
    closes_at: datetime
    contact: str
    name: str
    unit_name: str


_opened = Statement(
    sa.select(
        Sitting.token,
        Sitting.id.label("sitting_id"),
        Sitting.state,
        Sitting.generation,
        Sitting.holder,
        Sitting.device,
        Sitting.claim,
        Sitting.started_at,
        Sitting.deadline,
        Paper.items,
        Exam.id.label("exam_id"),
        Sitting.candidate_id,
        Exam.code,
        Exam.title,
        Exam.demo,
        Exam.duration_s,
        Exam.grace_s,
        Exam.paused_at,
        Exam.closes_at,
        Exam.contact,
        Candidate.name,
        Candidate.unit_name,
    )
    .join(Exam, Sitting.exam_id == Exam.id)
    .join(Candidate, Sitting.candidate_id == Candidate.id)
    .join(Paper, Sitting.paper_id == Paper.id)
    .where(Sitting.token == sa.bindparam("token")),
    Opened,
)


def find_opened(connection: sa.Connection, token: str) -> Opened | None:
    """The sitting of a token with all its page needs. One query."""
    return _opened.first(connection, {"token": token})


def opened_now(place: Place, hand: Hand, sitting: Mapping[str, Any]) -> Opened:
    """A sitting that was begun just now, from what beginning it has read. No query.

    :param sitting: The row that was written.
    """
    known = {
        "claim": None,
        "items": hand.items,
        "code": place.code,
        "title": place.title,
        "demo": place.demo,
        "duration_s": place.duration_s,
        "grace_s": place.grace_s,
        "paused_at": place.paused_at,
        "closes_at": place.closes_at,
        "contact": place.contact,
        "name": place.name,
        "unit_name": place.unit_name,
    }
    row = known | dict(sitting)
    return Opened(**{name: row[name] for name in Opened.__dataclass_fields__})


_answered = (
    sa.select(sa.func.count())
    .select_from(Answer)
    .where(Answer.sitting_id == Sitting.id)
    .where(Answer.generation == sa.bindparam("generation"))
    .where(Answer.value != "[]")
    .correlate(Sitting)
    .scalar_subquery()
)
_sheet_counts = Statement(
    sa.select(_answered, Paper.items, Paper.digest)
    .select_from(Sitting)
    .join(Paper, Sitting.paper_id == Paper.id)
    .where(Sitting.id == sa.bindparam("sitting_id"))
)


def find_sheet_counts(
    connection: sa.Connection, sitting_id: int, generation: int
) -> tuple[int, str, str]:
    """How many questions of a sheet have an answer, its paper, the paper's digest.

    One query.
    """
    values = {"sitting_id": sitting_id, "generation": generation}
    found = _sheet_counts.run(connection, values)
    [(count, items, digest)] = found
    return int(count), str(items), str(digest)
