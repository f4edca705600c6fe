"""Reading a question workbook: .xlsx, .xls, .et or .csv, one question a row."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from core.headings import heading_key
from core.spreadsheets import BadCell, Note, Row, read_sheets, tables
from question_bank.formats.columns import GUIDE, HEADINGS, IGNORED, REQUIRED
from question_bank.formats.examples import is_example
from question_bank.formats.reading import Reading
from question_bank.rules.intake import Typed
from question_bank.rules.typed import read_draft, read_kind
from question_bank.rules.validity import KINDS, LETTERS, Problem

Faults = dict[tuple[str, str], list[BadCell]]  # by sheet and cell

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}( \d{2}:\d{2})?")
_CHANGED_BY_SPREADSHEETS = ("key", *(f"option {letter}" for letter in LETTERS))


def read_workbook(path: Path, *, filename: str) -> Reading:
    """Read all questions of a workbook.

    A sheet named after a kind (单选题) needs no column 题型.

    :raises Refused: If the file cannot be read or has no such table.
    """
    sheets = [s for s in read_sheets(path, filename=filename) if s.name != GUIDE]
    found = tables(sheets, HEADINGS, REQUIRED)
    faults: Faults = {}
    for bad in found.bad:
        faults.setdefault((bad.sheet, bad.where), []).append(bad)
    notes = [note for sheet in sheets for note in sheet.notes]
    unused = [text for text in found.unused if heading_key(text) not in IGNORED]
    if unused:
        notes.append(Note("这些列没有读取：%(names)s", {"names": "、".join(unused)}))
    if found.skipped:
        names = "、".join(found.skipped)
        notes.append(Note("这些工作表没有表头，没有读取：%(names)s", {"names": names}))
    read = [_typed(row, faults) for row in found.rows]
    typed = [one for one in read if not is_example(one.draft)]
    if len(typed) < len(read):
        notes.append(
            Note("模板自带的 %(n)d 个示例没有读取", {"n": len(read) - len(typed)})
        )
    return Reading(typed, notes)


def _typed(row: Row, faults: Faults) -> Typed:
    cells = {part: row.where(part) for part in HEADINGS}
    found = [
        Problem(fault.reason, part, fault.values)
        for part, cell in row.cells.items()
        for fault in faults.get((row.sheet, cell.where), ())
    ]
    kind = row.text("kind")
    if "kind" not in row.cells and read_kind(row.sheet) in KINDS:
        kind = row.sheet
    draft = read_draft(
        kind=kind,
        stem=row.text("stem"),
        options=[row.text(f"option {letter}") for letter in LETTERS],
        key=row.text("key"),
        topic=row.text("topic"),
        difficulty=row.text("difficulty"),
        citations=row.text("citations"),
        analysis=row.text("analysis"),
    )
    found += _changed(row)
    return Typed(draft, row.sheet, row.number, cells, tuple(found))


def _changed(row: Row) -> Iterator[Problem]:
    """Cells a spreadsheet has turned into something else while they were typed."""
    for part in _CHANGED_BY_SPREADSHEETS:
        cell = row.cells.get(part)
        if cell is None:
            continue
        if cell.number and not cell.damaged and "." in cell.text:
            yield Problem(
                "这里是数字 %(text)s，百分数和小数可能已经变样。"
                "请把单元格设为文本格式后重新填写",
                part,
                {"text": cell.text},
            )
        elif _DATE.fullmatch(cell.text):
            yield Problem(
                "这里是日期 %(text)s。请把单元格设为文本格式后重新填写，"
                "例如写成 7月1日",
                part,
                {"text": cell.text},
            )
