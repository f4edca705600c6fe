"""Files of units and rosters: reading them, and the templates to fill in."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.spreadsheets import Note, Sheet, Table, read_sheets, tables
from units.rules.roster import (
    EXPLANATION,
    PERSON_HEADINGS,
    PERSON_REQUIRED,
    UNIT_HEADINGS,
    UNIT_REQUIRED,
    PersonLine,
    Reading,
    UnitLine,
    read_people,
    read_units,
)

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def read_units_file(path: Path, *, filename: str) -> Reading[UnitLine]:
    """Read a list of units.

    :raises Refused: If it is no spreadsheet or lacks the headings.
    """
    sheets = read_sheets(path, filename=filename)
    table = tables(sheets, UNIT_HEADINGS, UNIT_REQUIRED)
    return read_units(table, _notes(sheets, table))


def read_people_file(path: Path, *, filename: str) -> Reading[PersonLine]:
    """Read a roster.

    :raises Refused: As ``read_units_file``.
    """
    sheets = read_sheets(path, filename=filename)
    table = tables(sheets, PERSON_HEADINGS, PERSON_REQUIRED)
    return read_people(table, _notes(sheets, table))


def units_template() -> bytes:
    """An .xlsx to be filled with units."""
    return _template(
        "单位",
        ["单位编码", "单位名称", "类别", "级别", "上级编码", "序号"],
        ["DW001", "示例市司法局", "政府部门", "市直", "", "1"],
        [
            ("单位编码", "必填。同一单位每次都用同一个编码，系统靠它认出单位。"),
            ("单位名称", "必填。应考人员会按这个名称查找自己的单位。"),
            ("类别", "选填。如：党委部门、政府部门、群团、县区。成绩可按类别汇总。"),
            ("级别", "选填。如：市直、县区。"),
            ("上级编码", "选填。上级单位的编码，可以是本表中的单位。"),
            ("序号", "选填，整数。列表和报表按它排序；不填则按本表的先后。"),
            ("再次导入", "编码相同的单位会被更新；留空的格子表示不改动。"),
            ("示例行", "第 2 行是示例，请删去或改成真实内容。"),
        ],
    )


def people_template() -> bytes:
    """An .xlsx to be filled with people."""
    return _template(
        "人员",
        ["单位名称", "姓名", "手机尾号", "工号", "职级类别"],
        ["示例市司法局", "张示例", "0123", "", "中层"],
        [
            ("单位名称", "必填，要与已导入的单位名称一致。也可以改用“单位编码”一列。"),
            ("姓名", "必填。"),
            ("手机尾号", "手机号后四位，如 0123。填完整手机号时，系统只保留后四位。"),
            ("工号", "选填。没有手机尾号，或同名的人尾号也相同时，必须填写。"),
            ("职级类别", "选填。如：领导班子、中层、执法人员、新录用。"),
            ("不要填写", "身份证号。系统不收集身份证号，含有身份证号的行不能导入。"),
            ("再次导入", "已在名册上的人不会重复；导入不会把任何人移出名册。"),
            ("示例行", "第 2 行是示例，请删去或改成真实内容。"),
        ],
    )


def _notes(sheets: Sequence[Sheet], table: Table) -> list[Note]:
    return [
        note
        for sheet in sheets
        if sheet.name not in table.skipped
        for note in sheet.notes
    ]


def _template(
    name: str,
    headings: Sequence[str],
    example: Sequence[str],
    explanation: Sequence[tuple[str, str]],
) -> bytes:
    # Imported here: only these downloads need it.
    import xlsxwriter  # noqa: PLC0415

    content = io.BytesIO()
    book = xlsxwriter.Workbook(
        content,
        {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False},
    )
    look = {"font_name": "等线", "font_size": 11, "valign": "vcenter"}
    head = book.add_format(look | {"bold": True, "bg_color": "#E8EEF7", "border": 1})
    # Text: "0012" stays 0012, and a long code keeps its last digits.
    text = book.add_format(look | {"num_format": "@"})
    sheet = book.add_worksheet(name)
    for column, heading in enumerate(headings):
        sheet.set_column(column, column, 28 if "名称" in heading else 14, text)
        sheet.write_string(0, column, heading, head)
        sheet.write_string(1, column, example[column], text)
    sheet.set_row(0, 22)
    sheet.freeze_panes(1, 0)
    _explain(book.add_worksheet(EXPLANATION), head, book.add_format(look), explanation)
    book.close()
    return content.getvalue()


def _explain(
    sheet: Any, head: Any, plain: Any, explanation: Sequence[tuple[str, str]]
) -> None:
    sheet.set_column(0, 0, 14)
    sheet.set_column(1, 1, 80)
    for row, (column, words) in enumerate(explanation):
        sheet.write_string(row, 0, column, head)
        sheet.write_string(row, 1, words, plain)
