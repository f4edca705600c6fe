"""The ledger: every boundary, and by property against another way of counting."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.rules.ledger import (
    Attempt,
    Entrant,
    Figures,
    Grade,
    Marks,
    Over,
    Rate,
    Standing,
    UnitKey,
    group_lines,
    mean_of,
    tally,
    unit_lines,
)

MARKS = Marks(passing=6000, excellent=9000)
UNIT = UnitKey(1, "001", "市司法局", "政府部门", "市直", 1)


def entrant(
    *attempts: tuple[str, int | None],
    exempt: bool = False,
    walk_in: bool = False,
    unit: UnitKey = UNIT,
) -> Entrant:
    made = (Attempt(n, state, points) for n, (state, points) in enumerate(attempts, 1))
    return Entrant(unit=unit, exempt=exempt, walk_in=walk_in, attempts=tuple(made))


def figures(*people: Entrant, over: Over = "took") -> Figures:
    return tally(people, MARKS, over)


# Who is counted


def test_due_is_the_frozen_list_without_the_exempt() -> None:
    found = figures(entrant(), entrant(exempt=True), entrant(("submitted", 7000)))
    assert (found.due, found.exempt, found.took, found.absent) == (2, 1, 1, 1)


def test_an_exempt_person_who_took_it_all_the_same_changes_no_figure() -> None:
    found = figures(entrant(("submitted", 9900), exempt=True))
    assert (found.due, found.took, found.total, found.highest) == (0, 0, 0, None)


def test_a_walk_in_stands_in_a_column_of_their_own_and_in_no_rate() -> None:
    found = figures(
        entrant(("submitted", 5000)), entrant(("submitted", 10000), walk_in=True)
    )
    assert (found.due, found.took, found.walk_ins) == (1, 1, 1)
    assert (found.mean, found.highest, found.pass_rate) == (5000, 5000, Rate(0, 1))


def test_a_walk_in_who_never_began_or_was_declared_void_is_not_counted() -> None:
    found = figures(entrant(walk_in=True), entrant(("void", 8000), walk_in=True))
    assert (found.due, found.walk_ins, found.absent, found.voided) == (0, 0, 0, 0)


def test_somebody_whose_every_sitting_is_void_is_absent() -> None:
    one = entrant(("void", 9500), ("void", None))
    assert one.standing is Standing.VOID
    found = figures(one)
    assert (found.due, found.took, found.absent, found.voided) == (1, 0, 1, 1)
    assert found.total == 0


def test_somebody_still_answering_took_it_and_has_no_result_yet() -> None:
    one = entrant(("open", None))
    assert one.standing is Standing.UNFINISHED
    found = figures(one, entrant(("submitted", 8000)))
    assert (found.took, found.unfinished, found.scored, found.mean) == (2, 1, 1, 8000)
    assert found.pass_rate == Rate(1, 2)


def test_a_reopened_sitting_has_no_result_until_it_is_closed_again() -> None:
    """The score of the earlier sheet may be there: it does not count meanwhile."""
    one = entrant(("open", 8800), ("submitted", 9000))
    assert one.standing is Standing.UNFINISHED
    assert (one.result, one.best) == (None, 9000)


@pytest.mark.parametrize(
    ("state", "standing"),
    [("submitted", Standing.SUBMITTED), ("auto", Standing.AUTO)],
)
def test_handed_in_and_collected_are_told_apart(state: str, standing: Standing) -> None:
    assert entrant((state, 0)).standing is standing


def test_standings_without_a_sitting() -> None:
    assert entrant().standing is Standing.MISSING
    assert entrant(exempt=True).standing is Standing.EXEMPT


# Which result counts


def test_M6_a_make_up_stands_beside_the_first_result_and_never_replaces_it() -> None:
    one = entrant(("submitted", 5500), ("submitted", 9100))
    assert (one.result, one.best, one.again) == (5500, 9100, True)
    found = figures(one)
    assert (found.passed, found.excellent, found.mean) == (0, 0, 5500)
    assert (found.best_passed, found.best_excellent, found.best_mean) == (1, 1, 9100)
    assert found.again == 1


def test_a_worse_make_up_does_not_lower_the_best() -> None:
    one = entrant(("submitted", 7000), ("auto", 6500))
    assert (one.result, one.best) == (7000, 7000)


def test_what_follows_a_void_sitting_is_the_first_result_and_no_make_up() -> None:
    one = entrant(("void", 9900), ("submitted", 6100))
    assert (one.result, one.best, one.again) == (6100, 6100, False)
    assert one.standing is Standing.SUBMITTED


def test_attempts_count_by_number_whatever_their_order() -> None:
    later, first = Attempt(2, "submitted", 9000), Attempt(1, "submitted", 4000)
    assert Entrant(UNIT, False, False, (later, first)).result == 4000


# Marks are compared in hundredths


@pytest.mark.parametrize(
    ("points", "grade"),
    [
        (0, Grade.FAILED),
        (5999, Grade.FAILED),
        (6000, Grade.PASSED),
        (8999, Grade.PASSED),
        (9000, Grade.EXCELLENT),
        (10000, Grade.EXCELLENT),
    ],
)
def test_a_hundredth_below_the_mark_is_below_it(points: int, grade: Grade) -> None:
    assert MARKS.grade(points) is grade
    found = figures(entrant(("submitted", points)))
    assert found.passed == (grade is not Grade.FAILED)
    assert found.excellent == (grade is Grade.EXCELLENT)


# Rates and means


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [
        (12, 13, "92.3 %  (12/13)"),
        (0, 5, "0.0 %  (0/5)"),
        (5, 5, "100.0 %  (5/5)"),
        (1, 16, "6.3 %  (1/16)"),  # 6.25: half goes up
        (1, 2000, "0.1 %  (1/2000)"),  # 0.05
        (1, 2001, "0.0 %  (1/2001)"),
        (2, 3, "66.7 %  (2/3)"),
        (1, 3, "33.3 %  (1/3)"),
        (0, 0, "—"),
    ],
)
def test_a_rate_is_shown_with_its_counts_half_up(
    part: int, whole: int, shown: str
) -> None:
    assert str(Rate(part, whole)) == shown


def test_a_rate_over_nobody_has_no_value() -> None:
    nobody = Rate(0, 0)
    assert (nobody.value, nobody.percent, nobody.fraction) == (None, "—", "")


@pytest.mark.parametrize(
    ("results", "mean"),
    [
        ((5000,), 5000),
        ((5000, 5001), 5001),  # 50.005 goes up
        ((5000, 5000, 5001), 5000),  # 50.00333…
        ((5000, 5001, 5001), 5001),  # 50.00666…
        ((0, 0), 0),
        ((), None),
    ],
)
def test_a_mean_is_half_up_to_a_hundredth(
    results: tuple[int, ...], mean: int | None
) -> None:
    assert mean_of(sum(results), len(results)) == mean
    assert figures(*(entrant(("auto", one)) for one in results)).mean == mean


def test_rates_can_be_over_those_due() -> None:
    people = (entrant(("submitted", 9500)), entrant(("submitted", 6000)), entrant())
    took, due = figures(*people), figures(*people, over="due")
    assert (took.pass_rate, took.excellence) == (Rate(2, 2), Rate(1, 2))
    assert (due.pass_rate, due.excellence) == (Rate(2, 3), Rate(1, 3))
    assert took.turnout == due.turnout == Rate(2, 3)
    assert took.mean == due.mean


def test_nobody_makes_dashes_and_no_error() -> None:
    empty = figures()
    rates = (empty.turnout, empty.pass_rate, empty.excellence, empty.best_pass_rate)
    assert [str(rate) for rate in rates] == ["—"] * 4
    assert (empty.mean, empty.highest, empty.lowest, empty.best_mean) == (None,) * 4


# Lines


def key(number: int, category: str = "", level: str = "", position: int = 0) -> UnitKey:
    return UnitKey(number, f"{number:03}", f"单位{number}", category, level, position)


def test_units_stand_in_the_order_of_the_list_then_of_their_making() -> None:
    people = [entrant(unit=key(n, position=p)) for n, p in ((3, 1), (1, 2), (2, 1))]
    lines = unit_lines(people, MARKS, "took")
    assert [line.unit.id for line in lines] == [2, 3, 1]


def test_a_unit_with_walk_ins_only_is_listed_with_dashes() -> None:
    (line,) = unit_lines([entrant(("auto", 6000), walk_in=True)], MARKS, "took")
    assert (line.figures.due, line.figures.walk_ins) == (0, 1)
    assert str(line.figures.turnout) == "—"


def test_categories_are_counted_from_people_not_averaged_from_units() -> None:
    """One person at 100 and three at 40: the mean is 55, not the units' 70."""
    small, large = key(1, "群团"), key(2, "群团")
    people = [entrant(("submitted", 10000), unit=small)]
    people += [entrant(("submitted", 4000), unit=large)] * 3
    (line,) = group_lines(people, lambda unit: unit.category, MARKS, "took")
    assert (line.units, line.figures.mean) == (2, 5500)
    assert line.figures.pass_rate == Rate(1, 4)


