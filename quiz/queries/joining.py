"""Who asks to be let in without being on the roster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from core.access import Scope
from core.db import db
from core.errors import Missing
from quiz.models import Candidate
from quiz.traces import Joining
from units.models import Unit
from units.queries.units import inside


@dataclass(frozen=True)
class Asking:
    """A wish that waits for a decision."""

    id: int
    name: str
    unit_name: str
    asked_at: datetime
    begun: bool  # may sit already, before the decision


_askings = (
    sa.select(
        Joining.id,
        Joining.name,
        Unit.name,
        Joining.asked_at,
        Joining.candidate_id.is_not(None),
    )
    .join(Unit, Unit.id == Joining.unit_id)
    .where(Joining.decided_at.is_(None))
    .order_by(Joining.id)
)


def joinings_waiting(exam_id: int, scope: Scope) -> Sequence[Asking]:
    """What people of a scope ask for, the oldest first. One query."""
    query = _askings.where(Joining.exam_id == exam_id, inside(Joining.unit_id, scope))
    return [Asking(*row) for row in db.session.execute(query)]


def joining_for(scope: Scope, exam_id: int, joining_id: int) -> Asking:
    """One of them. One query.

    :raises Missing: If there is none, or it has been decided.
    """
    query = _askings.where(
        Joining.id == joining_id,
        Joining.exam_id == exam_id,
        inside(Joining.unit_id, scope),
    )
    row = db.session.execute(query).first()
    if row is None:
        raise Missing("没有这份申请，或已经处理过")
    return Asking(*row)


@dataclass(frozen=True)
class Wish:
    """What became of a wish, for the phone that asked."""

    candidate_id: int | None
    accepted: bool | None


def find_wish(connection: sa.Connection, exam_id: int, device: str) -> Wish | None:
    """The newest wish of a phone. One query."""
    row = connection.execute(
        sa.select(Joining.candidate_id, Joining.accepted)
        .where(Joining.exam_id == exam_id, Joining.device == device)
        .order_by(Joining.id.desc())
        .limit(1)
    ).first()
    return None if row is None else Wish(*row)


def wish_to_decide(
    connection: sa.Connection, exam_id: int, joining_id: int
) -> Joining | None:
    """A wish nobody has decided, locked. One query."""
    return connection.execute(  # type: ignore[return-value]
        sa.select(Joining.__table__)
        .where(Joining.id == joining_id, Joining.exam_id == exam_id)
        .where(Joining.decided_at.is_(None))
        .with_for_update()
    ).first()


def wish_again(
    connection: sa.Connection, exam_id: int, device: str, digest: str
) -> tuple[int, int | None] | None:
    """A waiting wish of this phone or of this person: id and candidate. One query."""
    row = connection.execute(
        sa.select(Joining.id, Joining.candidate_id)
        .where(Joining.exam_id == exam_id, Joining.decided_at.is_(None))
        .where(sa.or_(Joining.device == device, Joining.number_digest == digest))
    ).first()
    return None if row is None else (row[0], row[1])


def wishes_waiting(connection: sa.Connection, exam_id: int) -> int:
    """How many wait for a decision. One query."""
    return connection.execute(
        sa.select(sa.func.count())
        .select_from(Joining)
        .where(Joining.exam_id == exam_id, Joining.decided_at.is_(None))
    ).scalar_one()


def is_on_roster(
    connection: sa.Connection, exam_id: int, digest: str, besides: int | None
) -> bool:
    """Whether somebody of an exam is found by this digest. One query.

    :param besides: A candidate who is not meant.
    """
    query = sa.select(Candidate.id).where(
        Candidate.exam_id == exam_id,
        sa.or_(Candidate.tail_digest == digest, Candidate.staff_digest == digest),
    )
    return any(row.id != besides for row in connection.execute(query))
