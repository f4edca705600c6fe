"""The way back: a backup in the place of what is there, which is kept aside."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from core.audit import record_audit
from core.backup import postgres, sqlite
from core.backup.checks import Findings, examine, wiring
from core.backup.keeping import file_name
from core.backup.making import (
    backups_folder,
    database_file,
    make_archive,
    opened_archive,
    prove,
    settings,
    table_parts,
    workplace,
)
from core.backup.manifest import SECRET, Archive, Manifest, fingerprint
from core.database_file import database_file as database_file_of_app
from core.db import db, write
from core.errors import Refused
from core.jobs.progress import progress
from core.locks import SERVER, SignOfLife
from core.schema import is_known, migrate
from core.sealing import settle_seals
from core.verification import snapshot


def server_lock() -> SignOfLife:
    """What a running server of this instance holds."""
    return SignOfLife(settings().instance / SERVER)


def check_no_server() -> None:
    """See that nobody else works with the database.

    :raises Refused: If a server is running.
    """
    if server_lock().is_held():
        raise Refused("服务正在运行，请先停止它再试")
    if settings().sqlite:
        return
    db.session.remove()
    db.engine.dispose()
    for pause in (0.1, 0.4, 1.0, 0.0):  # one that was just closed lingers a moment
        with db.engine.connect() as connection:
            others = postgres.others_connected(connection)
        if not others:
            return
        time.sleep(pause)
    raise Refused("还有 %(n)d 个连接在使用这个数据库，请先停止服务", n=others)


def is_empty() -> bool:
    """Whether the database holds nothing anybody has done."""
    if settings().sqlite and not database_file().exists():
        return True
    with db.engine.connect() as connection:
        if not sa.inspect(connection).has_table("audit_entry"):
            return True
        acts = sa.select(sa.func.count()).select_from(sa.table("audit_entry"))
        # The log's own entries stand in a new database too.
        acts = acts.where(sa.column("action").not_like("audit.%"))
        return not connection.scalar(acts)


def restore_backup(
    path: Path,
    *,
    replace: bool,
    other_key: bool,
    passphrase: str,
    now: datetime,
) -> tuple[Manifest, Findings, Path | None]:
    """Put a backup in the place of this instance's data.

    It is looked at before anything is touched; what is there is kept aside; tables of
    an older program are brought to this one's; then everything is looked at again.

    :param replace: Whether there may be data already.
    :param other_key: Whether it may be one of another secret key.
    :return: What it was, what was found, and where the old data lies.
    :raises Refused: If it is not to be done; says why. Nothing is changed then.
    """
    check_no_server()
    if not replace and not is_empty():
        raise Refused(
            "这里已有数据。确定要用备份替换，请加 --replace（原来的数据会另存）"
        )
    with workplace() as work, opened_archive(path, passphrase, work) as archive:
        manifest = archive.manifest
        _check_fits(archive, other_key=other_key)
        if manifest.database == "sqlite":
            aside = _replace_file(archive, now)
        else:
            aside = _replace_tables(archive, now)
        _take_secret(archive, now)
    migrate()
    settle_seals(now=now)
    wiring().put_back(f"恢复备份 {path.name}"[:200], now)
    findings = check_database()
    with write() as session:
        record_audit(
            session,
            "backup.restore",
            f"backup:{path.name}",
            actor="system",
            now=now,
            facts={
                "made_at": manifest.made_at,
                "audit_n": manifest.audit_n,
                "entries": findings.entries,
                "scores": findings.scores,
                "problems": len(findings.problems),
            },
            rows=(),
        )
    return manifest, findings, aside


def put_back(path: Path, *, now: datetime) -> None:
    """Undo what came after a backup of ours: its tables, at its revision."""
    with workplace() as work, opened_archive(path, "", work) as archive:
        if settings().sqlite:
            _replace_file(archive, now)
        else:
            _replace_tables(archive, now)


def check_database() -> Findings:
    """All checks on the live database.

    :raises Refused: If it is damaged.
    """
    with snapshot() as connection:
        findings = examine(connection, live=True)
    if findings.damage:
        raise Refused("%(what)s", what=findings.damage[0])
    return findings


def _check_fits(archive: Archive, *, other_key: bool) -> None:
    manifest = archive.manifest
    kind = "sqlite" if settings().sqlite else "postgresql"
    if manifest.database != kind:
        raise Refused(
            "这份备份来自 %(theirs)s，本系统设置的是 %(ours)s。"
            "请把 LAWGAUGE_DATABASE_URL 设为同一种数据库",
            theirs=manifest.database,
            ours=kind,
        )
    if not is_known(manifest.revision):
        raise Refused(
            "这份备份的数据结构（%(revision)s）比本程序新，请先升级程序再恢复",
            revision=manifest.revision,
        )
    if fingerprint(settings().secret_key) == manifest.secret or other_key:
        return
    if archive.has(SECRET):
        if not _key_is_ours():
            raise Refused(
                "LAWGAUGE_SECRET_KEY 与备份中的密钥不同，请先去掉这项设置或改为原来的值"
            )
    else:
        raise Refused(
            "这份备份用的是另一把密钥，恢复后人员将无法核对身份。请先把原来的"
            " secret_key 放回 %(folder)s，或设置 LAWGAUGE_SECRET_KEY；"
            "没有原密钥仍要恢复，请加 --other-key",
            folder=settings().instance,
        )


def _replace_file(archive: Archive, now: datetime) -> Path | None:
    target = database_file()
    new = target.with_name(f"{target.name}.restoring")
    new.unlink(missing_ok=True)
    try:
        archive.extract(
            sqlite.PART, new, lambda n, of: progress(n, 2 * of, "正在取出数据")
        )
        with sqlite.opened(new) as connection:
            prove(connection, archive.manifest)
        db.session.remove()
        db.engine.dispose()
        aside = target.with_name(f"{target.name}.replaced-{_stamp(now)}")
        had = target.exists()
        sqlite.put_in_place(new, target, aside)
        file = database_file_of_app()
        if file is not None:
            file.forget()
    finally:
        new.unlink(missing_ok=True)
    return aside if had else None


def _replace_tables(archive: Archive, now: datetime) -> Path | None:
    """Replace all tables of PostgreSQL in one transaction; a backup is made before."""
    db.session.remove()
    aside = None
    if not is_empty():
        aside = backups_folder() / f"replaced-{file_name(now, sealed=False)}"
        make_archive(aside, with_secret=False, passphrase="", now=now)
    tables = table_parts(archive)
    tables.pop(postgres.REVISIONS, None)  # the migrations write it
    try:
        with db.engine.begin() as connection:
            postgres.drop_tables(connection)
            migrate(archive.manifest.revision, connection)
            postgres.load_tables(
                connection, tables, lambda n, of: progress(n, of, "正在写入数据")
            )
            prove(connection, archive.manifest)
    except (sa.exc.IntegrityError, sa.exc.DataError) as error:
        why = str(error.orig).splitlines()[0]
        raise Refused("备份与清单不符，没有恢复：%(why)s", why=why) from error
    return aside


def _take_secret(archive: Archive, now: datetime) -> None:
    """Put the key of the backup in place, if it holds one and it is another."""
    ours = fingerprint(settings().secret_key) == archive.manifest.secret
    if ours or not archive.has(SECRET) or not _key_is_ours():
        return
    path = settings().instance / "secret_key"
    path.replace(path.with_name(f"secret_key.replaced-{_stamp(now)}"))
    with path.open("x", encoding="ascii") as file:
        path.chmod(0o600)
        file.write(archive.text(SECRET))


def _key_is_ours() -> bool:
    """Whether the key comes from the instance's folder, not from the environment."""
    path = settings().instance / "secret_key"
    return path.exists() and path.read_text("ascii").strip() == settings().secret_key


def _stamp(now: datetime) -> str:
    return f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
