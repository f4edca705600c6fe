"""What an import did, for people and for the audit log."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from core import seals
from core.audit import record_audit
from core.cells import BadCell, Note
from units.rules.people_merge import PeoplePlan
from units.rules.roster import Reading
from units.rules.unit_merge import UnitPlan


@dataclass(frozen=True)
class ImportResult:
    """What an import did."""

    added: int
    changed: int
    unchanged: int
    bad: list[BadCell]
    done: bool  # False: there were bad rows, and nothing was written

    @property
    def bad_rows(self) -> int:
        """How many rows were left out."""
        return len({(cell.sheet, cell.row) for cell in self.bad})

    def sentences(self) -> list[Note]:
        """What happened, for people."""
        n = {"n": self.bad_rows}
        if not self.done:
            return [Note("没有导入：文件里有 %(n)d 行有误", n)]
        if self.added or self.changed:
            values = {
                "added": self.added,
                "changed": self.changed,
                "unchanged": self.unchanged,
            }
            done = Note(
                "导入完成：新增 %(added)d，更新 %(changed)d，不变 %(unchanged)d", values
            )
        elif self.unchanged:
            values = {"n": self.unchanged}
            done = Note("没有变化：文件里的 %(n)d 行都已在系统中", values)
        else:
            done = Note("没有可以导入的行")
        return [done, Note("跳过有误的 %(n)d 行", n)] if self.bad else [done]


def digest_of(path: Path) -> str:
    """SHA-256 of a file, by which the audit log names it."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def result_of(
    reading: Reading[Any], plan: UnitPlan | PeoplePlan, *, accept_good: bool
) -> ImportResult:
    """What an import of this plan does: nothing, if a row is bad and none may be."""
    bad = reading.all_bad(plan.bad)
    if bad and not accept_good:
        return ImportResult(0, 0, 0, bad, done=False)
    return ImportResult(
        len(plan.new), len(plan.changed), len(plan.unchanged), bad, done=True
    )


def record_import(
    session: Session,
    action: str,
    result: ImportResult,
    source: str,
    actor: str,
    now: datetime,
    *rows: seals.Rows,
) -> None:
    """Write an import to the audit log, within its transaction.

    :param rows: What it wrote.
    """
    record_audit(
        session,
        action,
        f"file:{source}",
        actor=actor,
        now=now,
        facts={
            "added": result.added,
            "changed": result.changed,
            "unchanged": result.unchanged,
            "refused": result.bad_rows,
        },
        rows=rows,
    )


def kept(new: Any, old: Any) -> Any:
    """The new value, or the old one where the file says nothing."""
    return old if new is None else new
