"""The audit log: a hash chain, written in the same transaction as the act.

Entry n carries ``h_n = SHA-256(h_{n-1} | n | utc_us | actor | action | object |
facts | H(salt | payload))``: UTF-8, joined by ``|``, integers in decimal. Personal
payloads sit in a side table with their salt, so that erasing one keeps the chain
valid; ``facts`` are never personal.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Id, Model
from core.statements import Statement

GENESIS = "0" * 64
ALGORITHM = "sha256"
_CHAIN_LOCK = 0x1A36A06E  # any fixed number: PostgreSQL's advisory lock of the chain


class AuditEntry(Model):
    """One act of one person or of the system."""

    __tablename__ = "audit_entry"

    n: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    actor: Mapped[str]  # account:3, candidate:17, system
    action: Mapped[str]  # sitting.submit, exam.publish, …
    object: Mapped[str]  # exam:4, sitting:99
    facts: Mapped[str]  # canonical JSON, nothing personal
    payload_hash: Mapped[str]  # of salt|payload, or empty
    algorithm: Mapped[str]
    hash: Mapped[str] = mapped_column(unique=True)


class AuditPayload(Model):
    """The personal part of an entry; may be erased."""

    __tablename__ = "audit_payload"

    id: Mapped[Id]
    n: Mapped[int] = mapped_column(sa.ForeignKey(AuditEntry.n), unique=True)
    salt: Mapped[str]
    payload: Mapped[str]


@dataclass(frozen=True)
class Break:
    """A place where the chain does not hold."""

    n: int
    why: str


def canonical(value: object) -> str:
    """JSON with sorted keys and no spaces: the form that is hashed."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def payload_hash(salt: str, payload: str) -> str:
    """H(salt | payload), hexadecimal."""
    return hashlib.sha256(f"{salt}|{payload}".encode()).hexdigest()


def _microseconds(moment: datetime) -> int:
    whole = moment.astimezone(UTC)
    return int(whole.timestamp()) * 1_000_000 + whole.microsecond


def entry_hash(
    *,
    previous: str,
    n: int,
    at: datetime,
    actor: str,
    action: str,
    object: str,
    facts: str,
    payload_hash: str,
) -> str:
    """The hash of one entry, hexadecimal."""
    fields = (
        previous,
        str(n),
        str(_microseconds(at)),
        actor,
        action,
        object,
        facts,
        payload_hash,
    )
    return hashlib.sha256("|".join(fields).encode()).hexdigest()


_table: sa.Table = AuditEntry.__table__  # type: ignore[assignment]
head_n = sa.select(_table.c.n).order_by(_table.c.n.desc()).limit(1).scalar_subquery()
head_hash = (
    sa.select(_table.c.hash).order_by(_table.c.n.desc()).limit(1).scalar_subquery()
)
_head = sa.select(_table.c.n, _table.c.hash).order_by(_table.c.n.desc()).limit(1)


_insert = Statement(_table.insert(), columns=tuple(_table.c.keys()))


def lock_chain(connection: sa.Connection) -> None:
    """Keep other appenders out until the transaction ends (SQLite: one writer)."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_CHAIN_LOCK)))


def record_audit(
    connection: sa.Connection,
    action: str,
    object: str,
    *,
    actor: str,
    now: datetime,
    facts: Mapping[str, Any] | None = None,
    personal: Mapping[str, Any] | None = None,
    head: tuple[int | None, str | None] | None = None,
) -> tuple[int, str]:
    """Append one entry inside the caller's transaction.

    :param head: Number and hash of the last entry where the caller has already
        read them (after ``lock_chain``); saves one query.
    :return: The number and the hash of the new entry.
    """
    if head is None:
        lock_chain(connection)
        row = connection.execute(_head).first()
        head = (row.n, row.hash) if row else (None, None)
    n = (head[0] or 0) + 1
    previous = head[1] or GENESIS
    salt, text, digest = "", "", ""
    if personal:
        salt, text = secrets.token_hex(16), canonical(personal)
        digest = payload_hash(salt, text)
    written = canonical(facts or {})
    hashed = entry_hash(
        previous=previous,
        n=n,
        at=now,
        actor=actor,
        action=action,
        object=object,
        facts=written,
        payload_hash=digest,
    )
    _insert.run(
        connection,
        {
            "n": n,
            "at": now,
            "actor": actor,
            "action": action,
            "object": object,
            "facts": written,
            "payload_hash": digest,
            "algorithm": ALGORITHM,
            "hash": hashed,
        },
    )
    if personal:
        connection.execute(
            sa.insert(AuditPayload), {"n": n, "salt": salt, "payload": text}
        )
    return n, hashed


def breaks(connection: sa.Connection) -> Iterator[Break]:
    """Walk the chain from its beginning; yields each place that does not hold."""
    previous, expected = GENESIS, 1
    payload = sa.select(AuditPayload.n, AuditPayload.salt, AuditPayload.payload)
    payloads = {row.n: row for row in connection.execute(payload)}
    for row in connection.execute(sa.select(_table).order_by(_table.c.n)):
        if row.n != expected:
            yield Break(expected, f"entries {expected} to {row.n - 1} are missing")
        hashed = entry_hash(
            previous=previous,
            n=row.n,
            at=row.at,
            actor=row.actor,
            action=row.action,
            object=row.object,
            facts=row.facts,
            payload_hash=row.payload_hash,
        )
        if hashed != row.hash or row.algorithm != ALGORITHM:
            yield Break(row.n, "the entry was changed, or one before it")
        side = payloads.pop(row.n, None)
        if side and payload_hash(side.salt, side.payload) != row.payload_hash:
            yield Break(row.n, "the personal payload was changed")
        previous, expected = row.hash, row.n + 1
    for n in payloads:
        yield Break(n, "a payload without an entry")
