"""Reads at the door of an exam."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from core.db import db
from quiz.models import BlueprintRow, Candidate, EntryTry, Exam
from units.models import Unit
from units.queries.units import ORDER
from units.rules.search import Named


@dataclass(frozen=True)
class Due:
    """A candidate as found by who they say they are."""

    id: int
    name: str
    unit_name: str


_exam_by_code = sa.select(Exam).where(Exam.code == sa.bindparam("code"))


def find_exam_by_code(code: str) -> Exam | None:
    """The exam of a code, published or not. One query."""
    return db.session.scalar(_exam_by_code, {"code": code.upper()})


_units = (
    sa.select(Unit.id, Unit.name, Unit.code, Unit.initials, Unit.category)
    .where(
        sa.exists().where(
            Candidate.exam_id == sa.bindparam("exam_id"),
            Candidate.unit_id == Unit.id,
        )
    )
    .order_by(*ORDER)
)


def units_of_exam(exam_id: int) -> list[tuple[Named, str]]:
    """The units with candidates in an exam and their categories, in order. One
    query. Names of units are public; names of people never leave the server."""
    found = db.session.connection().execute(_units, {"exam_id": exam_id})
    return [
        (Named(unit_id, name, code, initials), category)
        for unit_id, name, code, initials, category in found
    ]


_by_digest = (
    sa.select(Candidate.id, Candidate.name, Candidate.unit_name)
    .where(Candidate.exam_id == sa.bindparam("exam_id"))
    .where(
        sa.or_(
            Candidate.tail_digest.in_(sa.bindparam("digests", expanding=True)),
            Candidate.staff_digest.in_(sa.bindparam("digests", expanding=True)),
        )
    )
)


def candidates_by_digest(exam_id: int, digests: list[str]) -> list[Due]:
    """The candidates whose tail or staff number has one of these digests."""
    values = {"exam_id": exam_id, "digests": digests}
    return [Due(*row) for row in db.session.connection().execute(_by_digest, values)]


def find_candidate(candidate_id: int) -> Candidate | None:
    """A candidate."""
    return db.session.get(Candidate, candidate_id)


_tries = (
    sa.select(EntryTry.failures, EntryTry.failed_at)
    .where(EntryTry.exam_id == sa.bindparam("exam_id"))
    .where(EntryTry.who == sa.bindparam("who"))
)


def wrong_tries(exam_id: int, who: str) -> tuple[int, datetime | None]:
    """How often a name was wrong at an exam, and when last."""
    values = {"exam_id": exam_id, "who": who}
    row = db.session.connection().execute(_tries, values).first()
    return (row.failures, row.failed_at) if row else (0, None)


_rows = (
    sa.select(BlueprintRow.kind, BlueprintRow.count, BlueprintRow.points)
    .where(BlueprintRow.exam_id == sa.bindparam("exam_id"))
    .order_by(BlueprintRow.position)
)


def paper_rows(exam_id: int) -> list[tuple[str, int, int]]:
    """What a paper of an exam holds: kind, count, points of each in hundredths."""
    found = db.session.connection().execute(_rows, {"exam_id": exam_id})
    return [(kind, count, points) for kind, count, points in found]
