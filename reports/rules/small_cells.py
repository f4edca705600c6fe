"""Which results are withheld, so that a table of units tells nothing of one person.

The result of a unit of two people is nearly the result of each. So results over fewer
than ``LEAST`` people are not shown; and since totals are shown, others are withheld
beside them until nothing under ``LEAST`` can be had by subtraction.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from reports.rules.ledger import Figures, GroupLine, UnitLine

Cell = TypeVar("Cell", bound=Hashable)

LEAST = 5  # people a published result is over


def withheld(
    people: Mapping[Cell, int],
    totals: Iterable[Iterable[Cell]],
    least: int = LEAST,
) -> frozenset[Cell]:
    """The cells whose result is not shown.

    :param people: How many people each cell's result is over.
    :param totals: The cells under each total that is shown.
    :return: Every cell of 1 to ``least`` − 1 people; and of each total so many more,
        the smallest first, that what is withheld is over ``least`` people or more, in
        two cells or more, or is all there is.
    """
    hidden = {cell for cell, n in people.items() if 0 < n < least}
    parts = [[cell for cell in part if people[cell]] for part in totals]
    changed = True
    while changed:
        changed = False
        for part in parts:
            own = [cell for cell in part if cell in hidden]
            rest = sorted(
                (cell for cell in part if cell not in hidden),
                key=lambda cell: (people[cell], str(cell)),
            )
            short = len(own) < 2 or sum(people[cell] for cell in own) < least
            if own and rest and short:
                hidden.add(rest[0])
                changed = True
    return frozenset(hidden)


def without_results(figures: Figures) -> Figures:
    """The figures of participation alone."""
    return replace(
        figures,
        total=0,
        passed=0,
        excellent=0,
        highest=None,
        lowest=None,
        best_total=0,
        best_count=0,
        best_passed=0,
        best_excellent=0,
        withheld=True,
    )


def units_published(lines: Sequence[UnitLine]) -> list[UnitLine]:
    """The ledger with the results of small units withheld."""
    people = {one.unit.id: one.figures.took for one in lines}
    parts: dict[tuple[str, str], list[int]] = {}
    for one in lines:
        level, category = ("level", one.unit.level), ("category", one.unit.category)
        for total in (("all", ""), level, category):
            parts.setdefault(total, []).append(one.unit.id)
    hidden = withheld(people, parts.values())
    return [
        replace(one, figures=without_results(one.figures))
        if one.unit.id in hidden
        else one
        for one in lines
    ]


def groups_published(lines: Sequence[GroupLine]) -> list[GroupLine]:
    """Levels or categories with the results of small ones withheld."""
    people = {one.name: one.figures.took for one in lines}
    hidden = withheld(people, [list(people)])
    return [
        replace(one, figures=without_results(one.figures))
        if one.name in hidden
        else one
        for one in lines
    ]


def part_published(lines: Sequence[UnitLine], total: Figures) -> Figures:
    """The total of some lines of the published ledger; withheld if it tells of one."""
    hidden = [one.figures.took for one in lines if one.figures.withheld]
    told = len(hidden) == 1 or 0 < sum(hidden) < LEAST or 0 < total.took < LEAST
    return without_results(total) if told else total