def test_groups_stand_in_the_order_of_their_units_the_nameless_last() -> None:
    people = [
        entrant(unit=key(1, "", position=1)),
        entrant(unit=key(2, "县区", position=3)),
        entrant(unit=key(3, "群团", position=2)),
    ]
    lines = group_lines(people, lambda unit: unit.category, MARKS, "took")
    assert [line.name for line in lines] == ["群团", "县区", ""]


# By property

attempts = st.lists(
    st.one_of(
        st.tuples(st.just("open"), st.none()),
        st.tuples(
            st.sampled_from(["submitted", "auto", "void"]),
            st.one_of(st.sampled_from([5999, 6000, 8999, 9000]), st.integers(0, 10000)),
        ),
    ),
    max_size=3,
)
units = st.builds(
    lambda n: key(n, ("党委", "政府", "")[n % 3], ("市直", "县区")[n % 2], n % 4),
    st.integers(1, 9),
)
entrants = st.lists(
    st.builds(
        lambda tries, exempt, walk_in, unit: entrant(
            *tries, exempt=exempt, walk_in=walk_in, unit=unit
        ),
        attempts,
        st.booleans(),
        st.booleans(),
        units,
    ),
    max_size=40,
)

ADDED = (
    "due", "took", "absent", "exempt", "walk_ins", "unfinished", "voided", "scored",
    "again", "total", "passed", "excellent", "best_total", "best_passed",
)  # fmt: skip


