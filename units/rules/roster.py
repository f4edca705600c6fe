"""What a row of a roster says, and what is wrong with it on its own."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from core.cells import BadCell, Cell, Note, Row, Table
from core.errors import Refused
from units.rules.identity import normal_digits
from units.rules.numbers import credit_code, identity_number, phone_tail

UNIT_HEADINGS: Mapping[str, Sequence[str]] = {
    "code": ("单位编码", "编码", "单位代码", "代码", "code", "unit_code"),
    "name": ("单位名称", "名称", "单位", "name", "unit_name"),
    "category": ("类别", "单位类别", "category"),
    "level": ("级别", "层级", "level"),
    "parent_code": ("上级编码", "上级单位编码", "parent_code", "parent"),
    "position": ("序号", "排序", "position"),
}
UNIT_REQUIRED = ("code", "name")
PERSON_HEADINGS: Mapping[str, Sequence[str]] = {
    "unit_name": ("单位名称", "单位", "所在单位", "工作单位", "unit_name", "unit"),
    "unit_code": ("单位编码", "单位代码", "unit_code"),
    "name": ("姓名", "name"),
    "phone": (
        *("手机尾号", "手机号后四位", "手机后四位", "手机", "手机号", "手机号码"),
        *("联系电话", "电话", "phone", "phone_tail", "mobile"),
    ),
    "staff_number": ("工号", "人员编号", "员工编号", "staff_number"),
    "rank": ("职级类别", "人员类别", "rank"),
}
PERSON_REQUIRED = (("unit_name", "unit_code"), "name", ("phone", "staff_number"))

EXPLANATION = "填写说明"  # the sheet of our own template that holds no rows
LONGEST_UNIT, LONGEST_PERSON, LONGEST_WORD = 100, 50, 50  # characters
_CODE = re.compile(r"[0-9A-Z][0-9A-Z._-]{0,31}")
_IDENTITY_HEADING = re.compile(r"身份证|公民身份|证件号")


@dataclass(frozen=True)
class UnitLine:
    """A good row of a list of units. None: the file says nothing about it."""

    row: Row
    code: str
    name: str
    category: str | None
    level: str | None
    parent_code: str | None
    position: int | None


@dataclass(frozen=True)
class PersonLine:
    """A good row of a roster; it has a tail or a staff number, or both."""

    row: Row
    unit_code: str  # one of the two may be empty
    unit_name: str
    name: str
    tail: str | None
    staff_number: str | None
    rank: str | None


LineT = TypeVar("LineT", UnitLine, PersonLine)


@dataclass(frozen=True)
class Reading(Generic[LineT]):
    """A file as it was understood, before the database is asked."""

    lines: list[LineT]
    bad: list[BadCell]
    notes: list[Note]
    sheets: list[str]  # in the file's order

    def all_bad(self, more: Iterable[BadCell]) -> list[BadCell]:
        """Also what the comparison found, in the order in which the file shows it."""
        place = {name: n for n, name in enumerate(self.sheets)}
        return sorted(
            [*self.bad, *more], key=lambda cell: (place.get(cell.sheet, 0), cell.row)
        )


def read_units(table: Table, notes: Iterable[Note] = ()) -> Reading[UnitLine]:
    """Understand a list of units.

    :raises Refused: If the file has a column of ID numbers, or no row at all.
    """
    return _read(table, notes, _unit_line)


def read_people(table: Table, notes: Iterable[Note] = ()) -> Reading[PersonLine]:
    """Understand a roster.

    :raises Refused: As ``read_units``.
    """
    reading = _read(table, notes, _person_line)
    padded = [line.row.where("phone") for line in reading.lines if _lost_zeros(line)]
    if padded:
        places = "、".join(padded[:10]) + ("…" if len(padded) > 10 else "")
        note = Note(
            "有 %(n)d 个手机尾号是不足四位的数字，已在前面补 0，请核对：%(places)s",
            {"n": len(padded), "places": places},
        )
        reading.notes.append(note)
    return reading


def _read(
    table: Table,
    notes: Iterable[Note],
    understand: Callable[[Row, list[BadCell]], LineT],
) -> Reading[LineT]:
    for heading in table.unused:
        if _IDENTITY_HEADING.search(heading):
            raise Refused(
                "文件里有“%(heading)s”这一列。本系统不收集身份证号，"
                "请删去这一列后重新上传",
                heading=heading,
            )
    if not table.rows:
        raise Refused("表头下面没有内容，请填写后重新上传")
    bad = list(table.bad)
    spoilt = {(cell.sheet, cell.row) for cell in bad}
    lines: list[LineT] = []
    for row in table.rows:
        found = list(_identity_numbers(row))
        if (row.sheet, row.number) not in spoilt:
            line = understand(row, found)
            if not found:
                lines.append(line)
        bad.extend(found)
    sheets = list(dict.fromkeys(row.sheet for row in table.rows))
    return Reading(lines, bad, [*notes, *_left_out(table)], sheets)


def _left_out(table: Table) -> Iterable[Note]:
    if table.unused:
        names = "、".join(table.unused)
        yield Note("这些列没有用到：%(names)s", {"names": names})
    if skipped := [name for name in table.skipped if name != EXPLANATION]:
        names = "、".join(skipped)
        yield Note("这些工作表没有表头，没有读取：%(names)s", {"names": names})


def _identity_numbers(row: Row) -> Iterable[BadCell]:
    code = row.cells.get("code") or row.cells.get("unit_code")
    for cell in (*row.cells.values(), *row.others):
        if identity_number(cell.text) and not (cell is code and credit_code(cell.text)):
            yield BadCell(
                row.sheet,
                cell.where,
                "这里像是身份证号。本系统不收集身份证号，请删去后再导入",
            )


def _unit_line(row: Row, bad: list[BadCell]) -> UnitLine:
    if not row.text("code"):
        bad.append(
            row.bad("code", "没有单位编码，请补上（下次导入时靠它认出同一个单位）")
        )
    if not row.text("name"):
        bad.append(row.bad("name", "没有单位名称，请补上"))
    position = normal_digits(row.text("position"))
    if position and not re.fullmatch(r"\d{1,6}", position):
        bad.append(row.bad("position", "序号要填整数，或者留空"))
        position = ""
    return UnitLine(
        row,
        code=_code(row, "code", bad),
        name=_name(row, "name", bad, LONGEST_UNIT),
        category=_word(row, "category", bad),
        level=_word(row, "level", bad),
        parent_code=_code(row, "parent_code", bad) or None,
        position=int(position) if position else None,
    )


def _person_line(row: Row, bad: list[BadCell]) -> PersonLine:
    if not row.text("unit_name") and not row.text("unit_code"):
        where = "unit_name" if "unit_name" in row.cells else "unit_code"
        bad.append(row.bad(where, "没有填写单位，请补上"))
    if not row.text("name"):
        bad.append(row.bad("name", "没有填写姓名，请补上"))
    phone = row.cells.get("phone", Cell("", row.where("name")))
    staff = normal_digits(row.text("staff_number"))
    tail = phone_tail(phone.text, number=phone.number)
    if phone.text and tail is None:
        bad.append(
            row.bad(
                "phone",
                "手机尾号要正好四位数字，如 0123，也可以填完整的手机号"
                "（在表格里请先把这一列设为文本格式，免得丢掉前面的 0）",
            )
        )
    elif not tail and not staff:
        where = "phone" if "phone" in row.cells else "staff_number"
        bad.append(row.bad(where, "手机尾号和工号至少填一项，用来区分同名的人"))
    if staff and not re.fullmatch(r"[^|]{1,32}", staff):
        bad.append(row.bad("staff_number", "工号太长，或含有竖线"))
    return PersonLine(
        row,
        unit_code=_code(row, "unit_code", bad),
        unit_name=row.text("unit_name"),
        name=_name(row, "name", bad, LONGEST_PERSON),
        tail=tail or None,
        staff_number=staff or None,
        rank=_word(row, "rank", bad),
    )


def _code(row: Row, field: str, bad: list[BadCell]) -> str:
    code = normal_digits(row.text(field))
    if code and not _CODE.fullmatch(code):
        bad.append(row.bad(field, "编码只能用数字、字母、点和横线，最长 32 位，请核对"))
    return code


def _name(row: Row, field: str, bad: list[BadCell], longest: int) -> str:
    name = " ".join(row.text(field).split())
    if len(name) > longest:
        bad.append(row.bad(field, "内容超过 %(n)d 个字，请核对", n=longest))
    elif "|" in unicodedata.normalize("NFKC", name):
        bad.append(row.bad(field, "名称里不能有竖线"))
    return name


def _word(row: Row, field: str, bad: list[BadCell]) -> str | None:
    text = " ".join(row.text(field).split())
    if len(text) > LONGEST_WORD:
        bad.append(row.bad(field, "内容超过 %(n)d 个字，请核对", n=LONGEST_WORD))
    elif "|" in unicodedata.normalize("NFKC", text):
        bad.append(row.bad(field, "这里不能有竖线"))
    return text or None


def _lost_zeros(line: PersonLine) -> bool:
    cell = line.row.cells.get("phone")
    return bool(cell and cell.number and len(cell.text) < 4)
