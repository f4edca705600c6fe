"""Cells, rows and tables of a spreadsheet somebody uploaded, as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

#: Codes by which the reading process, core.sheet_reader, marks a cell.
NUMBER, DAMAGED, UNCOMPUTED, ERROR = 1, 2, 4, 8


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell as text, and where it stands."""

    text: str
    where: str  # "C12"
    number: bool = False  # typed as a number: leading zeros may be gone
    damaged: bool = False  # a number of 1e15 or more: its last digits are gone
    uncomputed: bool = False  # a formula whose value is not in the file
    error: bool = False  # shows an error such as #N/A


@dataclass(frozen=True)
class Note:
    """Something the person should know about a file that can be read."""

    message: str  # gettext id
    values: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.message % self.values if self.values else self.message


@dataclass(frozen=True)
class Sheet:
    """One visible sheet: its rows with text, each from column A to its last text.

    Rows without any text are left out; ``Cell.where`` still tells the place.
    Hidden sheets are not read, and a note says so.
    """

    name: str
    rows: list[list[Cell]]
    notes: list[Note]


@dataclass(frozen=True)
class BadCell:
    """A place in a file that cannot be taken as it is, and why."""

    sheet: str
    where: str  # "C12"
    reason: str  # gettext id
    values: Mapping[str, object] = field(default_factory=dict)

    @property
    def row(self) -> int:
        """The number of its row."""
        return int(self.where.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))

    def __str__(self) -> str:
        return self.reason % self.values if self.values else self.reason


@dataclass(frozen=True)
class Row:
    """One row below the headings."""

    sheet: str
    number: int  # as the spreadsheet counts, from 1
    cells: Mapping[str, Cell]  # by field; every column that was found
    others: Sequence[Cell] = ()  # with text, in columns no heading names

    @property
    def place(self) -> tuple[str, int]:
        """Sheet and number: no other row of the file has both."""
        return self.sheet, self.number

    def text(self, name: str) -> str:
        """The trimmed text of a field; empty if the column is not there."""
        cell = self.cells.get(name)
        return cell.text.strip() if cell else ""

    def where(self, name: str) -> str:
        """The place of a field, or of the row if the column is not there."""
        cell = self.cells.get(name)
        return cell.where if cell else f"A{self.number}"

    def bad(self, name: str, reason: str, /, **values: object) -> BadCell:
        """What is wrong with a field of this row."""
        return BadCell(self.sheet, self.where(name), reason, values)


@dataclass(frozen=True)
class Table:
    """The rows below a sheet's headings."""

    rows: list[Row]
    bad: list[BadCell]  # damaged numbers, formulas without a value, error values
    unused: list[str]  # headings nobody asked for
    skipped: list[str] = field(default_factory=list)  # sheets without the headings


@lru_cache(maxsize=256)  # asked for every cell of a file
def column_letters(index: int) -> str:
    """The letters of a column counted from 0: 0 → A, 26 → AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
