"""Whether the tables still are what the audit log says they are.

Knows no subject: every row of a sealed table is compared with its newest seal, and
the log with the heads kept beside it. audit/verification.py adds sheets and scores.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import sqlalchemy as sa

from core.chain import STREAMED, Break, Chain, Newest, Why
from core.db import db
from core.entries import AuditEntry
from core.seals import Sealing, groups, seal_of, sealings


@contextmanager
def snapshot() -> Iterator[sa.Connection]:
    """A connection that sees one moment, however long it reads."""
    with db.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ")
        yield connection


def head_breaks(
    connection: sa.Connection, kept: Sequence[tuple[int, str]]
) -> Iterator[Break]:
    """Kept heads that the log does not know: its end was cut off, or it is another.

    :param kept: Read before the snapshot was taken, or they may be ahead of it.
    """
    query = sa.select(AuditEntry.n, AuditEntry.hash)
    known = dict(connection.execute(query).all()) if kept else {}
    lost = [n for n, hashed in kept if known.get(n) != hashed]
    if lost:
        yield Break(min(lost), Why.CUT)


def row_breaks(connection: sa.Connection, chain: Chain) -> Iterator[Break]:
    """Rows that are not as the acts in the log left them. One query a table.

    :param chain: What ``breaks`` has taken in.
    """
    known = sealings()
    for name, sealing in known.items():
        columns, since = chain.columns.get(name, (list(sealing.columns), 0))
        if columns != list(sealing.columns) or (chain.columns and not since):
            yield Break(since, Why.COLUMNS, name, "*")
            continue
        yield from _table_breaks(connection, sealing, chain.newest.get(name, {}), since)
    for name in sorted(set(chain.newest) - set(known)):
        yield Break(0, Why.COLUMNS, name, "*")


def _table_breaks(
    connection: sa.Connection, sealing: Sealing, newest: Newest, since: int
) -> Iterator[Break]:
    seen = set()
    rows = connection.execute(
        sealing.query(), execution_options={"yield_per": STREAMED}
    )
    for name, group in groups(sealing, rows):
        seen.add(name)
        seal, n = newest.get(name, ("", 0))
        if seal is None:
            yield Break(n, Why.ROW_BACK, sealing.name, name)
        elif not seal:
            yield Break(0, Why.ROW_FORGED, sealing.name, name)
        elif n < since:
            yield Break(n, Why.ROW_OLD, sealing.name, name)
        elif seal_of(sealing, group) != seal:
            yield Break(n, Why.ROW_CHANGED, sealing.name, name)
    for name, (seal, n) in newest.items():
        if seal is not None and name not in seen:
            yield Break(n, Why.ROW_GONE, sealing.name, name)
