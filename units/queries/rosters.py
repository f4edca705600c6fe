"""Reading how far the rosters are: what is missing, who found them right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from core.access import Scope
from core.db import db
from units.models import Person, RosterChange, RosterCheck, RosterWindow, Unit
from units.queries.editors import Editor, deadlines, why_barred
from units.queries.ranks import rank_words
from units.queries.units import ORDER, ids_within, inside
from units.rules.identity import normal_name
from units.rules.windows import Checked, Gaps, Window


@dataclass(frozen=True)
class Rights:
    """What an editor may do about one unit now."""

    tree: bool  # rename, move, close …
    roster: bool
    window: Window
    deadline: datetime | None


@dataclass(frozen=True)
class RosterState:
    """How far the roster of one unit is."""

    unit_id: int
    name: str
    gaps: Gaps
    deadline: datetime | None
    window: Window
    checked: Checked
    check: RosterCheck | None  # the newest
    mine: bool  # may be changed now

    @property
    def deadline_key(self) -> str:
        """What rosters with one deadline have in common; sorts by time."""
        return self.deadline.isoformat() if self.deadline else "~"

    @property
    def people(self) -> int:
        """How many stand on it."""
        return self.gaps.people


@dataclass(frozen=True)
class Twin:
    """People of one name and one number on the rosters of two units: one, perhaps."""

    name: str
    people: tuple[Person, ...]


def rights_on(editor: Editor, unit_id: int, now: datetime) -> Rights:
    """What an editor may do about a unit of theirs; five queries at most."""
    session = db.session()
    free = ids_within(session, editor.scope)
    said = deadlines(session)
    return Rights(
        tree=free is None or unit_id in free,
        roster=not why_barred(session, editor, [unit_id], now),
        window=said.window(unit_id, now),
        deadline=said.of(unit_id),
    )


def roster_states(
    scope: Scope, editor: Editor, now: datetime, unit_id: int | None = None
) -> list[RosterState]:
    """The rosters of a scope, from top to bottom; nine queries at most.

    :param unit_id: Only of this unit.
    """
    session = db.session()
    query = (
        sa.select(Unit.id, Unit.name)
        .where(Unit.closed_at.is_(None), inside(Unit.id, scope))
        .order_by(*ORDER)
    )
    if unit_id is not None:
        query = query.where(Unit.id == unit_id)
    units = session.execute(query).all()
    ids = [row.id for row in units]
    said = deadlines(session)
    barred = why_barred(session, editor, ids, now)
    gaps = _gaps(scope, unit_id)
    checks = _newest_checks(unit_id)
    changes = _newest_changes(unit_id)
    return [
        RosterState(
            unit_id=row.id,
            name=row.name,
            gaps=gaps.get(row.id, Gaps(0, 0, 0, 0, 0)),
            deadline=said.of(row.id),
            window=said.window(row.id, now),
            checked=_checked(checks.get(row.id), changes.get(row.id, 0)),
            check=checks.get(row.id),
            mine=row.id not in barred,
        )
        for row in units
    ]


def newest_change_of(unit_id: int) -> int:
    """The number of the newest change of a unit's roster; 0 if there is none."""
    return _newest_changes(unit_id).get(unit_id, 0)


def windows_set() -> list[tuple[RosterWindow, str | None]]:
    """All deadlines with the names of their units, the general one first; one query."""
    rows = db.session.execute(
        sa.select(RosterWindow, Unit.name)
        .outerjoin(Unit, Unit.id == RosterWindow.unit_id)
        .order_by(RosterWindow.unit_id.is_not(None), *ORDER)
    )
    return [(window, name) for window, name in rows]


def twins(scope: Scope) -> list[Twin]:
    """Who may stand on the rosters of two units of a scope; one query.

    The same name and the same tail, or the same name and the same staff number.
    """
    people = db.session.scalars(
        sa.select(Person)
        .join(Unit, Unit.id == Person.unit_id)
        .where(Person.left_at.is_(None), inside(Person.unit_id, scope))
        .order_by(*ORDER, Person.id)
    )
    found: dict[tuple[str, str, str], list[Person]] = {}
    for person in people:
        for kind, number in (("t", person.phone_tail), ("s", person.staff_number)):
            if number:
                key = (normal_name(person.name), kind, number)
                found.setdefault(key, []).append(person)
    seen: dict[tuple[int, ...], Twin] = {}
    for ones in found.values():
        if len({person.unit_id for person in ones}) > 1:
            seen[tuple(p.id for p in ones)] = Twin(ones[0].name, tuple(ones))
    return list(seen.values())


def _gaps(scope: Scope, unit_id: int | None) -> dict[int, Gaps]:
    """What is missing, by unit; two queries."""
    query = sa.select(
        Person.unit_id, Person.name, Person.phone_tail, Person.rank
    ).where(Person.left_at.is_(None), inside(Person.unit_id, scope))
    if unit_id is not None:
        query = query.where(Person.unit_id == unit_id)
    words = set(rank_words())
    people: dict[int, list[sa.Row[int, str, str | None, str]]] = {}
    for row in db.session.execute(query):
        people.setdefault(row.unit_id, []).append(row)
    return {unit: _gaps_of(rows, words) for unit, rows in people.items()}


def _gaps_of(
    rows: Iterable[sa.Row[int, str, str | None, str]], words: set[str]
) -> Gaps:
    rows = list(rows)
    names = Counter(normal_name(row.name) for row in rows)
    return Gaps(
        people=len(rows),
        no_tail=sum(row.phone_tail is None for row in rows),
        no_rank=sum(not row.rank for row in rows),
        unlisted_rank=sum(bool(row.rank) and row.rank not in words for row in rows),
        namesakes=sum(count for count in names.values() if count > 1),
    )


def _newest_checks(unit_id: int | None) -> dict[int, RosterCheck]:
    newest = sa.select(sa.func.max(RosterCheck.id)).group_by(RosterCheck.unit_id)
    if unit_id is not None:
        newest = newest.where(RosterCheck.unit_id == unit_id)
    checks = db.session.scalars(
        sa.select(RosterCheck).where(RosterCheck.id.in_(newest))
    )
    return {check.unit_id: check for check in checks}


def _newest_changes(unit_id: int | None) -> dict[int, int]:
    """The number of the newest change of each roster; two queries."""
    found: dict[int, int] = {}
    for column in (RosterChange.unit_id, RosterChange.from_unit_id):
        query = (
            sa.select(column, sa.func.max(RosterChange.id))
            .where(RosterChange.person_id.is_not(None))
            .group_by(column)
        )
        if unit_id is not None:
            query = query.where(column == unit_id)
        for unit, newest in db.session.execute(query):
            if unit is not None:
                found[unit] = max(found.get(unit, 0), newest)
    return found


def _checked(check: RosterCheck | None, newest: int) -> Checked:
    if check is None:
        return Checked.NO
    return Checked.YES if newest <= check.seen else Checked.OLD
