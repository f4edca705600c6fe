"""All that can be checked of the audit log and the tables, in one go."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from core.chain import Break, Chain, Why, breaks
from core.entries import AuditEntry
from core.heads import kept_heads
from core.seals import AT_ONCE
from core.verification import head_breaks, row_breaks, snapshot
from quiz.queries.evidence import open_sheets, sheet_breaks


@dataclass(frozen=True)
class Found:
    """A place that does not hold, with the entry that says how it should be."""

    place: Break
    at: datetime | None
    action: str


@dataclass(frozen=True)
class Verified:
    """What verifying found."""

    entries: int
    n: int  # of the newest entry; 0: there is none
    hash: str
    at: datetime | None
    rows: int  # rows that have a seal
    heads: int  # heads kept outside the database
    recounted: bool
    found: list[Found]
    seconds: float


def verify(*, recount: bool) -> Verified:
    """Walk the chain, compare every sealed row, and count sheets and scores again.

    Sees the database as of one moment. Some 30 queries, however many rows.

    :param recount: Whether to compute digests and scores from the answers as well.
    """
    began = time.perf_counter()
    kept = list(kept_heads())
    with snapshot() as connection:
        chain, found = examine(connection, kept, recount=recount)
        places = dated(connection, found)
    return Verified(
        entries=chain.entries,
        n=chain.n,
        hash=chain.hash if chain.n else "",
        at=chain.at,
        rows=sum(len(names) for names in chain.newest.values()),
        heads=len(kept),
        recounted=recount,
        found=places,
        seconds=time.perf_counter() - began,
    )


def examine(
    connection: sa.Connection, kept: Sequence[tuple[int, str]], *, recount: bool
) -> tuple[Chain, list[Break]]:
    """As ``verify``, on a connection of the caller's.

    :param kept: The heads kept outside, read before the connection's first query.
    """
    chain = Chain()
    found = list(breaks(connection, chain))
    found += head_breaks(connection, kept)
    if any(one.why is Why.KEY for one in found):
        # Every seal is wrong then, which says nothing of any of them.
        found = [one for one in found if one.why is not Why.FORGED]
    else:
        # The answers of an open sitting are sealed when it is closed.
        waiting = open_sheets(connection)
        found += (
            one
            for one in row_breaks(connection, chain)
            if one.table != "answer" or one.row not in waiting
        )
    if recount:
        sheets = chain.newest.get("answer", {})
        erased = {sheet for sheet, (seal, _) in sheets.items() if seal is None}
        found += sheet_breaks(connection, erased)
    return chain, found


def dated(connection: sa.Connection, places: Sequence[Break]) -> list[Found]:
    """Places with the entries that say how they should be. One query."""
    wanted = sorted({one.n for one in places})
    entries: dict[int, tuple[datetime, str]] = {}
    for start in range(0, len(wanted), AT_ONCE):
        query = sa.select(AuditEntry.n, AuditEntry.at, AuditEntry.action)
        query = query.where(AuditEntry.n.in_(wanted[start : start + AT_ONCE]))
        entries |= {row.n: (row.at, row.action) for row in connection.execute(query)}
    return [Found(one, *entries.get(one.n, (None, ""))) for one in places]
