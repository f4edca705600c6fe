"""An exam locked by an act of those who run it, and the sittings the act reaches."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from core.errors import Missing, Refused
from quiz.acts import EarlyClosing, Pause
from quiz.models import Candidate, Exam, Sitting, TimeGrant
from quiz.rules.grants import Reach

LINGERS = timedelta(minutes=10)  # after a deadline a sitting still waits to be closed


@dataclass(frozen=True)
class Running:
    """An exam as an act on its sittings needs it."""

    id: int
    code: str
    opens_at: datetime
    closes_at: datetime
    grace_s: int
    published_at: datetime | None
    drawn_at: datetime | None
    results_at: datetime | None
    archived_at: datetime | None
    paused_at: datetime | None

    @property
    def grace(self) -> timedelta:
        """How late a message may arrive."""
        return timedelta(seconds=self.grace_s)


@dataclass(frozen=True)
class Grant:
    """Time that was given, for lists."""

    id: int
    reach: Reach
    seconds: int
    reason: str
    granted_at: datetime
    granted_by: int | None


_running = (
    sa.select(
        Exam.id,
        Exam.code,
        Exam.opens_at,
        Exam.closes_at,
        Exam.grace_s,
        Exam.published_at,
        Exam.drawn_at,
        Exam.results_at,
        Exam.archived_at,
        Exam.paused_at,
    )
    .where(Exam.id == sa.bindparam("exam_id"))
    .with_for_update()
)


@dataclass(frozen=True)
class SheetsOut:
    """Sheets that are not closed yet."""

    count: int
    who: list[str]  # unit and name of a few of them


def sheets_out(connection: sa.Connection, exam_id: int, few: int = 5) -> SheetsOut:
    """Whose sheets of an exam are still out. Two queries."""
    still = sa.and_(Sitting.exam_id == exam_id, Sitting.state == "open")
    count = connection.scalar(sa.select(sa.func.count(Sitting.id)).where(still))
    who = connection.execute(
        sa.select(Candidate.unit_name, Candidate.name)
        .join(Sitting, Sitting.candidate_id == Candidate.id)
        .where(still)
        .order_by(Sitting.deadline, Sitting.id)
        .limit(few)
    )
    return SheetsOut(count or 0, [f"{unit} {name}" for unit, name in who])


def exam_to_run(
    connection: sa.Connection, exam_id: int, *, after_results: bool = False
) -> Running:
    """An exam whose sittings are acted on, locked until the transaction ends.

    One query. Take the chain's lock first: whoever starts or closes a sitting does.

    :param after_results: Whether the act may come after the results.
    :raises Missing: If there is none.
    :raises Refused: If it is a draft or archived, or its results are published.
    """
    row = connection.execute(_running, {"exam_id": exam_id}).first()
    if row is None:
        raise Missing("没有找到这场考试")
    exam = Running(**row._mapping)
    if exam.published_at is None:
        raise Refused("考试还没有发布，请先发布")
    if exam.archived_at is not None:
        raise Refused("考试已经归档，不能再改动")
    if exam.results_at is not None and not after_results:
        raise Refused("成绩已经公布，不能再改动考生的作答")
    return exam


def _reaches(reach: Reach) -> list[sa.ColumnElement[bool]]:
    """The conditions on a candidate of the exam."""
    if reach.candidate_id is not None:
        return [Candidate.id == reach.candidate_id]
    if reach.unit_id is not None:
        return [Candidate.unit_id == reach.unit_id]
    if reach.room is not None:
        return [Candidate.room == reach.room]
    return []


def reaches_anybody(connection: sa.Connection, exam_id: int, reach: Reach) -> bool:
    """Whether anybody in the exam is meant. One query."""
    query = sa.select(Candidate.id).where(
        Candidate.exam_id == exam_id, *_reaches(reach)
    )
    return connection.execute(query.limit(1)).first() is not None


def closed_reached(connection: sa.Connection, exam_id: int, reach: Reach) -> int:
    """How many closed sittings are meant. One query."""
    query = (
        sa.select(sa.func.count())
        .select_from(Sitting)
        .join(Candidate, Candidate.id == Sitting.candidate_id)
        .where(Sitting.exam_id == exam_id)
        .where(Sitting.state.in_(("submitted", "auto")), *_reaches(reach))
    )
    return connection.execute(query).scalar_one()


@dataclass(frozen=True)
class Ends:
    """When an open sitting ends."""

    sitting_id: int
    deadline: datetime
    before: datetime | None  # what it was before the exam was closed early

    def later(self, by: timedelta) -> Ends:
        """The same, moved."""
        before = None if self.before is None else self.before + by
        return Ends(self.sitting_id, self.deadline + by, before)


def open_reached(connection: sa.Connection, exam_id: int, reach: Reach) -> list[Ends]:
    """Open sittings with their deadlines, locked. One query."""
    query = (
        sa.select(Sitting.id, Sitting.deadline, Sitting.deadline_before)
        .join(Candidate, Candidate.id == Sitting.candidate_id)
        .where(Sitting.exam_id == exam_id, Sitting.state == "open")
        .where(*_reaches(reach))
        .order_by(Sitting.id)
        .with_for_update(of=Sitting.__table__)
    )
    return [Ends(*row) for row in connection.execute(query)]


@dataclass(frozen=True)
class Closing:
    """An early closing."""

    id: int
    closed_at: datetime
    closes_before: datetime
    undone_at: datetime | None


def last_closing(connection: sa.Connection, exam_id: int) -> Closing | None:
    """The newest early closing of an exam. One query."""
    query = (
        sa.select(
            EarlyClosing.id,
            EarlyClosing.closed_at,
            EarlyClosing.closes_before,
            EarlyClosing.undone_at,
        )
        .where(EarlyClosing.exam_id == exam_id)
        .order_by(EarlyClosing.id.desc())
        .limit(1)
    )
    row = connection.execute(query).first()
    return Closing(*row) if row else None


def collected_early(
    connection: sa.Connection, exam_id: int, most: int
) -> list[tuple[int, datetime]]:
    """Sittings closed since the exam was closed early, with their deadlines before.

    One query.
    """
    query = (
        sa.select(Sitting.id, Sitting.deadline_before)
        .where(Sitting.exam_id == exam_id)
        .where(Sitting.state.in_(("submitted", "auto")))
        .where(Sitting.deadline_before.is_not(None))
        .order_by(Sitting.id)
        .limit(most)
    )
    return [(row.id, row.deadline_before) for row in connection.execute(query)]


def somebody_sits(connection: sa.Connection, at: datetime) -> bool:
    """Whether the time of an open sitting is running, or was a moment ago. One query.

    Sittings that nobody came to collect long since do not count.
    """
    query = (
        sa.select(Sitting.id)
        .where(Sitting.state == "open", Sitting.deadline > at - LINGERS)
        .limit(1)
    )
    return connection.execute(query).first() is not None


def find_candidates(
    connection: sa.Connection,
    exam_id: int,
    *,
    name: str | None = None,
    unit_name: str | None = None,
) -> list[int]:
    """The candidates of this name, or in this unit, or both. One query."""
    query = sa.select(Candidate.id).where(Candidate.exam_id == exam_id)
    if name is not None:
        query = query.where(Candidate.name == name)
    if unit_name is not None:
        query = query.where(Candidate.unit_name == unit_name)
    return list(connection.execute(query.order_by(Candidate.id)).scalars())


def find_unit(connection: sa.Connection, exam_id: int, unit_name: str) -> int | None:
    """The unit that people of this exam came with under this name. One query."""
    return connection.execute(
        sa.select(Candidate.unit_id)
        .where(Candidate.exam_id == exam_id, Candidate.unit_name == unit_name)
        .limit(1)
    ).scalar()


def find_pause(connection: sa.Connection, exam_id: int) -> int | None:
    """The pause that lasts. One query."""
    return connection.execute(
        sa.select(Pause.id).where(Pause.exam_id == exam_id, Pause.ended_at.is_(None))
    ).scalar()


def grants_of(connection: sa.Connection, exam_id: int) -> list[Grant]:
    """All time given in an exam, newest first. One query."""
    query = (
        sa.select(TimeGrant.__table__)
        .where(TimeGrant.exam_id == exam_id)
        .order_by(TimeGrant.id.desc())
    )
    return [
        Grant(
            id=row.id,
            reach=Reach(row.candidate_id, row.unit_id, row.room),
            seconds=row.seconds,
            reason=row.reason,
            granted_at=row.granted_at,
            granted_by=row.granted_by,
        )
        for row in connection.execute(query)
    ]
