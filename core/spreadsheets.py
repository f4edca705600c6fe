"""Reading spreadsheets that people upload: .xlsx, .xls, .et and .csv.

A file is only ever opened in a child process with limits (core.sheet_reader): a
4 KB workbook can make the reader's library abort, a 6 MB one can take 3 GiB. What
comes back is text with the address of each cell, so that whatever is wrong can be
said with the cell's name.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.cells import (
    DAMAGED,
    ERROR,
    NUMBER,
    UNCOMPUTED,
    BadCell,
    Cell,
    Note,
    Row,
    Sheet,
    Table,
    column_letters,
)
from core.child import ask_child
from core.errors import Refused
from core.filenames import shown_name
from core.headings import NoHeadings, table, tables

__all__ = [
    "BadCell",
    "Cell",
    "NoHeadings",
    "Note",
    "Row",
    "Sheet",
    "Table",
    "read_sheets",
    "table",
    "tables",
]


def read_sheets(path: Path, *, filename: str) -> list[Sheet]:
    """Read all visible sheets of a file.

    :param path: Where the bytes lie, under any name.
    :param filename: The name the person gave it; its ending must fit the content.
    :return: The sheets in the file's order; a .csv is one sheet named ``CSV``.
    :raises Refused: With one sentence, if it is no spreadsheet, is protected, holds
        macros, is too large, or makes its reader fail.
    """
    shown = shown_name(filename)
    answer = ask_child(
        "core.sheet_reader",
        str(path.resolve()),
        shown,
        silent=Refused(
            "“%(file)s”无法读取：内容过大或已损坏。"
            "请用 Excel 或 WPS 打开，把内容复制到新建的工作簿，另存为 .xlsx 后再上传",
            file=shown,
        ),
    )
    return [
        Sheet(
            name=sheet["name"],
            rows=[_row(number, cells) for number, cells in sheet["rows"]],
            notes=[Note(message, values) for message, values in sheet["notes"]],
        )
        for sheet in answer["sheets"]
    ]


def _row(number: int, cells: Sequence[Sequence[Any]]) -> list[Cell]:
    """Cells of one row; the child leaves out empty ones and sends the column."""
    row: list[Cell] = []
    for column, text, marks in cells:
        while len(row) < column:
            row.append(Cell("", f"{column_letters(len(row))}{number}"))
        row.append(
            Cell(
                text,
                f"{column_letters(column)}{number}",
                number=bool(marks & NUMBER),
                damaged=bool(marks & DAMAGED),
                uncomputed=bool(marks & UNCOMPUTED),
                error=bool(marks & ERROR),
            )
        )
    return row
