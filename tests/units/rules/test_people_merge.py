"""What a roster changes."""

from __future__ import annotations

import pytest

from tests.units.rules.rows import people
from units.rules.matching import KnownPerson
from units.rules.people_merge import PeoplePlan, plan_people, settled
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


def plan(
    rows: list[tuple[str, ...]],
    *standing: KnownPerson,
    complete: bool = False,
    barred: dict[int, str] | None = None,
) -> PeoplePlan:
    reading = people(*rows)
    assert reading.bad == []
    return plan_people(reading.lines, UNITS, standing, complete=complete, barred=barred)


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


def test_F7_somebody_who_stands_is_not_added_again() -> None:
    assert summary(plan([row("张 三")], known(1, "张 三"))) == (0, 0, 1, [])


def test_L1_two_of_one_name_are_told_apart_by_tail() -> None:
    result = plan([row(tail="0012"), row(tail="0013")])
    assert summary(result) == (2, 0, 0, [])


def test_L1_two_of_one_name_and_tail_are_told_apart_by_staff_number() -> None:
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
def test_L1_identical_people_are_refused_with_both_rows_named(
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
    assert list(result.changed[0].changes) == [("staff_number", "", "7")]


def test_a_new_phone_of_a_known_staff_number_is_a_change() -> None:
    result = plan([row(tail="9999", staff="7")], known(1, staff="7"))
    assert summary(result) == (0, 1, 0, [])


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
    assert list(result.changed[0].changes) == [("returned", "", "")]


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


# Doubts


def doubts(result: PeoplePlan) -> list[tuple[int, int, bool]]:
    """(row, id of who it may be, whether they would move)."""
    return [(d.line.row.number, d.person.id, d.moves) for d in result.doubts]


def test_L1_another_tail_of_the_only_one_of_that_name_asks() -> None:
    result = plan([row(tail="9999")], known(1))
    assert (summary(result), doubts(result)) == ((0, 0, 0, []), [(2, 1, False)])
    same = settled(result, [True])
    assert list(same.changed[0].changes) == [("tail", "0012", "9999")]
    other = settled(result, [False])
    assert (len(other.new), other.changed, other.left) == (1, [], [])


def test_somebody_of_that_name_and_tail_elsewhere_asks() -> None:
    result = plan([row()], known(1, unit=2))
    assert (summary(result), doubts(result)) == ((0, 0, 0, []), [(2, 1, True)])
    moved = settled(result, [True]).moved
    assert [(one.person.id, one.person.unit_id, one.unit_id) for one in moved] == [
        (1, 2, 1)
    ]
    assert len(settled(result, [False]).new) == 1


def test_a_staff_number_found_elsewhere_asks_and_the_new_tail_comes_along() -> None:
    result = plan([row(tail="9999", staff="7")], known(1, staff="7", unit=2))
    assert doubts(result) == [(2, 1, True)]
    moved = settled(result, [True]).moved[0]
    assert list(moved.changes) == [("tail", "0012", "9999")]


def test_different_staff_numbers_are_two_people_without_a_question() -> None:
    standing = known(1, staff="7"), known(2, tail="3333", staff="7", unit=2)
    result = plan([row(tail="3333", staff="8")], *standing)
    assert (summary(result), result.doubts) == ((1, 0, 0, []), [])
    assert len(result.namesakes) == 1


def test_L1_nobody_is_asked_about_who_already_has_a_row() -> None:
    result = plan([row(), row(tail="9999")], known(1))
    assert (summary(result), result.doubts) == ((1, 0, 1, []), [])
    assert [line.tail for line in result.namesakes] == ["9999"]


def test_L1_two_new_rows_of_one_name_are_never_guessed_to_be_the_third() -> None:
    result = plan([row(tail="8888"), row(tail="9999")], known(1))
    assert (summary(result), result.doubts) == ((2, 0, 0, []), [])
    several = plan([row(tail="9999")], known(1), known(2, tail="0013"))
    assert (summary(several), several.doubts) == ((1, 0, 0, []), [])


def test_two_rows_that_want_the_same_person_from_elsewhere_are_new() -> None:
    rows = [row(staff="1"), row(staff="2")]
    result = plan(rows, known(1, unit=2))
    assert (summary(result), result.doubts) == ((2, 0, 0, []), [])


def test_who_is_on_two_rosters_of_the_file_has_two_places() -> None:
    result = plan([row(unit="市公安局"), row()], known(1, unit=2))
    assert (summary(result), result.doubts) == ((1, 0, 1, []), [])


# Complete files


def test_only_a_complete_file_takes_anybody_off() -> None:
    standing = known(1), known(2, "李四", "0013"), known(3, "王五", "0014", unit=2)
    assert plan([row()], *standing).left == []
    left = plan([row()], *standing, complete=True).left
    assert [person.id for person in left] == [2]  # 3 is in a unit the file leaves out


def test_who_has_left_before_does_not_leave_again() -> None:
    result = plan([row()], known(1), known(2, "李四", left=True), complete=True)
    assert result.left == []


def test_who_is_asked_about_leaves_only_if_the_row_is_somebody_else() -> None:
    result = plan([row(tail="9999")], known(1), complete=True)
    assert (result.left, len(result.doubts)) == ([], 1)
    assert settled(result, [True]).left == []
    assert [person.id for person in settled(result, [False]).left] == [1]


def test_who_may_have_moved_stays_where_the_file_says_nothing() -> None:
    result = plan([row()], known(1, unit=2), complete=True)
    assert settled(result, [False]).left == []
    both = plan([row(), row("李四", unit="市公安局")], known(1, unit=2), complete=True)
    assert [person.id for person in settled(both, [False]).left] == [1]


# Who may change what


def test_a_barred_unit_is_bad_with_its_reason() -> None:
    result = plan([row(), row(unit="市公安局")], barred={2: "“%(name)s”不归您管"})
    assert summary(result) == (1, 0, 0, [3])
    assert str(result.bad[0]) == "“市公安局”不归您管"


def test_the_stamp_follows_the_difference() -> None:
    rows = [row(), row("李四")]
    one = plan(rows, known(1)).stamp
    assert plan(rows, known(1)).stamp == one
    others = [
        plan(rows, known(1), known(2, "李四")),
        plan(rows, known(1, tail="0013")),
        plan(rows, known(1, unit=2)),
        plan(rows, known(1), known(2, "王五"), complete=True),
        plan(rows, known(1), complete=True),
        plan([*rows, row("李四")], known(1)),
    ]
    assert len({one, *(other.stamp for other in others)}) == 7
