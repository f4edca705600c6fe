"""A backup as long work: the same as the command, in steps."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from flask_babel import gettext, lazy_gettext

from core.backup.keeping import file_name, keep_backup, unfinished
from core.backup.making import (
    backups_folder,
    make_archive,
    prove_archive,
    settings,
)
from core.clock import now
from core.jobs.kinds import Kind, Result, Work
from core.pages import size_words

KEPT = 10  # backups made from the page; with each new one the oldest goes


def _target(work: Work) -> Path:
    """The same file however often a step is begun again."""
    sealed = bool(settings().backup_passphrase)
    return backups_folder() / file_name(_moment(work), sealed=sealed)


def _moment(work: Work) -> datetime:
    return datetime.fromisoformat(work.arguments["at"])


def copy(work: Work) -> None:
    """Write the archive under its unfinished name."""
    make_archive(
        unfinished(_target(work)),
        with_secret=False,
        passphrase=settings().backup_passphrase or "",
        now=_moment(work),
    )


def prove(work: Work) -> Result:
    """Take it apart, look at everything, give it its name."""
    target = _target(work)
    part = unfinished(target)
    written = target if target.exists() else part  # a crash may have come in between
    try:
        findings = prove_archive(written, passphrase=settings().backup_passphrase or "")
    except Exception:
        part.unlink(missing_ok=True)
        raise
    keep_backup(target, findings=findings, keep=KEPT, actor=work.actor, now=now())
    told = gettext(
        "%(file)s（%(size)s）已核对",
        file=target.name,
        size=size_words(target.stat().st_size),
    )
    if findings.problems:
        told += gettext(
            "；数据本身有 %(n)d 处不一致，请到“审计”核对", n=len(findings.problems)
        )
    else:
        told += gettext(
            "：审计记录 %(entries)d 条前后一致，成绩复核一致 %(scores)d 份",
            entries=findings.entries,
            scores=findings.scores,
        )
    return Result(told)


BACKUP = Kind(
    name="backup",
    title=lazy_gettext("备份"),
    steps=(copy, prove),
)
