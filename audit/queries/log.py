"""Reading the audit log."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from accounts.models import Account
from audit.names import MEANT
from core.db import db
from core.entries import AuditEntry, AuditPayload
from quiz.models import Exam, Score, Sitting
from units.models import Person, Unit
from units.operations.erasing import ERASED

_entry: sa.Table = AuditEntry.__table__  # type: ignore[assignment]
#: All but the seals: the entry of a large import has half a megabyte of them.
_SHOWN = tuple(column for column in _entry.c if column is not _entry.c.rows)


@dataclass(frozen=True)
class Wanted:
    """Which entries are looked for; what is empty does not matter."""

    since: datetime | None = None
    until: datetime | None = None  # not itself
    actor: str = ""  # a user name, or an actor as it stands in the log
    action: str = ""  # exam.publish, or exam. for all of them
    kind: str = ""  # exam
    number: str = ""  # of the object

    @property
    def anything(self) -> bool:
        """Whether something is looked for."""
        return self != Wanted()


@dataclass(frozen=True)
class Line:
    """One entry as it is listed."""

    n: int
    at: datetime
    actor: str
    action: str
    object: str
    facts: Mapping[str, Any]
    hash: str


@dataclass(frozen=True)
class Names:
    """What actors and objects of some entries are called."""

    accounts: Mapping[int, str] = field(default_factory=dict)
    exams: Mapping[int, str] = field(default_factory=dict)
    sittings: Mapping[int, int] = field(default_factory=dict)  # → exam
    units: Mapping[str, str] = field(default_factory=dict)  # by code
    #: What facts mean, by kind and id: ("unit", 7).
    meant: Mapping[tuple[str, int], str] = field(default_factory=dict)


def entries_before(wanted: Wanted, before: int | None, limit: int) -> list[Line]:
    """Entries that are looked for, newest first. One query, two with an actor."""
    query = sa.select(*_SHOWN).where(*_conditions(wanted)).order_by(_entry.c.n.desc())
    if before is not None:
        query = query.where(_entry.c.n < before)
    return [_line(row) for row in db.session.execute(query.limit(limit))]


def _conditions(wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    entry, found = _entry.c, []
    if wanted.since:
        found.append(entry.at >= wanted.since)
    if wanted.until:
        found.append(entry.at < wanted.until)
    if wanted.actor:
        found.append(entry.actor.in_(_actors(wanted.actor)))
    if wanted.action.endswith("."):
        found.append(entry.action.startswith(wanted.action, autoescape=True))
    elif wanted.action:
        found.append(entry.action == wanted.action)
    if wanted.kind and wanted.number:
        found.append(entry.object == f"{wanted.kind}:{wanted.number}")
    elif wanted.kind:
        same = entry.object == wanted.kind
        below = entry.object.startswith(f"{wanted.kind}:", autoescape=True)
        found.append(sa.or_(same, below))
    return found


def _actors(typed: str) -> list[str]:
    """Actors that a name may mean: accounts so called, or the text as it is."""
    query = sa.select(Account.id).where(
        sa.or_(
            sa.func.lower(Account.username) == typed.lower(),
            Account.display_name == typed,
        )
    )
    return [typed, *(f"account:{one}" for one in db.session.scalars(query))]


def _line(row: Any) -> Line:
    try:
        facts = json.loads(row.facts)
    except ValueError:
        facts = {"": row.facts}  # somebody has changed it; verify says so
    return Line(row.n, row.at, row.actor, row.action, row.object, facts, row.hash)


def names_in(lines: Sequence[Line], *, people: bool) -> Names:
    """Names for the actors, objects and facts of entries. Five queries at the most.

    What is deleted or erased has no name here and stays a number. So do candidates: an
    entry says what their sitting scored, and whose score somebody looks at is noted.

    :param people: Whether those on the rosters are named, too.
    """
    mentioned = {f"{line.actor}" for line in lines} | {line.object for line in lines}
    facts = {
        (kind, line.facts[name])
        for line in lines
        for name, kind in MEANT.items()
        if isinstance(line.facts.get(name), int)
    }
    sittings = _pairs(Sitting.id, Sitting.exam_id, _ids("sitting", mentioned))
    exams = _ids("exam", mentioned) | set(sittings.values()) | _of("exam", facts)
    codes = {one.partition(":")[2] for one in mentioned if one.startswith("unit:")}
    persons = _ids("person", mentioned) | _of("person", facts) if people else ()
    units = _units(codes, _of("unit", facts))
    titles = _pairs(Exam.id, Exam.title, exams)
    named = _pairs(Person.id, Person.name, persons, Person.name != ERASED)
    return Names(
        accounts=_pairs(Account.id, Account.display_name, _ids("account", mentioned)),
        exams=titles,
        sittings=sittings,
        units={unit.code: unit.name for unit in units},
        meant={("unit", unit.id): unit.name for unit in units}
        | {("exam", key): title for key, title in titles.items()}
        | {("person", key): name for key, name in named.items()},
    )


def _units(codes: set[str], ids: set[int]) -> list[Unit]:
    if not (codes or ids):
        return []
    found = sa.or_(Unit.code.in_(sorted(codes)), Unit.id.in_(sorted(ids)))
    return list(db.session.scalars(sa.select(Unit).where(found)))


def _of(kind: str, facts: Iterable[tuple[str, int]]) -> set[int]:
    return {number for one, number in facts if one == kind}


def _ids(kind: str, references: Iterable[str]) -> set[int]:
    found = (one.partition(":") for one in references)
    return {int(number) for k, _, number in found if k == kind and number.isdigit()}


def _pairs(
    key: Any, value: Any, wanted: Iterable[Any], *more: sa.ColumnElement[bool]
) -> dict[Any, Any]:
    keys = sorted(wanted)
    if not keys:
        return {}
    query = sa.select(key, value).where(key.in_(keys), *more)
    return dict(db.session.execute(query).all())


def find_entry(n: int) -> AuditEntry | None:
    """An entry by its number. One query."""
    return db.session.get(AuditEntry, n)


def find_payload(n: int) -> dict[str, Any] | None:
    """The personal part of an entry; None if there is none, or none any more."""
    query = sa.select(AuditPayload.payload).where(AuditPayload.n == n)
    text = db.session.scalar(query)
    return json.loads(text) if text else None


def count_entries() -> int:
    """How many entries there are. One query."""
    return db.session.scalar(sa.select(sa.func.count()).select_from(AuditEntry)) or 0


def head_line() -> dict[str, int | str]:
    """Number and hash of the newest entry, and what there is of what. Two queries."""
    newest = db.session.execute(
        sa.select(AuditEntry.n, AuditEntry.hash).order_by(AuditEntry.n.desc()).limit(1)
    ).first()
    counted = db.session.execute(
        sa.select(
            _count(Exam).label("exams"),
            _count(Sitting).label("sittings"),
            _count(Sitting, Sitting.state.in_(("submitted", "auto"))).label("closed"),
            _count(Score).label("scores"),
        )
    ).one()
    n, hashed = (newest.n, newest.hash) if newest else (0, "")
    return {"n": n, "hash": hashed, **counted._mapping}


def _count(
    model: type[Exam] | type[Sitting] | type[Score], *conditions: sa.ColumnElement[bool]
) -> sa.ScalarSelect[int]:
    query = sa.select(sa.func.count()).select_from(model).where(*conditions)
    return query.scalar_subquery()
