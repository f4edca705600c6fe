"""Reads of the unit report. SQL only selects; every figure is counted in rules."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

import sqlalchemy as sa

from core.access import EVERYWHERE, Scope
from core.db import db
from core.errors import Missing
from quiz.acts import KeyRevision
from quiz.models import Candidate, Exam, Score, Sitting
from quiz.rules.lifecycle import State, state_of
from reports.rules.digest import exam_digest
from reports.rules.ledger import Attempt, Entrant, Marks, UnitKey
from units.models import Unit
from units.queries.units import inside

EACH, MOMENT = 200, 0.005  # rows, and seconds in which others have the interpreter


@dataclass(frozen=True, slots=True)
class ExamFacts:
    """A published exam as a report speaks of it."""

    id: int
    code: str
    title: str
    opens_at: datetime
    closes_at: datetime
    duration_s: int
    marks: Marks
    attempts: int
    demo: bool
    state: State
    digest: str

    @property
    def over(self) -> bool:
        """Whether nobody can start any more: who has not come is absent."""
        return self.state in (State.CLOSED, State.RESULTS_PUBLISHED, State.ARCHIVED)


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One person of an exam, with what the ledger counts and what is shown."""

    candidate_id: int
    name: str
    exempt_reason: str
    closed_at: datetime | None  # of the attempt that counts
    entrant: Entrant


def _facts(exam: Exam, now: datetime) -> ExamFacts:
    return ExamFacts(
        id=exam.id,
        code=exam.code,
        title=exam.title,
        opens_at=exam.opens_at,
        closes_at=exam.closes_at,
        duration_s=exam.duration_s,
        marks=Marks(exam.pass_mark, exam.excellent_mark),
        attempts=exam.attempts,
        demo=exam.demo,
        state=state_of(exam, now),
        digest=exam_digest(
            code=exam.code,
            roster=exam.roster_digest or "",
            bank=exam.bank_digest or "",
            blueprint=exam.blueprint_digest or "",
            commitment=exam.commitment or "",
        ),
    )


def _visible(scope: Scope) -> sa.ColumnElement[bool]:
    """Exams that belong to a scope, or that people of its units are in."""
    if scope.everywhere:
        return sa.true()
    theirs = sa.select(Candidate.id).where(
        Candidate.exam_id == Exam.id, inside(Candidate.unit_id, scope)
    )
    return inside(Exam.unit_id, scope) | theirs.exists()


def names_of(scope: Scope) -> list[str]:
    """The roots of a scope by name; none where it is everything. One query."""
    if scope.everywhere:
        return []
    roots = sa.select(Unit.name).where(Unit.id.in_(scope.units))
    return list(db.session.scalars(roots.order_by(Unit.position, Unit.id)))


def exam_facts(
    now: datetime,
    *,
    scope: Scope,
    exam_id: int | None = None,
    code: str | None = None,
) -> ExamFacts:
    """A published exam by its id or its code. One query.

    :raises Missing: If there is none that concerns the scope, or it is still a draft.
    """
    wanted = Exam.id == exam_id if code is None else Exam.code == code
    exam = db.session.scalar(sa.select(Exam).where(wanted, _visible(scope)))
    if exam is None:
        raise Missing("没有找到这场考试，请核对考试代码，或从考试列表进入")
    if exam.published_at is None:
        raise Missing("“%(title)s”还没有发布，发布后才有成绩统计", title=exam.title)
    return _facts(exam, now)


def published_exams(
    now: datetime, *, scope: Scope, offset: int, limit: int
) -> tuple[list[ExamFacts], int]:
    """Published exams that concern a scope, the newest first, and how many there are.
    Two queries.
    """
    published = Exam.published_at.is_not(None) & _visible(scope)
    total = db.session.scalar(
        sa.select(sa.func.count()).select_from(Exam).where(published)
    )
    exams = db.session.scalars(
        sa.select(Exam)
        .where(published)
        .order_by(Exam.opens_at.desc(), Exam.id.desc())
        .offset(offset)
        .limit(limit)
    )
    return [_facts(exam, now) for exam in exams], total or 0


def roster_count(exam_id: int, scope: Scope) -> int:
    """How many people of a scope an exam has. One query."""
    theirs = inside(Candidate.unit_id, scope)
    query = sa.select(sa.func.count()).where(Candidate.exam_id == exam_id, theirs)
    return db.session.scalar(query) or 0


def overdue_exams(exam_ids: Sequence[int], now: datetime) -> list[int]:
    """Those of the exams that have an open sitting past its deadline, or sheets that
    wait for scores by corrected keys. One query."""
    if not exam_ids:
        return []
    overdue = (
        sa.select(Sitting.exam_id)
        .where(Sitting.exam_id.in_(exam_ids))
        .where(Sitting.state == "open")
        .where(Sitting.deadline < now)
    )
    unscored = (
        sa.select(KeyRevision.exam_id)
        .where(KeyRevision.exam_id.in_(exam_ids))
        .where(KeyRevision.scored_at.is_(None))
    )
    return sorted(db.session.scalars(overdue.union(unscored)))


