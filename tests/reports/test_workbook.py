"""The workbook, read by another library than the one that wrote it."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from core.db import write
from quiz.models import Exam
from reports.frames import people_frame, recount, unit_frame
from reports.operations import UnitReport, open_unit_report
from reports.rules.ledger import Over
from reports.workbook import workbook
from tests.reports.factories import OPENS, Hall

ZONE = ZoneInfo("Asia/Shanghai")
LATER = OPENS + timedelta(days=1)
SHEETS = ["单位成绩表", "分类汇总", "人员成绩表", "说明"]
#: FAULTS F8 and what else must come out as it went in. NUL fits no database.
NAMES = [
    "=1+1", "@x", "+86", "-1", "\t制表", "\r回车", "<b>粗</b>", "A&B", "O'Brien",
    "𠮷田䶮㐱", "买买提·艾力", "王,五", "007", "1E5", "https://example.com/a", "{=A1}",
    "411500199001010018", "TRUE", "#N/A", " 前后空格 ", "_x0041_",
]  # fmt: skip


def opened(exam: Exam, now: datetime = LATER, over: Over = "took") -> UnitReport:
    return open_unit_report(exam_id=exam.id, now=now, key="k", by="管理员甲", over=over)


def read(content: bytes) -> Workbook:
    book: Workbook = load_workbook(io.BytesIO(content))
    return book


def typed(value: object) -> str:
    """A text as it was written: this reader leaves the file's form of CR."""
    return str(value).replace("_x000D_", "\r")


def table(sheet: Worksheet, first: str) -> tuple[int, list[dict[str, Any]]]:
    """The row of the headings and the rows below, up to the first empty one."""
    rows: list[tuple[Any, ...]] = list(sheet.iter_rows(values_only=True))
    top = next(at for at, row in enumerate(rows) if row[0] == first)
    found = []
    for row in rows[top + 1 :]:
        if all(value is None for value in row):
            break
        found.append(dict(zip(rows[top], row, strict=True)))
    return top + 1, found


def lines_above(sheet: Worksheet) -> list[str]:
    return [str(row[0]) for row in sheet.iter_rows(max_row=12, values_only=True)]


def test_F8_no_name_becomes_a_formula_a_link_or_another_name(app: Flask) -> None:
    with write() as session:
        hall = Hall(session)
        exam = hall.exam("=cmd|' /C calc'!A0", demo=True)
        for at, name in enumerate(NAMES):
            unit = hall.unit(name, code=f"=0{at}", category=name, level="@级")
            hall.person(exam, unit, name, 7000, exempt=None)
            hall.person(exam, unit, "免", exempt=name)
    content = workbook(opened(exam), ZONE)
    sheet = read(content)["人员成绩表"]
    top, rows = table(sheet, "单位编码")
    assert [typed(row["姓名"]) for row in rows[::2]] == NAMES
    assert [typed(row["单位"]) for row in rows[::2]] == NAMES
    assert [typed(row["免考事由"]) for row in rows[1::2]] == NAMES
    for row in sheet.iter_rows(min_row=top + 1):
        for cell in row[:4]:
            assert cell.data_type == "s"
            risky = typed(cell.value).startswith(("=", "+", "-", "@", "\t", "\r"))
            assert cell.quotePrefix == risky, cell.value
    for other in read(content).worksheets:
        assert other["A1"].quotePrefix
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            if name.startswith("xl/worksheets/"):
                assert b"<f>" not in archive.read(name)
                assert b"<hyperlink" not in archive.read(name)
        assert not [name for name in archive.namelist() if "externalLink" in name]


def test_F14_leading_zeros_long_numbers_and_commas_stay_as_they_are(app: Flask) -> None:
    codes = ["001", "411500199001010018", "1,2", "1E5", "2026-01-02"]
    with write() as session:
        hall = Hall(session)
        exam = hall.exam()
        for code in codes:
            hall.person(exam, hall.unit(f"单位{code}", code=code), "王,五", 7000)
    book = read(workbook(opened(exam), ZONE))
    for name in ("单位成绩表", "人员成绩表"):
        top, rows = table(book[name], "单位编码")
        assert [row["单位编码"] for row in rows][: len(codes)] == codes
        cells = [book[name].cell(top + 1 + at, 1) for at in range(len(codes))]
        assert {(cell.data_type, cell.number_format) for cell in cells} == {("s", "@")}


