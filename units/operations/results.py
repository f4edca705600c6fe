"""What an import did, for people and for the audit log."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from core.cells import BadCell, Note
from core.errors import Conflict
from core.seals import Rows
from units.operations.editing import record_act
from units.queries.editors import Editor
from units.rules.people_merge import PeoplePlan
from units.rules.roster import Reading
from units.rules.unit_merge import UnitPlan


class Stale(Conflict):
    """What was shown before is no longer what would happen."""

    def __init__(self) -> None:
        super().__init__(
            "您核对期间有人改动了单位或名册，以下是现在的差别，请重新核对后再确认"
        )


@dataclass(frozen=True)
class ImportResult:
    """What an import did."""

    added: int
    changed: int
    unchanged: int
    bad: list[BadCell]
    done: bool  # False: bad rows or open doubts, and nothing was written
    moved: int = 0
    left: int = 0
    doubts: int = 0  # rows that may mean somebody who stands; undecided

    @property
    def bad_rows(self) -> int:
        """How many rows were left out."""
        return len({(cell.sheet, cell.row) for cell in self.bad})

    def sentences(self) -> list[Note]:
        """What happened, for people."""
        n = {"n": self.bad_rows}
        if not self.done:
            said = []
            if self.bad:
                said.append(Note("没有导入：文件里有 %(n)d 行有误", n))
            if self.doubts:
                said.append(
                    Note(
                        "没有导入：有 %(n)d 行要先确认是不是同一个人",
                        {"n": self.doubts},
                    )
                )
            return said
        counted = [
            (self.added, "新增 %(n)d"),
            (self.moved, "调入 %(n)d"),
            (self.changed, "更新 %(n)d"),
            (self.left, "移出 %(n)d"),
            (self.unchanged, "不变 %(n)d"),
        ]
        if any(count for count, _words in counted[:4]):
            said = [Note("导入完成")]
            said += [Note(words, {"n": count}) for count, words in counted if count]
        elif self.unchanged:
            values = {"n": self.unchanged}
            said = [Note("没有变化：文件里的 %(n)d 行都已在系统中", values)]
        else:
            said = [Note("没有可以导入的行")]
        return [*said, Note("跳过有误的 %(n)d 行", n)] if self.bad else said


def digest_of(path: Path) -> str:
    """SHA-256 of a file, by which the audit log names it."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def result_of(
    reading: Reading[Any], plan: UnitPlan | PeoplePlan, *, accept_good: bool
) -> ImportResult:
    """What an import of this plan does: nothing, if a row is bad and none may be, or
    if a doubt is left.
    """
    bad = reading.all_bad(plan.bad)
    people = plan if isinstance(plan, PeoplePlan) else PeoplePlan()
    doubts = len(people.doubts)
    if doubts or (bad and not accept_good):
        return ImportResult(0, 0, 0, bad, done=False, doubts=doubts)
    return ImportResult(
        added=len(plan.new),
        changed=len(plan.changed),
        unchanged=len(plan.unchanged),
        bad=bad,
        done=True,
        moved=len(people.moved),
        left=len(people.left),
    )


def record_import(
    session: Session,
    action: str,
    result: ImportResult,
    source: str,
    editor: Editor,
    now: datetime,
    rows: Iterable[Rows],
) -> None:
    """Write an import to the audit log, within its transaction.

    :param rows: What it wrote.
    """
    record_act(
        session,
        action,
        f"file:{source}",
        editor=editor,
        now=now,
        rows=rows,
        facts={
            "added": result.added,
            "changed": result.changed,
            "moved_in": result.moved,
            "taken_off": result.left,
            "unchanged": result.unchanged,
            "refused": result.bad_rows,
        },
    )


def kept(new: Any, old: Any) -> Any:
    """The new value, or the old one where the file says nothing."""
    return old if new is None else new
