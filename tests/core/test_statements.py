"""Statements run on the driver: as SQLAlchemy would, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from core.audit import AuditEntry, record_audit
from core.db import read_core, write_core
from core.statements import Statement

entry = AuditEntry.__table__.c
everything = sa.select(*entry).where(entry.n == sa.bindparam("n"))
COLUMNS = tuple(AuditEntry.__table__.c.keys())


def write_one(connection: sa.Connection, moment: datetime) -> None:
    record_audit(
        connection, "exam.publish", "exam:1", actor="系统", now=moment,
        rows=(), facts={"题": 1},
    )  # fmt: skip


def write_entry(moment: datetime) -> None:
    with write_core() as connection:
        write_one(connection, moment)


def test_rows_are_those_that_sqlalchemy_gives(app: Flask, moment: datetime) -> None:
    write_entry(moment)
    with read_core() as connection:
        found = Statement(everything).run(connection, {"n": 1})
        assert found == [tuple(row) for row in connection.execute(everything, {"n": 1})]
    assert moment in found[0]


def test_a_moment_of_any_zone_is_stored_in_utc(app: Flask, moment: datetime) -> None:
    write_entry(moment.astimezone(timezone(timedelta(hours=8))))
    with read_core() as connection:
        [found] = connection.execute(sa.select(entry.at)).scalars()
    assert found == moment
    assert found.tzinfo is UTC


def test_rows_become_objects_and_none_is_none(app: Flask, moment: datetime) -> None:
    write_entry(moment)
    asked = sa.select(entry.actor).where(entry.n == sa.bindparam("n"))
    actor = Statement(asked, str.upper)
    with read_core() as connection:
        assert actor.first(connection, {"n": 1}) == "系统"
        assert actor.first(connection, {"n": 2}) is None


def test_its_errors_are_sqlalchemys(app: Flask, moment: datetime) -> None:
    write_entry(moment)
    with read_core() as connection:
        row = connection.execute(sa.select(*entry)).one()
    again = Statement(sa.insert(AuditEntry), columns=COLUMNS)
    with pytest.raises(sa.exc.IntegrityError), write_core() as connection:
        again.run(connection, dict(row._mapping))


def test_what_is_written_before_an_error_is_not_kept(
    app: Flask, moment: datetime
) -> None:
    def fail() -> None:
        with write_core() as connection:
            write_one(connection, moment)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with read_core() as connection:
        assert Statement(everything).run(connection, {"n": 1}) == []


def test_a_value_whose_type_is_unknown_is_refused(app: Flask) -> None:
    # It would be stored as the driver thinks, not as everywhere else.
    loose = Statement(sa.select(entry.n).where(sa.bindparam("x").is_(None)))
    with read_core() as connection, pytest.raises(TypeError, match="type of x"):
        loose.run(connection, {"x": None})


def test_a_list_of_any_length_is_refused(app: Flask) -> None:
    several: Any = sa.bindparam("several", expanding=True)
    some = Statement(sa.select(entry.n).where(entry.n.in_(several)))
    with read_core() as connection, pytest.raises(ValueError, match="depends on"):
        some.run(connection, {"several": [1, 2]})
