"""Reading a question workbook: .xlsx, .xls, .et or .csv, one question a row."""

from __future__ import annotations

from pathlib import Path

from core.spreadsheets import Note, read_sheets, tables
from question_bank.formats.columns import ALSO_READ, GUIDE, HEADINGS, REQUIRED, STAMP
from question_bank.formats.reading import Reading
from question_bank.formats.rows import read_rows


def read_workbook(path: Path, *, filename: str) -> Reading:
    """Read all questions of a workbook.

    :raises Refused: If the file cannot be read or has no such table.
    """
    sheets = [
        sheet
        for sheet in read_sheets(path, filename=filename)
        if sheet.name not in (GUIDE, STAMP)
    ]
    found = tables(sheets, HEADINGS | ALSO_READ, REQUIRED)
    notes = [note for sheet in sheets for note in sheet.notes]
    typed = read_rows(found, notes)
    if found.skipped:
        names = "、".join(found.skipped)
        notes.append(Note("这些工作表没有表头，没有读取：%(names)s", {"names": names}))
    return Reading(typed, notes, counted="row")
