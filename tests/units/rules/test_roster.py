"""What is wrong with a row on its own."""

from __future__ import annotations

import pytest

from core.cells import BadCell, Cell, Row, Table
from core.errors import Refused
from tests.units.rules.rows import PERSON, people, rows, units
from units.rules.roster import read_people


def places(bad: list[BadCell]) -> list[str]:
    return [cell.where for cell in bad]


def test_a_good_unit_is_understood() -> None:
    (line,) = units((" dw-１ ", "市  司法局", "政府部门", "", "DW0", 3)).lines
    assert (line.code, line.name, line.category) == ("DW-1", "市 司法局", "政府部门")
    assert (line.level, line.parent_code, line.position) == (None, "DW0", 3)


@pytest.mark.parametrize(
    ("row", "place", "word"),
    [
        (("", "甲局"), "A2", "没有单位编码"),
        (("1", ""), "B2", "没有单位名称"),
        (("1|2", "甲局"), "A2", "编码只能"),
        (("1" * 33, "甲局"), "A2", "编码只能"),
        (("1", "甲" * 101), "B2", "100"),
        (("1", "甲｜局"), "B2", "竖线"),
        (("1", "甲局", "类" * 51), "C2", "50"),
        (("1", "甲局", "", "", "上 级|"), "E2", "编码只能"),
        (("1", "甲局", "", "", "", "1.5"), "F2", "整数"),
        (("1", "甲局", "", "", "", "-1"), "F2", "整数"),
    ],
)
def test_a_bad_unit_is_named_by_its_cell(
    row: tuple[str, ...], place: str, word: str
) -> None:
    reading = units(row)
    assert reading.lines == []
    assert places(reading.bad) == [place]
    assert word in str(reading.bad[0])


def test_every_bad_cell_of_a_row_is_told() -> None:
    assert places(units(("", "", "", "", "", "x")).bad) == ["A2", "B2", "F2"]


def test_a_good_person_keeps_only_the_tail() -> None:
    (line,) = people(("甲局", "买买提·艾力", "13900000012", " g１ ", "中层")).lines
    assert (line.name, line.tail, line.staff_number) == ("买买提·艾力", "0012", "G1")
    assert line.rank == "中层"


@pytest.mark.parametrize(
    ("row", "place", "word"),
    [
        (("", "张三", "0012"), "A2", "没有填写单位"),
        (("甲局", "", "0012"), "B2", "没有填写姓名"),
        (("甲局", "张三", ""), "C2", "至少填一项"),
        (("甲局", "张三", "12"), "C2", "四位数字"),
        (("甲局", "张三", "12", "G1"), "C2", "四位数字"),
        (("甲局", "张三", "0012", "G" * 33), "D2", "工号"),
        (("甲局", "张三", "0012", "a|b"), "D2", "工号"),
        (("甲局", "张" * 51, "0012"), "B2", "50"),
    ],
)
def test_a_bad_person_is_named_by_its_cell(
    row: tuple[str, ...], place: str, word: str
) -> None:
    reading = people(row)
    assert reading.lines == []
    assert places(reading.bad) == [place]
    assert word in str(reading.bad[0])


def test_a_staff_number_alone_is_enough() -> None:
    assert people(("甲局", "张三", "", "7")).lines[0].tail is None


def test_F8_a_name_may_begin_with_any_sign() -> None:
    names = [line.name for line in people(("甲局", "=1+1", "0012")).lines]
    assert names == ["=1+1"]


def test_a_number_cell_gets_its_zeros_back_and_that_is_told() -> None:
    reading = people(("甲局", "张三", 12), ("甲局", "李四", 1234))
    assert [line.tail for line in reading.lines] == ["0012", "1234"]
    (note,) = reading.notes
    assert "1 个手机尾号" in str(note)
    assert "C2" in str(note)


@pytest.mark.parametrize("column", range(5))
def test_F5_an_id_number_is_refused_in_any_column_and_never_repeated(
    column: int,
) -> None:
    row = ["甲局", "张三", "0012", "G1", "中层"]
    row[column] = "110101199003070011"
    reading = people(row)
    assert reading.lines == []
    assert any("身份证号" in str(cell) for cell in reading.bad)
    assert "19900307" not in "".join(str(cell) for cell in reading.bad)


def test_F5_an_id_number_in_a_column_nobody_asked_for_is_refused() -> None:
    table = rows(PERSON, ("甲局", "张三", "0012"))
    row = table.rows[0]
    spare = Cell("110101199003070011", "H2")
    reading = read_people(Table([Row("人员", 2, row.cells, [spare])], [], ["备注"]))
    assert places(reading.bad) == ["H2"]


def test_F5_a_column_of_id_numbers_is_one_sentence() -> None:
    table = rows(PERSON, ("甲局", "张三", "0012"))
    with pytest.raises(Refused, match="“身份证号码”这一列"):
        read_people(Table(table.rows, [], ["身份证号码"]))


def test_a_row_the_reader_found_damaged_is_not_judged_again() -> None:
    table = rows(PERSON, ("甲局", "张三", "1e15"))
    damaged = BadCell("人员", "C2", "damaged")
    reading = read_people(Table(table.rows, [damaged], []))
    assert (reading.lines, reading.bad) == ([], [damaged])


def test_a_file_with_headings_alone_is_refused() -> None:
    with pytest.raises(Refused, match="表头下面没有内容"):
        units()


def test_unused_columns_and_skipped_sheets_are_told() -> None:
    table = rows(PERSON, ("甲局", "张三", "0012"))
    reading = read_people(Table(table.rows, [], ["备注"], ["填写说明", "Sheet2"]))
    assert [str(note) for note in reading.notes] == [
        "这些列没有用到：备注",
        "这些工作表没有表头，没有读取：Sheet2",
    ]


def test_bad_cells_come_in_the_order_of_the_file() -> None:
    reading = people(("", "张三", "0012"), ("甲局", "李四", "0012"), ("", "王五", "1"))
    more = [BadCell("人员", "B3", "x")]
    assert places(reading.all_bad(more)) == ["A2", "B3", "A4", "C4"]
