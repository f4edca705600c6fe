"""Reading people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from core.access import Scope
from core.db import db
from core.errors import Missing
from units.models import Person, Unit
from units.queries.editors import Editor, why_barred
from units.queries.ranks import rank_words
from units.queries.units import ORDER, ids_within, inside, known_units
from units.rules.matching import KnownPerson
from units.rules.people_merge import PeoplePlan, plan_people
from units.rules.roster import PersonLine

PAGE = 100  # people on one page


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
class PeoplePage:
    """One page of people."""

    people: Sequence[Person]
    total: int
    page: int  # from 1; the last one where a later one was asked for
    pages: int


def people_of_unit(unit_id: int, page: int = 1) -> PeoplePage:
    """Who is on a unit's roster, in the order they came; two queries."""
    query = sa.select(Person).where(Person.unit_id == unit_id, Person.left_at.is_(None))
    return _page(query, page, Person.id)


def gone_from_unit(unit_id: int) -> Sequence[Person]:
    """Who left a unit's roster, the last ones first; one query."""
    return db.session.scalars(
        sa.select(Person)
        .where(Person.unit_id == unit_id, Person.left_at.is_not(None))
        .order_by(Person.left_at.desc(), Person.id)
        .limit(PAGE)
    ).all()


def people_named(scope: Scope, typed: str, page: int = 1) -> PeoplePage:
    """People of a scope, also who has left, by part of a name; two queries."""
    query = (
        sa.select(Person)
        .join(Unit, Unit.id == Person.unit_id)
        .where(Person.name.contains(typed.strip(), autoescape=True))
        .where(inside(Person.unit_id, scope))
    )
    return _page(query, page, Person.left_at.is_not(None), *ORDER, Person.id)


def person_for(scope: Scope, person_id: int) -> Person:
    """Somebody of a scope with their unit, also who has left; one query.

    :raises Missing: If there is nobody of that id in it.
    """
    person = db.session.scalar(
        sa.select(Person)
        .where(Person.id == person_id, inside(Person.unit_id, scope))
        .options(joinedload(Person.unit))
    )
    if person is None:
        raise Missing("没有找到这个人，请从单位的名册重新进入")
    return person


def people_on_roster(unit_ids: Sequence[int] | None = None) -> list[RosterPerson]:
    """Everybody on the roster, unit by unit from top to bottom; one query.

    :param unit_ids: Only of these units; by default of all.
    """
    query = (
        sa.select(
            *(Person.id, Person.unit_id, Unit.code, Unit.name, Person.name),
            *(Person.phone_tail, Person.staff_number, Person.rank),
        )
        .join(Unit, Unit.id == Person.unit_id)
        .where(Person.left_at.is_(None))
        .order_by(*ORDER, Person.id)
    )
    if unit_ids is not None:
        query = query.where(Person.unit_id.in_(unit_ids))
    return [RosterPerson(*row) for row in db.session.execute(query)]


_known = sa.select(
    *(Person.id, Person.unit_id, Person.name, Person.phone_tail),
    *(Person.staff_number, Person.rank, Person.left_at.is_not(None)),
).order_by(Person.id)


def known_people(session: Session) -> list[KnownPerson]:
    """Everybody as an import compares them, also who has left; one query."""
    return [KnownPerson(*row) for row in session.execute(_known)]


def known_in_unit(session: Session, unit_id: int) -> list[KnownPerson]:
    """As ``known_people``, of one unit; one query."""
    rows = session.execute(_known.where(Person.unit_id == unit_id))
    return [KnownPerson(*row) for row in rows]


def preview_people(
    lines: Sequence[PersonLine], editor: Editor, *, complete: bool, now: datetime
) -> PeoplePlan:
    """What a roster would change, without changing it; seven queries at most.

    Who is outside the editor's reach is not compared with: a file must not tell who
    is on the roster of a unit one has nothing to do with.
    """
    session = db.session()
    mine = ids_within(session, editor.reach)
    units = known_units(session)
    return plan_people(
        lines,
        units,
        (one for one in known_people(session) if mine is None or one.unit_id in mine),
        complete=complete,
        barred=why_barred(session, editor, [unit.id for unit in units], now),
        ranks=rank_words(),
    )


def _page(
    query: sa.Select[Person], page: int, *order: sa.ColumnExpressionArgument[Any]
) -> PeoplePage:
    total = db.session.scalar(query.with_only_columns(sa.func.count(Person.id))) or 0
    pages = max(1, -(-total // PAGE))
    page = min(max(1, page), pages)
    people = db.session.scalars(
        query.options(joinedload(Person.unit))
        .order_by(*order)
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    )
    return PeoplePage(list(people), total, page, pages)
