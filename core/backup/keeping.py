"""Finished backups: proven, then given their name; the oldest ones go."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from core.audit import AuditEntry, record_audit
from core.backup.checks import Findings
from core.backup.making import (
    STALE,
    backups_folder,
    make_archive,
    prove_archive,
)
from core.backup.manifest import BLOCK, Manifest
from core.backup.sqlite import sync_folder
from core.db import db, write
from core.errors import Refused

TAKEN = "backup.take"
_OURS = re.compile(r"lawgauge-\d{8}T\d{6}Z\.(?:zip|sealed)")


@dataclass(frozen=True)
class Kept:
    """A backup that lies in a folder."""

    path: Path
    at: datetime
    size: int  # bytes

    @property
    def sealed(self) -> bool:
        """Whether it needs a passphrase."""
        return self.path.suffix == ".sealed"


@dataclass(frozen=True)
class Taken:
    """A backup as the audit log tells of it."""

    at: datetime
    name: str
    sha256: str
    size: int
    scores: int  # counted again in it
    problems: int  # of the data itself, in words in the audit log's verification


def file_name(now: datetime, *, sealed: bool) -> str:
    """What a backup of a moment is called; names sort by time."""
    ending = "sealed" if sealed else "zip"
    return f"lawgauge-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}.{ending}"


def unfinished(target: Path) -> Path:
    """What a backup is called until it has been proven."""
    return target.with_name(f".{target.name}.part")


def take_backup(
    target: Path,
    *,
    with_secret: bool,
    passphrase: str,
    keep: int | None,
    actor: str,
    now: datetime,
) -> tuple[Manifest, Findings]:
    """Make a backup, prove it, give it its name, remove the oldest beside it.

    Until it is proven it has another name, so a crash leaves the old one of the
    name, and never half a new one.

    :param keep: How many of our backups stay in that folder; None: all.
    :raises Refused: If it could not be made or does not hold; nothing is changed.
    """
    part = unfinished(target)
    try:
        manifest = make_archive(
            part, with_secret=with_secret, passphrase=passphrase, now=now
        )
        findings = prove_archive(part, passphrase=passphrase)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    keep_backup(target, findings=findings, keep=keep, actor=actor, now=now)
    return manifest, findings


def keep_backup(
    target: Path, *, findings: Findings, keep: int | None, actor: str, now: datetime
) -> None:
    """Give a proven backup its name; write it down; remove the oldest ones.

    May be done again after a crash: what has been done is not done twice.
    """
    part = unfinished(target)
    if part.exists():
        part.replace(target)
        sync_folder(target.parent)
    digest = _digest(target)
    known = last_taken()
    if known is None or known.name != target.name or known.sha256 != digest:
        _write_down(target, digest, findings, actor, now)
    if keep is not None:
        others = [old for old in kept_in(target.parent) if old.path != target]
        for old in others[keep - 1 :]:
            old.path.unlink(missing_ok=True)
    for old_part in target.parent.glob(".lawgauge-*.part"):
        if now.timestamp() - old_part.stat().st_mtime > STALE:
            old_part.unlink(missing_ok=True)  # its process was killed


def _write_down(
    target: Path, digest: str, findings: Findings, actor: str, now: datetime
) -> None:
    with write() as session:
        record_audit(
            session,
            TAKEN,
            f"backup:{target.name}",
            actor=actor,
            now=now,
            facts={
                "sha256": digest,
                "size": target.stat().st_size,
                "entries": findings.entries,
                "scores": findings.scores,
                "problems": len(findings.problems),
            },
            rows=(),
        )


def kept_in(folder: Path) -> Sequence[Kept]:
    """Our backups in a folder, the newest first."""
    found = []
    for path in folder.glob("lawgauge-*"):
        if _OURS.fullmatch(path.name):
            stamp = path.name.removeprefix("lawgauge-").partition(".")[0]
            at = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
            found.append(Kept(path, at, path.stat().st_size))
    return sorted(found, key=lambda one: one.path.name, reverse=True)


def last_taken() -> Taken | None:
    """The newest backup, wherever it was put. One query."""
    row = db.session.execute(
        sa.select(AuditEntry.at, AuditEntry.object, AuditEntry.facts)
        .where(AuditEntry.action == TAKEN)
        .order_by(AuditEntry.n.desc())
        .limit(1)
    ).first()
    if row is None:
        return None
    facts = json.loads(row.facts)
    name = row.object.removeprefix("backup:")
    return Taken(
        row.at, name, facts["sha256"], facts["size"], facts["scores"], facts["problems"]
    )


def restore_steps() -> list[str]:
    """What to do with a damaged database, for the terminal."""
    kept = kept_in(backups_folder())
    newest = str(kept[0].path) if kept else "备份文件"
    return [
        "请这样恢复：",
        "  1. 停止服务，不要再启动；把整个数据文件夹另存一份",
        f"  2. 运行 flask restore {newest} --replace",
        "  3. 运行 flask database check，没有问题后再启动服务",
        "  4. 备份之后的作答在另存的文件里，请交给开发者抢救；硬盘请尽快更换",
    ]


def chosen_target(wanted: Path, *, sealed: bool, now: datetime) -> Path:
    """The file a backup goes to: the one that was named, or a name in that folder.

    A name without an ending is a folder and is made.

    :raises Refused: If what should hold it is not there.
    """
    if not wanted.parent.is_dir():
        raise Refused("没有 %(folder)s 这个文件夹，请先建立它", folder=wanted.parent)
    if not wanted.suffix and not wanted.exists():
        wanted.mkdir(mode=0o700)
    return wanted / file_name(now, sealed=sealed) if wanted.is_dir() else wanted


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(BLOCK):
            digest.update(piece)
    return digest.hexdigest()
