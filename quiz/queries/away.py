"""Who left the page while answering, for the people in the hall."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from core.access import Scope
from core.db import db
from quiz.models import Away, Candidate, Sitting
from units.queries.units import inside


@dataclass(frozen=True)
class Absences:
    """The absences of one sitting together; what a phone says, so a hint only."""

    sitting_id: int
    candidate_id: int
    name: str
    unit_name: str
    times: int
    total_ms: int
    longest_ms: int


def absences(exam_id: int, scope: Scope, most: int = 50) -> list[Absences]:
    """Sittings of people of a scope whose page was left, the longest away first.

    One query.
    """
    times = sa.func.count()
    total = sa.func.sum(Away.duration_ms)
    query = (
        sa.select(
            Sitting.id,
            Candidate.id,
            Candidate.name,
            Candidate.unit_name,
            times,
            total,
            sa.func.max(Away.duration_ms),
        )
        .join(Away, Away.sitting_id == Sitting.id)
        .join(Candidate, Sitting.candidate_id == Candidate.id)
        .where(Sitting.exam_id == exam_id)
        .where(inside(Candidate.unit_id, scope))
        .group_by(Sitting.id, Candidate.id, Candidate.name, Candidate.unit_name)
        .order_by(total.desc(), Sitting.id)
        .limit(most)
    )
    return [Absences(*row) for row in db.session.execute(query)]


def absences_of(candidate_id: int) -> list[Away]:
    """When somebody left the page, oldest first. One query."""
    query = (
        sa.select(Away)
        .join(Sitting, Sitting.id == Away.sitting_id)
        .where(Sitting.candidate_id == candidate_id)
        .order_by(Away.received_at, Away.number)
    )
    return list(db.session.scalars(query))
