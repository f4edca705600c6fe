"""Units and people, and what changed about them."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Id, Model


class Unit(Model):
    """单位: a body whose staff are tested. A tree of any depth."""

    __tablename__ = "unit"
    __unsealed__: ClassVar = {"place": "follows from the other columns of the tree"}

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
    parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("unit.id"), index=True)
    #: Order among the units of one parent; equal ones go by code.
    position: Mapped[int]
    #: Where it stands when the whole tree is read from top to bottom, from 1: the
    #: order of lists and reports. Kept by operations.editing.number_places.
    place: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    #: 停用: takes part in nothing new, keeps its history. None while in use.
    closed_at: Mapped[datetime | None]

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


class RosterChange(Model):
    """名册变动: one thing that happened to one unit or one person.

    The one place that says what a roster was before; the audit log says that there
    was an act and whose it was. Its newest number is the state of all rosters: what
    was worked out at one number holds as long as that is the newest.
    """

    __tablename__ = "roster_change"
    __table_args__ = (
        sa.CheckConstraint(
            "what IN ('made', 'changed', 'moved', 'left', 'returned', 'closed',"
            " 'reopened')",
            "known_act",
        ),
    )

    id: Mapped[Id]
    at: Mapped[datetime]
    #: account:3, system; and the name it had then.
    actor: Mapped[str]
    by_name: Mapped[str]
    what: Mapped[str]
    #: Of the person after the change, or the unit that was changed itself.
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey(Unit.id), index=True)
    #: The unit somebody was moved from.
    from_unit_id: Mapped[int | None] = mapped_column(sa.ForeignKey(Unit.id), index=True)
    #: None: the unit itself.
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey(Person.id), index=True)
    #: [field, old, new], each.
    details: Mapped[list[list[str]]] = mapped_column(sa.JSON)
    #: Why, as somebody wrote it; may be empty.
    reason: Mapped[str]
    #: Name of the file it came in; empty if by hand.
    source: Mapped[str]


class RankGroup(Model):
    """职级类别: a word of the list by which people are grouped. None yet: the usual."""

    __tablename__ = "rank_group"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(unique=True)
    position: Mapped[int]


class RosterWindow(Model):
    """名册维护期限: until when liaisons keep the rosters of a unit and all below it."""

    __tablename__ = "roster_window"

    id: Mapped[Id]
    #: None: all units for which nothing nearer is said.
    unit_id: Mapped[int | None] = mapped_column(sa.ForeignKey(Unit.id), unique=True)
    closes_at: Mapped[datetime]


class RosterCheck(Model):
    """名册核对: somebody looked through a unit's roster and found it right."""

    __tablename__ = "roster_check"

    id: Mapped[Id]
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey(Unit.id), index=True)
    at: Mapped[datetime]
    actor: Mapped[str]
    by_name: Mapped[str]
    #: How many stood on it.
    people: Mapped[int]
    #: Number of the newest change then: a newer one of this unit makes it old.
    seen: Mapped[int]


class Exemption(Model):
    """免考申请: a person need not take exams, if somebody else approves it."""

    __tablename__ = "exemption"
    __table_args__ = (
        sa.CheckConstraint(
            "until IS NOT NULL OR exam_code IS NOT NULL", "for_a_time_or_an_exam"
        ),
        sa.CheckConstraint(
            "(approved IS NULL) = (decided_at IS NULL)", "decided_at_a_time"
        ),
    )

    id: Mapped[Id]
    person_id: Mapped[int] = mapped_column(sa.ForeignKey(Person.id), index=True)
    #: One of rules.exemptions.REASONS, and what there is to add.
    kind: Mapped[str]
    note: Mapped[str]
    #: For every exam that opens before; or
    until: Mapped[datetime | None]
    #: for this exam alone, by its code.
    exam_code: Mapped[str | None]
    requested_at: Mapped[datetime]
    requested_by: Mapped[str]
    requested_name: Mapped[str]
    #: None: not decided yet.
    approved: Mapped[bool | None]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    decided_name: Mapped[str | None]
    decision_note: Mapped[str]
    #: Taken back, or over before its time.
    ended_at: Mapped[datetime | None]
    ended_name: Mapped[str | None]

    person: Mapped[Person] = relationship()
