"""Whose tickets are printed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from core.db import db
from quiz.models import Candidate
from quiz.rules.rooms import in_order
from units.models import Unit
from units.queries.units import ORDER


@dataclass(frozen=True)
class Holder:
    """Somebody with a ticket."""

    id: int
    name: str
    unit_name: str
    room: str | None
    ticket: int  # which one counts


@dataclass(frozen=True)
class Group:
    """People whose tickets are printed together."""

    unit_id: int | None
    name: str  # of the unit or the room
    people: int


def _due(exam_id: int) -> sa.ColumnElement[bool]:
    return sa.and_(Candidate.exam_id == exam_id, Candidate.exempt_reason.is_(None))


def ticket_groups(exam_id: int) -> tuple[Sequence[Group], Sequence[Group]]:
    """The units and the rooms of an exam with those who are due. Two queries."""
    n = sa.func.count()
    units = db.session.execute(
        sa.select(Unit.id, Unit.name, n)
        .join(Candidate, Candidate.unit_id == Unit.id)
        .where(_due(exam_id))
        .group_by(Unit.id, Unit.name, *ORDER)
        .order_by(*ORDER)
    )
    rooms = db.session.execute(
        sa.select(Candidate.room, n)
        .where(_due(exam_id), Candidate.room.is_not(None))
        .group_by(Candidate.room)
    )
    by_room = {room: people for room, people in rooms if room is not None}
    return (
        [Group(*row) for row in units],
        [Group(None, room, by_room[room]) for room in sorted(by_room, key=in_order)],
    )


def holders(
    exam_id: int,
    *,
    unit_id: int | None,
    room: str | None,
    candidate_id: int | None,
    most: int,
) -> Sequence[Holder]:
    """One person, those of a unit, of a room, or all, as they sit. One query.

    :param most: More are left out.
    """
    query = (
        sa.select(
            Candidate.id,
            Candidate.name,
            Candidate.unit_name,
            Candidate.room,
            Candidate.ticket,
        )
        .join(Unit, Unit.id == Candidate.unit_id)
        .where(_due(exam_id))
        .order_by(*ORDER, Candidate.id)
        .limit(most)
    )
    if unit_id is not None:
        query = query.where(Candidate.unit_id == unit_id)
    if candidate_id is not None:
        query = query.where(Candidate.id == candidate_id)
    if room is not None:
        query = query.where(Candidate.room == room)
    return [Holder(*row) for row in db.session.execute(query)]
