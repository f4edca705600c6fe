"""Writing the audit log: one entry an act, in the transaction of the act.

core/entries.py has the bytes, core/chain.py walks the log, core/seals.py binds rows
to their entries.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.chain import Break, Chain, Why, breaks
from core.db import after_commit
from core.entries import (
    ALGORITHM,
    GENESIS,
    AuditEntry,
    AuditPayload,
    entry_hash,
    payload_hash,
)
from core.heads import keep_head
from core.seals import Rows, canonical, keyed, seal_all
from core.statements import Statement

__all__ = [
    "AuditEntry",
    "AuditPayload",
    "Break",
    "Chain",
    "Why",
    "breaks",
    "canonical",
    "entry_hash",
    "head_hash",
    "head_n",
    "lock_chain",
    "payload_hash",
    "read_head",
    "record_audit",
]

_CHAIN_LOCK = 0x1A36A06E  # any fixed number: PostgreSQL's advisory lock of the chain
_table: sa.Table = AuditEntry.__table__  # type: ignore[assignment]
head_n = sa.select(_table.c.n).order_by(_table.c.n.desc()).limit(1).scalar_subquery()
head_hash = (
    sa.select(_table.c.hash).order_by(_table.c.n.desc()).limit(1).scalar_subquery()
)
_head = sa.select(_table.c.n, _table.c.hash).order_by(_table.c.n.desc()).limit(1)
_insert = Statement(_table.insert(), columns=tuple(_table.c.keys()))


def read_head(connection: sa.Connection) -> tuple[int | None, str | None]:
    """Number and hash of the last entry (``lock_chain`` first). One query."""
    row = connection.execute(_head).first()
    return (row.n, row.hash) if row else (None, None)


def lock_chain(connection: sa.Connection) -> None:
    """Keep other appenders out until the transaction ends (SQLite: one writer)."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_CHAIN_LOCK)))


def record_audit(
    writer: sa.Connection | Session,
    action: str,
    object: str,
    *,
    actor: str,
    now: datetime,
    rows: Iterable[Rows],
    facts: Mapping[str, Any] | None = None,
    personal: Mapping[str, Any] | None = None,
    head: tuple[int | None, str | None] | None = None,
) -> tuple[int, str]:
    """Append one entry inside the caller's transaction, after what it has written.

    :param writer: The session, which is flushed first; or a bare connection.
    :param action: Such as ``exam.publish``; named for people in audit/names.py.
    :param rows: The rows of sealed tables that the act wrote (core/seals.py); empty
        if it wrote none.
    :param facts: What may be told for ever: ids, counts, digests.
    :param personal: What may have to be erased: names, reasons.
    :param head: Number and hash of the last entry where the caller has already
        read them (after ``lock_chain``); saves one query.
    :return: The number and the hash of the new entry.
    """
    if "|" in actor + action + object:
        raise ValueError("no | in what is hashed")
    if isinstance(writer, Session):
        writer.flush()  # what is to be sealed must stand in its table
        writer = writer.connection()
    if head is None:
        lock_chain(writer)
        head = read_head(writer)
    sealed = seal_all(writer, rows)
    salt, text = (secrets.token_hex(16), canonical(personal)) if personal else ("", "")
    entry: dict[str, Any] = {
        "n": (head[0] or 0) + 1,
        "at": now,
        "actor": actor,
        "action": action,
        "object": object,
        "facts": canonical(facts or {}),
        "payload_hash": payload_hash(salt, text) if personal else "",
        "rows": canonical(sealed) if sealed else "",
    }
    n, hashed = entry["n"], entry_hash(previous=head[1] or GENESIS, **entry)
    entry |= {"algorithm": ALGORITHM, "hash": hashed, "seal": keyed(hashed)}
    _insert.run(writer, entry)
    if personal:
        writer.execute(sa.insert(AuditPayload), {"n": n, "salt": salt, "payload": text})
    after_commit(partial(keep_head, n, hashed))
    return n, hashed
