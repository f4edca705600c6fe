"""Reading units and people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from core.access import EVERYWHERE, Scope
from core.db import db
from core.errors import Missing
from units.models import Person, Unit
from units.rules.people_merge import KnownPerson, PeoplePlan, plan_people
from units.rules.roster import PersonLine, UnitLine
from units.rules.unit_merge import KnownUnit, UnitPlan, plan_units


@dataclass(frozen=True)
class UnitRow:
    """A unit as it is listed."""

    id: int
    code: str
    name: str
    initials: str
    category: str
    level: str
    position: int
    people: int  # on the roster


@dataclass(frozen=True)
class UnitChoice:
    """A unit to choose from."""

    id: int
    name: str
    initials: str
    category: str


@dataclass(frozen=True)
class RosterPerson:
    """Somebody on the roster."""

    id: int
    unit_id: int
    unit_code: str
    unit_name: str
    name: str
    tail: str | None
    staff_number: str | None
    rank: str


@dataclass(frozen=True)
class Counts:
    """How many there are."""

    units: int
    people: int  # on the roster
    units_without_people: int


_ORDER = (Unit.position, Unit.code)


def units_within(scope: Scope) -> sa.Select[tuple[int]]:
    """The ids of the units of a scope, to stand in a condition: ``Unit.id.in_(…)``.

    The tree may be of any depth; no query of its own.
    """
    if scope.everywhere:
        return sa.select(Unit.id)
    below = (
        sa.select(Unit.id).where(Unit.id.in_(sorted(scope.units))).cte(recursive=True)
    )
    child = aliased(Unit)
    below = below.union(sa.select(child.id).where(child.parent_id == below.c.id))
    return sa.select(below.c.id)


def inside(unit_id: InstrumentedAttribute[Any], scope: Scope) -> ColumnElement[bool]:
    """The condition that a column names a unit of a scope; no query of its own."""
    if scope.everywhere:
        return sa.true()
    return unit_id.in_(units_within(scope))


def all_units(search: str = "", scope: Scope = EVERYWHERE) -> list[UnitRow]:
    """The units of a scope in the organizer's order, their people counted; one query.

    :param search: Part of the name, the code, the category or the pinyin initials.
    """
    people = (
        sa.select(Person.unit_id, sa.func.count().label("people"))
        .where(Person.left_at.is_(None))
        .group_by(Person.unit_id)
        .subquery()
    )
    rows = db.session.execute(
        sa.select(
            *(Unit.id, Unit.code, Unit.name, Unit.initials, Unit.category),
            *(Unit.level, Unit.position),
            sa.func.coalesce(people.c.people, 0),
        )
        .outerjoin(people, people.c.unit_id == Unit.id)
        .where(inside(Unit.id, scope))
        .order_by(*_ORDER)
    )
    units = [UnitRow(*row) for row in rows]
    word = "".join(search.split()).casefold()
    if not word:
        return units
    return [
        unit
        for unit in units
        if word in unit.name.casefold()
        or word in unit.category.casefold()
        or unit.code.casefold().startswith(word)
        or unit.initials.startswith(word)
    ]


def unit_choices(scope: Scope = EVERYWHERE) -> list[UnitChoice]:
    """The units of a scope to choose from, in the organizer's order; one query."""
    rows = db.session.execute(
        sa.select(Unit.id, Unit.name, Unit.initials, Unit.category)
        .where(inside(Unit.id, scope))
        .order_by(*_ORDER)
    )
    return [UnitChoice(*row) for row in rows]


def unit_for(scope: Scope, unit_id: int) -> Unit:
    """A unit of a scope; one query.

    :raises Missing: If there is no such unit in it.
    """
    unit = db.session.scalar(
        sa.select(Unit).where(Unit.id == unit_id, inside(Unit.id, scope))
    )
    if unit is None:
        raise Missing("没有这个单位，可能已被更改，请从单位列表重新进入")
    return unit


def person_for(scope: Scope, unit_id: int, person_id: int) -> Person:
    """Somebody on the roster of a unit of a scope; one query.

    :raises Missing: If nobody of that id is on it.
    """
    person = db.session.scalar(
        sa.select(Person).where(
            Person.id == person_id,
            Person.unit_id == unit_id,
            Person.left_at.is_(None),
            inside(Person.unit_id, scope),
        )
    )
    if person is None:
        raise Missing("这个人已经不在名册上，请刷新页面")
    return person


def unit_with_people(scope: Scope, unit_id: int) -> tuple[Unit, list[Person]]:
    """A unit of a scope and who is on its roster, by name; two queries.

    :raises Missing: If there is no such unit in it.
    """
    unit = unit_for(scope, unit_id)
    people = db.session.scalars(
        sa.select(Person)
        .where(Person.unit_id == unit_id, Person.left_at.is_(None))
        .order_by(Person.id)
    )
    return unit, list(people)


def people_on_roster(unit_ids: Sequence[int] | None = None) -> list[RosterPerson]:
    """Everybody on the roster, unit by unit in the organizer's order; one query.

    :param unit_ids: Only of these units; by default of all.
    """
    query = (
        sa.select(
            *(Person.id, Person.unit_id, Unit.code, Unit.name, Person.name),
            *(Person.phone_tail, Person.staff_number, Person.rank),
        )
        .join(Unit, Unit.id == Person.unit_id)
        .where(Person.left_at.is_(None))
        .order_by(*_ORDER, Person.id)
    )
    if unit_ids is not None:
        query = query.where(Person.unit_id.in_(unit_ids))
    return [RosterPerson(*row) for row in db.session.execute(query)]


def counts(scope: Scope = EVERYWHERE) -> Counts:
    """How many units and people there are in a scope; one query."""
    on_roster = Person.left_at.is_(None) & inside(Person.unit_id, scope)
    row = db.session.execute(
        sa.select(
            sa.select(sa.func.count(Unit.id))
            .where(inside(Unit.id, scope))
            .scalar_subquery(),
            sa.select(sa.func.count(Person.id)).where(on_roster).scalar_subquery(),
            sa.select(sa.func.count(sa.distinct(Person.unit_id)))
            .where(on_roster)
            .scalar_subquery(),
        )
    ).one()
    return Counts(row[0], row[1], row[0] - row[2])


def known_units(session: Session, scope: Scope = EVERYWHERE) -> list[KnownUnit]:
    """The units of a scope as an import compares them; one query."""
    parent = aliased(Unit)
    rows = session.execute(
        sa.select(
            *(Unit.id, Unit.code, Unit.name, Unit.category, Unit.level),
            parent.code,
            Unit.position,
        )
        .outerjoin(parent, parent.id == Unit.parent_id)
        .where(inside(Unit.id, scope))
    )
    return [KnownUnit(*row) for row in rows]


def known_people(session: Session) -> list[KnownPerson]:
    """Everybody as an import compares them, also who has left; one query."""
    rows = session.execute(
        sa.select(
            *(Person.id, Person.unit_id, Person.name, Person.phone_tail),
            *(Person.staff_number, Person.rank, Person.left_at),
        ).order_by(Person.id)
    )
    return [KnownPerson(*row[:6], left=row.left_at is not None) for row in rows]


def preview_units(lines: Sequence[UnitLine]) -> UnitPlan:
    """What an import would do, without doing it; one query."""
    return plan_units(lines, known_units(db.session()))


def preview_people(
    lines: Sequence[PersonLine], scope: Scope = EVERYWHERE
) -> PeoplePlan:
    """What an import would do, without doing it; two queries.

    :param scope: A row of a unit outside it is a bad row.
    """
    session = db.session()
    return plan_people(lines, known_units(session, scope), known_people(session))
