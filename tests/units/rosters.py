"""Files of units and people, made for tests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import xlsxwriter

from core.access import EVERYWHERE
from units.files import read_people_file, read_units_file
from units.operations.intake import Wish, import_people
from units.operations.results import ImportResult
from units.operations.units import import_units
from units.queries.editors import Editor

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
UNIT_HEADINGS = ["单位编码", "单位名称", "类别", "级别", "上级编码", "序号"]
PEOPLE_HEADINGS = ["单位名称", "姓名", "手机尾号", "工号", "职级类别"]
UNITS = [
    ["A1", "市司法局", "政府部门", "市直"],
    ["A2", "市公安局", "政府部门", "市直"],
    ["A3", "团市委", "群团", "市直"],
]
PEOPLE = [
    ["市司法局", "张三", "0012", "", "中层"],
    ["市司法局", "李四", "0013"],
    ["市公安局", "张三", "0012"],
]

OLIVIA = Editor("account:1", "olivia", EVERYWHERE)

Rows = Sequence[Sequence[str | int]]


def book(path: Path, headings: Sequence[str], rows: Rows) -> Path:
    """An .xlsx with one sheet 名单; text stays text, numbers are numbers."""
    made = xlsxwriter.Workbook(path)
    sheet = made.add_worksheet("名单")
    for r, row in enumerate([headings, *rows]):
        for c, value in enumerate(row):
            if isinstance(value, int):
                sheet.write_number(r, c, value)
            else:
                sheet.write_string(r, c, value)
    made.close()
    return path


def take_units(
    folder: Path, rows: Rows = UNITS, *, accept_good: bool = False
) -> ImportResult:
    """Import units through a real file."""
    path = book(folder / "units.xlsx", UNIT_HEADINGS, rows)
    return import_units(
        reading=read_units_file(path, filename=path.name),
        accept_good=accept_good,
        stamp=None,
        source="0" * 64,
        filename="units.xlsx",
        editor=OLIVIA,
        now=NOW,
    )


def take_people(
    folder: Path, rows: Rows = PEOPLE, *, accept_good: bool = False, **wish: Any
) -> ImportResult:
    """Import people through a real file; more of the wish by name."""
    path = book(folder / "people.xlsx", PEOPLE_HEADINGS, rows)
    return import_people(
        reading=read_people_file(path, filename=path.name),
        wish=Wish(accept_good=accept_good, **wish),
        source="0" * 64,
        filename="people.xlsx",
        editor=OLIVIA,
        now=NOW,
    )
