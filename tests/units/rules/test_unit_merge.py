"""What a list of units changes."""

from __future__ import annotations

from collections.abc import Container, Sequence

from tests.units.rules.rows import units
from units.rules.unit_merge import KnownUnit, UnitPlan, plan_units


def known(
    n: int,
    code: str,
    name: str,
    *,
    category: str = "",
    parent: str | None = None,
    closed: bool = False,
) -> KnownUnit:
    return KnownUnit(n, code, name, category, "", parent, n, closed)


def plan(
    rows: Sequence[tuple[str | int, ...]],
    standing: tuple[KnownUnit, ...] = (),
    mine: Container[int] | None = None,
) -> UnitPlan:
    reading = units(*rows)
    assert reading.bad == []
    return plan_units(reading.lines, standing, mine)


def bad_rows(result: UnitPlan) -> list[int]:
    return sorted(cell.row for cell in result.bad)


def test_units_are_new_changed_or_unchanged_by_their_code() -> None:
    standing = (known(1, "A", "甲局"), known(2, "B", "乙局", category="群团"))
    result = plan([("A", "甲局"), ("B", "乙厅", "部门"), ("C", "丙局")], standing)
    assert [line.code for line in result.new] == ["C"]
    assert [one.unit.code for one in result.changed] == ["B"]
    assert [line.code for line in result.unchanged] == ["A"]
    assert list(result.changed[0].changes) == [
        ("name", "乙局", "乙厅"),
        ("category", "群团", "部门"),
    ]


def test_what_a_row_leaves_blank_stays() -> None:
    standing = (
        known(1, "A", "甲局", category="群团", parent="B"),
        known(2, "B", "乙局"),
    )
    assert len(plan([("A", "甲局", "", "", "", "")], standing).unchanged) == 1


def test_F7_the_same_list_twice_changes_nothing() -> None:
    standing = tuple(known(n, f"C{n}", f"第{n}局") for n in range(1, 50))
    rows = [(unit.code, unit.name, "", "", "", unit.position) for unit in standing]
    result = plan(rows, standing)
    assert len(result.unchanged) == 49
    assert (result.new, result.changed, result.bad) == ([], [], [])


def test_a_code_twice_is_bad_and_names_the_first_row() -> None:
    result = plan([("a", "甲局"), ("A", "乙局")])
    assert bad_rows(result) == [3]
    assert "第 2 行" in str(result.bad[0])
    assert len(result.new) == 1


def test_a_name_of_two_units_is_bad() -> None:
    result = plan(
        [("A", "甲 局"), ("B", "甲局"), ("C", "丙局")], (known(9, "D", "丙局"),)
    )
    assert bad_rows(result) == [3, 4]


def test_two_units_may_swap_their_names() -> None:
    standing = (known(1, "A", "甲局"), known(2, "B", "乙局"))
    result = plan([("A", "乙局"), ("B", "甲局")], standing)
    assert (result.bad, len(result.changed)) == ([], 2)


def test_a_name_that_is_given_up_in_a_bad_row_is_not_free() -> None:
    """B may take 甲局 only if A really gets another name; A's row is bad."""
    standing = (known(1, "A", "甲局"), known(2, "B", "乙局"), known(3, "C", "丙局"))
    result = plan([("A", "丙局"), ("B", "甲局")], standing)
    assert bad_rows(result) == [2, 3]
    assert result.changed == []


def test_parents_may_stand_in_the_file_or_the_database() -> None:
    standing = (known(1, "A", "甲局"),)
    result = plan([("C", "丙局", "", "", "B"), ("B", "乙局", "", "", "A")], standing)
    assert result.bad == []


def test_an_unknown_parent_is_bad_and_so_is_what_hangs_below() -> None:
    result = plan(
        [("A", "甲局", "", "", "X"), ("B", "乙局", "", "", "A"), ("C", "丙局")]
    )
    assert bad_rows(result) == [2, 3]
    assert [line.code for line in result.new] == ["C"]


def test_a_unit_is_never_below_itself() -> None:
    assert bad_rows(plan([("A", "甲局", "", "", "A")])) == [2]
    standing = (known(1, "A", "甲局", parent="B"), known(2, "B", "乙局"))
    result = plan([("B", "乙局", "", "", "A")], standing)
    assert bad_rows(result) == [2]
    assert "绕了一圈" in str(result.bad[0])


def test_a_unit_above_a_circle_of_others_is_no_part_of_it() -> None:
    rows = [
        ("A", "甲局", "", "", "B"),
        ("B", "乙局", "", "", "A"),
        ("C", "丙局", "", "", "A"),
    ]
    assert bad_rows(plan(rows)) == [2, 3, 4]  # C's parent is gone with the circle


def test_a_closed_unit_is_not_opened_by_a_file() -> None:
    standing = (known(1, "A", "甲局", closed=True),)
    rows = [("A", "甲局"), ("B", "乙局", "", "", "A")]
    said = [str(cell) for cell in plan(rows, standing).bad]
    assert len(said) == 2
    assert "已停用，请先在它的页面上恢复" in said[0]
    assert "上级单位“甲局”已停用" in said[1]
    (taken,) = plan([("C", "甲局")], standing).bad
    assert "停用单位（编码 A）" in str(taken)


def test_who_answers_for_a_part_of_the_tree_imports_only_there() -> None:
    """Mine is A with all below it; Z is another part."""
    standing = (
        known(1, "A", "甲县"),
        known(2, "A1", "甲县一局", parent="A"),
        known(9, "Z", "乙县"),
    )
    mine = {1, 2}
    inside = [
        ("A1", "甲县第一局"),
        ("A3", "甲县三所", "", "", "A2"),
        ("A2", "甲县二局", "", "", "A"),
    ]
    assert bad_rows(plan(inside, standing, mine)) == []
    outside = [
        ("Z", "丙县"),
        ("Z1", "乙县一局", "", "", "Z"),
        ("Y", "丁县"),
        ("A1", "甲县一局", "", "", "Z"),
    ]
    assert bad_rows(plan(outside, standing, mine)) == [2, 3, 4, 5]
    assert bad_rows(plan([("A", "甲县新名", "", "", "")], standing, mine)) == []


def test_the_stamp_follows_the_difference() -> None:
    rows = [("A", "甲厅")]
    before = plan(rows, (known(1, "A", "甲局"),)).stamp
    assert plan(rows, (known(1, "A", "甲局"),)).stamp == before
    assert plan(rows, (known(1, "A", "甲处"),)).stamp != before
    assert plan(rows, (known(1, "A", "甲厅"),)).stamp != before
    assert plan(rows).stamp != before
