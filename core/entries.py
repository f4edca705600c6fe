"""The tables of the audit log and the bytes of its chain.

Entry n carries ``h_n = SHA-256(h_{n-1} | n | utc_us | actor | action | object |
facts | H(salt | payload))``, and where the act wrote rows ``| SHA-256(rows)`` after
it: UTF-8, joined by ``|``, integers in decimal. ``rows`` are the seals of what was
written (core/seals.py); ``seal`` is the entry's own: who can write to the database
alone can rewrite the chain, but not seal it. Personal payloads sit in a side table
with their salt, so that erasing one keeps the chain valid; ``facts`` are never
personal.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.clock import microseconds
from core.db import Id, Model

GENESIS = "0" * 64
ALGORITHM = "sha256"
COLUMNS = "audit.columns"  # the act that says which columns are sealed from then on


class AuditEntry(Model):
    """One act of one person or of the system."""

    __tablename__ = "audit_entry"
    __unsealed__ = "is the chain itself"

    n: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    actor: Mapped[str]  # account:3, candidate:17, system
    action: Mapped[str]  # sitting.submit, exam.publish, …
    object: Mapped[str]  # exam:4, sitting:99
    facts: Mapped[str]  # canonical JSON, nothing personal
    payload_hash: Mapped[str]  # of salt|payload, or empty
    algorithm: Mapped[str]
    hash: Mapped[str] = mapped_column(unique=True)
    #: Canonical JSON: table → row → seal, null for a row that is gone; or empty.
    rows: Mapped[str] = mapped_column(server_default="")
    #: Keyed digest of the hash.
    seal: Mapped[str] = mapped_column(server_default="")


class AuditPayload(Model):
    """The personal part of an entry; may be erased by an act that says so."""

    __tablename__ = "audit_payload"
    __unsealed__ = "its digest stands in the entry it belongs to"

    id: Mapped[Id]
    n: Mapped[int] = mapped_column(sa.ForeignKey(AuditEntry.n), unique=True)
    salt: Mapped[str]
    payload: Mapped[str]


def payload_hash(salt: str, payload: str) -> str:
    """H(salt | payload), hexadecimal."""
    return hashlib.sha256(f"{salt}|{payload}".encode()).hexdigest()


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
    rows: str = "",
) -> str:
    """The hash of one entry, hexadecimal."""
    fields = [
        previous,
        str(n),
        str(microseconds(at)),
        actor,
        action,
        object,
        facts,
        payload_hash,
    ]
    if rows:
        fields.append(hashlib.sha256(rows.encode()).hexdigest())
    return hashlib.sha256("|".join(fields).encode()).hexdigest()
