"""The database: one declarative base, two dialects, and the way to write.

Reads use ``db.session`` as it comes. Writes happen in operations only, inside
``with write() as session:`` (or ``write_core()`` on the candidate's path, where
the ORM would cost three times as much). Both end in one commit.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, ClassVar, Protocol

import sqlalchemy as sa
from flask import Flask, current_app
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column, registry

from core.database_file import DatabaseFile, guard_connections
from core.errors import Busy
from core.together import Shared
from core.turns import Turns

try:
    import pysqlite3.dbapi2 as sqlite_driver
except ImportError:  # no wheel for this machine: the standard library's driver
    import sqlite3 as sqlite_driver

_log = logging.getLogger(__name__)

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class UTCDateTime(sa.types.TypeDecorator[datetime]):
    """A moment in UTC: aware in Python on both databases."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> Any:
        """Refuse a moment without a zone; store UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Any) -> datetime | None:
        """PostgreSQL gives moments back in the zone of its session."""
        if value is None:
            return None
        result: datetime = value.astimezone(UTC)
        return result

    def result_processor(self, dialect: sa.Dialect, coltype: Any) -> Any:
        """SQLite gives texts without a zone back: they are UTC."""
        if dialect.name == "sqlite":
            return _moment  # by way of SQLAlchemy's own it takes eight times as long
        return super().result_processor(dialect, coltype)


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(f"{text}+00:00")


class Model(DeclarativeBase):
    """Base of all tables."""

    registry = registry(
        metadata=sa.MetaData(naming_convention=NAMING),
        type_annotation_map={datetime: UTCDateTime(), str: sa.Text()},
    )
    #: What changes without an act in the audit log, and why: columns, or, as one
    #: text, the whole table (core/seals.py).
    __unsealed__: ClassVar[Mapping[str, str] | str] = {}
    #: Columns whose rows share one seal; empty: each row has its own.
    __sealed_together__: ClassVar[tuple[str, ...]] = ()


Id = Annotated[int, mapped_column(primary_key=True)]

db = SQLAlchemy(model_class=Model, session_options={"expire_on_commit": False})


class _Connection(Protocol):
    """What is used of a driver's connection."""

    isolation_level: str | None

    def execute(self, sql: str) -> Any:
        """Run one statement."""


#: PostgreSQL's word to a writer that has been stopped while it holds a lock: others
#: are told to try again after two seconds, and after a minute its locks are taken away.
_PATIENCE = "-c lock_timeout=2000 -c idle_in_transaction_session_timeout=60000"


def engine_options(url: str, threads: int) -> dict[str, Any]:
    """Options of ``create_engine`` for this database."""
    options: dict[str, Any] = {"pool_size": threads + 4, "max_overflow": 8}
    options["hide_parameters"] = True  # an error's text ends in logs; names do not
    if url.startswith("sqlite"):
        options["module"] = sqlite_driver
        options["connect_args"] = {"timeout": 2, "check_same_thread": False}
    else:
        options["pool_pre_ping"] = True
        if "options=" not in url:
            options["connect_args"] = {"options": _PATIENCE}
    return options


def _prepare_sqlite(connection: _Connection, _record: object) -> None:
    # The driver's own transaction handling is off; BEGIN is ours (see _begin).
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "busy_timeout=2000",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: sa.Connection) -> None:
    # A deferred transaction that has read and then writes fails at once when
    # another commit came between, so writers begin as writers. Said to the driver
    # itself: through SQLAlchemy it would cost as much as the query that follows.
    writing = connection.get_execution_options().get("writing", False)
    sql = "BEGIN IMMEDIATE" if writing else "BEGIN"
    driver: Any = connection.connection.dbapi_connection
    try:
        driver.execute(sql)
    except sqlite_driver.Error as error:
        raise sa.exc.OperationalError(sql, None, error) from error


def hook_sqlite(engine: sa.Engine) -> None:
    """Give an engine the settings every SQLite connection of ours needs."""
    sa.event.listen(engine, "connect", _prepare_sqlite)
    sa.event.listen(engine, "begin", _begin)


def init_db(app: Flask, url: str, threads: int) -> None:
    """Bind the database to the application."""
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine_options(url, threads)
    db.init_app(app)
    app.teardown_appcontext(_end_reading)  # before the session is taken away
    if url.startswith("sqlite"):
        path = Path(url.removeprefix("sqlite:///"))
        app.extensions["database_file"] = file = DatabaseFile(path)
        app.extensions["writer_turns"] = Turns(
            path.with_name(path.name + ".writer"), check=file.check
        )
        with app.app_context():
            hook_sqlite(db.engine)
            sa.event.listen(db.engine, "do_connect", guard_connections(file))
    with app.app_context():
        _open_anew_after_fork(db.engine)


def _open_anew_after_fork(engine: sa.Engine) -> None:
    # A connection used on both sides of a fork breaks a SQLite file, for its locks are
    # the process's, and confuses PostgreSQL. The child opens its own; the parent's are
    # not touched there: closing one would be using it.
    inherited = []

    def anew() -> None:
        inherited.append(engine.pool)
        engine.pool = engine.pool.recreate()

    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=anew)


