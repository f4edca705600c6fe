"""Tables of the workbook as data frames, and the recount that checks them.

pandas costs a worker half a second and 57 MiB, so this module is imported inside
the functions that need it. Points are hundredths; missing values are missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from reports.queries import PersonRow
from reports.rules.ledger import Figures, GroupLine, Marks, Standing, UnitLine

_COUNTS = ("due", "took", "absent", "exempt", "walk_ins", "unfinished", "voided")
_POINTS = ("mean", "highest", "lowest", "best_mean")
_RATES = (
    "turnout",
    "pass_rate",
    "excellence",
    "best_pass_rate",
    "best_excellence",
)
_SUMS = ("scored", "total", "passed", "excellent", "again")
_PEOPLE = (
    "unit_id",
    "code",
    "unit",
    "name",
    "standing",
    "points",
    "grade",
    "closed_at",
    "walk_in",
    "exempt_reason",
    "best",
    "best_grade",
)


def _figures(figures: Figures) -> dict[str, object]:
    row: dict[str, object] = {
        name: getattr(figures, name) for name in (*_COUNTS, *_SUMS, *_POINTS)
    }
    for name in _RATES:
        row[name] = getattr(figures, name).value
    return row


def _frame(
    rows: Iterable[dict[str, object]], *, texts: Sequence[str], wholes: Sequence[str]
) -> pd.DataFrame:
    types = dict.fromkeys(texts, "str")
    types |= dict.fromkeys((*wholes, *_COUNTS, *_SUMS, *_POINTS), "Int64")
    types |= dict.fromkeys(_RATES, "Float64")
    return pd.DataFrame(list(rows), columns=list(types)).astype(types)


def unit_frame(lines: Sequence[UnitLine]) -> pd.DataFrame:
    """One row per unit, in the order of the ledger."""
    rows = (
        {
            "unit_id": line.unit.id,
            "code": line.unit.code,
            "name": line.unit.name,
            "category": line.unit.category,
            "level": line.unit.level,
            **_figures(line.figures),
        }
        for line in lines
    )
    texts = ("code", "name", "category", "level")
    return _frame(rows, texts=texts, wholes=("unit_id",))


def group_frame(lines: Sequence[GroupLine]) -> pd.DataFrame:
    """One row per level or category, in the order of the ledger."""
    rows = (
        {"name": line.name, "units": line.units, **_figures(line.figures)}
        for line in lines
    )
    return _frame(rows, texts=("name",), wholes=("units",))


def people_frame(
    people: Sequence[PersonRow], marks: Marks, zone: ZoneInfo
) -> pd.DataFrame:
    """One row per person, in the order of units; moments are local and naive."""
    rows = [
        {
            "unit_id": one.entrant.unit.id,
            "code": one.entrant.unit.code,
            "unit": one.entrant.unit.name,
            "name": one.name,
            "standing": one.entrant.standing.value,
            "points": one.entrant.result,
            "grade": _grade(one.entrant.result, marks),
            "closed_at": one.closed_at.astimezone(zone).replace(tzinfo=None)
            if one.closed_at
            else None,
            "walk_in": one.entrant.walk_in,
            "exempt_reason": one.exempt_reason,
            "best": one.entrant.best,
            "best_grade": _grade(one.entrant.best, marks),
        }
        for one in people
    ]
    texts = ("code", "unit", "name", "standing", "grade", "exempt_reason", "best_grade")
    types = dict.fromkeys(texts, "str") | {"points": "Int64", "best": "Int64"}
    frame = pd.DataFrame(rows, columns=list(_PEOPLE)).astype(types)
    frame["closed_at"] = pd.to_datetime(frame["closed_at"])
    frame["walk_in"] = frame["walk_in"].astype(bool)
    return frame


def _grade(points: int | None, marks: Marks) -> str:
    return "" if points is None else marks.grade(points).value


def cells(frame: pd.DataFrame, names: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """Rows of plain Python values; None where one is missing."""
    plain = frame[list(names)].astype(object)
    return plain.where(plain.notna(), None).itertuples(index=False, name=None)


def recount(units: pd.DataFrame, people: pd.DataFrame, marks: Marks) -> int:
    """Count the units again, from nothing but the sheet of people.

    :return: How many units were compared.
    :raises RuntimeError: If a figure of a unit is not what its people add up to.
    """
    taking = (Standing.SUBMITTED, Standing.AUTO, Standing.UNFINISHED)
    due = ~people["walk_in"] & (people["standing"] != Standing.EXEMPT.value)
    took = due & people["standing"].isin([one.value for one in taking])
    points = people["points"].where(took)
    counted = pd.DataFrame(
        {
            "unit_id": people["unit_id"],
            "due": due,
            "took": took,
            "absent": due & ~took,
            "scored": points.notna(),
            "total": points.fillna(0),
            "passed": points.ge(marks.passing).fillna(False),
            "excellent": points.ge(marks.excellent).fillna(False),
        }
    )
    sums = counted.groupby("unit_id").sum()
    marks_of = points.groupby(people["unit_id"])
    sums["highest"], sums["lowest"] = marks_of.max(), marks_of.min()
    names = ["unit_id", *sums.columns]
    listed = {row[0]: row for row in cells(units, names)}
    again = {row[0]: row for row in cells(sums.reset_index(), names)}
    if listed != again:
        wrong = sorted(
            key
            for key in listed.keys() | again.keys()
            if listed.get(key) != again.get(key)
        )
        raise RuntimeError(f"the recount differs for the units {wrong}")
    return len(again)
