"""Bringing an instance to this version of the program, or leaving it as it was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from core.backup.checks import Findings
from core.backup.keeping import file_name
from core.backup.making import (
    backups_folder,
    database_file,
    make_archive,
    prove_archive,
    settings,
)
from core.backup.restoring import check_database, check_no_server, put_back
from core.db import db
from core.errors import Refused
from core.schema import head_revision, migrate, revision_of
from core.sealing import settle_seals


@dataclass(frozen=True)
class Upgraded:
    """What an upgrade did."""

    before: str  # the revision it found; empty: there was no database
    after: str
    backup: Path | None  # None: nothing had to be changed
    findings: Findings


def upgrade_instance(*, accept: bool, now: datetime) -> Upgraded:
    """Back up, migrate, check; put everything back if that fails.

    A crash during the migration leaves the tables of before: it is one transaction.

    :param accept: Go on although rows or scores are not what the audit log says: they
        were altered before the upgrade, and it is known.

    :raises Refused: If a server is running, or something went wrong; what is there
        then is what was there before, and the message says why.
    """
    check_no_server()
    before, head = _revision(), head_revision()
    if before in ("", head):
        migrate()
        settle_seals(now=now)
        return Upgraded(before, head, None, check_database())
    backup = backups_folder() / f"before-upgrade-{file_name(now, sealed=False)}"
    make_archive(backup, with_secret=False, passphrase="", now=now)
    prove_archive(backup, passphrase="")
    try:
        migrate()
        settle_seals(now=now)
        findings = check_database()
        if findings.problems and not accept:
            raise Refused(
                "核对时有 %(n)d 处不一致，第一处：%(what)s",
                n=len(findings.problems),
                what=findings.problems[0],
            )
    except Exception as error:
        if _revision() != before:
            put_back(backup, now=now)
        raise Refused(
            "升级没有完成，数据已恢复原样：%(why)s。请改用原来的程序版本，"
            "并把这句话告诉开发者（升级前的备份：%(file)s）",
            why=str(error).splitlines()[0],
            file=backup,
        ) from error
    return Upgraded(before, head, backup, findings)


def _revision() -> str:
    db.session.remove()
    if settings().sqlite and not database_file().exists():
        return ""
    with db.engine.connect() as connection:
        return revision_of(connection)
