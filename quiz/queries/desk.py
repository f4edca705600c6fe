"""What the organizer's desk sees of a running exam."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from core.access import Scope
from core.db import db
from core.errors import Missing
from quiz.models import Candidate, Exam, Sitting
from units.queries.units import inside


@dataclass(frozen=True)
class Claim:
    """Somebody who wants to go on with another phone."""

    sitting_id: int
    name: str
    unit_name: str
    started_at: datetime
    deadline: datetime


def _reached(scope: Scope) -> sa.ColumnElement[bool]:
    """Published exams that people of a scope sit."""
    if scope.everywhere:
        return Exam.published_at.is_not(None)
    theirs = sa.select(Candidate.id).where(
        Candidate.exam_id == Exam.id, inside(Candidate.unit_id, scope)
    )
    return Exam.published_at.is_not(None) & theirs.exists()


def desk_for(scope: Scope, exam_id: int) -> Exam:
    """A published exam that people of a scope sit. One query.

    :raises Missing: If there is none.
    """
    exam = db.session.scalar(sa.select(Exam).where(Exam.id == exam_id, _reached(scope)))
    if exam is None:
        raise Missing("没有找到这场考试")
    return exam


def desks_listed(scope: Scope, *, since: datetime) -> Sequence[Exam]:
    """Published exams that people of a scope sit and that close after a moment, the
    next one first. One query.
    """
    query = sa.select(Exam).where(_reached(scope), Exam.closes_at >= since)
    return db.session.scalars(query.order_by(Exam.opens_at, Exam.id)).all()


def claims(exam_id: int, scope: Scope) -> list[Claim]:
    """Open sittings of people of a scope that another phone has asked for, longest
    running first. One query.
    """
    query = (
        sa.select(
            Sitting.id,
            Candidate.name,
            Candidate.unit_name,
            Sitting.started_at,
            Sitting.deadline,
        )
        .join(Candidate, Sitting.candidate_id == Candidate.id)
        .where(Sitting.exam_id == exam_id)
        .where(Sitting.state == "open")
        .where(Sitting.claim.is_not(None))
        .where(inside(Candidate.unit_id, scope))
        .order_by(Sitting.started_at)
    )
    return [Claim(*row) for row in db.session.execute(query)]


def token_for(scope: Scope, exam_id: int, sitting_id: int) -> str:
    """The token of a sitting of this exam by somebody of a scope. One query.

    :raises Missing: If there is none.
    """
    token = db.session.scalar(
        sa.select(Sitting.token)
        .join(Candidate, Sitting.candidate_id == Candidate.id)
        .where(Sitting.id == sitting_id)
        .where(Sitting.exam_id == exam_id)
        .where(inside(Candidate.unit_id, scope))
    )
    if token is None:
        raise Missing("没有这份作答")
    return token
