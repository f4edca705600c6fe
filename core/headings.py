"""Finding the heading row of a sheet, and the rows below it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence

from core.cells import BadCell, Cell, Row, Sheet, Table, column_letters
from core.errors import Refused

HEADING_ROWS = 10  # the heading row is looked for in the first so many rows with text


class NoHeadings(Refused):
    """A sheet has no row that holds the headings."""


def heading_key(text: str) -> str:
    """A heading as it is compared: NFKC, no spaces or marks, without case."""
    plain = unicodedata.normalize("NFKC", text)
    return "".join(plain.split()).strip("*:﹡").casefold()


def table(
    sheet: Sheet,
    headings: Mapping[str, Sequence[str]],
    required: Sequence[str | tuple[str, ...]],
) -> Table:
    """Find the heading row and read the rows below it.

    :param headings: For each field the headings people use, Chinese or English; the
        first is the one shown in messages.
    :param required: Fields whose column must be there; a tuple: one of them.
    :raises NoHeadings: If no row among the first has the required headings.
    :raises Refused: If a heading stands there twice.
    """
    known = {
        heading_key(text): name for name, all_ in headings.items() for text in all_
    }
    at, columns = _heading_row(sheet, known)
    missing = [
        wanted
        for wanted in required
        if not set(columns) & set([wanted] if isinstance(wanted, str) else wanted)
    ]
    if missing:
        raise _no_headings(sheet, headings, missing, found=bool(columns))
    heads = {index: cell.text for index, cell in enumerate(sheet.rows[at])}
    taken = set(columns.values())
    rows: list[Row] = []
    bad: list[BadCell] = []
    for cells in sheet.rows[at + 1 :]:
        row = _table_row(sheet, cells, columns)
        if _repeats_headings(row, known):
            continue  # a heading over two merged rows, or one on every printed page
        if not any(cell.text or cell.uncomputed for cell in row.cells.values()):
            continue  # a remark beside the table
        bad.extend(_flaws(row))
        rows.append(row)
    unused = [text for index, text in heads.items() if text and index not in taken]
    return Table(rows, bad, unused)


def tables(
    sheets: Sequence[Sheet],
    headings: Mapping[str, Sequence[str]],
    required: Sequence[str | tuple[str, ...]],
) -> Table:
    """As ``table``, over all sheets; sheets without the headings are passed over.

    :raises NoHeadings: If no sheet has them.
    """
    rows: list[Row] = []
    bad: list[BadCell] = []
    unused: list[str] = []
    skipped: list[str] = []
    refusals: list[NoHeadings] = []
    for sheet in sheets:
        try:
            found = table(sheet, headings, required)
        except NoHeadings as refusal:
            refusals.append(refusal)
            skipped.append(sheet.name)
            continue
        rows.extend(found.rows)
        bad.extend(found.bad)
        unused.extend(text for text in found.unused if text not in unused)
    if len(refusals) == len(sheets):
        raise refusals[0] if refusals else Refused("文件里没有内容，请核对后重新上传")
    return Table(rows, bad, unused, skipped)


def _field(text: str, known: Mapping[str, str]) -> str | None:
    """The field a heading names: as written, else without a note in brackets."""
    key = heading_key(text)
    return known.get(key) or known.get(re.sub(r"[(\[【].*", "", key).strip("*:"))


def _heading_row(sheet: Sheet, known: Mapping[str, str]) -> tuple[int, dict[str, int]]:
    """The row that names most fields, and the column of each."""
    best: tuple[int, dict[str, int]] = (0, {})
    for at, cells in enumerate(sheet.rows[:HEADING_ROWS]):
        columns: dict[str, int] = {}
        twice: list[tuple[Cell, str]] = []
        for index, cell in enumerate(cells):
            name = _field(cell.text, known)
            if name in columns:
                twice.append((cell, name))
            elif name:
                columns[name] = index
        if len(columns) > len(best[1]):
            if twice and len(columns) > 1:
                cell, name = twice[0]
                raise Refused(
                    "工作表“%(sheet)s”里“%(heading)s”这一列出现了两次"
                    "（%(first)s 和 %(second)s），请只留一列",
                    sheet=sheet.name,
                    heading=cell.text.strip(),
                    first=cells[columns[name]].where,
                    second=cell.where,
                )
            best = (at, columns)
    return best


def _no_headings(
    sheet: Sheet,
    headings: Mapping[str, Sequence[str]],
    missing: Sequence[str | tuple[str, ...]],
    *,
    found: bool,
) -> NoHeadings:
    names = "、".join(
        headings[wanted][0]
        if isinstance(wanted, str)
        else " / ".join(headings[one][0] for one in wanted)
        for wanted in missing
    )
    if found:
        return NoHeadings(
            "工作表“%(sheet)s”缺少这些列：%(names)s。请对照模板补上表头",
            sheet=sheet.name,
            names=names,
        )
    return NoHeadings(
        "工作表“%(sheet)s”的前 %(rows)d 行里没有找到表头（至少要有：%(names)s）。"
        "请下载模板，按模板的表头填写",
        sheet=sheet.name,
        rows=HEADING_ROWS,
        names=names,
    )


def _table_row(sheet: Sheet, cells: Sequence[Cell], columns: Mapping[str, int]) -> Row:
    number = int(re.sub(r"\D", "", cells[0].where))
    found = {
        name: cells[index]
        if index < len(cells)
        else Cell("", f"{column_letters(index)}{number}")
        for name, index in columns.items()
    }
    taken = set(columns.values())
    others = [c for i, c in enumerate(cells) if i not in taken and c.text]
    return Row(sheet.name, number, found, others)


def _repeats_headings(row: Row, known: Mapping[str, str]) -> bool:
    filled = {name: cell for name, cell in row.cells.items() if cell.text.strip()}
    return bool(filled) and all(
        _field(cell.text, known) == name for name, cell in filled.items()
    )


def _flaws(row: Row) -> Iterator[BadCell]:
    for name, cell in row.cells.items():
        if cell.damaged:
            yield row.bad(
                name,
                "这里是 超过 15 位的数字，末尾几位已经丢失。"
                "请把这一列设为文本格式后重新填写",
            )
        elif cell.uncomputed:
            yield row.bad(
                name,
                "这里是公式，文件里没有它的结果。"
                "请在 Excel 或 WPS 中重新保存，或把公式粘贴为数值",
            )
        elif cell.error:
            yield row.bad(
                name, "这里显示的是错误值 %(text)s，请改正后再导入", text=cell.text
            )
