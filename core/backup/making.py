"""Making a backup and proving it: what was written is taken apart and looked at."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO

import sqlalchemy as sa
from flask import current_app
from flask_babel import gettext

from core.audit import AuditEntry
from core.backup import postgres, sqlite
from core.backup.checks import Findings, examine
from core.backup.manifest import (
    SECRET,
    Archive,
    Manifest,
    Packing,
    fingerprint,
    packing,
    reading,
)
from core.backup.sealed import is_sealed, seal, unseal
from core.config import Settings
from core.db import db
from core.errors import Refused
from core.jobs.progress import progress
from core.schema import revision_of
from core.version import version

STALE = 86_400  # seconds after which a working folder of a killed process goes
PARTS = 100  # of progress, in each of the two halves


def settings() -> Settings:
    """The settings of this application."""
    found: Settings = current_app.config["SETTINGS"]
    return found


def database_file() -> Path:
    """The SQLite file."""
    return Path(settings().database_url.removeprefix("sqlite:///"))


def backups_folder() -> Path:
    """Where backups lie if no other place is named."""
    folder = settings().instance / "backups"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


@contextmanager
def workplace() -> Iterator[Path]:
    """A folder for what holds names in the clear; it goes at the end."""
    folder = backups_folder()
    for old in folder.glob(".work-*"):
        if time.time() - old.stat().st_mtime > STALE:
            shutil.rmtree(old, ignore_errors=True)  # its process was killed
    with tempfile.TemporaryDirectory(dir=folder, prefix=".work-") as name:
        yield Path(name)


def make_archive(
    target: Path, *, with_secret: bool, passphrase: str, now: datetime
) -> Manifest:
    """Write a backup of this moment to a file; an older one of the name goes.

    :param passphrase: Empty: not encrypted.
    :raises Refused: If it cannot be written; says why.
    """
    target.unlink(missing_ok=True)
    try:
        with workplace() as work:
            plain = work / "archive.zip" if passphrase else target
            with _new_file(plain) as file, packing(file) as pack:
                manifest = _pack_database(pack, work, now)
                if with_secret:
                    with pack.part(SECRET) as write:
                        write(settings().secret_key.encode())
                pack.manifest(manifest)
            if passphrase:
                with plain.open("rb") as source, _new_file(target) as file:
                    seal(source, file, passphrase)
    except OSError as error:
        raise Refused(
            "备份写不进 %(file)s：%(why)s。请检查磁盘空间和权限",
            file=target,
            why=error.strerror or error,
        ) from error
    return manifest


@contextmanager
def _new_file(path: Path) -> Iterator[IO[bytes]]:
    """A new file for its owner alone, on the disk when the block ends."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def _pack_database(pack: Packing, work: Path, now: datetime) -> Manifest:
    said = gettext("正在复制数据")
    tell = _teller(0, said)
    tell(0, 1)
    if settings().sqlite:
        copy = work / sqlite.PART
        sqlite.snapshot(database_file(), copy)
        with sqlite.opened(copy) as connection:
            manifest = _describe(connection, now)
        pack.file(sqlite.PART, copy, tell)
        copy.unlink()
        return manifest
    with postgres.one_moment(db.engine) as connection:
        tables = postgres.tables_in(connection)
        for done, table in enumerate(tables):
            tell(done, len(tables))
            with pack.part(postgres.part_of(table)) as write:
                postgres.dump_table(connection, table, write)
        return _describe(connection, now)


def _describe(connection: sa.Connection, now: datetime) -> Manifest:
    """What stands in the database that the connection sees."""
    n, digest = connection.execute(
        sa.select(AuditEntry.n, AuditEntry.hash).order_by(AuditEntry.n.desc()).limit(1)
    ).first() or (0, "")
    return Manifest(
        made_at=now.isoformat(timespec="seconds"),
        program=version(),
        revision=revision_of(connection),
        database=connection.dialect.name,
        counts=rows_of_tables(connection),
        audit_n=n,
        audit_hash=digest,
        secret=fingerprint(settings().secret_key),
    )


