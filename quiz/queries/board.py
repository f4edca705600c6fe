"""Everybody of an exam with where they stand: for the desk and the hall's screen."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core.access import Scope
from core.db import db
from quiz.models import Candidate, Sitting
from quiz.rules.finding import Sought, is_meant
from quiz.rules.grants import Reach
from quiz.rules.rooms import in_order
from quiz.rules.whereabouts import Where, where
from quiz.traces import Heard, Presence
from units.initials import name_initials
from units.models import Unit
from units.queries.units import inside


@dataclass(frozen=True)
class Seat:
    """Somebody of an exam, with the newest sitting that is not void."""

    candidate_id: int
    name: str
    unit_id: int
    unit_name: str
    unit_initials: str
    room: str | None
    walk_in: bool
    seen: str | None  # what says that they are there
    sitting_id: int | None
    deadline: datetime | None
    heard_at: datetime | None  # None: there is no sitting
    claimed: bool  # another phone has asked for the sitting
    phone: str | None  # tells phones apart; of the sitting
    where: Where

    @property
    def sought(self) -> Sought:
        """What the person can be found by."""
        return Sought(
            self.name, name_initials(self.name), self.unit_name, self.unit_initials
        )


_PEOPLE = (
    sa.select(
        Candidate.id,
        Candidate.name,
        Candidate.unit_id,
        Candidate.unit_name,
        Unit.initials,
        Candidate.room,
        Candidate.walk_in,
        Candidate.exempt_reason.is_not(None).label("exempt"),
        Presence.how.label("seen"),
    )
    .join(Unit, Unit.id == Candidate.unit_id)
    .outerjoin(Presence, Presence.candidate_id == Candidate.id)
    .order_by(Candidate.unit_id, Candidate.id)
)
_SITTINGS = (
    sa.select(
        Sitting.id,
        Sitting.candidate_id,
        Sitting.state,
        Sitting.deadline,
        Sitting.started_at,
        Sitting.claim,
        Sitting.device,
        Heard.heard_at,
    )
    .outerjoin(Heard, Heard.sitting_id == Sitting.id)
    .where(Sitting.state != "void")
    .order_by(Sitting.attempt)
)


def board_of(exam_id: int, scope: Scope, now: datetime) -> list[Seat]:
    """Everybody of an exam who belongs to a scope, unit by unit. Two queries."""
    sittings: dict[int, Any] = {  # the last one of each person
        row.candidate_id: row
        for row in db.session.execute(_SITTINGS.where(Sitting.exam_id == exam_id))
    }
    people = _PEOPLE.where(
        Candidate.exam_id == exam_id, inside(Candidate.unit_id, scope)
    )
    return [_seat(row, sittings.get(row.id), now) for row in db.session.execute(people)]


def _seat(person: Any, sitting: Any, now: datetime) -> Seat:
    heard = None
    if sitting is not None:
        heard = max(sitting.started_at, sitting.heard_at or sitting.started_at)
    return Seat(
        candidate_id=person.id,
        name=person.name,
        unit_id=person.unit_id,
        unit_name=person.unit_name,
        unit_initials=person.initials,
        room=person.room,
        walk_in=person.walk_in,
        seen=person.seen,
        sitting_id=sitting and sitting.id,
        deadline=sitting and sitting.deadline,
        heard_at=heard,
        claimed=bool(sitting and sitting.claim and sitting.state == "open"),
        phone=sitting and sitting.device,
        where=where(
            sitting and sitting.state,
            heard,
            now,
            present=person.seen is not None,
            exempt=person.exempt,
        ),
    )


def counted(seats: Iterable[Seat]) -> Counter[Where]:
    """How many stand where."""
    return Counter(seat.where for seat in seats)


def silent_first(seats: Iterable[Seat]) -> list[Seat]:
    """Those whose phones are silent, the longest first."""
    silent = [seat for seat in seats if seat.where is Where.SILENT]
    return sorted(silent, key=lambda seat: (seat.heard_at, seat.candidate_id))


def found(seats: Iterable[Seat], typed: str) -> list[Seat]:
    """Those a search means."""
    return [seat for seat in seats if is_meant(typed, seat.sought)]


def reached(seats: Iterable[Seat], reach: Reach) -> list[Seat]:
    """Those that time given to somebody reaches."""
    return [
        seat
        for seat in seats
        if reach.candidate_id in (None, seat.candidate_id)
        and reach.unit_id in (None, seat.unit_id)
        and reach.room in (None, seat.room)
    ]


def shared_phones(seats: Sequence[Seat]) -> list[list[Seat]]:
    """People who sit, or sat, with one and the same phone."""
    by_phone: dict[str, list[Seat]] = defaultdict(list)
    for seat in seats:
        if seat.phone is not None:
            by_phone[seat.phone].append(seat)
    return [together for together in by_phone.values() if len(together) > 1]


def rooms_of(seats: Iterable[Seat]) -> dict[str, int]:
    """The rooms with how many people each."""
    rooms = Counter(seat.room for seat in seats if seat.room is not None)
    return {room: rooms[room] for room in sorted(rooms, key=in_order)}
