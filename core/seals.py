"""Seals: every audited act binds the rows it wrote to its entry in the audit log.

The hash chain alone says that nobody changed the log. It does not say that the score
in the table is the one that was written. So an entry carries a *seal* of each row its
act wrote: a keyed digest of the row as it stood afterwards. ``flask audit verify``
compares the newest seal of every row with the row as it stands and names those that
differ, those that are gone and those that no act ever wrote.

An operation states its rows where it records its act::

    record_audit(
        session,
        "account.grant",
        f"account:{account.id}",
        actor=actor,
        now=now,
        rows=[seals.these(*account.grants)],
    )

``these``, ``ids`` and ``where`` read the rows back, one query each; ``values`` takes
what is being written, ``as_read`` what ``Sealing.query`` has read before, and both cost
none (the candidate's path); ``gone`` is for rows that were deleted. ``rows=()`` says
that an act wrote nothing.

What is sealed is said next to the model. A column that changes without an act is
named in ``__unsealed__`` with its reason; a text there instead leaves the whole table
out. ``__sealed_together__`` gives rows that share its columns one seal (the answers
of a sheet). A test sees to it that every table is one or the other.

A seal is the first 96 bits, in URL-safe base64, of HMAC-SHA-256 of canonical JSON
``[table, [value, …], …]``: the sealed columns by name in ascending order, moments as
``2026-11-24 01:00:00.000000`` in UTC, rows that share a seal by their primary keys. The
key is derived from the secret key, so that who can write to the database alone cannot
make a seal.
"""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, cached_property, lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any, Protocol

import sqlalchemy as sa
from flask import current_app

from core.clock import EPOCH
from core.db import Model, UTCDateTime

#: table → row → its seal; None: the row is gone.
Sealed = dict[str, dict[str, str | None]]
Triples = Iterator[tuple[str, str, str | None]]  # the same, one by one

AT_ONCE = 5000  # ids of one query; SQLite takes 32,766 values
LENGTH = 12  # bytes of a seal


_ENCODER = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), check_circular=False
)


def canonical(value: object) -> str:
    """JSON with sorted keys and no spaces: the form that is hashed."""
    return _ENCODER.encode(value)


# --- what is sealed ---------------------------------------------------------------


@dataclass(frozen=True)
class Sealing:
    """How the rows of one table are sealed."""

    table: sa.Table
    columns: tuple[str, ...]  # by name, ascending
    by: tuple[str, ...]  # the columns that name a row, or rows that share a seal
    keys: tuple[str, ...]  # the primary key

    @property
    def name(self) -> str:
        """The table's name."""
        return self.table.name

    @property
    def shared(self) -> bool:
        """Whether rows share seals."""
        return self.by != self.keys

    def places(self, names: Sequence[str]) -> Callable[[Sequence[Any]], Any]:
        """What takes these columns out of a row of ``query``; one alone is no tuple."""
        return itemgetter(*(self.columns.index(name) for name in names))

    def query(self) -> sa.Select[Any]:
        """All rows, those that share a seal side by side.

        Moments and JSON come as the driver has them: what somebody has made
        unreadable must be named, not stop the reading. ``plainly`` reads them.
        """
        columns = self.table.c
        order = [columns[name] for name in dict.fromkeys((*self.by, *self.keys))]
        wanted = [
            sa.type_coerce(columns[name], sa.String).label(name)
            if name in self._typed
            else columns[name]
            for name in self.columns
        ]
        return sa.select(*wanted).order_by(*order)

    @cached_property
    def _typed(self) -> dict[str, Callable[[Any], Any]]:
        return {
            name: _moment if isinstance(column.type, UTCDateTime) else _document
            for name, column in self.table.c.items()
            if isinstance(column.type, (UTCDateTime, sa.JSON))
        }

    @cached_property
    def _readers(self) -> list[tuple[int, Callable[[Any], Any]]]:
        read = self._typed
        return [(n, read[name]) for n, name in enumerate(self.columns) if name in read]

    def plainly(self, row: Sequence[Any]) -> list[Any]:
        """The values of the sealed columns as they are sealed."""
        plain = list(row)
        for n, read in self._readers:
            if plain[n] is not None:
                plain[n] = read(plain[n])
        return plain


@cache
def sealing_of(model: type[Model]) -> Sealing | None:
    """How a table is sealed; None if it is not."""
    unsealed = model.__unsealed__
    if isinstance(unsealed, str):
        return None
    table: sa.Table = model.__table__  # type: ignore[assignment]
    unknown = set(unsealed) - set(table.c.keys())
    keys = tuple(column.name for column in table.primary_key)
    if unknown or set(keys) & set(unsealed):
        raise TypeError(f"{table.name}: cannot leave out {unknown or keys}")
    columns = tuple(sorted(set(table.c.keys()) - set(unsealed)))
    return Sealing(table, columns, model.__sealed_together__ or keys, keys)


def sealings() -> dict[str, Sealing]:
    """All sealed tables by name."""
    models: list[type[Model]] = [one.class_ for one in Model.registry.mappers]
    found = [sealing for model in models if (sealing := sealing_of(model))]
    return {one.name: one for one in sorted(found, key=lambda one: one.name)}


def _must(model: type[Model]) -> Sealing:
    sealing = sealing_of(model)
    if sealing is None:
        raise TypeError(f"{model.__tablename__} is not sealed")
    return sealing


# --- making seals -----------------------------------------------------------------


@lru_cache(maxsize=8)
def _derived(secret: str) -> bytes:
    return hmac.digest(secret.encode(), b"lawgauge audit seals", "sha256")


