from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from flask import Flask

from core import seals
from core.audit import AuditEntry, AuditPayload, Break, Why, breaks, record_audit
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
                rows=(),
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
        "rows": '{"thing":{"1":"x"}}',
        "seal": "",
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


def test_V5_a_payload_erased_by_an_act_leaves_the_chain_valid(
    app: Flask, moment: datetime
) -> None:
    append(moment, 4)
    with write() as session:
        session.execute(sa.delete(AuditPayload))
        record_audit(
            session,
            "thing.erase",
            "thing:0",
            actor="system",
            now=moment,
            rows=[seals.gone(AuditPayload, [2, 4])],
        )
    assert list(breaks(db.session.connection())) == []


def test_M1_a_payload_that_no_act_erased_is_missed(
    app: Flask, moment: datetime
) -> None:
    append(moment, 4)
    with write() as session:
        session.execute(sa.delete(AuditPayload).where(AuditPayload.n == 4))
    assert list(breaks(db.session.connection())) == [Break(4, Why.PAYLOAD_GONE)]


def test_M1_a_payload_that_was_changed_is_named(app: Flask, moment: datetime) -> None:
    append(moment, 4)
    for column in ("salt", "payload"):
        with write() as session:
            session.execute(
                sa.update(AuditPayload)
                .where(AuditPayload.n == 2)
                .values({column: "other"})
            )
            assert list(breaks(session.connection())) == [Break(2, Why.PAYLOAD)]
            session.rollback()
            session.connection(execution_options={"writing": True})
