"""Units and people."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Id, Model


class Unit(Model):
    """单位: a body whose staff are tested. A tree of any depth."""

    __tablename__ = "unit"

    id: Mapped[Id]
    #: As in the organizer's own list, e.g. 411500031; compared as text.
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(unique=True)
    #: Initials of the name's pinyin, e.g. "ssfj"; made at import.
    initials: Mapped[str]
    #: 党委部门, 政府部门, 县区 …: as the organizer writes it; may be empty.
    category: Mapped[str]
    #: 市直 or 县区 …; may be empty.
    level: Mapped[str]
    parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("unit.id"))
    #: Order in lists and reports.
    position: Mapped[int]
    created_at: Mapped[datetime]

    people: Mapped[list[Person]] = relationship(back_populates="unit")


class Person(Model):
    """人员: one of a unit's staff. Minimal by law: no ID number, no face."""

    __tablename__ = "person"
    __table_args__ = (
        sa.CheckConstraint(
            "phone_tail IS NOT NULL OR staff_number IS NOT NULL", "can_be_told_apart"
        ),
        # Two people of one name in a unit are told apart by tail or staff number.
        sa.Index("ix_person_unit_name", "unit_id", "name"),
    )

    id: Mapped[Id]
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey(Unit.id))
    #: As it is written; compare by rules.identity.normal_name.
    name: Mapped[str]
    #: The last four digits of the phone.
    phone_tail: Mapped[str | None]
    #: The unit's own number for the person.
    staff_number: Mapped[str | None]
    #: 领导班子, 中层, 执法人员, 新录用 …; may be empty.
    rank: Mapped[str]
    #: When the person left the roster; None while on it.
    left_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    unit: Mapped[Unit] = relationship(back_populates="people")
