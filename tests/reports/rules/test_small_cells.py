from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reports.rules.ledger import Attempt, Entrant, Marks, UnitKey, tally, unit_lines
from reports.rules.small_cells import (
    LEAST,
    part_published,
    units_published,
    withheld,
    without_results,
)

MARKS = Marks(6000, 9000)


def people_of(unit: int, count: int, *, level: str = "市直") -> list[Entrant]:
    key = UnitKey(unit, str(unit), f"单位{unit}", "", level, unit)
    sat = (Attempt(1, "submitted", 6100 + unit),)
    return [Entrant(key, exempt=False, walk_in=False, attempts=sat)] * count


def test_V6_results_over_fewer_than_five_are_withheld() -> None:
    assert withheld({"a": 5, "b": 4, "c": 3, "d": 30}, [["a", "b", "c", "d"]]) == {
        "b",
        "c",
    }


def test_V6_one_small_cell_takes_the_next_with_it() -> None:
    """Else the total minus the others would tell it."""
    assert withheld({"a": 6, "b": 2, "c": 9}, [["a", "b", "c"]]) == {"a", "b"}


def test_V6_two_small_cells_that_are_still_few_take_another() -> None:
    cells = {"a": 6, "b": 1, "c": 2, "d": 9}
    assert withheld(cells, [list(cells)]) == {"a", "b", "c"}


def test_V6_every_total_is_looked_at() -> None:
    cells = {"a": 2, "b": 2, "c": 2, "d": 8, "e": 9}
    whole, upper, lower = list(cells), ["a", "d"], ["b", "c", "e"]
    assert withheld(cells, [whole, upper, lower]) == {"a", "b", "c", "d", "e"}


def test_a_unit_where_nobody_sat_has_no_result_to_hide() -> None:
    assert withheld({"a": 0, "b": 9}, [["a", "b"]]) == frozenset()


@given(
    st.dictionaries(st.integers(0, 30), st.integers(0, 12), max_size=20),
    st.lists(st.sets(st.integers(0, 30)), max_size=5),
)
def test_V6_nothing_small_can_be_had_by_subtraction(
    people: dict[int, int], parts: list[set[int]]
) -> None:
    totals = [[cell for cell in part if cell in people] for part in parts]
    hidden = withheld(people, totals)
    assert {cell for cell, n in people.items() if 0 < n < LEAST} <= hidden
    for total in totals:
        own = [cell for cell in total if cell in hidden]
        shown = [cell for cell in total if people[cell] and cell not in hidden]
        if own and shown:
            assert len(own) > 1
            assert sum(people[cell] for cell in own) >= LEAST


def test_withheld_figures_keep_participation_and_lose_results() -> None:
    figures = without_results(tally(people_of(1, 3), MARKS, "took"))
    assert (figures.due, figures.took, figures.turnout.fraction) == (3, 3, "3/3")
    assert (figures.mean, figures.highest, figures.lowest) == (None, None, None)
    assert figures.pass_rate.percent == figures.excellence.percent == "—"
    assert figures.best_mean is None


def test_V6_a_ledger_shows_results_of_large_units_only() -> None:
    everybody = [
        *people_of(1, 2), *people_of(2, 8), *people_of(3, 9, level="县区"),
        *people_of(4, 20, level="县区"),
    ]  # fmt: skip
    lines = units_published(unit_lines(everybody, MARKS, "took"))
    # 1 is small; 2 is the rest of its level.
    assert [one.figures.withheld for one in lines] == [True, True, False, False]
    total = tally(everybody, MARKS, "took")
    assert part_published(lines, total) == total
    alone = tally(people_of(1, 2), MARKS, "took")
    assert part_published(lines[:1], alone).withheld
