"""The child process that opens an uploaded file: ``python -m core.sheet_reader``.

Prints one JSON object: ``{"sheets": […]}``, or ``{"refused": message, "values": {…}}``.
It may die at any moment (its library aborts, its memory or time is up); whoever
started it reads that as a file that cannot be read. Nothing of ours that has
a setting, a secret or a database is imported here.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from core.cells import DAMAGED, ERROR, NUMBER, UNCOMPUTED, Note
from core.child import limit_this_process, print_refusal
from core.errors import Refused
from core.sheet_guard import SheetFacts, check_workbook
from core.sheet_kinds import broken, kind_of, protected

CELL_LIMIT = 500_000  # cells with text in all sheets
TEXT_LIMIT = 32_767  # characters of a cell, as in Excel
TOTAL_LIMIT = 30_000_000  # characters of all cells
WHOLE = 1e15  # from here on a number typed into a spreadsheet has lost digits

Marked = tuple[str, int]
Numbered = tuple[int, list[tuple[int, str, int]]]  # row number, (column, text, marks)

_ESCAPED = re.compile(r"\A'(?=[=+\-@\t\r])")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")


def clean(text: str) -> str:
    """Text without control characters; line ends become one newline."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROL.sub("", text).strip(" \n\t\u3000\xa0\ufeff")


def shown(value: Any) -> Marked:
    """A cell's value as text, and its marks."""
    if isinstance(value, str):
        return clean(value), 0
    if isinstance(value, bool):
        return ("TRUE" if value else "FALSE"), 0
    if isinstance(value, (int, float)):
        return _number(value)
    if isinstance(value, dt.datetime):
        midnight = value.time() == dt.time(0)
        return value.strftime("%Y-%m-%d" if midnight else "%Y-%m-%d %H:%M"), 0
    if isinstance(value, dt.date):
        return value.isoformat(), 0
    if isinstance(value, dt.time):
        return value.strftime("%H:%M"), 0
    return clean(str(value)), 0


def _number(value: float) -> Marked:
    if value != value or value in (float("inf"), float("-inf")):
        return str(value), ERROR
    if abs(value) >= WHOLE:
        return str(int(value)), NUMBER | DAMAGED
    if value == int(value):
        return str(int(value)), NUMBER
    return format(value, ".15g"), NUMBER


class _Budget:
    """Counts what is handed over, so that the parent's memory is bounded too."""

    def __init__(self, filename: str) -> None:
        self._filename = filename
        self._cells = CELL_LIMIT
        self._characters = TOTAL_LIMIT

    def spend(self, number: int, cells: Sequence[tuple[int, str, int]]) -> None:
        self._cells -= len(cells)
        for _column, text, _marks in cells:
            self._characters -= len(text)
            if len(text) > TEXT_LIMIT:
                raise Refused(
                    "“%(file)s”第 %(row)d 行有一个单元格超过 %(limit)d 个字。"
                    "请核对引号是否成对，或缩短内容",
                    file=self._filename,
                    row=number,
                    limit=TEXT_LIMIT,
                )
        if self._cells < 0 or self._characters < 0:
            raise Refused(
                "“%(file)s”内容过多（上限 %(limit)d 个单元格）。请拆成几个文件分别上传",
                file=self._filename,
                limit=CELL_LIMIT,
            )


def text_rows(data: bytes, filename: str) -> Iterator[Numbered]:
    """The rows of a .csv."""
    text = decoded(data, filename)
    csv.field_size_limit(len(text) + 1)  # an open quote: the budget names the row
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    try:
        for number, row in enumerate(lines, start=1):
            cells = [
                (column, clean(_ESCAPED.sub("", field)), 0)
                for column, field in enumerate(row)
            ]
            yield number, [cell for cell in cells if cell[1]]
    except csv.Error:
        raise Refused(
            "“%(file)s”第 %(row)d 行的格式有误，读不下去。请核对引号和分隔符",
            file=filename,
            row=lines.line_num,
        ) from None