def keyed(text: str) -> str:
    """The first 96 bits of a text's keyed digest, as 16 characters."""
    key = _derived(str(current_app.config["SECRET_KEY"]))
    digest = hmac.digest(key, text.encode(), "sha256")
    return base64.urlsafe_b64encode(digest[:LENGTH]).decode()


def seal_of(sealing: Sealing, rows: Iterable[Sequence[Any]]) -> str:
    """The seal of rows: the values of the sealed columns, in their order."""
    return keyed(canonical([sealing.name, *map(sealing.plainly, rows)]))


def moment_of(value: str | datetime) -> datetime:
    """A moment as a driver gives it; 1970 if it is none."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return EPOCH
    # SQLite keeps UTC without saying so.
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def _moment(value: str | datetime) -> str:
    """A moment as SQLite keeps it, in UTC: ``2026-11-24 01:00:00.000000``."""
    if isinstance(value, str):
        return value
    return moment_of(value).astimezone(UTC).isoformat(" ", "microseconds")[:26]


def _document(value: Any) -> Any:
    """A JSON value, read where the driver has not done so."""
    if isinstance(value, str):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def groups(
    sealing: Sealing, rows: Iterable[Sequence[Any]]
) -> Iterator[tuple[str, list[Sequence[Any]]]]:
    """Rows as ``Sealing.query`` gives them, put together by what they share.

    The name is the primary key, ``5``, or what is shared, ``99.1``.
    """
    own = sealing.places(sealing.by)
    if not sealing.shared:
        single = len(sealing.by) == 1
        for row in rows:
            yield str(own(row)) if single else _joined(own(row)), [row]
        return
    # Not in the database's order: two databases sort texts differently.
    order = sealing.places(sealing.keys)
    for shared, group in groupby(rows, key=own):
        yield _joined(shared), sorted(group, key=order)


def _joined(parts: Iterable[object]) -> str:
    return ".".join(str(part) for part in parts)


# --- what an act states -----------------------------------------------------------


class Rows(Protocol):
    """Some rows of one table that an act wrote."""

    def sealed(self, connection: sa.Connection) -> Triples:
        """Table, row and seal of each."""


@dataclass(frozen=True)
class _Read:
    model: type[Model]
    rows: Iterable[Sequence[Any]]

    def sealed(self, _connection: sa.Connection) -> Triples:
        sealing = _must(self.model)
        for name, group in groups(sealing, self.rows):
            yield sealing.name, name, seal_of(sealing, group)


@dataclass(frozen=True)
class _ReadBack:
    model: type[Model]
    conditions: Sequence[sa.ColumnElement[bool]]

    def sealed(self, connection: sa.Connection) -> Triples:
        sealing = _must(self.model)
        for condition in self.conditions:
            rows = connection.execute(sealing.query().where(condition))
            yield from _Read(self.model, rows).sealed(connection)


@dataclass(frozen=True)
class _These:
    instances: Sequence[Model]

    def sealed(self, connection: sa.Connection) -> Triples:
        by_model: dict[type[Model], list[int]] = {}
        for one in self.instances:
            (key,) = sa.inspect(one).identity or (None,)
            if key is None:
                raise TypeError(f"{one!r} has not been written")
            by_model.setdefault(type(one), []).append(key)
        for model, keys in by_model.items():
            yield from ids(model, keys).sealed(connection)


@dataclass(frozen=True)
class _Values:
    model: type[Model]
    rows: Sequence[Mapping[str, Any]]

    def sealed(self, _connection: sa.Connection) -> Triples:
        sealing = _must(self.model)
        together: dict[str, list[Mapping[str, Any]]] = {}
        for row in self.rows:
            name = _joined(row[column] for column in sealing.by)
            together.setdefault(name, []).append(row)
        for name, group in together.items():
            ordered = sorted(group, key=lambda row: [row[key] for key in sealing.keys])
            values = [
                [row.get(column) for column in sealing.columns] for row in ordered
            ]
            yield sealing.name, name, seal_of(sealing, values)


@dataclass(frozen=True)
class _Gone:
    model: type[Model]
    names: Sequence[object]

    def sealed(self, _connection: sa.Connection) -> Triples:
        for name in self.names:
            yield self.model.__tablename__, str(name), None


def these(*instances: Model) -> Rows:
    """Instances of a session, as they stand in their tables after the flush."""
    return _These(instances)


def ids(model: type[Model], keys: Iterable[int]) -> Rows:
    """The rows with these ids. One query for each 5,000."""
    (key,) = _must(model).keys
    wanted = sorted(set(keys))
    parts = [wanted[at : at + AT_ONCE] for at in range(0, len(wanted), AT_ONCE)]
    column = model.__table__.c[key]
    return _ReadBack(model, [column.in_(part) for part in parts])


def where(model: type[Model], condition: sa.ColumnElement[bool]) -> Rows:
    """The rows that meet a condition. One query."""
    return _ReadBack(model, [condition])


def values(model: type[Model], *rows: Mapping[str, Any]) -> Rows:
    """Rows whose columns the caller knows, ids included; no query.

    A sealed column that is not given is NULL.
    """
    return _Values(model, rows)


def as_read(model: type[Model], rows: Iterable[Sequence[Any]]) -> Rows:
    """Rows as ``Sealing.query`` gives them, read since they were written; no query."""
    return _Read(model, rows)


def gone(model: type[Model], names: Iterable[object]) -> Rows:
    """Rows that were deleted, by id. No query."""
    return _Gone(model, list(names))


def seal_all(connection: sa.Connection, rows: Iterable[Rows]) -> Sealed:
    """The seals of all rows an act states; what is stated last counts."""
    found: Sealed = {}
    for some in rows:
        for table, name, seal in some.sealed(connection):
            found.setdefault(table, {})[name] = seal
    return found