def rows_of_tables(connection: sa.Connection) -> dict[str, int]:
    """How many rows each table has."""
    names = sorted(sa.inspect(connection).get_table_names())
    count = sa.select(sa.func.count())
    return {
        name: connection.scalar(count.select_from(sa.table(name))) or 0
        for name in names
    }


@contextmanager
def opened_archive(path: Path, passphrase: str, work: Path) -> Iterator[Archive]:
    """A backup that is there, decrypted if need be.

    :raises Refused: If it cannot be opened; says why.
    """
    if not path.is_file():
        raise Refused("没有找到备份文件 %(file)s", file=path)
    plain = path
    if is_sealed(path):
        if not passphrase:
            raise Refused("%(file)s 是加密的，请给出口令", file=path.name)
        plain = work / "unsealed.zip"
        with path.open("rb") as source, _new_file(plain) as file:
            unseal(source, file, passphrase)
    with reading(plain) as archive:
        yield archive


def prove_archive(path: Path, *, passphrase: str) -> Findings:
    """Restore a backup beside the live data and look at what came out.

    The digest of every part, the rows of every table and the head of the audit
    chain must be those of the manifest; then all checks (checks.py).

    :return: With what was altered in the data itself, of which this is a true copy.
    :raises Refused: If it does not hold what it should; says what.
    """
    with workplace() as work, opened_archive(path, passphrase, work) as archive:
        tell = _teller(PARTS, gettext("正在核对备份：还原到临时位置"))
        with _restored(archive, work, tell) as connection:
            progress(2 * PARTS - 10, 2 * PARTS, gettext("正在核对审计链和成绩"))
            return prove(connection, archive.manifest)


def prove(connection: sa.Connection, manifest: Manifest) -> Findings:
    """Look at a restored database.

    :raises Refused: If it is not what the manifest says, or it is damaged.
    """
    if rows_of_tables(connection) != dict(manifest.counts):
        raise Refused("备份与清单不符：表的行数不同。请重新备份")
    findings = examine(connection, live=False)
    if findings.damage:
        raise Refused("备份中的%(what)s", what=findings.damage[0])
    head = connection.scalar(
        sa.select(AuditEntry.hash).where(AuditEntry.n == manifest.audit_n)
    )
    if (head or "") != manifest.audit_hash:
        raise Refused("备份与清单不符：最后一条审计记录不同。请重新备份")
    return findings


@contextmanager
def _restored(
    archive: Archive, work: Path, tell: Callable[[int, int], None]
) -> Iterator[sa.Connection]:
    """The database of an archive, somewhere it does no harm."""
    if archive.manifest.database == "sqlite":
        copy = work / "restored.sqlite"
        archive.extract(sqlite.PART, copy, tell)
        with sqlite.opened(copy) as connection:
            yield connection
        return
    try:
        with postgres.scratch(db.engine) as connection:
            postgres.load_tables(connection, table_parts(archive), tell)
            yield connection
    except sa.exc.ProgrammingError as error:
        if "permission denied" not in str(error.orig):
            raise
        raise Refused(
            "备份没有核对：数据库账号不能建立临时的 schema。"
            "请由数据库管理员授予 CREATE 权限（GRANT CREATE ON DATABASE …）"
        ) from error


def table_parts(archive: Archive) -> dict[str, Iterator[bytes]]:
    """The pieces of each table in an archive of PostgreSQL."""
    return {
        table: archive.pieces(postgres.part_of(table), lambda *_: None)
        for table in archive.manifest.counts
    }


def _teller(start: int, said: str) -> Callable[[int, int], None]:
    """Progress inside one of the two halves."""

    def tell(done: int, of: int) -> None:
        progress(start + PARTS * done // max(of, 1), 2 * PARTS, said)

    return tell
