"""Opening a report: overdue sittings are closed first; who read names is noted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from core.access import EVERYWHERE, Scope
from core.audit import record_audit
from core.db import db, write
from quiz.operations.closing import sweep_exam
from quiz.operations.rekeying import rescore_exam
from reports.queries import (
    ExamFacts,
    PersonRow,
    entrants_of,
    exam_facts,
    names_of,
    overdue_exams,
    people_of,
    people_of_unit,
    published_exams,
)
from reports.rules.ledger import (
    Figures,
    GroupLine,
    Over,
    UnitKey,
    UnitLine,
    group_lines,
    tally,
    unit_lines,
)
from reports.rules.small_cells import (
    groups_published,
    part_published,
    units_published,
)


@dataclass(frozen=True)
class UnitReport:
    """The ledger of one exam at one moment."""

    exam: ExamFacts
    over: Over
    total: Figures
    units: list[UnitLine]
    levels: list[GroupLine]
    categories: list[GroupLine]
    people: list[PersonRow]
    waiting: int  # 正在收卷: sittings past their deadline that are not closed yet
    generated_at: datetime
    by: str  # who had it made
    within: list[str]  # the roots it is bounded to, by name; none: nothing is left out
    withheld: bool = False  # without results that would tell of one person

    def published(self) -> UnitReport:
        """The report without results that would tell of one person."""
        units = units_published(self.units)
        return replace(
            self,
            total=part_published(units, self.total),
            units=units,
            levels=groups_published(self.levels),
            categories=groups_published(self.categories),
            withheld=True,
        )

    def part(self, *, category: str, level: str) -> tuple[list[UnitLine], Figures]:
        """The units of a category and a level, and their total; empty means all."""

        def wanted(unit: UnitKey) -> bool:
            return category in ("", unit.category) and level in ("", unit.level)

        lines = [line for line in self.units if wanted(line.unit)]
        entrants = [one.entrant for one in self.people if wanted(one.entrant.unit)]
        total = tally(entrants, self.exam.marks, self.over)
        return lines, part_published(lines, total) if self.withheld else total


@dataclass(frozen=True)
class UnitPeople:
    """The people of one unit in an exam."""

    exam: ExamFacts
    line: UnitLine
    people: list[PersonRow]
    waiting: int
    generated_at: datetime
    by: str


@dataclass(frozen=True)
class ExamLine:
    """One exam in the list of reports."""

    exam: ExamFacts
    total: Figures


def open_unit_report(
    *,
    now: datetime,
    key: str,
    by: str,
    over: Over,
    exam_id: int | None = None,
    code: str | None = None,
    scope: Scope = EVERYWHERE,
) -> UnitReport:
    """The unit report of an exam, by id or code. Three queries, if none is overdue.

    :param key: The server's secret, for the receipts of sittings closed here.
    :param scope: Whose units it shows and counts; one query more if not all.
    :raises Missing: If there is no such published exam.
    """
    exam = exam_facts(now, scope=scope, exam_id=exam_id, code=code)
    waiting = _sweep([exam.id], now, key)
    people = people_of(exam.id, scope)
    entrants = [one.entrant for one in people]
    return UnitReport(
        exam=exam,
        over=over,
        total=tally(entrants, exam.marks, over),
        units=unit_lines(entrants, exam.marks, over),
        levels=group_lines(entrants, lambda unit: unit.level, exam.marks, over),
        categories=group_lines(entrants, lambda unit: unit.category, exam.marks, over),
        people=people,
        waiting=waiting,
        generated_at=now,
        by=by,
        within=names_of(scope),
    )


def open_unit_people(
    *,
    exam_id: int,
    unit_id: int,
    now: datetime,
    key: str,
    by: str,
    over: Over,
    scope: Scope = EVERYWHERE,
) -> UnitPeople:
    """The people of one unit in an exam. Three queries, if nobody is overdue.

    :raises Missing: If the exam is not published, or the unit has nobody in it or is
        outside the scope.
    """
    exam = exam_facts(now, scope=scope, exam_id=exam_id)
    waiting = _sweep([exam.id], now, key)
    people = people_of_unit(exam.id, unit_id, scope)
    (line,) = unit_lines((one.entrant for one in people), exam.marks, over)
    return UnitPeople(exam, line, people, waiting, now, by)


def open_exam_lines(
    *, now: datetime, key: str, offset: int, limit: int, scope: Scope = EVERYWHERE
) -> tuple[list[ExamLine], int]:
    """Published exams that concern a scope with the figures of its units, the newest
    first, and how many there are.

    Four queries, if nobody is overdue.
    """
    exams, count = published_exams(now, scope=scope, offset=offset, limit=limit)
    ids = [exam.id for exam in exams]
    _sweep(ids, now, key)
    entrants = entrants_of(ids, scope)
    lines = [
        ExamLine(exam, tally(entrants.get(exam.id, []), exam.marks, "took"))
        for exam in exams
    ]
    return lines, count


def note_reading(
    *,
    action: str,
    exam: ExamFacts,
    form: str,
    people: int,
    actor: str,
    now: datetime,
    unit_id: int | None = None,
) -> None:
    """Write down that named scores were read, before they are shown.

    :param action: ``report.download`` for a file, ``report.view`` for a page.
    :param form: xlsx or page.
    :param people: How many names it holds.
    """
    facts: dict[str, object] = {
        "exam": exam.code,
        "form": form,
        "people": people,
        "digest": exam.digest,
    }
    if unit_id is not None:
        facts["unit"] = unit_id
    with write() as session:
        record_audit(
            session,
            action,
            f"exam:{exam.id}",
            actor=actor,
            now=now,
            facts=facts,
            rows=(),
        )


def _sweep(exam_ids: Sequence[int], now: datetime, key: str) -> int:
    """Close and score what is overdue; returns how many are left."""
    overdue = overdue_exams(exam_ids, now)
    waiting = sum(
        sweep_exam(exam_id=exam_id, now=now, key=key, limit=200)
        + rescore_exam(exam_id=exam_id, now=now, limit=1000)
        for exam_id in overdue
    )
    if overdue:
        db.session.rollback()  # else this session goes on reading what was before
    return waiting
