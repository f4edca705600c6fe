"""Reads at the door of an exam."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from core.db import db
from quiz.models import BlueprintRow, Candidate, EntryTry, Exam
from units.models import Unit
from units.rules.search import Named


@dataclass(frozen=True)
class Due:
    """A candidate as found by who they say they are."""

    id: int
    name: str
    unit_name: str


def find_exam_by_code(code: str) -> Exam | None:
    """The exam of a code, published or not. One query."""
    return db.session.scalar(sa.select(Exam).where(Exam.code == code.upper()))


def units_of_exam(exam_id: int) -> list[tuple[Named, str]]:
    """The units with candidates in an exam and their categories, in order. One
    query. Names of units are public; names of people never leave the server."""
    query = (
        sa.select(Unit.id, Unit.name, Unit.code, Unit.initials, Unit.category)
        .where(
            sa.exists().where(
                Candidate.exam_id == exam_id, Candidate.unit_id == Unit.id
            )
        )
        .order_by(Unit.position, Unit.id)
    )
    return [
        (Named(row.id, row.name, row.code, row.initials), row.category)
        for row in db.session.execute(query)
    ]


def candidates_by_digest(exam_id: int, digests: list[str]) -> list[Due]:
    """The candidates whose tail or staff number has one of these digests."""
    query = (
        sa.select(Candidate.id, Candidate.name, Candidate.unit_name)
        .where(Candidate.exam_id == exam_id)
        .where(
            sa.or_(
                Candidate.tail_digest.in_(digests), Candidate.staff_digest.in_(digests)
            )
        )
    )
    return [Due(*row) for row in db.session.execute(query)]


def find_candidate(candidate_id: int) -> Candidate | None:
    """A candidate."""
    return db.session.get(Candidate, candidate_id)


def wrong_tries(exam_id: int, who: str) -> tuple[int, datetime | None]:
    """How often a name was wrong at an exam, and when last."""
    query = (
        sa.select(EntryTry.failures, EntryTry.failed_at)
        .where(EntryTry.exam_id == exam_id)
        .where(EntryTry.who == who)
    )
    row = db.session.execute(query).first()
    return (row.failures, row.failed_at) if row else (0, None)


def paper_rows(exam_id: int) -> list[tuple[str, int, int]]:
    """What a paper of an exam holds: kind, count, points of each in hundredths."""
    query = (
        sa.select(BlueprintRow.kind, BlueprintRow.count, BlueprintRow.points)
        .where(BlueprintRow.exam_id == exam_id)
        .order_by(BlueprintRow.position)
    )
    return [(row.kind, row[1], row.points) for row in db.session.execute(query)]
