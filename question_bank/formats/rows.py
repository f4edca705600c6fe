"""Rows of a table with headings read as questions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.cells import BadCell, Note, Row, Table
from core.headings import heading_key
from question_bank.formats.columns import HEADINGS, IGNORED
from question_bank.formats.examples import is_example
from question_bank.rules.cases import PART, gather
from question_bank.rules.intake import Typed
from question_bank.rules.papers.lines import fold
from question_bank.rules.papers.options import find_options
from question_bank.rules.typed import (
    kind_of_key,
    read_draft,
    read_kind,
    read_points,
)
from question_bank.rules.validity import KINDS, LETTERS, PART_KINDS, Problem

Faults = dict[tuple[str, str], list[BadCell]]  # by sheet and cell

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}( \d{2}:\d{2})?")
_CHANGED_BY_SPREADSHEETS = ("key", *(f"option {letter}" for letter in LETTERS))


def read_rows(found: Table, notes: list[Note]) -> list[Typed]:
    """The questions of a table; what the person should know is added to the notes.

    A sheet named after a kind (单选题) needs no column 题型.
    """
    faults: Faults = {}
    for bad in found.bad:
        faults.setdefault((bad.sheet, bad.where), []).append(bad)
    unused = [text for text in found.unused if heading_key(text) not in IGNORED]
    if unused:
        notes.append(Note("这些列没有读取：%(names)s", {"names": "、".join(unused)}))
    read = gather((_is_part(row), _typed(row, faults)) for row in found.rows)
    typed = [one for one in read if not is_example(one.draft)]
    if len(typed) < len(read):
        notes.append(
            Note("模板自带的 %(n)d 个示例没有读取", {"n": len(read) - len(typed)})
        )
    return typed


def _typed(row: Row, faults: Faults) -> Typed:
    cells = {part: row.where(part) for part in HEADINGS}
    found = [
        Problem(fault.reason, part, fault.values)
        for part, cell in row.cells.items()
        for fault in faults.get((row.sheet, cell.where), ())
    ]
    options = [row.text(f"option {letter}") for letter in LETTERS]
    if not any(options) and row.text("options"):
        options = _split_options(row.text("options"))
        cells["option A"] = row.where("options")
    kind = row.text("kind").strip().removeprefix(PART)
    if not kind and read_kind(row.sheet) in PART_KINDS:
        kind = row.sheet
    guessed = "" if kind else kind_of_key(row.text("key"), options)
    draft = read_draft(
        kind=kind or guessed,
        stem=row.text("stem"),
        options=options,
        key=row.text("key"),
        topic=row.text("topic"),
        difficulty=row.text("difficulty"),
        citations=row.text("citations"),
        analysis=row.text("analysis"),
        tags=row.text("tags"),
        source=row.text("source"),
    )
    doubts = []
    if guessed:
        what = {"kind": KINDS[guessed]}
        doubts.append(Problem("没有写题型，按答案判定为%(kind)s", "kind", what))
    found += _changed(row)
    return Typed(
        draft,
        row.sheet,
        row.number,
        cells,
        tuple(found),
        tuple(doubts),
        "row",
        read_points(row.text("points")),
        no_difficulty=not row.text("difficulty"),
        stem=row.text("stem"),
    )


def _is_part(row: Row) -> bool:
    """Whether a row is a question of the case above it."""
    return row.text("kind").strip().startswith(PART)


def _split_options(text: str) -> list[str]:
    """The options of one cell: A.… B.…, a line each, or parted by | or ；."""
    found = find_options(fold(text))
    if found and len(found.spans) > 1:
        return [text[start:end].strip(" \t\n;；,，|") for start, end in found.spans]
    for mark in (r"\n", r"\|+", r"\$;\$", r"[;；]"):
        pieces = [piece.strip() for piece in re.split(mark, text)]
        if len([piece for piece in pieces if piece]) > 1:
            return [piece for piece in pieces if piece]
    return [text]


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
