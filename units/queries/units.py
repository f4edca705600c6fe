"""Reading units; what lies outside a scope is not there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from core.access import EVERYWHERE, Scope
from core.db import db
from core.errors import Missing, Refused
from units.models import Person, Unit
from units.rules.identity import normal_digits
from units.rules.roster import UnitLine
from units.rules.search import Named, matching_units
from units.rules.tree import Node, Tree
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
    parent_id: int | None
    closed_at: datetime | None
    people: int  # on the roster


@dataclass(frozen=True)
class UnitChoice:
    """A unit to choose from."""

    id: int
    name: str
    initials: str
    category: str


@dataclass(frozen=True)
class Forest:
    """The units of a scope as a tree."""

    units: dict[int, UnitRow]
    tree: Tree
    totals: dict[int, int]  # people of a unit and of all below it

    def above(self, unit_id: int) -> list[UnitRow]:
        """The way down to a unit, without the unit itself."""
        return [self.units[one] for one in reversed(self.tree.above(unit_id))]

    def children(self, unit_id: int | None) -> list[UnitRow]:
        """The units right below one, in order; of None: the roots."""
        return [self.units[one] for one in self.tree.children(unit_id)]


@dataclass(frozen=True)
class Counts:
    """How many there are."""

    units: int  # in use
    people: int  # on the roster
    units_without_people: int


#: As the tree is read from top to bottom.
ORDER = (Unit.place, Unit.position, Unit.code)


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


def inside(unit_id: InstrumentedAttribute[Any], scope: Scope) -> sa.ColumnElement[bool]:
    """The condition that a column names a unit of a scope; no query of its own."""
    if scope.everywhere:
        return sa.true()
    return unit_id.in_(units_within(scope))


def all_units(
    search: str = "", scope: Scope = EVERYWHERE, *, closed: bool = False
) -> list[UnitRow]:
    """The units of a scope, from top to bottom, their people counted; one query.

    :param search: Part of the name, the code, the category or the pinyin initials.
    :param closed: Also those that are no longer in use.
    """
    people = (
        sa.select(Person.unit_id, sa.func.count().label("people"))
        .where(Person.left_at.is_(None))
        .group_by(Person.unit_id)
        .subquery()
    )
    query = (
        sa.select(
            *(Unit.id, Unit.code, Unit.name, Unit.initials, Unit.category),
            *(Unit.level, Unit.position, Unit.parent_id, Unit.closed_at),
            sa.func.coalesce(people.c.people, 0),
        )
        .outerjoin(people, people.c.unit_id == Unit.id)
        .where(inside(Unit.id, scope))
        .order_by(*ORDER)
    )
    if not closed:
        query = query.where(Unit.closed_at.is_(None))
    units = [UnitRow(*row) for row in db.session.execute(query)]
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


def forest(scope: Scope = EVERYWHERE, *, closed: bool = False) -> Forest:
    """The units of a scope as a tree; one query.

    :param closed: Also those that are no longer in use.
    """
    units = {unit.id: unit for unit in all_units(scope=scope, closed=closed)}
    tree = Tree(
        Node(unit.id, unit.parent_id, unit.position, unit.code)
        for unit in units.values()
    )
    own = {unit.id: unit.people for unit in units.values()}
    return Forest(units, tree, tree.totals(own))


def unit_choices(scope: Scope = EVERYWHERE) -> list[UnitChoice]:
    """The units in use of a scope, to choose from, from top to bottom; one query."""
    rows = db.session.execute(
        sa.select(Unit.id, Unit.name, Unit.initials, Unit.category)
        .where(Unit.closed_at.is_(None), inside(Unit.id, scope))
        .order_by(*ORDER)
    )
    return [UnitChoice(*row) for row in rows]


def unit_meant(scope: Scope, typed: str) -> Named:
    """The unit in use that somebody means by a code, a name, a part of it or its
    initials; one query.

    :raises Refused: If that is none of the scope, or several.
    """
    rows = db.session.execute(
        sa.select(Unit.id, Unit.name, Unit.code, Unit.initials)
        .where(Unit.closed_at.is_(None), inside(Unit.id, scope))
        .order_by(*ORDER)
    )
    units = [Named(*row) for row in rows]
    code = normal_digits(typed)
    found = [unit for unit in units if unit.code == code]
    found = found or matching_units(typed, units)
    if not found:
        raise Refused("没有找到单位“%(typed)s”，请填写名称或编码", typed=typed.strip())
    if len(found) > 1:
        raise Refused(
            "“%(typed)s”可能是：%(names)s，请写全名称",
            typed=typed.strip(),
            names="、".join(unit.name for unit in found[:6])
            + ("…" if len(found) > 6 else ""),
        )
    return found[0]


def categories() -> tuple[list[str], list[str]]:
    """The words for category and level that are in use; two queries."""
    words = [
        sorted(
            word for word in db.session.scalars(sa.select(column).distinct()) if word
        )
        for column in (Unit.category, Unit.level)
    ]
    return words[0], words[1]


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


def unit_by_code(code: str) -> Unit:
    """A unit by its code, for the terminal; one query.

    :raises Missing: If there is none.
    """
    unit = db.session.scalar(sa.select(Unit).where(Unit.code == code.strip()))
    if unit is None:
        raise Missing("没有编码为 %(code)s 的单位，请核对", code=code)
    return unit


def counts(scope: Scope = EVERYWHERE) -> Counts:
    """How many units and people there are in a scope; one query."""
    on_roster = Person.left_at.is_(None) & inside(Person.unit_id, scope)
    in_use = Unit.closed_at.is_(None) & inside(Unit.id, scope)
    row = db.session.execute(
        sa.select(
            sa.select(sa.func.count(Unit.id)).where(in_use).scalar_subquery(),
            sa.select(sa.func.count(Person.id)).where(on_roster).scalar_subquery(),
            sa.select(sa.func.count(sa.distinct(Person.unit_id)))
            .where(on_roster)
            .scalar_subquery(),
        )
    ).one()
    return Counts(row[0], row[1], row[0] - row[2])


def known_units(session: Session) -> list[KnownUnit]:
    """Every unit as an import compares it; one query."""
    parent = aliased(Unit)
    rows = session.execute(
        sa.select(
            *(Unit.id, Unit.code, Unit.name, Unit.category, Unit.level),
            parent.code,
            *(Unit.position, Unit.closed_at),
        ).outerjoin(parent, parent.id == Unit.parent_id)
    )
    return [KnownUnit(*row[:7], closed=row.closed_at is not None) for row in rows]


def reached(scope: Scope) -> frozenset[int]:
    """The ids of the units of a scope; one query, none for an empty one."""
    if scope.empty:
        return frozenset()
    return frozenset(db.session.scalars(units_within(scope)))


def ids_within(session: Session, scope: Scope) -> frozenset[int] | None:
    """The ids of the units of a scope, None for all; one query."""
    return None if scope.everywhere else frozenset(session.scalars(units_within(scope)))


def preview_units(lines: Sequence[UnitLine], scope: Scope) -> UnitPlan:
    """What an import would do, without doing it; two queries."""
    session = db.session()
    return plan_units(lines, known_units(session), ids_within(session, scope))