def decoded(data: bytes, filename: str) -> str:
    """Text in UTF-8, UTF-16 or GB18030, with or without a byte-order mark."""
    encodings = ["utf-8-sig", "gb18030"]
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    elif data.count(0) > max(2, len(data) // 50):
        # UTF-16 without a mark: on which side of separators the zero stands.
        pairs = list(zip(data[: 1 << 16 : 2], data[1 : 1 << 16 : 2], strict=False))
        little = sum(high == 0 and low in b"\t\n\r,;" for low, high in pairs)
        big = sum(high == 0 and low in b"\t\n\r,;" for high, low in pairs)
        encodings = ["utf-16-le" if little >= big else "utf-16-be"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if len(_CONTROL.findall(text)) <= 8 + len(text) // 100:
            return text
    raise Refused(
        "“%(file)s”不是文本表格，或编码无法识别。"
        "请在 Excel 或 WPS 中另存为“CSV UTF-8”或 .xlsx 后上传",
        file=filename,
    )


def _delimiter(text: str) -> str:
    """The separator most of the first lines hold; a tab before a comma."""
    lines = [re.sub(r'"[^"]*"', "", line) for line in text.splitlines()[:30]]
    return max("\t,;", key=lambda mark: sum(mark in line for line in lines))


class Rows:
    """The rows of one sheet as JSON, ready to be handed over."""

    def __init__(self, name: str, budget: _Budget) -> None:
        self.name = name
        self.notes: list[Note] = []
        self._budget = budget
        self._rows: list[str] = []

    def add(self, number: int, cells: list[tuple[int, str, int]]) -> None:
        """Keep a row, unless nothing stands in it."""
        if cells:
            self._budget.spend(number, cells)
            # Text, not lists: the whole sheet would take ten times the memory.
            self._rows.append(json.dumps([number, cells], ensure_ascii=False))

    def json(self) -> str:
        """The sheet as one JSON object."""
        head = json.dumps(self.name, ensure_ascii=False)
        notes = json.dumps(
            [(note.message, note.values) for note in self.notes], ensure_ascii=False
        )
        rows = ",".join(self._rows)
        return f'{{"name": {head}, "notes": {notes}, "rows": [{rows}]}}'


def read_text(path: Path, filename: str) -> list[Rows]:
    """A .csv as one sheet."""
    sheet = Rows("CSV", _Budget(filename))
    for number, cells in text_rows(path.read_bytes(), filename):
        sheet.add(number, cells)
    return [sheet]


def read_workbook(path: Path, filename: str, kind: str) -> list[Rows]:
    """The visible sheets of a workbook; what is hidden or merged is noted."""
    facts = check_workbook(path, filename) if kind == "xlsx" else {}
    # Imported only when the guard has let the file pass: it costs nothing before.
    import python_calamine as calamine  # noqa: PLC0415

    budget = _Budget(filename)
    sheets: list[Rows] = []
    hidden: list[str] = []
    try:
        with path.open("rb") as file:
            workbook = calamine.CalamineWorkbook.from_object(file)
            for about in workbook.sheets_metadata:
                if about.typ != calamine.SheetTypeEnum.WorkSheet:
                    continue  # a chart, a macro sheet
                if about.visible != calamine.SheetVisibleEnum.Visible:
                    hidden.append(about.name)
                    continue
                rows = Rows(about.name, budget)
                seen = facts.get(about.name, SheetFacts())
                _read_sheet(workbook.get_sheet_by_name(about.name), seen, rows)
                sheets.append(rows)
    except calamine.PasswordError:
        raise protected(filename) from None
    except calamine.CalamineError:
        raise broken(filename) from None
    if hidden and sheets:
        names = "、".join(hidden)
        sheets[0].notes.append(
            Note("隐藏的工作表没有读取：%(names)s", {"names": names})
        )
    return sheets


def _read_sheet(sheet: Any, facts: SheetFacts, into: Rows) -> None:
    # A value merged over several rows (one unit, six people) counts for each row.
    merges = sheet.merged_cell_ranges or ()
    tall = {first: last[0] for first, last in merges if last[0] > first[0]}
    running: dict[int, tuple[int, Marked]] = {}
    flawed = facts.uncomputed | facts.errors.keys()
    filled = False
    for row, values in enumerate(sheet.to_python(skip_empty_area=False)):
        found = {}
        for column, value in enumerate(values):
            if value == "" and (not flawed or (row, column) not in flawed):
                continue  # quickly: a sheet may have millions of empty cells
            marked = _marked(value, (row, column), facts)
            if marked[0] or marked[1]:
                found[column] = marked
        for column, (last, marked) in running.items() if found else ():
            if row <= last and column not in found:
                found[column], filled = marked, True
        for column, marked in found.items():
            if (row, column) in tall:
                running[column] = (tall[row, column], marked)
        into.add(
            row + 1, [(c, text, marks) for c, (text, marks) in sorted(found.items())]
        )
    if filled:
        into.notes.append(Note("合并的单元格按每一行都填写了同样的内容读取"))
    if facts.hidden_rows:
        n = {"n": facts.hidden_rows}
        into.notes.append(Note("有 %(n)d 行被隐藏，也一起读取了", n))
    if facts.hidden_columns:
        n = {"n": facts.hidden_columns}
        into.notes.append(Note("有 %(n)d 处列被隐藏，也一起读取了", n))


def _marked(value: Any, place: tuple[int, int], facts: SheetFacts) -> Marked:
    if value == "" and place in facts.uncomputed:
        return "", UNCOMPUTED
    if value == "" and place in facts.errors:
        return facts.errors[place], ERROR
    return shown(value)


def main(path: str, filename: str) -> None:
    """Read a file and print what it holds."""
    limit_this_process()
    try:
        kind = kind_of(Path(path), filename)
        if kind == "text":
            sheets = read_text(Path(path), filename)
        else:
            sheets = read_workbook(Path(path), filename, kind)
        answer = f'{{"sheets": [{",".join(sheet.json() for sheet in sheets)}]}}'
        sys.stdout.write(answer)
    except Refused as refusal:
        print_refusal(refusal)


if __name__ == "__main__":
    main(*sys.argv[1:])
