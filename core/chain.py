"""Walking the audit log: does the chain hold, and what does it say of each row?"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from core.entries import (
    ALGORITHM,
    COLUMNS,
    GENESIS,
    AuditEntry,
    AuditPayload,
    entry_hash,
    payload_hash,
)
from core.seals import keyed, moment_of

STREAMED = 2000  # rows fetched at a time
#: row → its newest seal (None: the row was removed) and the entry that says so.
Newest = dict[str, tuple[str | None, int]]
_table: sa.Table = AuditEntry.__table__  # type: ignore[assignment]
_HASH_OR_NOTHING = re.compile(r"(?:[0-9a-f]{64})?")


class Why(StrEnum):
    """What does not hold."""

    MISSING = "missing"  # entries are not there
    CHANGED = "changed"  # an entry, or one before it
    FORGED = "forged"  # an entry that this server's key has not sealed
    KEY = "key"  # the secret key is another one than that of the seals
    PAYLOAD = "payload"  # a personal part was changed
    PAYLOAD_GONE = "payload_gone"  # … is gone, and no act erased it
    PAYLOAD_ALONE = "payload_alone"  # … belongs to no entry
    CUT = "cut"  # a kept head is not in the log
    COLUMNS = "columns"  # other columns are sealed than the program seals
    ROW_CHANGED = "row_changed"  # a row is not as an act left it
    ROW_GONE = "row_gone"  # … is gone, and no act removed it
    ROW_FORGED = "row_forged"  # … was written by no act
    ROW_BACK = "row_back"  # … was removed by an act, and is there
    ROW_OLD = "row_old"  # … was sealed before columns were added
    SHEET = "sheet"  # the answers do not give the digest of the closing
    SCORE = "score"  # the answers do not give the score


@dataclass(frozen=True)
class Break:
    """One place that does not hold."""

    n: int  # the entry that says how it should be; 0: none does
    why: Why
    table: str = "audit_entry"
    row: str = ""

    @property
    def where(self) -> str:
        """The place, as one would look for it: ``score:5``."""
        return f"{self.table}:{self.row or self.n}"


@dataclass
class Chain:
    """What the walk has found out."""

    entries: int = 0
    n: int = 0  # of the last entry
    hash: str = GENESIS
    at: datetime | None = None
    #: Whether an entry has been seen that is sealed; all after it must be.
    sealed: bool = False
    #: By table.
    newest: dict[str, Newest] = field(default_factory=dict)
    #: table → its sealed columns, and the entry since which they are; if recorded.
    columns: dict[str, tuple[list[str], int]] = field(default_factory=dict)
    #: keyed digest that tells the key of the seals; empty if not recorded.
    key: str = ""


def breaks(connection: sa.Connection, chain: Chain | None = None) -> Iterator[Break]:
    """Walk the log from its beginning; yields each place where it does not hold.

    Three queries. Says nothing of the rows; ``chain`` takes in what is needed for it.
    """
    chain = Chain() if chain is None else chain
    select = sa.select(AuditPayload.n, AuditPayload.salt, AuditPayload.payload)
    payloads = {row.n: row for row in connection.execute(select)}
    without: set[int] = set()
    # The moment as the driver has it: one made unreadable must not stop the walk.
    at = sa.type_coerce(_table.c.at, sa.String).label("at")
    columns = [at if column is _table.c.at else column for column in _table.c]
    query = sa.select(*columns).order_by(_table.c.n)
    for row in connection.execute(query, execution_options={"yield_per": STREAMED}):
        if row.n != chain.n + 1:
            yield Break(chain.n + 1, Why.MISSING)
        yield from _entry_breaks(row, chain.hash, sealed=chain.sealed)
        side = payloads.pop(row.n, None)
        if side is None and row.payload_hash:
            without.add(row.n)
        elif side and payload_hash(side.salt, side.payload) != row.payload_hash:
            yield Break(row.n, Why.PAYLOAD)
        _take_in(chain, row)
    erased = chain.newest.pop(AuditPayload.__tablename__, {})
    for n in sorted(without - {int(name) for name in erased}):
        yield Break(n, Why.PAYLOAD_GONE)
    for n in payloads:
        yield Break(n, Why.PAYLOAD_ALONE)
    if chain.key and chain.key != key_mark():
        yield Break(chain.n, Why.KEY)


def key_mark() -> str:
    """What tells one secret key from another and gives none away."""
    return keyed("key")


def _entry_breaks(row: Any, previous: str, *, sealed: bool) -> Iterator[Break]:
    hashed = entry_hash(
        previous=previous,
        n=row.n,
        at=moment_of(row.at),
        actor=row.actor,
        action=row.action,
        object=row.object,
        facts=row.facts,
        payload_hash=row.payload_hash,
        rows=row.rows,
    )
    # Fields are joined by |, so none but the facts may hold one.
    split = "|" in row.actor + row.action + row.object
    plain = _HASH_OR_NOTHING.fullmatch(row.payload_hash) and not split
    if hashed != row.hash or row.algorithm != ALGORITHM or not plain:
        yield Break(row.n, Why.CHANGED)
    elif row.seal != keyed(row.hash) and (sealed or row.seal or row.rows):
        yield Break(row.n, Why.FORGED)


def _take_in(chain: Chain, row: Any) -> None:
    chain.entries += 1
    chain.n, chain.hash, chain.at = row.n, row.hash, moment_of(row.at)
    chain.sealed = chain.sealed or bool(row.seal)
    try:
        if row.action == COLUMNS:
            _take_in_columns(chain, row.n, json.loads(row.facts))
        if row.rows:
            _take_in_rows(chain, row.n, json.loads(row.rows))
    except (ValueError, LookupError, AttributeError, TypeError):
        return  # what cannot be read was changed, which has been said already


def _take_in_columns(chain: Chain, n: int, facts: Mapping[str, Any]) -> None:
    chain.key = facts["key"]
    for table, columns in facts["columns"].items():
        if chain.columns.get(table, ([], 0))[0] != columns:
            chain.columns[table] = (columns, n)


def _take_in_rows(
    chain: Chain, n: int, sealed: Mapping[str, Mapping[str, str | None]]
) -> None:
    for table, names in sealed.items():
        newest = chain.newest.setdefault(table, {})
        for name, seal in names.items():
            newest[name] = (seal, n)
