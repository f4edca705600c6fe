"""FAULTS M1, M2, P11: whatever is altered in the database, verify names it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from audit.queries.verification import examine, verify
from core.audit import Break, Why
from core.db import Model, UTCDateTime, db, engine_options
from core.entries import GENESIS, AuditEntry, AuditPayload, entry_hash
from core.heads import kept_heads
from core.seals import (
    Sealing,
    canonical,
    groups,
    keyed,
    moment_of,
    seal_of,
    sealings,
)
from tests.audit.world import build

#: Sealed tables that nothing writes yet.
EMPTY: set[str] = set()
#: Other values for columns that take only some.
WORDS = {
    "auto": "submitted", "submitted": "auto", "open": "void", "exact": "half",
    "half": "exact", "at_once": "after_close", "approved": "retired",
    "parked": "approved", "single": "multi", "multi": "single", "fill": "single",
    "judge": "single", "easy": "hard", "organizer": "assessor", "admin": "auditor",
    "author": "auditor", "reopen": "admit", "confirmed": "declined", "key": "drop",
    "link": "code",
    "made": "left", "note": "return",
}  # fmt: skip


#: Told to PostgreSQL in a transaction that is rolled back.
WITHOUT_CHECKS = """
DO $$ DECLARE found record; BEGIN
  FOR found IN SELECT conrelid::regclass AS its_table, conname
    FROM pg_constraint WHERE contype = 'c' AND conrelid <> 0
    AND connamespace = current_schema()::regnamespace
  LOOP
    EXECUTE format('ALTER TABLE %%s DROP CONSTRAINT %%I',
      found.its_table, found.conname);
  END LOOP;
END $$
"""


@pytest.fixture
def vandal(app: Flask, moment: datetime) -> Iterator[sa.Engine]:
    """An engine that heeds no reference and no check; see ``altering``."""
    build(moment)
    db.session.rollback()
    url = app.config["SQLALCHEMY_DATABASE_URI"]
    options = engine_options(url, 1)
    engine = sa.create_engine(url, **options)
    if url.startswith("sqlite"):

        @sa.event.listens_for(engine, "connect")
        def _prepare(connection: Any, _record: object) -> None:
            connection.isolation_level = None
            connection.execute("PRAGMA foreign_keys=OFF")
            connection.execute("PRAGMA ignore_check_constraints=ON")

        @sa.event.listens_for(engine, "begin")
        def _begin(connection: sa.Connection) -> None:
            connection.exec_driver_sql("BEGIN")

    yield engine
    engine.dispose()


@contextmanager
def altering(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction that never ends well."""
    with engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET session_replication_role = replica")
            connection.exec_driver_sql(WITHOUT_CHECKS)
        yield connection
        connection.rollback()


def found(connection: sa.Connection) -> list[Break]:
    return examine(connection, list(kept_heads()), recount=True)[1]


