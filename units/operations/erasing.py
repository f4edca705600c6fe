"""Erasing people who have left, or who ask for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import seals
from units.models import Exemption, Person, RosterChange

ERASED = "（已删除）"


def record_erased_people(
    session: Session, person_ids: Sequence[int], now: datetime
) -> list[seals.Rows]:
    """Leave of these people a number and the unit; they are off the roster.

    A part of an act of the package privacy; returns the rows it wrote.
    """
    session.execute(
        sa.update(Person)
        .where(Person.id.in_(person_ids))
        .values(
            name=ERASED,
            phone_tail=None,
            staff_number=sa.literal("-") + sa.cast(Person.id, sa.Text),
            rank="",
            left_at=sa.func.coalesce(Person.left_at, sa.bindparam("at", now)),
        )
    )
    changes = session.scalars(
        sa.update(RosterChange)
        .where(RosterChange.person_id.in_(person_ids))
        .values(details=[], reason="", source="")
        .returning(RosterChange.id)
    ).all()
    exemptions = session.scalars(
        sa.update(Exemption)
        .where(Exemption.person_id.in_(person_ids))
        .values(kind=ERASED, note="", decision_note="")
        .returning(Exemption.id)
    ).all()
    return [
        seals.ids(Person, person_ids),
        seals.ids(RosterChange, changes),
        seals.ids(Exemption, exemptions),
    ]