def _turn() -> Any:
    turns: Turns | None = current_app.extensions.get("writer_turns")
    return nullcontext() if turns is None else turns.take()


_then: ContextVar[Callable[[], None] | None] = ContextVar("_then", default=None)


def after_commit(act: Callable[[], None]) -> None:
    """Do one thing once what is being written has been committed, and only then."""
    _then.set(act)


def _committed() -> None:
    act = _then.get()
    if act is not None:
        _then.set(None)
        act()


#: What SQLite says when it cannot write now and may again without a restart: a lock,
#: a full disk or quota, an error of the disk. What else it says is a defect of ours.
_PASSING = ("locked", "busy", "is full", "disk I/O error", "unable to open")


def _passes(error: sa.exc.OperationalError) -> bool:
    """Whether trying again is right. Nothing was acknowledged, nothing is stored in
    part; where a commit was under way nobody knows, the same message again does.
    """
    if isinstance(error.orig, sqlite_driver.Error):
        return any(sign in str(error.orig) for sign in _PASSING)
    return True  # of PostgreSQL: no connection, no lock in time, a deadlock, no space


def _busy(error: sa.exc.OperationalError) -> Busy:
    _log.warning("the database: %s", str(error.orig).strip())
    return Busy("系统正忙，请稍后重试")


def busy_for(error: sa.exc.OperationalError) -> Busy | None:
    """What to answer when the database failed; None: it is a defect of ours."""
    return _busy(error) if _passes(error) else None


def _end_reading(_error: BaseException | None = None) -> None:
    """End what the session was reading; a connection that is lost has no end.

    What was answered stays answered, though PostgreSQL went away behind it.
    """
    if not db.session.registry.has():
        return
    session: Session = db.session()
    try:
        session.rollback()
    except sa.exc.DBAPIError as error:
        _log.warning("the database: %s", str(error.orig).strip())
        session.invalidate()


def end_reading() -> None:
    """End what was read, before seconds of work that need nothing of the database.

    As long as anybody reads, SQLite's log grows with every save of a full hall, and
    whoever saves next has to clear all of it away.
    """
    session: Session = db.session()
    if session.in_transaction():
        options = session.connection().get_execution_options()
        if options.get("writing", False):
            raise RuntimeError("this would undo what is being written")
    _end_reading()


@contextmanager
def write() -> Iterator[Session]:
    """One transaction that writes: committed at the end, or nothing happened.

    Ends the read transaction before (what was loaded is read afresh when used),
    takes the writer's turn, begins as a writer.

    :raises Busy: If the turn was not free in time, or the file is locked.
    """
    session: Session = db.session()
    if session.new or session.dirty or session.deleted:
        raise RuntimeError("changes were made outside write()")
    _end_reading()
    with _turn():
        _then.set(None)  # of a transaction that was rolled back
        try:
            session.connection(execution_options={"writing": True})
            yield session
            session.commit()
            _committed()
        except sa.exc.OperationalError as error:
            session.rollback()
            if _passes(error):
                raise _busy(error) from error
            raise
        except BaseException:
            session.rollback()
            raise


def _writing_engine() -> sa.Engine:
    """The engine whose connections begin as writers; shares the pool."""
    engine: sa.Engine | None = current_app.extensions.get("writing_engine")
    if engine is None:
        engine = db.engine.execution_options(writing=True)
        current_app.extensions["writing_engine"] = engine
    return engine


@contextmanager
def write_core() -> Iterator[sa.Connection]:
    """As ``write()``, with a bare connection: the candidate's path."""
    with _turn():
        _then.set(None)  # of a transaction that was rolled back
        try:
            with _writing_engine().begin() as connection:
                yield connection
            _committed()
        except sa.exc.OperationalError as error:
            if _passes(error):
                raise _busy(error) from error
            raise


@contextmanager
def write_together() -> Iterator[sa.Connection]:
    """As ``write_core()``, for what thousands do at once: who stand in line commit
    together (core/together.py). Ends when all of it is on the disk.
    """
    turns: Turns | None = current_app.extensions.get("writer_turns")
    if turns is None:  # PostgreSQL does this by itself
        with write_core() as connection:
            yield connection
        return
    try:
        with turns.take(sharing=True):
            _then.set(None)
            shared = turns.shared or Shared(_writing_engine())
            turns.shared = None
            try:
                with shared.part():
                    yield shared.connection
                if act := _then.get():
                    _then.set(None)
                    shared.then(act)
            finally:
                if shared.holds:
                    turns.shared = shared
        shared.wait()
    except sa.exc.OperationalError as error:
        if _passes(error):
            raise _busy(error) from error
        raise


@contextmanager
def read_core() -> Iterator[sa.Connection]:
    """A bare connection that only reads.

    :raises Busy: If the database cannot be reached just now.
    """
    try:
        with db.engine.connect() as connection:
            yield connection
    except sa.exc.OperationalError as error:
        if _passes(error):
            raise _busy(error) from error
        raise