_columns = (
    Candidate.exam_id,
    Candidate.id.label("candidate_id"),
    Candidate.name,
    Candidate.exempt_reason,
    Candidate.walk_in,
    Candidate.unit_id,
    Unit.code.label("unit_code"),
    Candidate.unit_name,
    # As frozen; of exams published before that, as the unit is today.
    sa.func.coalesce(Candidate.category, Unit.category).label("category"),
    sa.func.coalesce(Candidate.level, Unit.level).label("level"),
    Unit.place,
    Sitting.attempt,
    Sitting.state,
    Sitting.closed_at,
    Score.points,
    Score.key_revision,
)


def _rows(*conditions: sa.ColumnElement[bool]) -> Iterable[Sequence[Any]]:
    # One row per person, attempt and key revision; people without a sitting have
    # one row of their own. Scores of an earlier generation of the sheet are not met.
    query = (
        sa.select(*_columns)
        .select_from(Candidate)
        .join(Unit, Candidate.unit_id == Unit.id)
        .outerjoin(Sitting, Sitting.candidate_id == Candidate.id)
        .outerjoin(
            Score,
            sa.and_(
                Score.sitting_id == Sitting.id,
                Score.generation == Sitting.generation,
            ),
        )
        .where(*conditions)
        .order_by(Candidate.id, Sitting.attempt, Score.key_revision)
    )
    return db.session.execute(query)


def _giving_way(rows: Iterable[Sequence[Any]]) -> Iterator[Sequence[Any]]:
    """The rows, with a moment for others now and then.

    Who counts thousands in a thread of a worker has the interpreter most of the time,
    and every save beside it waits for it ten times.
    """
    for n, row in enumerate(rows, 1):
        if n % EACH == 0:
            time.sleep(MOMENT)
        yield row


def _people(rows: Iterable[Sequence[Any]]) -> dict[int, list[PersonRow]]:
    """People by exam, in the order they were frozen."""
    units: dict[tuple[int, int], UnitKey] = {}
    people: dict[int, list[PersonRow]] = {}
    # Taken apart by place: of ten thousand rows each name of a column costs.
    for candidate_id, own in groupby(_giving_way(rows), key=itemgetter(1)):
        head, *others = own
        exam_id, _, name, reason, walk_in, unit_id, *unit = head[:-5]
        number, state, closed_at, points, _ = head[-5:]
        # The unit keeps the name it was frozen with, for all its people.
        of = units.get((exam_id, unit_id))
        if of is None:
            of = units[exam_id, unit_id] = UnitKey(unit_id, *unit)
        # Ordered by key revision: the newest stays.
        attempts = {} if number is None else {number: Attempt(number, state, points)}
        closed = {number: closed_at}
        for other in others:
            number, state, closed_at, points, _ = other[-5:]
            attempts[number] = Attempt(number, state, points)
            closed[number] = closed_at
        entrant = Entrant(
            unit=of,
            exempt=reason is not None,
            walk_in=walk_in,
            attempts=tuple(attempts.values()),
        )
        first = entrant.first
        people.setdefault(exam_id, []).append(
            PersonRow(
                candidate_id=candidate_id,
                name=name,
                exempt_reason=reason or "",
                closed_at=closed[first.number] if first else None,
                entrant=entrant,
            )
        )
    return people


def people_of(exam_id: int, scope: Scope = EVERYWHERE) -> list[PersonRow]:
    """Everybody of a scope in an exam, in the order of units, then of the roster. One
    query.
    """
    rows = _rows(Candidate.exam_id == exam_id, inside(Candidate.unit_id, scope))
    people = _people(rows).get(exam_id, [])
    return sorted(
        people,
        key=lambda one: (
            one.entrant.unit.position,
            one.entrant.unit.id,
            one.candidate_id,
        ),
    )


def people_of_unit(exam_id: int, unit_id: int, scope: Scope) -> list[PersonRow]:
    """The people of one unit in an exam, in the order of the roster. One query.

    :raises Missing: If the unit has nobody in it, or is outside the scope.
    """
    rows = _rows(
        Candidate.exam_id == exam_id,
        Candidate.unit_id == unit_id,
        inside(Candidate.unit_id, scope),
    )
    people = _people(rows).get(exam_id)
    if not people:
        raise Missing("这个单位没有人员参加这场考试，请从单位成绩表进入")
    return people


def entrants_of(
    exam_ids: Sequence[int], scope: Scope = EVERYWHERE
) -> dict[int, list[Entrant]]:
    """Who the figures of several exams are counted from, of a scope. One query."""
    if not exam_ids:
        return {}
    inside_scope = inside(Candidate.unit_id, scope)
    people = _people(_rows(Candidate.exam_id.in_(exam_ids), inside_scope))
    return {exam_id: [one.entrant for one in ones] for exam_id, ones in people.items()}
