"""Reads of exams for those who make and run them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from core.access import EVERYWHERE, Scope
from core.db import db
from core.errors import Missing
from quiz.models import Candidate, Exam, Paper, Sitting
from units.models import Person, Unit
from units.queries.units import inside


@dataclass(frozen=True)
class ExamFigures:
    """How many, of one exam."""

    roster: int  # frozen, with the exempt, without walk-ins
    exempt: int
    walk_ins: int
    started: int  # of those due: with at least one sitting that is not void
    submitted: int  # of those due: with at least one sitting that is closed
    papers: int
    spares: int

    @property
    def due(self) -> int:
        """应考: the roster without the exempt."""
        return self.roster - self.exempt


@dataclass(frozen=True)
class CandidateLine:
    """A line of the roster page."""

    id: int
    unit_name: str
    name: str
    exempt_reason: str | None
    walk_in: bool
    state: str | None  # of the newest sitting; None: not started


@dataclass(frozen=True)
class Departure:
    """Somebody who is no longer in the unit they were frozen with."""

    name: str
    unit_name: str
    now_in: str | None  # None: on no roster any more


@dataclass(frozen=True)
class RosterUnit:
    """A unit of a frozen roster."""

    id: int
    name: str
    people: int
    exempt: int


_WITH_ROWS = selectinload(Exam.rows)


def exam_for(scope: Scope, exam_id: int) -> Exam:
    """An exam of a scope with its blueprint and its unit. Two queries.

    :raises Missing: If there is none, or it does not belong to the scope.
    """
    exam = db.session.scalar(
        sa.select(Exam)
        .where(Exam.id == exam_id, inside(Exam.unit_id, scope))
        .options(_WITH_ROWS, joinedload(Exam.unit))
    )
    if exam is None:
        raise Missing("没有找到这场考试")
    return exam


def exam_by_id(exam_id: int) -> Exam:
    """Any exam with its blueprint, for operations. Two queries.

    :raises Missing: If there is none.
    """
    exam = db.session.get(Exam, exam_id, options=[_WITH_ROWS])
    if exam is None:
        raise Missing("没有找到这场考试")
    return exam


def exam_by_code(code: str) -> Exam:
    """As ``exam_by_id``, by the code in the address.

    :raises Missing: If there is none.
    """
    exam = db.session.scalar(
        sa.select(Exam).where(Exam.code == code.strip().upper()).options(_WITH_ROWS)
    )
    if exam is None:
        raise Missing("没有代码为 %(code)s 的考试，请核对", code=code)
    return exam


def exams_listed(scope: Scope = EVERYWHERE) -> Sequence[tuple[Exam, int]]:
    """The exams of a scope with their units and the size of their rosters, newest
    first. One query.
    """
    people = (
        sa.select(sa.func.count())
        .select_from(Candidate)
        .where(Candidate.exam_id == Exam.id, ~Candidate.walk_in)
        .scalar_subquery()
    )
    return db.session.execute(
        sa.select(Exam, people)
        .where(inside(Exam.unit_id, scope))
        .options(joinedload(Exam.unit))
        .order_by(Exam.opens_at.desc(), Exam.id.desc())
    ).all()


def exam_figures(exam_id: int) -> ExamFigures:
    """How many, of one exam. Three queries."""
    people = db.session.execute(
        sa.select(
            _count(~Candidate.walk_in),
            _count(~Candidate.walk_in & Candidate.exempt_reason.is_not(None)),
            _count(Candidate.walk_in.is_(True)),
        ).where(Candidate.exam_id == exam_id)
    ).one()
    sat = db.session.execute(
        sa.select(
            sa.func.count(Sitting.candidate_id.distinct()),
            sa.func.count(
                sa.case(
                    (
                        Sitting.state.in_(("submitted", "auto")),
                        Sitting.candidate_id,
                    )
                ).distinct()
            ),
        )
        .join(Candidate, Candidate.id == Sitting.candidate_id)
        .where(
            Sitting.exam_id == exam_id,
            Sitting.state != "void",
            ~Candidate.walk_in,
            Candidate.exempt_reason.is_(None),
        )
    ).one()
    papers = db.session.execute(
        sa.select(sa.func.count(), _count(Paper.candidate_id.is_(None))).where(
            Paper.exam_id == exam_id
        )
    ).one()
    return ExamFigures(*people, *sat, *papers)


def roster_of(
    exam_id: int, *, unit_id: int | None = None, exempt_only: bool = False
) -> list[CandidateLine]:
    """The frozen roster, unit by unit, or of one unit. One query."""
    newest = (
        sa.select(Sitting.state)
        .where(Sitting.candidate_id == Candidate.id)
        .order_by(Sitting.attempt.desc())
        .limit(1)
        .scalar_subquery()
    )
    select = sa.select(
        Candidate.id,
        Candidate.unit_name,
        Candidate.name,
        Candidate.exempt_reason,
        Candidate.walk_in,
        newest,
    ).where(Candidate.exam_id == exam_id)
    if unit_id is not None:
        select = select.where(Candidate.unit_id == unit_id)
    if exempt_only:
        select = select.where(Candidate.exempt_reason.is_not(None))
    found = db.session.execute(select.order_by(Candidate.unit_id, Candidate.id))
    return [CandidateLine(*row) for row in found]


def roster_units(exam_id: int) -> list[RosterUnit]:
    """The units of a frozen roster with their numbers. One query."""
    found = db.session.execute(
        sa.select(
            Candidate.unit_id,
            Candidate.unit_name,
            sa.func.count(),
            _count(Candidate.exempt_reason.is_not(None)),
        )
        .where(Candidate.exam_id == exam_id, ~Candidate.walk_in)
        .group_by(Candidate.unit_id, Candidate.unit_name)
        .order_by(sa.func.min(Candidate.id))
    )
    return [RosterUnit(*row) for row in found]


def departures(exam_id: int) -> list[Departure]:
    """Who was moved or left since the roster was frozen; results stay with the unit
    they were frozen with. One query.
    """
    found = db.session.execute(
        sa.select(Candidate.name, Candidate.unit_name, Unit.name, Person.left_at)
        .join(Person, Person.id == Candidate.person_id)
        .join(Unit, Unit.id == Person.unit_id)
        .where(
            Candidate.exam_id == exam_id,
            sa.or_(Person.unit_id != Candidate.unit_id, Person.left_at.is_not(None)),
        )
        .order_by(Candidate.id)
    )
    return [
        Departure(name, unit_name, None if left_at else now_in)
        for name, unit_name, now_in, left_at in found
    ]


def candidate_in(exam_id: int, candidate_id: int) -> Candidate:
    """A candidate of this exam. One query.

    :raises Missing: If there is none in this exam.
    """
    candidate = db.session.get(Candidate, candidate_id)
    if candidate is None or candidate.exam_id != exam_id:
        raise Missing("应考名单里没有这个人")
    return candidate


def _count(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    # An aggregate over no rows is NULL: then it is none.
    return sa.func.coalesce(sa.func.sum(sa.case((condition, 1), else_=0)), 0)
