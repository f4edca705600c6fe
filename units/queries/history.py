"""Reading what changed about units and people."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from core.db import db
from units.models import Person, RosterChange, Unit

SHOWN = 200  # the newest changes of a page


def state_of_rosters(session: Session) -> int:
    """The number of the newest change; as long as it stays, nothing has changed."""
    return session.scalar(sa.select(sa.func.max(RosterChange.id))) or 0


def history_of_person(person_id: int) -> Sequence[tuple[RosterChange, str, str | None]]:
    """What happened to somebody, the newest first, with the names of the unit they
    were in afterwards and of the one they came from; one query.
    """
    before = aliased(Unit)
    return db.session.execute(
        sa.select(RosterChange, Unit.name, before.name)
        .join(Unit, Unit.id == RosterChange.unit_id)
        .outerjoin(before, before.id == RosterChange.from_unit_id)
        .where(RosterChange.person_id == person_id)
        .order_by(RosterChange.id.desc())
        .limit(SHOWN)
    ).all()


def history_of_roster(
    unit_id: int,
) -> Sequence[tuple[RosterChange, str, str | None, str | None]]:
    """What happened to a unit and its people, the newest first: with the unit's name,
    that of the unit somebody came from, and the person's; one query.
    """
    before = aliased(Unit)
    return db.session.execute(
        sa.select(RosterChange, Unit.name, before.name, Person.name)
        .join(Unit, Unit.id == RosterChange.unit_id)
        .outerjoin(before, before.id == RosterChange.from_unit_id)
        .outerjoin(Person, Person.id == RosterChange.person_id)
        .where(
            sa.or_(
                RosterChange.unit_id == unit_id,
                RosterChange.from_unit_id == unit_id,
            )
        )
        .order_by(RosterChange.id.desc())
        .limit(SHOWN)
    ).all()
