"""Whether what lies under the database keeps what it has acknowledged.

``grave`` things may lose an answer that was acknowledged: an exam does not start on
them. Others are worth knowing.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import sqlalchemy as sa
from flask import current_app

from core.config import Settings
from core.db import db, engine_options
from core.turns import Turns

SOUND_SQLITE = (3, 51, 3)  # before it, several writing processes may damage the file
WAL_LIMIT = 64 * 1024 * 1024  # bytes; more means that a reader holds it
DISK_LOW = 500 * 1024 * 1024  # bytes
DISK_FULL = 100 * 1024 * 1024
NETWORK = re.compile(
    r"(nfs\d?|cifs|smb\w*|afs|ncpfs|9p|ceph|glusterfs|lustre|beegfs|gfs2?|ocfs2"
    r"|davfs2?|fuse\.(sshfs|glusterfs|s3fs|rclone|davfs\w*|ceph\w*|juicefs))\Z"
)
MOUNTS = Path("/proc/self/mountinfo")


@dataclass(frozen=True)
class Problem:
    """Something about the storage."""

    name: str  # for programs
    said: str  # for people: what, and what to do
    grave: bool


def file_system_of(path: Path, mounts: str) -> str:
    """The type of the file system a path lies on; empty if it is not known.

    :param mounts: The text of /proc/self/mountinfo.
    """
    best, kind = -1, ""
    real = PurePosixPath(os.path.realpath(path))
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        fields = before.split()
        if len(fields) < 5 or not after:
            continue
        point = re.sub(r"\\(\d{3})", lambda m: chr(int(m[1], 8)), fields[4])
        depth = len(PurePosixPath(point).parts)
        if depth >= best and real.is_relative_to(point):
            best, kind = depth, after.split()[0]
    return kind


def on_network(folder: Path) -> str:
    """The type of a network file system a folder lies on; empty: a disk of its own."""
    if str(folder).startswith("\\\\"):
        return "SMB"
    try:
        kind = file_system_of(folder, MOUNTS.read_text(encoding="utf-8"))
    except OSError:
        return ""  # not Linux
    return kind if NETWORK.match(kind) else ""


def wal_size(settings: Settings) -> int | None:
    """Bytes of SQLite's write-ahead log; None on PostgreSQL."""
    if not settings.sqlite:
        return None
    path = Path(settings.database_url.removeprefix("sqlite:///") + "-wal")
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def shrink_wal() -> bool:
    """Take SQLite's log into the file, as far as no reader holds it.

    Most of it while others write; the rest in the writer's turn, so that nobody writes
    at the same moment. A reader is waited for a quarter of a second and no longer.

    :return: Whether the log is empty now.
    :raises Busy: If the turn was not free in time.
    """
    turns: Turns = current_app.extensions["writer_turns"]
    connection = db.engine.raw_connection()
    try:
        cursor = connection.cursor()
        if _driver_version() >= SOUND_SQLITE:
            cursor.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        with turns.take():
            cursor.execute("PRAGMA busy_timeout=250")
            held, _, _ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            cursor.execute("PRAGMA busy_timeout=2000")
    finally:
        connection.close()
    return not held


def _driver_version() -> tuple[int, ...]:
    driver: Any = db.engine.dialect.dbapi
    found: tuple[int, ...] = driver.sqlite_version_info
    return found


def place_problems(settings: Settings) -> Iterator[Problem]:
    """Where a SQLite database lies; needs no connection."""
    if not settings.sqlite:
        return
    folder = Path(settings.database_url.removeprefix("sqlite:///")).parent
    kind = on_network(folder)
    if kind:
        yield Problem(
            "network_file_system",
            f"数据库放在网络文件系统（{kind}）上：{folder}。SQLite 在那里可能丢失数据。"
            "请用 LAWGAUGE_INSTANCE 换到本机磁盘，或改用 PostgreSQL",
            grave=True,
        )
    driver = engine_options(settings.database_url, 1)["module"]
    if driver.sqlite_version_info < SOUND_SQLITE:
        yield Problem(
            "old_sqlite",
            f"SQLite {driver.sqlite_version} 低于 3.51.3：只用一个工作进程。"
            "人数多时请改用 PostgreSQL",
            grave=False,
        )


def durability_problems(connection: sa.Connection) -> Iterator[Problem]:
    """Whether a commit is on the disk when it is acknowledged."""
    if connection.dialect.name == "sqlite":
        yield from _sqlite_durability(connection)
        return
    for name, bad in (("fsync", "off"), ("full_page_writes", "off")):
        value = connection.exec_driver_sql(f"SHOW {name}").scalar_one()
        if value == bad:
            yield Problem(
                name,
                f"PostgreSQL 的 {name} 是 off：断电会损坏数据。请改为 on",
                grave=True,
            )
    value = connection.exec_driver_sql("SHOW synchronous_commit").scalar_one()
    if value == "off":
        yield Problem(
            "synchronous_commit",
            "PostgreSQL 的 synchronous_commit 是 off：断电会丢失已确认的答案。"
            "请改为 on",
            grave=True,
        )


def _sqlite_durability(connection: sa.Connection) -> Iterator[Problem]:
    journal = connection.exec_driver_sql("PRAGMA journal_mode").scalar_one()
    if str(journal).lower() != "wal":
        yield Problem(
            "journal_mode",
            f"SQLite 的 journal_mode 是 {journal}，不是 WAL：这里的文件系统可能不支持。"
            "请换到本机磁盘",
            grave=True,
        )
    synchronous = connection.exec_driver_sql("PRAGMA synchronous").scalar_one()
    if int(synchronous) < 2:
        yield Problem(
            "synchronous",
            f"SQLite 的 synchronous 是 {synchronous}，不是 FULL："
            "断电会丢失已确认的答案",
            grave=True,
        )


def structure_problems(
    connection: sa.Connection, *, thorough: bool, patience: float | None = None
) -> Iterator[str]:
    """Whether the file is whole and every reference leads somewhere.

    PostgreSQL keeps references by itself and has no such check of its pages.

    :param thorough: Look at every index as well: several times as long.
    :param patience: Stop looking after so many seconds.
    :raises TimeoutError: If it was stopped; until then nothing was found.
    """
    if connection.dialect.name != "sqlite":
        return
    pragma = "integrity_check" if thorough else "quick_check"
    over: list[bool] = []
    try:
        if patience is not None:
            _interrupt_after(connection, patience, over)
        rows = connection.exec_driver_sql(f"PRAGMA {pragma}(20)").scalars().all()
        for row in rows:
            if row != "ok":
                yield f"数据库文件损坏：{row}"
        if thorough and rows == ["ok"]:
            query = 'SELECT "table", count(*) FROM pragma_foreign_key_check GROUP BY 1'
            for table, count in connection.exec_driver_sql(query):
                yield f"{table} 表有 {count} 行引用了不存在的数据"
    except sa.exc.DatabaseError as error:
        if over:
            raise TimeoutError from error
        yield f"数据库文件损坏：{error.orig}"
    finally:
        if patience is not None:
            _driver(connection).set_progress_handler(None, 0)


def _interrupt_after(
    connection: sa.Connection, seconds: float, over: list[bool]
) -> None:
    """Have SQLite give up once the time is over, and fill ``over`` then."""
    end = time.monotonic() + seconds

    def asks() -> bool:
        if time.monotonic() > end:
            over.append(True)
        return bool(over)

    _driver(connection).set_progress_handler(asks, 100)


def _driver(connection: sa.Connection) -> Any:
    return connection.connection.driver_connection