def mixed(session: Any, *, demo: bool = True, attempts: int = 2) -> Exam:
    hall = Hall(session)
    exam = hall.exam("年度测试", attempts=attempts, demo=demo)
    first = hall.unit("市司法局", category="政府部门", level="市直")
    second = hall.unit("甲县", category="县区", level="县区")
    hall.person(exam, first, "赵一", 5550, 9000)
    hall.person(exam, first, "钱二", 9000, state="auto")
    hall.person(exam, first, "孙三")
    hall.person(exam, first, "李四", exempt="长期病假")
    hall.person(exam, first, "周五", 9900, walk_in=True)
    hall.person(exam, second, "吴六", 6000)
    hall.person(exam, second, "郑七", 6001)
    void = hall.person(exam, second, "王八")
    hall.sitting(exam, void, 1, 8000, "void")
    hall.unit("乙县")
    empty = hall.unit("丙县", category="县区", level="县区")
    hall.person(exam, empty, "冯九", exempt="产假")
    return exam


def test_the_units_are_numbers_as_the_definitions_say(app: Flask) -> None:
    with write() as session:
        exam = mixed(session)
    sheet = read(workbook(opened(exam), ZONE))["单位成绩表"]
    top, rows = table(sheet, "单位编码")
    assert [row["单位"] for row in rows] == ["市司法局", "甲县", "丙县", "合计"]
    first = rows[0]
    assert [first[name] for name in ("应考", "实考", "缺考", "免考", "名单外")] == [
        3, 2, 1, 1, 1,
    ]  # fmt: skip
    assert first["参考率"] == pytest.approx(2 / 3)
    assert (first["平均分"], first["最高分"], first["最低分"]) == (72.75, 90, 55.5)
    assert (first["合格人数"], first["合格率"], first["优秀率"]) == (1, 0.5, 0.5)
    assert (first["补考人数"], first["最好成绩平均分"], first["最好成绩合格率"]) == (
        1, 90, 1,
    )  # fmt: skip
    nobody = rows[2]
    assert [nobody[name] for name in ("参考率", "平均分", "合格率", "最高分")] == [
        "—"
    ] * 4
    total = rows[3]
    assert (total["应考"], total["实考"], total["缺考"]) == (6, 4, 2)
    assert total["平均分"] == 66.38  # 265.51 / 4 = 66.3775
    assert total["合格率"] == 0.75
    headings = [cell.value for cell in sheet[top]]
    shown = {
        name: sheet.cell(top + 1, headings.index(name) + 1).number_format
        for name in ("应考", "参考率", "平均分", "合格率")
    }
    assert shown == {"应考": "0", "参考率": "0.0%", "平均分": "0.00", "合格率": "0.0%"}


def test_the_people_with_their_states(app: Flask) -> None:
    with write() as session:
        exam = mixed(session)
    sheet = read(workbook(opened(exam), ZONE))["人员成绩表"]
    _, rows = table(sheet, "单位编码")
    found = {
        row["姓名"]: (row["状态"], row["成绩"], row["等次"], row["最好成绩"])
        for row in rows
    }
    assert found == {
        "赵一": ("已交卷", 55.5, "不合格", 90),
        "钱二": ("自动收卷", 90, "优秀", 90),
        "孙三": ("缺考", "—", None, "—"),
        "李四": ("免考", "—", None, "—"),
        "周五": ("已交卷", 99, "优秀", 99),
        "吴六": ("已交卷", 60, "合格", 60),
        "郑七": ("已交卷", 60.01, "合格", 60.01),
        "王八": ("作废", "—", None, "—"),
        "冯九": ("免考", "—", None, "—"),
    }
    moments = {row["姓名"]: row["交卷时间"] for row in rows}
    assert moments["赵一"] == datetime(2026, 11, 23, 9, 45)  # noqa: DTZ001 - a cell
    assert moments["孙三"] == "—"
    assert {row["姓名"]: row["名单外"] for row in rows}["周五"] == "是"
    assert {row["姓名"]: row["免考事由"] for row in rows}["李四"] == "长期病假"


def test_categories_and_levels_are_counted_from_people_with_a_chart(app: Flask) -> None:
    with write() as session:
        exam = mixed(session)
    content = workbook(opened(exam), ZONE)
    sheet = read(content)["分类汇总"]
    _, rows = table(sheet, "类别")
    assert [(row["类别"], row["单位数"], row["合格人数"]) for row in rows] == [
        ("政府部门", 1, 1),
        ("县区", 2, 2),
        ("合计", 3, 3),
    ]
    assert rows[0]["合格率"] == 0.5
    _, levels = table(sheet, "级别")
    assert [row["级别"] for row in levels] == ["市直", "县区", "合计"]
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert "xl/charts/chart1.xml" in archive.namelist()


