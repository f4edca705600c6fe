"""`python -m chaos.served`: the real server, whose workers do what they are ordered.

Everything of the product is as ever: wsgi.py, serve.py, granian. Each worker only
looks, at six points of a transaction, whether it is to die there; asks a wall clock
that the harness can set; and answers ``/chaos/sweep`` as a board does that is looked
at. With ``CHAOS_DEFECT`` one defect is put in, to see whether the oracle notices.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa

import core.clock
import quiz.views.protocol
import quiz.views.sitting
import serve
from chaos.control import POINTS, Control
from chaos.defects import put_in
from core.db import db
from core.errors import Busy
from quiz.operations.closing import sweep_exam

protocol: Any = quiz.views.protocol
sitting: Any = quiz.views.sitting

SWEEP = "/chaos/sweep/"
UNLIMITED = 1_073_741_823  # pages
AFTER_REPLY = 0.03  # seconds, for the reply to be on its way
_honest_load = serve.load


class _Wall(datetime):
    """A wall clock that can be set."""

    control: Control

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        """What it shows."""
        return datetime.now(tz or UTC) + timedelta(seconds=cls.control.clock)


def load(target: str, *, parent: int) -> Any:
    """The application in a worker, with ears for orders."""
    control = Control(Path(os.environ["CHAOS_FOLDER"]))
    _Wall.control = control
    core.clock.datetime = _Wall  # type: ignore[attr-defined]
    served = _honest_load(target, parent=parent)
    app = sys.modules[target.partition(":")[0]].app
    put_in(os.environ.get("CHAOS_DEFECT", ""), app)
    _watch_driver(app, control)
    _watch_commits(control)
    return _Ears(served, app, control)


# --- points of a transaction --------------------------------------------------------


def _points(control: Control) -> Callable[[bool, str, dict[str, Any]], None]:
    """What is called as the driver is about to be told a statement."""
    pid = os.getpid()
    before, after, between, commit = range(4)

    def about_to(sqlite: bool, sql: str, state: dict[str, Any]) -> None:
        head = sql[:18].upper()
        begins = head.startswith("BEGIN IMMEDIATE") if sqlite else "FOR UPDATE" in sql
        if begins:
            if control.ordered(before, pid):
                control.die(before)
            state["writing"] = True
            return
        if not state["writing"]:
            return
        if control.ordered(after, pid):
            control.die(after)
        if head.startswith("INSERT INTO SCORE") and control.ordered(between, pid):
            control.die(between)
        if head.startswith(("COMMIT", "ROLLBACK")):
            if head.startswith("COMMIT") and control.ordered(commit, pid):
                control.die(commit)
            state["writing"] = False

    return about_to


def _watch_driver(app: Any, control: Control) -> None:
    about_to = _points(control)
    with app.app_context():
        db.engine.dispose()  # what was opened before is not watched
        if db.engine.dialect.name == "sqlite":
            _watch_sqlite(control, about_to)
        else:
            _watch_postgres(about_to)


def _watch_sqlite(control: Control, about_to: Callable[..., None]) -> None:
    def connected(connection: Any, *_: object) -> None:
        state = {"writing": False}
        connection.set_trace_callback(lambda sql: about_to(True, sql, state))

    limited: dict[int, int] = {}

    def taken(connection: Any, *_: object) -> None:
        if limited.get(id(connection), 0) != control.pages:
            limited[id(connection)] = control.pages
            most = control.pages or UNLIMITED
            connection.execute(f"PRAGMA max_page_count={most}")

    sa.event.listen(db.engine, "connect", connected)
    sa.event.listen(db.engine, "checkout", taken)


def _watch_postgres(about_to: Callable[..., None]) -> None:
    execute, commit = psycopg.Cursor.execute, psycopg.Connection.commit
    rollback = psycopg.Connection.rollback
    states: dict[int, dict[str, Any]] = {}

    def state(connection: Any) -> dict[str, Any]:
        return states.setdefault(id(connection), {"writing": False})

    def told(self: Any, query: Any, *rest: Any, **more: Any) -> Any:
        about_to(False, query if isinstance(query, str) else "", state(self.connection))
        return execute(self, query, *rest, **more)

    def committing(self: Any) -> None:
        about_to(False, "COMMIT", state(self))
        commit(self)

    def rolling_back(self: Any) -> None:
        about_to(False, "ROLLBACK", state(self))
        rollback(self)

    psycopg.Cursor.execute = told  # type: ignore[method-assign]
    psycopg.Connection.commit = committing  # type: ignore[method-assign]
    psycopg.Connection.rollback = rolling_back  # type: ignore[method-assign]


def _watch_commits(control: Control) -> None:
    """Dying when a save or a hand-in is committed and nothing is answered yet."""
    pid, place = os.getpid(), POINTS.index("after COMMIT")

    def followed(act: Callable[..., Any]) -> Callable[..., Any]:
        def acting(**given: Any) -> Any:
            done = act(**given)
            if control.ordered(place, pid):
                control.die(place)
            return done

        return acting

    protocol.save_answers = followed(protocol.save_answers)
    sitting.submit_sitting = followed(sitting.submit_sitting)


class _Ears:
    """The application with the sweep of a board, and death after the reply."""

    def __init__(self, rest: Any, app: Any, control: Control) -> None:
        self._rest = rest
        self._app = app
        self._control = control
        self._place = POINTS.index("after the reply")
        self._pid = os.getpid()

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        path: str = environ["PATH_INFO"]
        if path.startswith(SWEEP):
            return self._sweep(int(path.removeprefix(SWEEP)), start)
        reply: Iterable[bytes] = self._rest(environ, start)
        saves = environ["REQUEST_METHOD"] in ("PUT", "POST")
        if saves and self._control.ordered(self._place, self._pid):
            threading.Thread(target=self._die_soon, daemon=True).start()
        return reply

    def _die_soon(self) -> None:
        time.sleep(AFTER_REPLY)
        self._control.die(self._place)

    def _sweep(self, exam_id: int, start: Any) -> Iterable[bytes]:
        """Somebody looks at a board: what is overdue is closed first."""
        with self._app.app_context():
            try:
                key = str(self._app.secret_key)
                left = sweep_exam(exam_id=exam_id, now=core.clock.now(), key=key)
            except Busy:
                left = -1
        start("200 OK", [("Content-Type", "text/plain")])
        return [str(left).encode()]


if __name__ == "__main__":
    serve.load = load
    sys.exit(serve.main())
