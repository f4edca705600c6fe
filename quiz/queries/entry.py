"""Reads at the door of an exam."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from core.statements import Statement
from quiz.models import BlueprintRow, Candidate, EntryTry, Exam
from quiz.rules.rooms import in_order
from quiz.traces import Presence
from units.models import Unit
from units.queries.units import ORDER
from units.rules.search import Named


@dataclass(frozen=True)
class Card:
    """An exam as those at the door see it."""

    id: int
    code: str
    title: str
    demo: bool
    opens_at: datetime
    closes_at: datetime
    duration_s: int
    attempts: int
    multi_rule: str
    pass_mark: int
    excellent_mark: int
    show_score: str
    show_what: str
    presence: str
    provisional: bool
    published_at: datetime | None
    drawn_at: datetime | None
    results_at: datetime | None
    paused_at: datetime | None
    contact: str


@dataclass(frozen=True, eq=False)
class Units:
    """The units of an exam: one object for everybody, as long as nothing changes."""

    #: As they are searched for.
    named: tuple[Named, ...]
    #: Name and category, as they are offered.
    offered: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Seen:
    """That somebody is there, as they are told it."""

    how: str
    at: datetime
    room: str | None


@dataclass(frozen=True)
class Due:
    """A candidate as found by who they say they are."""

    id: int
    name: str
    unit_name: str
    exempt_reason: str | None
    room: str | None
    ticket: int  # which one counts
    seen_how: str | None
    seen_at: datetime | None
    seen_room: str | None

    @property
    def seen(self) -> Seen | None:
        """What says that they are there."""
        if self.seen_how is None or self.seen_at is None:
            return None
        return Seen(self.seen_how, self.seen_at, self.seen_room)


_exam = Exam.__table__.c
_card = Statement(
    sa.select(
        _exam.id,
        _exam.code,
        _exam.title,
        _exam.demo,
        _exam.opens_at,
        _exam.closes_at,
        _exam.duration_s,
        _exam.attempts,
        _exam.multi_rule,
        _exam.pass_mark,
        _exam.excellent_mark,
        _exam.show_score,
        _exam.show_what,
        _exam.presence,
        _exam.provisional,
        _exam.published_at,
        _exam.drawn_at,
        _exam.results_at,
        _exam.paused_at,
        _exam.contact,
    ).where(_exam.code == sa.bindparam("code")),
    Card,
)


def find_card(connection: sa.Connection, code: str) -> Card | None:
    """The exam of a code, published or not. One query."""
    return _card.first(connection, {"code": code.upper()})


_units = Statement(
    sa.select(Unit.id, Unit.name, Unit.code, Unit.initials, Unit.category)
    .where(
        sa.exists().where(
            Candidate.exam_id == sa.bindparam("exam_id"),
            Candidate.unit_id == Unit.id,
        )
    )
    .order_by(*ORDER)
)


def units_of_exam(connection: sa.Connection, exam_id: int) -> Units:
    """The units with candidates in an exam, in order. One query.

    Names of units are public; names of people never leave the server.
    """
    return _as_units(tuple(_units.run(connection, {"exam_id": exam_id})))


@lru_cache(maxsize=16)
def _as_units(rows: Sequence[Any]) -> Units:
    return Units(
        tuple(Named(*row[:4]) for row in rows),
        tuple((row[1], row[4]) for row in rows),
    )


_due = (
    sa.select(
        Candidate.id,
        Candidate.name,
        Candidate.unit_name,
        Candidate.exempt_reason,
        Candidate.room,
        Candidate.ticket,
        Presence.how,
        Presence.at,
        Presence.room.label("seen_room"),
    )
    .outerjoin(Presence, Presence.candidate_id == Candidate.id)
    .where(Candidate.exam_id == sa.bindparam("exam_id"))
)
_one_due = Statement(_due.where(Candidate.id == sa.bindparam("candidate_id")), Due)


def find_due(connection: sa.Connection, exam_id: int, candidate_id: int) -> Due | None:
    """A candidate of an exam. One query."""
    values = {"exam_id": exam_id, "candidate_id": candidate_id}
    return _one_due.first(connection, values)


@lru_cache(maxsize=64)
def _by_digest(count: int) -> Statement[Due]:
    """A statement for so many digests."""
    digests = [sa.bindparam(f"digest_{n}", type_=sa.Text()) for n in range(count)]
    return Statement(
        _due.where(
            sa.or_(
                Candidate.tail_digest.in_(digests),
                Candidate.staff_digest.in_(digests),
            )
        ),
        Due,
    )


def candidates_by_digest(
    connection: sa.Connection, exam_id: int, digests: Sequence[str]
) -> list[Due]:
    """The candidates whose tail or staff number has one of these digests.

    One query; none without a digest.
    """
    if not digests:
        return []
    values: dict[str, Any] = {f"digest_{n}": one for n, one in enumerate(digests)}
    return _by_digest(len(digests)).run(connection, {"exam_id": exam_id} | values)


_rooms = Statement(
    sa.select(Candidate.room)
    .where(Candidate.exam_id == sa.bindparam("exam_id"))
    .where(Candidate.room.is_not(None))
    .distinct()
)


def rooms_of_exam(connection: sa.Connection, exam_id: int) -> list[str]:
    """The rooms of an exam, in their order. One query."""
    rooms = [room for (room,) in _rooms.run(connection, {"exam_id": exam_id})]
    return sorted(rooms, key=in_order)


_tries = Statement(
    sa.select(EntryTry.failures, EntryTry.failed_at)
    .where(EntryTry.exam_id == sa.bindparam("exam_id"))
    .where(EntryTry.who == sa.bindparam("who"))
)


def wrong_tries(
    connection: sa.Connection, exam_id: int, who: str
) -> tuple[int, datetime | None]:
    """How often a name was wrong at an exam, and when last. One query."""
    found = _tries.first(connection, {"exam_id": exam_id, "who": who})
    return (found[0], found[1]) if found else (0, None)


_rows = Statement(
    sa.select(BlueprintRow.kind, BlueprintRow.count, BlueprintRow.points)
    .where(BlueprintRow.exam_id == sa.bindparam("exam_id"))
    .order_by(BlueprintRow.position)
)


def paper_rows(connection: sa.Connection, exam_id: int) -> list[tuple[str, int, int]]:
    """What a paper of an exam holds: kind, count, points of each in hundredths.

    One query.
    """
    found = _rows.run(connection, {"exam_id": exam_id})
    return [(kind, count, points) for kind, count, points in found]
