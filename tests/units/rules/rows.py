"""Rows of rosters without a file."""

from __future__ import annotations

from collections.abc import Sequence

from core.cells import Cell, Row, Table, column_letters
from units.rules.roster import (
    PersonLine,
    Reading,
    UnitLine,
    read_people,
    read_units,
)

UNIT = ("code", "name", "category", "level", "parent_code", "position")
PERSON = ("unit_name", "name", "phone", "staff_number", "rank", "unit_code")


def rows(fields: Sequence[str], *lines: Sequence[str | int]) -> Table:
    """A table; a whole number is a cell that was typed as a number."""
    made = []
    for number, line in enumerate(lines, start=2):
        cells = {
            name: Cell(
                str(value),
                f"{column_letters(at)}{number}",
                number=isinstance(value, int),
            )
            for at, (name, value) in enumerate(zip(fields, line, strict=False))
        }
        made.append(Row("人员", number, cells))
    return Table(made, [], [])


def units(*lines: Sequence[str | int]) -> Reading[UnitLine]:
    """Rows of (code, name, category, level, parent, position), read."""
    return read_units(rows(UNIT, *lines))


def people(*lines: Sequence[str | int]) -> Reading[PersonLine]:
    """Rows of (unit, name, phone, staff number, rank, unit's code), read."""
    return read_people(rows(PERSON, *lines))
