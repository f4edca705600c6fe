"""Objections, for who made them and for who answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core.errors import Missing
from question_bank.models import QuestionVersion
from quiz.afterwards import Objection
from quiz.models import Candidate, Sitting


@dataclass(frozen=True)
class Said:
    """An objection as its owner sees it."""

    q: str
    text: str
    made_at: datetime
    outcome: str | None
    answer: str
    answered_at: datetime | None


@dataclass(frozen=True)
class Listed:
    """An objection as who answers sees it."""

    id: int
    name: str
    unit_name: str
    sitting_id: int
    q: str
    version_id: int | None
    stem: str | None
    text: str
    made_at: datetime
    outcome: str | None
    answer: str
    answered_at: datetime | None
    answered_by: int | None
    alike: int  # objections to this question in this exam, this one too


def objections_of(
    connection: sa.Connection, sitting_id: int, generation: int
) -> dict[str, Said]:
    """What was said of a sheet, by question. One query."""
    query = sa.select(
        Objection.q,
        Objection.text,
        Objection.made_at,
        Objection.outcome,
        Objection.answer,
        Objection.answered_at,
    ).where(Objection.sitting_id == sitting_id, Objection.generation == generation)
    return {row.q: Said(*row) for row in connection.execute(query)}


def objections_in(
    connection: sa.Connection, exam_id: int, objection_id: int | None = None
) -> list[Listed]:
    """The objections in an exam, those that wait first, then newest. One query."""
    other = sa.orm.aliased(Objection)
    alike = (
        sa.select(sa.func.count())
        .where(other.exam_id == Objection.exam_id)
        .where(other.version_id == Objection.version_id)
        .correlate(Objection)
        .scalar_subquery()
    )
    query = (
        sa.select(
            Objection.id,
            Candidate.name,
            Candidate.unit_name,
            Objection.sitting_id,
            Objection.q,
            Objection.version_id,
            QuestionVersion.stem,
            Objection.text,
            Objection.made_at,
            Objection.outcome,
            Objection.answer,
            Objection.answered_at,
            Objection.answered_by,
            alike,
        )
        .join(Sitting, Sitting.id == Objection.sitting_id)
        .join(Candidate, Candidate.id == Sitting.candidate_id)
        .outerjoin(QuestionVersion, QuestionVersion.id == Objection.version_id)
        .where(Objection.exam_id == exam_id)
        .order_by(Objection.answered_at.is_not(None), Objection.id.desc())
    )
    if objection_id is not None:
        query = query.where(Objection.id == objection_id)
    rows: list[Any] = list(connection.execute(query))
    return [Listed(*row) for row in rows]


def objection_for(connection: sa.Connection, exam_id: int, objection_id: int) -> Listed:
    """One of an exam. One query.

    :raises Missing: If there is none.
    """
    for one in objections_in(connection, exam_id, objection_id):
        return one
    raise Missing("没有这条异议")


def count_waiting(connection: sa.Connection, exam_id: int) -> int:
    """How many objections in an exam wait for an answer. One query."""
    query = sa.select(sa.func.count()).where(
        Objection.exam_id == exam_id, Objection.answered_at.is_(None)
    )
    return connection.execute(query).scalar_one()