@pytest.mark.parametrize("demo", [True, False])
def test_every_sheet_says_when_by_whom_and_of_which_exam(
    app: Flask, demo: bool
) -> None:
    with write() as session:
        exam = mixed(session, demo=demo)
    report = opened(exam)
    book = read(workbook(report, ZONE))
    assert book.sheetnames == SHEETS
    for sheet in book.worksheets:
        above = "\n".join(lines_above(sheet))
        assert "年度测试" in above
        assert "生成时间：2026-11-24 09:00:00（北京时间）　生成人：管理员甲" in above
        assert report.exam.digest in above
        assert "合格率＝合格人数÷实考" in above
        assert "合格线 60 分，优秀线 90 分" in above
        assert ("示例数据" in above) == demo
        header: Any = sheet.oddHeader
        footer: Any = sheet.oddFooter
        assert ("示例数据" in header.right.text) == demo
        assert report.exam.digest[:16] in footer.left.text
        assert footer.right.text.replace(" ", "") == "&P/&N"


def test_the_sheets_are_set_up_for_the_screen_and_for_paper(app: Flask) -> None:
    with write() as session:
        exam = mixed(session)
    book = read(workbook(opened(exam), ZONE))
    for sheet in book.worksheets:
        assert (sheet.page_setup.paperSize, sheet.page_setup.orientation) == (
            9, "landscape",
        )  # fmt: skip
        assert sheet.page_setup.fitToHeight == 0
    for name, frozen in (("单位成绩表", "C"), ("人员成绩表", "D")):
        sheet = book[name]
        top, rows = table(sheet, "单位编码")
        assert sheet.freeze_panes == f"{frozen}{top + 1}"
        assert sheet.print_title_rows == f"${top}:${top}"
        first, last = sheet.auto_filter.ref.split(":")
        assert first == f"A{top}"
        totals = 1 if name == "单位成绩表" else 0
        assert int(re.sub(r"\D", "", last)) == top + len(rows) - totals


def test_a_column_is_wide_enough_for_its_chinese(app: Flask) -> None:
    name = "市综合行政执法支队直属一大队"
    with write() as session:
        hall = Hall(session)
        exam = hall.exam()
        hall.person(exam, hall.unit(name), "赵一", 7000)
    sheet = read(workbook(opened(exam), ZONE))["单位成绩表"]
    assert sheet.column_dimensions["B"].width >= 2 * len(name)


def test_the_denominator_is_the_one_that_was_chosen(app: Flask) -> None:
    with write() as session:
        exam = mixed(session)
    book = read(workbook(opened(exam, over="due"), ZONE))
    _, rows = table(book["单位成绩表"], "单位编码")
    assert rows[0]["合格率"] == pytest.approx(1 / 3)
    assert "合格率＝合格人数÷应考" in "\n".join(lines_above(book["单位成绩表"]))
    notes = {row[0]: row[1] for row in book["说明"].iter_rows(values_only=True)}
    assert notes["合格率"] == "合格人数÷应考"
    assert str(notes["复核"]).startswith("按人员成绩表逐人重新统计，3 个单位")


def test_before_the_end_nobody_is_called_absent(app: Flask) -> None:
    with write() as session:
        hall = Hall(session)
        exam, unit = hall.exam(), hall.unit("市司法局")
        hall.person(exam, unit, "赵一")
        hall.person(exam, unit, "钱二", None)
    book = read(workbook(opened(exam, OPENS + timedelta(minutes=30)), ZONE))
    _, rows = table(book["单位成绩表"], "单位编码")
    assert "缺考" not in rows[0]
    assert (rows[0]["尚未参加"], rows[0]["未完成"], rows[0]["平均分"]) == (1, 1, "—")
    _, people = table(book["人员成绩表"], "单位编码")
    assert [row["状态"] for row in people] == ["尚未参加", "未完成"]
    assert "考试尚未结束" in "\n".join(lines_above(book["说明"]))


def test_an_exam_of_nobody_makes_a_workbook_all_the_same(app: Flask) -> None:
    with write() as session:
        exam = Hall(session).exam()
    assert read(workbook(opened(exam), ZONE)).sheetnames == SHEETS


@pytest.mark.parametrize("name", ["due", "took", "passed", "total", "highest"])
def test_the_recount_stops_a_report_that_does_not_add_up(app: Flask, name: str) -> None:
    with write() as session:
        exam = mixed(session)
    report = opened(exam)
    units = unit_frame(report.units)
    people = people_frame(report.people, report.exam.marks, ZONE)
    assert recount(units, people, report.exam.marks) == 3
    first, *others = report.units
    more = getattr(first.figures, name) + 1
    false = replace(first, figures=replace(first.figures, **{name: more}))
    with pytest.raises(RuntimeError, match=rf"\[{first.unit.id}\]"):
        recount(unit_frame([false, *others]), people, report.exam.marks)
    with pytest.raises(RuntimeError):
        recount(unit_frame(report.units[1:]), people, report.exam.marks)
