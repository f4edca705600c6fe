"""A sitting as its page shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from quiz.models import Answer, Candidate, Exam, Paper, Sitting


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
    code: str
    title: str
    demo: bool
    duration_s: int
    grace_s: int
    paused_at: datetime | None
    closes_at: datetime
    name: str
    unit_name: str


_query = (
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
        Exam.code,
        Exam.title,
        Exam.demo,
        Exam.duration_s,
        Exam.grace_s,
        Exam.paused_at,
        Exam.closes_at,
        Candidate.name,
        Candidate.unit_name,
    )
    .join(Exam, Sitting.exam_id == Exam.id)
    .join(Candidate, Sitting.candidate_id == Candidate.id)
    .join(Paper, Sitting.paper_id == Paper.id)
    .where(Sitting.token == sa.bindparam("token"))
)


def find_opened(connection: sa.Connection, token: str) -> Opened | None:
    """The sitting of a token with all its page needs. One query."""
    row = connection.execute(_query, {"token": token}).first()
    return Opened(**row._mapping) if row else None


_answered = (
    sa.select(sa.func.count())
    .select_from(Answer)
    .where(Answer.sitting_id == Sitting.id)
    .where(Answer.generation == Sitting.generation)
    .where(Answer.value != "[]")
    .correlate(Sitting)
    .scalar_subquery()
)
_sheet_counts = (
    sa.select(_answered, Paper.items)
    .select_from(Sitting)
    .join(Paper, Sitting.paper_id == Paper.id)
    .where(Sitting.id == sa.bindparam("sitting_id"))
)


def find_sheet_counts(connection: sa.Connection, sitting_id: int) -> tuple[int, str]:
    """How many questions of a sitting have an answer, and its paper. One query."""
    found = connection.execute(_sheet_counts, {"sitting_id": sitting_id})
    count, items = found.one()
    return int(count), str(items)
