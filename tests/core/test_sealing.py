"""Seals across an upgrade of the program."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from core import seals
from core.audit import Break, Chain, Why, breaks
from core.db import db, write
from core.entries import COLUMNS, AuditEntry
from core.sealing import settle_seals
from core.verification import row_breaks
from tests.audit.world import build
from units.models import Person


@pytest.fixture
def later(app: Flask, moment: datetime) -> datetime:
    """A world, and a moment after it."""
    now: datetime = build(moment).now
    return now + timedelta(hours=1)


@pytest.fixture
def without_rank() -> Iterator[None]:
    """The program before 职级 was sealed."""
    Person.__unsealed__ = {"rank": "was not sealed in those days"}
    seals.sealing_of.cache_clear()
    yield
    Person.__unsealed__ = {}
    seals.sealing_of.cache_clear()


def found() -> list[Break]:
    """Breaks of the rows, but for the answers of the sheet that is open."""
    db.session.rollback()
    connection = db.session.connection()
    chain = Chain()
    named = list(breaks(connection, chain)) + list(row_breaks(connection, chain))
    return [one for one in named if one.table != "answer"]


def entries() -> list[dict[str, Any]]:
    db.session.rollback()
    query = sa.select(AuditEntry.facts).where(AuditEntry.action == COLUMNS)
    return [json.loads(facts) for facts in db.session.scalars(query)]


def test_what_is_sealed_is_recorded_once(later: datetime) -> None:
    settle_seals(now=later)
    assert found() == []
    (facts,) = entries()
    assert facts["columns"]["score"] == list(seals.sealings()["score"].columns)
    assert settle_seals(now=later) == 0
    assert len(entries()) == 1


def test_a_database_from_before_seals_is_sealed_as_it_stands_and_only_once(
    later: datetime,
) -> None:
    rehash = sa.update(AuditEntry).values(rows="", seal="")
    with write() as session:
        session.execute(rehash)
        # Its hashes were made without rows.
        session.execute(sa.text("DELETE FROM audit_payload"))
        session.execute(sa.text("DELETE FROM audit_entry"))
    assert {one.why for one in found()} == {Why.ROW_FORGED}
    assert settle_seals(now=later) > 50
    assert found() == []
    with write() as session:
        session.execute(sa.update(Person).where(Person.id == 1).values(name="改名"))
    assert settle_seals(now=later) == 0
    assert [one.where for one in found()] == ["person:1"]


def test_a_column_that_is_sealed_from_now_on_is_sealed_for_all_rows(
    without_rank: None, later: datetime
) -> None:
    settle_seals(now=later)
    Person.__unsealed__ = {}
    seals.sealing_of.cache_clear()
    assert [(one.why, one.where) for one in found()] == [(Why.COLUMNS, "person:*")]
    assert settle_seals(now=later) == 9
    assert found() == []
    with write() as session:
        session.execute(sa.update(Person).where(Person.id == 2).values(rank="局长"))
    assert [one.where for one in found()] == ["person:2"]


def test_a_row_altered_before_the_upgrade_is_not_sealed_by_it(
    without_rank: None, later: datetime
) -> None:
    settle_seals(now=later)
    with write() as session:
        session.execute(sa.update(Person).where(Person.id == 2).values(name="改名"))
    Person.__unsealed__ = {}
    seals.sealing_of.cache_clear()
    assert settle_seals(now=later) == 8
    assert [(one.why, one.where) for one in found()] == [(Why.ROW_OLD, "person:2")]


def test_with_another_secret_key_nothing_is_sealed_and_verify_says_why(
    app: Flask, later: datetime
) -> None:
    settle_seals(now=later)
    right = app.config["SECRET_KEY"]
    app.config["SECRET_KEY"] = "another-secret-" + "1" * 30
    try:
        assert settle_seals(now=later) == 0
        assert Why.KEY in {one.why for one in found()}
    finally:
        app.config["SECRET_KEY"] = right
    assert found() == []


def test_M3_a_chain_rewritten_without_the_key_is_named(later: datetime) -> None:
    """Every hash is made anew, as somebody with the database alone can do."""
    from core.entries import GENESIS, entry_hash

    settle_seals(now=later)
    with write() as session:
        previous = GENESIS
        for row in session.scalars(sa.select(AuditEntry).order_by(AuditEntry.n)):
            facts = row.facts.replace("organizer", "admin") if row.n == 1 else row.facts
            row.facts = facts
            row.hash = previous = entry_hash(
                previous=previous,
                n=row.n,
                at=row.at,
                actor=row.actor,
                action=row.action,
                object=row.object,
                facts=row.facts,
                payload_hash=row.payload_hash,
                rows=row.rows,
            )
    assert {one.why for one in found()} == {Why.FORGED}


def test_a_seal_is_the_same_from_values_as_from_the_row(later: datetime) -> None:
    with db.engine.connect() as connection:
        row = connection.execute(sa.select(Person.__table__)).first()
        assert row is not None
        read = list(seals.ids(Person, [row.id]).sealed(connection))
        given = list(seals.values(Person, row._asdict()).sealed(connection))
    assert read == given
    assert len(read[0][2] or "") == 16


def test_an_act_cannot_state_rows_of_a_table_that_is_not_sealed(app: Flask) -> None:
    with db.engine.connect() as connection, pytest.raises(TypeError, match="audit"):
        list(seals.ids(AuditEntry, [1]).sealed(connection))
