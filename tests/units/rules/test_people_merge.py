"""What a roster changes."""

from __future__ import annotations

import pytest

from tests.units.rules.rows import people
from units.rules.people_merge import KnownPerson, PeoplePlan, plan_people
from units.rules.unit_merge import KnownUnit

UNITS = [
    KnownUnit(1, "A", "市司法局", "", "", None, 1),
    KnownUnit(2, "B", "市公安局", "", "", None, 2),
]


def known(
    n: int,
    name: str = "张三",
    tail: str | None = "0012",
    staff: str | None = None,
    *,
    unit: int = 1,
    left: bool = False,
) -> KnownPerson:
    return KnownPerson(n, unit, name, tail, staff, "", left)


def plan(rows: list[tuple[str, ...]], *standing: KnownPerson) -> PeoplePlan:
    reading = people(*rows)
    assert reading.bad == []
    return plan_people(reading.lines, UNITS, standing)


def summary(result: PeoplePlan) -> tuple[int, int, int, list[int]]:
    """(new, changed, unchanged, bad rows)."""
    bad = [cell.row for cell in result.bad]
    return len(result.new), len(result.changed), len(result.unchanged), bad


def row(
    name: str = "张三", tail: str = "0012", staff: str = "", unit: str = "市司法局"
) -> tuple[str, ...]:
    return unit, name, tail, staff


def test_somebody_new_is_added_to_the_unit() -> None:
    result = plan([row(unit="市 公安局")])
    assert summary(result) == (1, 0, 0, [])
    assert result.new[0][0] == 2


def test_f7_somebody_who_stands_is_not_added_again() -> None:
    assert summary(plan([row("张 三")], known(1, "张 三"))) == (0, 0, 1, [])


def test_the_same_name_and_tail_in_another_unit_is_somebody_else() -> None:
    assert summary(plan([row()], known(1, unit=2))) == (1, 0, 0, [])


def test_two_of_one_name_are_told_apart_by_tail() -> None:
    result = plan([row(tail="0012"), row(tail="0013")])
    assert summary(result) == (2, 0, 0, [])


def test_two_of_one_name_and_tail_are_told_apart_by_staff_number() -> None:
    assert summary(plan([row(staff="1"), row(staff="2")])) == (2, 0, 0, [])


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (row(), row()),
        (row(), row("张　三")),
        (row(staff="1"), row(tail="9999", staff="1")),
        (row(staff="1"), row()),
        (row(), row(staff="1")),
    ],
)
def test_identical_people_are_refused_with_both_rows_named(
    first: tuple[str, ...], second: tuple[str, ...]
) -> None:
    result = plan([first, second])
    assert summary(result) == (1, 0, 0, [3])
    assert "第 3 行" in str(result.bad[0])
    assert "第 2 行" in str(result.bad[0])


def test_two_rows_that_mean_one_person_who_stands_are_refused() -> None:
    result = plan([row(tail="", staff="1"), row()], known(1, staff="1"))
    assert summary(result) == (0, 0, 1, [3])


def test_a_staff_number_that_was_missing_is_filled_in() -> None:
    result = plan([row(staff="7")], known(1))
    assert summary(result) == (0, 1, 0, [])
    assert [(str(c.what), c.old, c.new) for c in result.changes] == [("工号", "", "7")]


def test_a_new_phone_of_a_known_staff_number_is_a_change() -> None:
    result = plan([row(tail="9999", staff="7")], known(1, staff="7"))
    assert summary(result) == (0, 1, 0, [])


def test_a_new_tail_without_a_staff_number_is_a_namesake() -> None:
    result = plan([row(tail="9999")], known(1))
    assert summary(result) == (1, 0, 0, [])
    assert len(result.namesakes) == 1


def test_a_tail_that_two_have_needs_a_staff_number() -> None:
    standing = known(1, staff="1"), known(2, staff="2")
    result = plan([row()], *standing)
    assert summary(result) == (0, 0, 0, [2])
    assert "填写工号" in str(result.bad[0])
    assert summary(plan([row(staff="2")], *standing)) == (0, 0, 1, [])


def test_a_change_must_not_make_two_people_look_alike() -> None:
    standing = known(1, tail="1111", staff="1"), known(2, tail="2222")
    assert summary(plan([row(tail="2222", staff="1")], *standing)) == (0, 0, 0, [2])


def test_somebody_who_left_comes_back() -> None:
    result = plan([row()], known(1, left=True))
    assert summary(result) == (0, 1, 0, [])
    assert result.namesakes == []


def test_an_unknown_unit_is_bad_and_a_close_name_is_offered() -> None:
    result = plan([row(unit="市司法厅"), row(unit="县气象台站")])
    assert summary(result)[3] == [2, 3]
    assert "是不是“市司法局”" in str(result.bad[0])
    assert "是不是" not in str(result.bad[1])


def test_a_unit_is_found_by_code_and_must_agree_with_its_name() -> None:
    by_code = ("", "张三", "0012", "", "", "b")
    unknown = ("", "张三", "0012", "", "", "X")
    quarrel = ("市司法局", "张三", "0012", "", "", "B")
    result = plan([by_code, unknown, quarrel])
    assert summary(result) == (1, 0, 0, [3, 4])
    assert "“市公安局”" in str(result.bad[1])


def test_many_rows_of_one_name_take_no_longer_than_others() -> None:
    """A hundred thousand comparisons of pairs would not end."""
    rows = [row(staff=str(n)) for n in range(20_000)]
    assert summary(plan(rows))[0] == 20_000
