"""Seeded defects: what a careless hand might have written. For the harness only.

Each is put into a worker of the harness's server, and each must be caught. A harness
that lets one pass proves nothing by passing.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.dialects import postgresql, sqlite

import core.clock
import quiz.operations.answers
import quiz.operations.closing
import quiz.views.protocol
import quiz.views.sitting
from core.db import db
from core.errors import Busy
from core.statements import Statement
from quiz.models import Answer, Score
from quiz.queries.sittings import find_desk
from quiz.rules.sheet import encode

# What is swapped in them is nobody's interface.
answers: Any = quiz.operations.answers
closing: Any = quiz.operations.closing
protocol: Any = quiz.views.protocol
sitting: Any = quiz.views.sitting


def put_in(name: str, app: Flask) -> None:
    """Put a defect into this worker; an empty name: none."""
    if name:
        DEFECTS[name][0](app)


def _reply_before_commit(app: Flask) -> None:
    """A save is acknowledged at once and written a moment later."""
    honest = answers.save_answers

    def later(given: dict[str, Any]) -> None:
        time.sleep(0.3)
        with app.app_context():
            try:
                honest(**given)
            except (answers.Closed, Busy):
                return

    def save(**given: Any) -> Any:
        with db.engine.connect() as connection:
            desk = find_desk(connection, given["token"])
        if desk is None or desk.state != "open":
            return honest(**given)
        threading.Thread(target=later, args=(given,), daemon=True).start()
        return _all_acked(desk.sitting_id, given["body"], desk.deadline)

    protocol.save_answers = save


def _all_acked(sitting_id: int, body: Any, deadline: datetime) -> Any:
    return answers.Reply(
        sitting_id=sitting_id,
        acked=[(one["q"], one["seq"]) for one in body["answers"]],
        superseded=[],
        deadline=deadline,
        claim=False,
        paused=False,
        away=[],
    )


def _no_sequence_guard(_app: Flask) -> None:
    """The message that arrives last wins, however old it is."""

    @lru_cache(maxsize=256)
    def upsert(dialect: str, count: int) -> Statement[str]:
        make = postgresql.insert if dialect == "postgresql" else sqlite.insert
        same = {name: answers._bound(name, f"the_{name}") for name in answers._OF_ALL}
        each = answers._OF_EACH
        insert = make(Answer).values(
            [
                same | {name: answers._bound(name, f"{name}_{n}") for name in each}
                for n in range(count)
            ]
        )
        new = insert.excluded
        names = ("seq", "value", "at_ms", "received_at")
        statement = insert.on_conflict_do_update(
            index_elements=["sitting_id", "generation", "q"],
            set_={name: new[name] for name in names},
        )
        return Statement(statement.returning(Answer.__table__.c.q), str)

    answers._upsert = upsert


def _scored_twice(_app: Flask) -> None:
    """Handing in looks whether the sitting is open, and then closes it."""
    honest = closing.submit_sitting

    def submit(**given: Any) -> None:
        with db.engine.connect() as connection:
            desk = find_desk(connection, given["token"])
        if desk is None or desk.state != "open":
            honest(**given)
            return
        time.sleep(0.05)

        def as_it_was(connection: sa.Connection, token: str) -> Any:
            found = find_to_close(connection, token)
            return found and _replaced(found, state="open")

        with _swapped(closing, "find_desk_to_close", as_it_was):
            honest(**given)

    find_to_close = closing.find_desk_to_close
    sitting.submit_sitting = submit


def _replaced(desk: Any, **changed: object) -> Any:
    return type(desk)(**{**vars(desk), **changed})


class _Swapped(threading.local):
    """What one thread sees in place of a function."""

    found: Callable[..., Any] | None = None


_seen = _Swapped()


class _swapped:  # noqa: N801 - a context manager used once
    def __init__(self, module: Any, name: str, other: Callable[..., Any]) -> None:
        self._other = other
        honest = getattr(module, name)
        if not hasattr(honest, "swaps"):

            def chosen(*given: Any, **more: Any) -> Any:
                return (_seen.found or honest)(*given, **more)

            chosen.swaps = True  # type: ignore[attr-defined]
            setattr(module, name, chosen)

    def __enter__(self) -> None:
        _seen.found = self._other

    def __exit__(self, *_: object) -> None:
        _seen.found = None


def _two_transactions(_app: Flask) -> None:
    """The sitting is closed and committed; its score follows in another one."""

    class Split:
        def run(self, connection: sa.Connection, values: Any) -> Any:
            driver: Any = connection.connection.dbapi_connection
            driver.commit()
            if connection.dialect.name == "sqlite":
                driver.execute("BEGIN IMMEDIATE")
            return honest.run(connection, values)

    honest = closing._insert_score
    closing._insert_score = Split()


def _acked_on_error(_app: Flask) -> None:
    """What the database refuses is answered with 200 all the same."""
    honest = protocol.save_answers

    def save(**given: Any) -> Any:
        try:
            return honest(**given)
        except Busy:
            return _all_acked(0, given["body"], given["now"] + timedelta(hours=1))

    protocol.save_answers = save


def _no_state_check(_app: Flask) -> None:
    """A save is taken whatever has become of the sitting."""
    honest = answers.why_closed

    def why(desk: Any, *rest: Any) -> Any:
        return honest(_replaced(desk, state="open"), *rest)

    answers.why_closed = why


def _late_thrown_away(_app: Flask) -> None:
    """What came too late is refused and not kept."""
    answers.keep_late = lambda *_: None


def _wall_clock(_app: Flask) -> None:
    """Deadlines go by the clock on the wall, whoever sets it."""
    core.clock.watch(None)


def _wrong_value(_app: Flask) -> None:
    """Now and then another letter is stored than the one that was sent."""
    honest = answers.store
    other = {encode(["A"]): encode(["B"]), encode(["T"]): encode(["F"])}

    def store(connection: Any, desk: Any, entries: Any, now: Any) -> Any:
        mixed = [
            entry._replace(value=other.get(entry.value, entry.value))
            if entry.seq % 5 == 0
            else entry
            for entry in entries
        ]
        return honest(connection, desk, mixed, now)

    answers.store = store


#: Name → what puts it in, and the promise it breaks.
DEFECTS: dict[str, tuple[Callable[[Flask], None], str]] = {
    "reply-before-commit": (_reply_before_commit, "O1"),
    "no-sequence-guard": (_no_sequence_guard, "O1"),
    "scored-twice": (_scored_twice, "O3"),
    "two-transactions": (_two_transactions, "O3"),
    "acked-on-error": (_acked_on_error, "O1"),
    "no-state-check": (_no_state_check, "O5"),
    "late-thrown-away": (_late_thrown_away, "O6"),
    "wall-clock": (_wall_clock, "O9"),
    "wrong-value": (_wrong_value, "O2"),
}


def loosened(name: str, engine: sa.Engine) -> None:
    """What a defect needs in the database: a table without its UNIQUE."""
    if name != "scored-twice":
        return
    table: Any = Score.__table__
    loose = table.to_metadata(sa.MetaData())
    for constraint in list(loose.constraints):
        if isinstance(constraint, sa.UniqueConstraint | sa.ForeignKeyConstraint):
            loose.constraints.discard(constraint)
    with engine.begin() as connection:
        table.drop(connection)
        loose.create(connection)