@given(entrants, st.sampled_from(["took", "due"]))
def test_units_levels_and_categories_add_up_to_the_whole(
    people: list[Entrant], over: Over
) -> None:
    whole = tally(people, MARKS, over)
    by_unit = [line.figures for line in unit_lines(people, MARKS, over)]
    by_level = group_lines(people, lambda unit: unit.level, MARKS, over)
    by_category = group_lines(people, lambda unit: unit.category, MARKS, over)
    for parts in (
        by_unit,
        [line.figures for line in by_level],
        [line.figures for line in by_category],
    ):
        for name in ADDED:
            assert sum(getattr(part, name) for part in parts) == getattr(whole, name)
        tops = [part.highest for part in parts if part.highest is not None]
        assert max(tops, default=None) == whole.highest
        lows = [part.lowest for part in parts if part.lowest is not None]
        assert min(lows, default=None) == whole.lowest
    assert sum(line.units for line in by_level) == len(by_unit)


@given(entrants)
def test_another_way_of_counting_gives_the_same(people: list[Entrant]) -> None:
    """By hand, with a Counter and fractions, from the raw attempts."""
    count: Counter[str] = Counter()
    results: list[int] = []
    for one in people:
        valid = [a for a in one.attempts if a.state != "void"]
        if one.walk_in:
            count["walk_in"] += bool(valid)
        elif one.exempt:
            count["exempt"] += 1
        else:
            count["due"] += 1
            count["took"] += bool(valid)
            if valid and valid[0].state != "open" and valid[0].points is not None:
                results.append(valid[0].points)
    found = tally(people, MARKS, "took")
    assert found.walk_ins == count["walk_in"]
    assert (found.due, found.took) == (count["due"], count["took"])
    assert found.exempt == count["exempt"]
    assert found.unfinished == count["took"] - len(results)
    assert found.passed == len([points for points in results if points > 5999])
    assert found.excellent == len([points for points in results if points > 8999])
    if results:
        mean = Fraction(sum(results), len(results)) + Fraction(1, 2)
        assert found.mean == mean.numerator // mean.denominator
    assert sorted(results)[-1:] == [found.highest][: len(results)]


@given(entrants)
def test_no_figure_leaves_its_bounds(people: list[Entrant]) -> None:
    found = tally(people, MARKS, "took")
    assert 0 <= found.excellent <= found.passed <= found.scored <= found.took
    assert found.took <= found.due
    assert found.voided <= found.absent
    assert found.total <= found.best_total
    assert found.passed <= found.best_passed <= found.took
    if found.mean is not None:
        assert found.lowest is not None
        assert found.highest is not None
        assert found.lowest <= found.mean <= found.highest


@given(entrants, st.randoms())
def test_the_order_of_people_is_nothing(people: list[Entrant], chance: object) -> None:
    mixed = list(people)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    assert unit_lines(mixed, MARKS, "took") == unit_lines(people, MARKS, "took")
