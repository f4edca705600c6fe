from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from flask import Flask

from core.audit import AuditEntry, breaks, record_audit
from core.db import db, write


def append(moment: datetime, count: int) -> None:
    for i in range(count):
        with write() as session:
            record_audit(
                session.connection(),
                "thing.do",
                f"thing:{i}",
                actor="system",
                now=moment + timedelta(seconds=i),
                facts={"i": i},
                personal={"name": "张三"} if i % 2 else None,
            )


def test_an_untouched_chain_holds(app: Flask, moment: datetime) -> None:
    append(moment, 5)
    assert list(breaks(db.session.connection())) == []


def test_M1_every_changed_column_is_named(app: Flask, moment: datetime) -> None:
    append(moment, 4)
    changes = {
        "at": moment + timedelta(days=1),
        "actor": "account:9",
        "action": "other",
        "object": "thing:99",
        "facts": "{}",
        "payload_hash": "0" * 64,
        "algorithm": "md5",
        "hash": "f" * 64,
    }
    for column, value in changes.items():
        with write() as session:
            session.execute(
                sa.update(AuditEntry).where(AuditEntry.n == 2).values({column: value})
            )
            found = [b.n for b in breaks(session.connection())]
            assert 2 in found, column
            session.rollback()
            session.connection(execution_options={"writing": True})


def test_an_erased_payload_leaves_the_chain_valid(app: Flask, moment: datetime) -> None:
    append(moment, 4)
    with write() as session:
        session.execute(sa.text("DELETE FROM audit_payload"))
    assert list(breaks(db.session.connection())) == []