def other(value: Any, column: sa.Column[Any]) -> Any:
    """Another value this column takes."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 100_003
    if isinstance(column.type, UTCDateTime) and value is not None:
        return moment_of(value) + timedelta(seconds=1)
    if isinstance(column.type, sa.JSON):
        return [*(json.loads(value) if isinstance(value, str) else value), "另一项"]
    if isinstance(value, str):
        return WORDS.get(value, f"{value}x") if value != "3" else "9"
    return _something(column)


def _something(column: sa.Column[Any]) -> Any:
    if isinstance(column.type, UTCDateTime):
        return datetime.fromisoformat("2026-01-01T00:00:00+00:00")
    return 100_003 if isinstance(column.type, sa.Integer) else "x"


def a_row(connection: sa.Connection, sealing: Sealing) -> Any:
    """The first row of a table; of answers, one of a sheet that was closed."""
    return connection.execute(sealing.query()).first()


def same(sealing: Sealing, row: Any) -> sa.ColumnElement[bool]:
    columns = sealing.table.c
    return sa.and_(*(columns[key] == getattr(row, key) for key in sealing.keys))


def name_of(sealing: Sealing, row: Any) -> str:
    ((name, _),) = groups(sealing, [tuple(row)])
    return name


def test_the_world_as_it_was_made_holds(vandal: sa.Engine) -> None:
    done = verify(recount=True)
    assert done.found == []
    assert done.entries > 40
    assert done.heads >= done.entries - 8  # some transactions have several


def test_every_sealed_table_has_rows_and_every_row_has_a_seal(
    vandal: sa.Engine,
) -> None:
    with altering(vandal) as connection:
        chain, _ = examine(connection, [], recount=False)
        empty = set()
        for name, sealing in sealings().items():
            rows = list(connection.execute(sealing.query()))
            if not rows:
                empty.add(name)
            sealed = chain.newest.get(name, {})
            for row, _group in groups(sealing, rows):
                assert row in sealed or name == "answer", f"{name}:{row}"
        assert empty <= EMPTY


def test_M1_P11_every_changed_column_of_every_sealed_table_is_named(
    vandal: sa.Engine,
) -> None:
    tried = 0
    missed = []
    for name, sealing in sealings().items():
        for column in sealing.columns:
            with altering(vandal) as connection:
                row = a_row(connection, sealing)
                if row is None:
                    assert name in EMPTY
                    continue
                value = other(getattr(row, column), sealing.table.c[column])
                connection.execute(
                    sa.update(sealing.table)
                    .where(same(sealing, row))
                    .values({column: value})
                )
                named = {(one.table, one.row) for one in found(connection)}
                tried += 1
                if (name, name_of(sealing, row)) not in named:
                    missed.append(f"{name}.{column}")
    assert not missed
    assert tried > 150


def test_M1_P11_every_deleted_row_is_named(vandal: sa.Engine) -> None:
    for name, sealing in sealings().items():
        if name in EMPTY:
            continue
        with altering(vandal) as connection:
            row = a_row(connection, sealing)
            connection.execute(sa.delete(sealing.table).where(same(sealing, row)))
            named = {(one.table, one.row): one for one in found(connection)}
            one = named[name, name_of(sealing, row)]
            assert one.n > 0, name  # and it says which entry wrote the row


def test_M1_P11_every_forged_row_is_named(vandal: sa.Engine) -> None:
    for name, sealing in sealings().items():
        if name in EMPTY:
            continue
        table = sealing.table
        with altering(vandal) as connection:
            row = a_row(connection, sealing)
            copied = connection.execute(
                sa.select(table).where(same(sealing, row))
            ).one()
            unique = {*sealing.keys, *_unique(table)}
            forged = {
                column.name: other(value, column) if column.name in unique else value
                for column, value in zip(table.c, copied, strict=True)
            }
            connection.execute(sa.insert(table), forged)
            wanted = ".".join(str(forged[column]) for column in sealing.by)
            named = {(one.table, one.row) for one in found(connection)}
            assert (name, wanted) in named, name


def _unique(table: sa.Table) -> set[str]:
    found = {column.name for column in table.c if column.unique}
    for constraint in table.constraints:
        if isinstance(constraint, sa.UniqueConstraint):
            found |= {column.name for column in constraint.columns}
    return found


def test_M1_P11_an_answer_added_to_a_closed_sheet_is_named(vandal: sa.Engine) -> None:
    with altering(vandal) as connection:
        answer = Model.metadata.tables["answer"]
        row = connection.execute(sa.select(answer).where(answer.c.sitting_id == 1))
        values = row.first()._asdict()  # type: ignore[union-attr]
        connection.execute(sa.insert(answer), values | {"q": "9"})
        assert ("answer", "1.1") in {(o.table, o.row) for o in found(connection)}


def test_M11_every_changed_column_of_the_log_is_named(vandal: sa.Engine) -> None:
    entry, payload = AuditEntry.__table__, AuditPayload.__table__
    assert isinstance(entry, sa.Table)
    assert isinstance(payload, sa.Table)
    with altering(vandal) as connection:
        n = connection.scalar(sa.select(payload.c.n).order_by(payload.c.n.desc()))
    for table in (entry, payload):
        for column in table.c:
            if table is payload and column.name == "id":
                continue  # only counts them
            with altering(vandal) as connection:
                row = connection.execute(sa.select(table).where(table.c.n == n)).one()
                value = other(getattr(row, column.name), column)
                connection.execute(
                    sa.update(table).where(table.c.n == n).values({column.name: value})
                )
                numbers = {
                    one.n for one in found(connection) if one.table == "audit_entry"
                }
                assert n in numbers, f"{table.name}.{column.name}"


def entries(connection: sa.Connection) -> int:
    return connection.scalar(sa.select(sa.func.max(AuditEntry.n))) or 0


def test_M2_a_cut_tail_is_named_by_the_heads_and_by_the_rows(vandal: sa.Engine) -> None:
    with altering(vandal) as connection:
        last = entries(connection)
        cut = last - 10
        connection.execute(sa.delete(AuditPayload).where(AuditPayload.n > cut))
        connection.execute(sa.delete(AuditEntry).where(AuditEntry.n > cut))
        named = found(connection)
        assert Break(cut + 1, Why.CUT) in named
        assert any(one.table == "sitting" for one in named)


def test_M2_one_entry_cut_off_the_end_is_named(vandal: sa.Engine) -> None:
    with altering(vandal) as connection:
        last = entries(connection)
        connection.execute(sa.delete(AuditEntry).where(AuditEntry.n == last))
        assert Break(last, Why.CUT) in found(connection)


def test_an_entry_missing_in_the_middle_is_named(vandal: sa.Engine) -> None:
    with altering(vandal) as connection:
        connection.execute(sa.delete(AuditEntry).where(AuditEntry.n == 7))
        named = found(connection)
        assert Break(7, Why.MISSING) in named
        assert Break(8, Why.CHANGED) in named


def test_two_entries_that_changed_places_are_named(vandal: sa.Engine) -> None:
    with altering(vandal) as connection:
        for old, new in ((7, 100_007), (8, 7), (100_007, 8)):
            connection.execute(
                sa.update(AuditEntry).where(AuditEntry.n == old).values(n=new)
            )
        numbers = {one.n for one in found(connection) if one.why is Why.CHANGED}
        assert {7, 8} <= numbers


def test_P11_what_is_named_says_which_entry_and_when(
    vandal: sa.Engine, moment: datetime
) -> None:
    with vandal.begin() as connection:
        score = Model.metadata.tables["score"]
        connection.execute(
            sa.update(score).where(score.c.id == 1).values(points=100_000)
        )
    changed, recounted = verify(recount=True).found
    assert (changed.place.why, changed.place.where) == (Why.ROW_CHANGED, "score:1")
    assert changed.action == "sitting.submitted"
    assert changed.at == moment
    assert (recounted.place.why, recounted.place.where) == (Why.SCORE, "score:1")
    (only,) = verify(recount=False).found
    assert only.place.where == "score:1"


def rewrite(connection: sa.Connection, score: int) -> None:
    """As somebody with the key could do it: another score, and the chain after it."""
    table, entry = Model.metadata.tables["score"], AuditEntry.__table__
    assert isinstance(entry, sa.Table)
    connection.execute(
        sa.update(table).where(table.c.id == score).values(points=100_000)
    )
    sealing = sealings()["score"]
    row = connection.execute(sealing.query().where(table.c.id == score)).one()
    previous = GENESIS
    for one in connection.execute(sa.select(entry).order_by(entry.c.n)).all():
        rows = one.rows
        if f'"score":{{"{score}":' in rows:
            sealed = json.loads(rows)
            sealed["score"][str(score)] = seal_of(sealing, [row])
            rows = canonical(sealed)
        hashed = entry_hash(
            previous=previous,
            n=one.n,
            at=one.at,
            actor=one.actor,
            action=one.action,
            object=one.object,
            facts=one.facts,
            payload_hash=one.payload_hash,
            rows=rows,
        )
        connection.execute(
            sa.update(entry)
            .where(entry.c.n == one.n)
            .values(rows=rows, hash=hashed, seal=keyed(hashed))
        )
        previous = hashed


def test_M3_a_whole_chain_rewritten_with_the_key_meets_its_witnesses(
    vandal: sa.Engine,
) -> None:
    with altering(vandal) as connection:
        receipt = connection.execute(
            sa.select(AuditEntry.n, AuditEntry.hash).where(
                AuditEntry.action == "sitting.submitted"
            )
        ).first()
        assert receipt is not None
        rewrite(connection, 1)
        _, named = examine(connection, list(kept_heads()), recount=False)
        assert [one.why for one in named] == [Why.CUT]
        # Whoever can write to the folder, too, is seen by receipts alone.
        assert examine(connection, [], recount=False)[1] == []
        now = connection.scalar(
            sa.select(AuditEntry.hash).where(AuditEntry.n == receipt.n)
        )
        assert now != receipt.hash


def test_M5_whoever_is_taken_off_a_frozen_roster_is_named(vandal: sa.Engine) -> None:
    candidate = Model.metadata.tables["candidate"]
    paper = Model.metadata.tables["paper"]
    with altering(vandal) as connection:
        absent = connection.scalar(
            sa.select(candidate.c.id).order_by(candidate.c.id.desc())
        )
        connection.execute(sa.delete(paper).where(paper.c.candidate_id == absent))
        connection.execute(sa.delete(candidate).where(candidate.c.id == absent))
        named = {(one.table, one.row): one.why for one in found(connection)}
        assert named["candidate", str(absent)] is Why.ROW_GONE
    for change in ({"exempt_reason": "产假"}, {"walk_in": True}, {"unit_id": 2}):
        with altering(vandal) as connection:
            connection.execute(
                sa.update(candidate).where(candidate.c.id == 1).values(change)
            )
            named = {(one.table, one.row): one.why for one in found(connection)}
            assert named["candidate", "1"] is Why.ROW_CHANGED
