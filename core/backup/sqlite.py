"""SQLite: a snapshot of a file that is being written, and putting one in place."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from core.db import engine_options
from core.errors import Refused

PART = "database.sqlite"
BESIDE = ("-wal", "-shm")  # what belongs to an open file


def _driver() -> Any:
    return engine_options("sqlite://", 1)["module"]


def snapshot(source: Path, target: Path) -> None:
    """Copy a database as it is at one moment, while others write.

    In one step: a copy made in several begins again at each commit of another
    connection and may never end. In WAL mode it keeps nobody waiting.

    :raises Refused: If there is no such database, or it is damaged.
    """
    if not source.exists():
        raise Refused("没有找到数据库 %(file)s", file=source)
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    driver = _driver()
    with (
        closing(driver.connect(str(source), timeout=10)) as live,
        closing(driver.connect(str(target))) as copy,
    ):
        try:
            live.backup(copy)
            # One file, nothing beside it; the application turns WAL on again.
            copy.execute("PRAGMA journal_mode=DELETE")
        except driver.DatabaseError as error:
            raise Refused("数据库不能复制：%(why)s", why=error) from error


@contextmanager
def opened(path: Path) -> Iterator[sa.Connection]:
    """A connection to a copy, without the hooks of the application."""
    engine = sa.create_engine(
        f"sqlite:///{path}", poolclass=sa.pool.NullPool, module=_driver()
    )
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def put_in_place(new: Path, target: Path, aside: Path) -> None:
    """Replace a database by another file; the old one is kept aside.

    Killed at any moment, there is a whole database under the name: the old one or
    the new one. Nobody may have it open.

    :param new: In the same folder.
    """
    if target.exists():
        _close_wal(target)
        for ending in BESIDE:
            # A log that could not be taken in must never be applied to another file.
            rest = target.with_name(target.name + ending)
            if rest.exists():
                rest.replace(aside.with_name(aside.name + ending))
        try:
            os.link(target, aside)
        except OSError:  # a file system without links
            target.replace(aside)
    with new.open("rb") as file:
        os.fsync(file.fileno())
    new.replace(target)
    sync_folder(target.parent)


def _close_wal(path: Path) -> None:
    """Take the log into the file: it goes when the last connection closes."""
    driver = _driver()
    try:
        with closing(driver.connect(str(path), timeout=2)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    except driver.Error:
        return  # it is damaged: it is kept aside as it is


def sync_folder(folder: Path) -> None:
    """Make a rename survive a power cut."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
