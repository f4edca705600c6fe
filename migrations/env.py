"""How migrations run: on an engine of their own, in one transaction, all or nothing.

SQLite alters a table by copying it. With ``foreign_keys=ON`` dropping the old copy
would delete the rows that refer to it, so this engine has none of the
application's hooks: the pragma is OFF before the transaction begins (inside one it
would do nothing), is seen to be 0, and every reference is checked before the commit.
Killed half-way, the database is as it was; a copy of the file is made first anyway.
"""

from __future__ import annotations

import os
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa
from alembic import context
from alembic.runtime.migration import MigrationContext
from flask import current_app

from core.db import Model, UTCDateTime, engine_options

COPIES_KEPT = 3
_LOCK = 0x1A36A06F  # any fixed number: PostgreSQL's advisory lock of migrations


def _migration_engine(url: str) -> sa.Engine:
    """An engine without the hooks of the application."""
    if not url.startswith("sqlite"):
        return sa.create_engine(url, poolclass=sa.pool.NullPool)
    engine = sa.create_engine(
        url,
        poolclass=sa.pool.NullPool,
        module=engine_options(url, 1)["module"],
        connect_args={"timeout": 10},
    )

    @sa.event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # BEGIN is ours: DDL belongs inside
        connection.execute("PRAGMA foreign_keys=OFF")

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _begin_alone(connection: sa.Connection) -> None:
    """Begin the transaction; another process that migrates waits until its end."""
    if connection.dialect.name == "sqlite":
        foreign_keys = connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one()
        if foreign_keys != 0:
            raise RuntimeError("foreign_keys must be off while tables are copied")
        return
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    # A waiting ALTER TABLE makes everybody behind it wait too: give up early.
    connection.exec_driver_sql("SET LOCAL lock_timeout = '4s'")


def _check_references(connection: sa.Connection) -> None:
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if broken:
            tables = sorted({row[0] for row in broken})
            raise RuntimeError(f"rows without their parents in {', '.join(tables)}")


def _is_there_work(connection: sa.Connection) -> str | None:
    """The revision the database is about to leave; None: new, or nothing to do."""
    current = MigrationContext.configure(connection).get_current_heads()
    try:
        wanted = context.get_revision_argument()
    except KeyError:  # a command that only reads
        return None
    targets = set(wanted) if isinstance(wanted, tuple) else {wanted}
    if not current or set(current) == targets:
        return None
    return "+".join(current)


def _copy_file(url: str, revision: str) -> None:
    """Copy the database beside itself; keeps the newest copies only."""
    path = Path(url.removeprefix("sqlite:///"))
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    target = path.with_name(f"{path.name}.before-{stamp}-{revision}")
    os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o600))
    driver = engine_options(url, 1)["module"]
    with (
        closing(driver.connect(str(path))) as source,
        closing(driver.connect(str(target))) as copy,
    ):
        source.backup(copy)
    copies = sorted(path.parent.glob(f"{path.name}.before-*"))
    for old in copies[:-COPIES_KEPT]:
        old.unlink()


def _render_item(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Migrations name the types of SQLAlchemy, not ours, which may change."""
    if kind == "type" and isinstance(item, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def _run_online(url: str) -> None:
    engine = _migration_engine(url)
    with engine.connect() as connection, connection.begin():
        _begin_alone(connection)
        leaving = _is_there_work(connection)
        if leaving and connection.dialect.name == "sqlite":
            _copy_file(url, leaving)
        _run_on(connection)
        _check_references(connection)
    engine.dispose()


def _run_on(connection: sa.Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Model.metadata,
        render_item=_render_item,
        transactional_ddl=True,  # SQLite can; Alembic does not assume it
        **current_app.extensions["migrate"].configure_args,
    )
    with context.begin_transaction():
        context.run_migrations()


def _run_offline(url: str) -> None:
    """Only print the SQL."""
    context.configure(url=url, target_metadata=Model.metadata, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()


_url: str = current_app.config["SQLALCHEMY_DATABASE_URI"]
_given: sa.Connection | None = context.config.attributes.get("connection")
if context.is_offline_mode():
    _run_offline(_url)
elif _given is not None:
    _run_on(_given)  # inside somebody's transaction: a restore
else:
    _run_online(_url)
