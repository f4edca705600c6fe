"""Bringing the seals up to a new version of the program.

A migration that adds a column to a sealed table changes what a seal covers. So the
audit log says itself which columns are sealed from which entry on, and after every
upgrade the rows of tables that have changed are sealed afresh, each after it was seen
to be what its old seal says. A row that is not keeps its old seal and is named by
``flask audit verify`` from then on.

A migration that rewrites sealed columns has to say so itself: ``record_audit`` on its
own connection, with ``rows=[seals.where(Model, sa.true())]``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core.audit import record_audit
from core.chain import Chain, Newest, breaks, key_mark
from core.db import read_core, write
from core.entries import COLUMNS, AuditEntry
from core.seals import Sealing, Triples, groups, seal_of, sealings


def settle_seals(*, now: datetime) -> int:
    """After an upgrade: record the sealed columns, and seal what is to be sealed.

    A database from before there were seals is sealed as it stands, once. With another
    secret key nothing is done: verify says so, and the old key puts it right.

    :return: How many rows were sealed.
    """
    known = sealings()
    wanted = {name: list(sealing.columns) for name, sealing in known.items()}
    last = _last_recorded()
    if last.get("columns") == wanted or last.get("key", key_mark()) != key_mark():
        return 0
    with write() as session:
        chain = Chain()
        for _ in breaks(session.connection(), chain):
            pass  # verify names them; an upgrade neither hides nor adds any
        before = {name: columns for name, (columns, _) in chain.columns.items()}
        if chain.sealed and not before:
            before = wanted  # sealed from the first act on, never upgraded
        rows = [
            _Fresh(sealing, chain.newest.get(name, {}), before.get(name))
            for name, sealing in known.items()
            if before.get(name) != wanted[name] or not chain.columns
        ]
        unchecked = sorted(one.sealing.name for one in rows if one.unchecked)
        facts: dict[str, Any] = {"columns": wanted, "key": key_mark()}
        record_audit(
            session,
            COLUMNS,
            "database",
            actor="system",
            now=now,
            facts=facts | ({"unchecked": unchecked} if unchecked else {}),
            rows=rows,
        )
        return sum(one.count for one in rows)


def _last_recorded() -> dict[str, Any]:
    """The sealed columns and the mark of the key by the newest entry about them."""
    with read_core() as connection:
        query = sa.select(AuditEntry.facts).where(AuditEntry.action == COLUMNS)
        query = query.order_by(AuditEntry.n.desc()).limit(1)
        facts: dict[str, Any] = json.loads(connection.scalar(query) or "{}")
    return facts


@dataclass
class _Fresh:
    """New seals for the rows of one table."""

    sealing: Sealing
    newest: Newest
    before: Sequence[str] | None  # the columns that were sealed; None: none
    count: int = 0

    @property
    def unchecked(self) -> bool:
        """Whether old seals cannot be compared: a column of theirs is gone."""
        return bool(set(self.before or ()) - set(self.sealing.table.c.keys()))

    def sealed(self, connection: sa.Connection) -> Triples:
        """The seals of the rows that are what they were."""
        name = self.sealing.name
        good = self._unchanged(connection)
        rows = connection.execute(self.sealing.query())
        for row, group in groups(self.sealing, rows):
            if good is None or row in good:
                self.count += 1
                yield name, row, seal_of(self.sealing, group)

    def _unchanged(self, connection: sa.Connection) -> set[str] | None:
        """Rows that are as their old seals say; None: there is nothing to compare."""
        if self.before is None or self.unchecked:
            return None
        old = replace(self.sealing, columns=tuple(self.before))
        rows = connection.execute(old.query())
        return {
            row
            for row, group in groups(old, rows)
            if self.newest.get(row, ("", 0))[0] == seal_of(old, group)
        }
