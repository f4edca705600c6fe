"""Who stand in line together share a commit; each stands or falls by itself."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from core.database_file import Gone
from core.db import after_commit, db, read_core, write, write_core, write_together
from core.errors import Busy
from core.turns import Turns
from tests.core.test_turns import until
from units.models import RankGroup

Act = Callable[[], object]


@pytest.fixture
def turns(app: Flask, backend: str) -> Turns:
    if backend == "postgresql":
        pytest.skip("PostgreSQL gathers commits by itself")
    found: Turns = app.extensions["writer_turns"]
    return found


@pytest.fixture
def commits() -> Iterator[list[str]]:
    """A mark for every commit."""
    made: list[str] = []

    def note(_connection: object) -> None:
        made.append("commit")

    sa.event.listen(db.engine, "commit", note)
    yield made
    sa.event.remove(db.engine, "commit", note)


def no_space(statement: str) -> sa.exc.OperationalError:
    driver: Any = db.engine.dialect.dbapi
    return sa.exc.OperationalError(statement, None, driver.Error("disk is full"))


def named(name: str) -> None:
    """One short act that thousands do."""
    with write_together() as connection:
        connection.execute(sa.insert(RankGroup), {"name": name, "position": 1})


def names() -> list[str]:
    with read_core() as connection:
        query = sa.select(RankGroup.__table__.c.name).order_by("name")
        return list(connection.scalars(query))


def in_line(app: Flask, turns: Turns, *acts: Act) -> list[object]:
    """All stand in line in this order, then the turn is theirs; what came of each."""
    came: list[object] = [None] * len(acts)

    def run(n: int, act: Act) -> None:
        with app.app_context():
            try:
                came[n] = act() or "done"
            except Exception as error:
                came[n] = error

    threads = [
        threading.Thread(target=run, args=(n, act)) for n, act in enumerate(acts)
    ]
    with turns.take():
        for n, thread in enumerate(threads, 1):
            thread.start()
            until(lambda n=n: len(turns._line._waiting) == n)  # type: ignore[misc]
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()
    return came


@pytest.fixture(autouse=True)
def long_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """However busy the machine is, a turn is long enough for all."""
    monkeypatch.setattr("core.turns.SPAN", 60.0)


def test_who_stands_alone_commits_at_once(
    app: Flask, turns: Turns, commits: list[str]
) -> None:
    for name in "甲乙丙":
        named(name)
    assert len(commits) == 3
    assert names() == ["丙", "乙", "甲"]


def test_those_in_line_share_a_commit(
    app: Flask, turns: Turns, commits: list[str]
) -> None:
    came = in_line(app, turns, *(partial(named, name) for name in "甲乙丙"))
    assert came == ["done"] * 3
    assert len(commits) == 1
    assert names() == ["丙", "乙", "甲"]


def test_when_the_turn_is_over_what_was_shared_is_committed(
    app: Flask, turns: Turns, commits: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.turns.SPAN", 0.0)
    assert in_line(app, turns, *(partial(named, name) for name in "甲乙")) == [
        "done",
        "done",
    ]
    assert len(commits) == 2


@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_who_fails_undoes_nothing_of_the_others(
    app: Flask, turns: Turns, commits: list[str], place: int
) -> None:
    def fails() -> None:
        with write_together() as connection:
            connection.execute(sa.insert(RankGroup), {"name": "丁", "position": 1})
            raise ValueError("no")

    acts: list[Act] = [partial(named, "甲"), partial(named, "乙")]
    acts.insert(place, fails)
    came = in_line(app, turns, *acts)
    assert isinstance(came.pop(place), ValueError)
    assert came == ["done", "done"]
    assert names() == ["乙", "甲"]


def test_P1_P14_nobody_is_told_done_when_the_commit_fails(
    app: Flask, turns: Turns
) -> None:
    """As on a full disk: all hear that they have to come again, nothing is stored."""

    def fails(_connection: object) -> None:
        raise no_space("COMMIT")

    told: list[str] = []

    def tells() -> None:
        with write_together() as connection:
            connection.execute(sa.insert(RankGroup), {"name": "丙", "position": 1})
            after_commit(lambda: told.append("committed"))

    sa.event.listen(db.engine, "commit", fails)
    try:
        came = in_line(app, turns, partial(named, "甲"), tells, partial(named, "乙"))
    finally:
        sa.event.remove(db.engine, "commit", fails)
    assert [type(one) for one in came] == [Busy] * 3
    assert names() == []
    assert told == []
    assert in_line(app, turns, tells, partial(named, "甲")) == ["done", "done"]
    assert names() == ["丙", "甲"]
    assert told == ["committed"]


def test_P1_a_transaction_that_ends_in_the_middle_is_nobodys_success(
    app: Flask, turns: Turns
) -> None:
    """Of a full disk SQLite may roll everything back, what the first had done too."""

    def full() -> None:
        with write_together() as connection:
            raw: Any = connection.connection.driver_connection
            raw.execute("ROLLBACK")
            raise no_space("INSERT")

    came = in_line(app, turns, partial(named, "甲"), full, partial(named, "乙"))
    assert [type(one) for one in came[:2]] == [Busy, Busy]
    assert came[2] == "done"
    assert names() == ["乙"]


def test_S9_a_file_that_was_replaced_gets_no_commit_of_many(
    app: Flask, turns: Turns, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def replaced() -> None:
        seen.append("look")
        if len(seen) > 3:  # of the holder, of the two writers; then before the commit
            raise Gone("数据库文件在运行中被替换")

    monkeypatch.setattr(turns, "_check", replaced)
    came = in_line(app, turns, partial(named, "甲"), partial(named, "乙"))
    assert [type(one) for one in came] == [Gone, Gone]
    assert names() == []


@pytest.mark.parametrize("kind", ["orm", "core"])
def test_another_writer_finds_committed_what_was_shared(
    app: Flask, turns: Turns, commits: list[str], kind: str
) -> None:
    def other() -> int:
        query = sa.select(sa.func.count()).select_from(RankGroup)
        if kind == "orm":
            with write() as session:
                return session.execute(query).scalar_one()
        with write_core() as connection:
            return connection.execute(query).scalar_one()

    came = in_line(app, turns, partial(named, "甲"), other, partial(named, "乙"))
    assert came == ["done", 1, "done"]
    assert len(commits) == 3


def test_on_both_databases_it_is_all_or_nothing(app: Flask) -> None:
    named("甲")
    with pytest.raises(sa.exc.IntegrityError):
        named("甲")
    named("乙")
    assert names() == ["乙", "甲"]
