"""How a sheet of ours is written: text as text, widths for Chinese, print set-up."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

Kind = Literal["text", "whole", "points", "percent", "moment"]

LONGEST = 32_767  # characters a cell holds
#: A program that opens the file must not take these for the start of a formula.
RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "\0")
_NUMBER_FORMATS = {
    "text": "@",
    "whole": "0",
    "points": "0.00",
    "percent": "0.0%",
    "moment": "yyyy-mm-dd hh:mm:ss",
}


@dataclass(frozen=True)
class Column:
    """One column: where its values come from, its heading, how they are shown."""

    name: str
    label: str
    kind: Kind


class Styles:
    """Cell formats of one workbook, made once each."""

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self._made: dict[tuple[object, ...], Format] = {}
        self._cells: dict[tuple[Kind, bool, bool], Format] = {}

    def get(
        self, kind: Kind = "text", *, bold: bool = False, quoted: bool = False
    ) -> Format:
        """The format of a body cell."""
        found = self._cells.get((kind, bold, quoted))
        if found is None:
            found = self._cells[kind, bold, quoted] = self._cell(kind, bold, quoted)
        return found

    def _cell(self, kind: Kind, bold: bool, quoted: bool) -> Format:
        align = {"text": "left", "moment": "center"}.get(kind, "right")
        properties = {
            "num_format": _NUMBER_FORMATS[kind],
            "align": align,
            "valign": "vcenter",
            "border": 1,
            "border_color": "#BFBFBF",
            "bold": bold,
            "quote_prefix": quoted,
            "indent": 0 if align == "center" else 1,
        }
        if bold:
            properties |= {"bg_color": "#F2F2F2", "top": 2, "top_color": "#7F7F7F"}
        return self._format(properties)

    def heading(self, kind: Kind) -> Format:
        """The format of a column's heading."""
        return self._format(
            {
                "bold": True,
                "align": {"text": "left", "moment": "center"}.get(kind, "right"),
                "indent": 0 if kind == "moment" else 1,
                "valign": "vcenter",
                "text_wrap": True,
                "border": 1,
                "border_color": "#BFBFBF",
                "bg_color": "#E2F1EE",
            }
        )

    def title(self, *, quoted: bool = False) -> Format:
        """The first line of a sheet."""
        properties = {"bold": True, "font_size": 16, "valign": "vcenter"}
        return self._format(properties | {"quote_prefix": quoted})

    def line(
        self, *, strong: bool = False, wrap: bool = False, quoted: bool = False
    ) -> Format:
        """A line of text above a table or in the explanations."""
        properties: dict[str, object] = {"valign": "top" if wrap else "vcenter"}
        properties |= {"text_wrap": wrap, "bold": strong, "quote_prefix": quoted}
        return self._format(properties)

    def notice(self) -> Format:
        """A line that must not be overlooked."""
        return self._format({"bold": True, "font_color": "#9C0006"})

    def _format(self, properties: dict[str, Any]) -> Format:
        key = tuple(sorted(properties.items()))
        if key not in self._made:
            self._made[key] = self._book.add_format(properties)
        return self._made[key]


def is_risky(text: str) -> bool:
    """Whether a text could be taken for a formula when it is typed again."""
    return text.startswith(RISKY)


def width_of(text: str) -> int:
    """How many narrow characters a text is as wide as."""
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(c) in "WFA" else 1 for c in text)


def put_text(
    sheet: Worksheet, row: int, column: int, text: str, plain: Format, quoted: Format
) -> None:
    """Write a text as a text, whatever it begins with."""
    style = quoted if is_risky(text) else plain
    sheet.write_string(row, column, text[:LONGEST], style)


def put_cell(
    sheet: Worksheet,
    row: int,
    column: int,
    value: Any,
    kind: Kind,
    styles: Styles,
    *,
    bold: bool = False,
) -> None:
    """Write one value of a table; a missing number is a dash, a missing text blank."""
    style = styles.get(kind, bold=bold)
    if kind == "text" and not value:
        sheet.write_blank(row, column, None, style)
    elif kind == "text":
        quoted = styles.get(kind, bold=bold, quoted=True)
        put_text(sheet, row, column, value, style, quoted)
    elif value is None:
        sheet.write_string(row, column, "—", style)
    elif kind == "moment":
        moment: datetime = value
        sheet.write_datetime(row, column, moment, style)
    else:
        sheet.write_number(
            row, column, value / 100 if kind == "points" else value, style
        )


def put_table(
    sheet: Worksheet,
    styles: Styles,
    top: int,
    columns: Sequence[Column],
    rows: Iterable[Sequence[Any]],
    total: Sequence[Any] | None = None,
    *,
    filtered: bool = True,
) -> int:
    """Write headings, rows and a last row of totals; sets widths.

    :param top: The row of the headings, from 0.
    :param filtered: Whether the headings filter; a sheet has room for one filter.
    :return: The row below the table.
    """
    widths = [max(width_of(column.label), 7) for column in columns]
    sheet.set_row(top, 30)
    for at, column in enumerate(columns):
        sheet.write_string(top, at, column.label, styles.heading(column.kind))
    row = top
    for values in rows:
        row += 1
        for at, (column, value) in enumerate(zip(columns, values, strict=True)):
            put_cell(sheet, row, at, value, column.kind, styles)
            if column.kind == "text" and value:
                widths[at] = max(widths[at], width_of(value))
            elif column.kind == "moment" and value:
                widths[at] = 19
    if filtered:
        sheet.autofilter(top, 0, row, len(columns) - 1)
    if total is not None:
        row += 1
        for at, (column, value) in enumerate(zip(columns, total, strict=True)):
            put_cell(sheet, row, at, value, column.kind, styles, bold=True)
    for at, width in enumerate(widths):
        sheet.set_column(at, at, min(width, 44) + 4)
    return row + 1


def set_up_print(sheet: Worksheet, *, header: str, footer: str) -> None:
    """A4 across, one page wide, numbered; header and footer are plain texts."""
    sheet.set_paper(9)
    sheet.set_landscape()
    sheet.set_margins(left=0.4, right=0.4, top=0.7, bottom=0.7)
    sheet.fit_to_pages(1, 0)
    sheet.center_horizontally()
    sheet.set_header(f"&R{_code_free(header)}")
    sheet.set_footer(f"&L{_code_free(footer)}&R&P / &N")


def _code_free(text: str) -> str:
    # "&" begins a code in headers and footers; both hold 255 characters.
    return text[:90].replace("&", "&&")
