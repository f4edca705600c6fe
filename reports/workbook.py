"""The unit report as an xlsx file that is right in Excel and in WPS."""

from __future__ import annotations

from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext
from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from core.pages import clock
from reports.definitions import (
    absent_word,
    definitions,
    grade_words,
    head_lines,
    notices,
    standing_words,
)
from reports.frames import cells, group_frame, people_frame, recount, unit_frame
from reports.operations import UnitReport
from reports.rules.ledger import Figures
from reports.sheets import (
    Column,
    Styles,
    put_table,
    put_text,
    set_up_print,
)

#: Text stays text, whatever it looks like.
OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


def workbook(
    report: UnitReport, zone: ZoneInfo, *, public: bool = False, small: bool = True
) -> bytes:
    """The report as the bytes of an xlsx file.

    :param public: Without the sheet of people.
    :param small: Whether small units show their results.

    :raises RuntimeError: If the recount from the people's sheet does not agree.
    """
    units = unit_frame(report.units)
    people = people_frame(report.people, report.exam.marks, zone)
    agreed = recount(units, people, report.exam.marks)
    target = BytesIO()
    book = Workbook(target, OPTIONS)
    book.set_properties(
        {
            "title": report.exam.title,
            "author": report.by,
            "created": report.generated_at.astimezone(zone).replace(tzinfo=None),
        }
    )
    if not small:  # after the recount, which is over everybody
        report = report.published()
        units = unit_frame(report.units)
    writer = _Writer(book, report, zone)
    writer.unit_sheet(units)
    writer.group_sheet()
    if not public:
        writer.people_sheet(people)
    writer.notes_sheet(agreed)
    book.close()
    return target.getvalue()


class _Writer:
    """The sheets of one report."""

    def __init__(self, book: Workbook, report: UnitReport, zone: ZoneInfo) -> None:
        self.book = book
        self.report = report
        self.exam = report.exam
        self.zone = zone
        self.styles = Styles(book)

    def unit_sheet(self, frame: Any) -> None:
        """单位成绩表: one row per unit, totals below."""
        sheet, top = self._begin(gettext("单位成绩表"))
        columns = [
            Column("code", gettext("单位编码"), "text"),
            Column("name", gettext("单位"), "text"),
            Column("category", gettext("类别"), "text"),
            Column("level", gettext("级别"), "text"),
            *self._figure_columns(),
        ]
        total = ("", gettext("合计"), "", "", *self._figures(self.report.total))
        rows = cells(frame, [column.name for column in columns])
        put_table(sheet, self.styles, top, columns, rows, total)
        self._finish(sheet, top, freeze_columns=2)

    def group_sheet(self) -> None:
        """分类汇总: by category and by level, with a chart of the pass rates."""
        sheet, top = self._begin(gettext("分类汇总"))
        first = True
        for label, lines in (
            (gettext("类别"), self.report.categories),
            (gettext("级别"), self.report.levels),
        ):
            columns = [
                Column("name", label, "text"),
                Column("units", gettext("单位数"), "whole"),
                *self._figure_columns(),
            ]
            frame = group_frame(lines)
            frame["name"] = frame["name"].replace("", gettext("未填写"))
            total = (
                gettext("合计"),
                len(self.report.units),
                *self._figures(self.report.total),
            )
            rows = cells(frame, [column.name for column in columns])
            below = put_table(
                sheet, self.styles, top, columns, rows, total, filtered=False
            )
            if first and len(lines) > 1:
                rate = [column.name for column in columns].index("pass_rate")
                self._chart(sheet, top, len(lines), rate, below)
                below += 19
            top, first = below + 1, False
        sheet.set_column(0, 0, 20)
        self._finish(sheet, None)

    def people_sheet(self, frame: Any) -> None:
        """人员成绩表: one row per person."""
        sheet, top = self._begin(gettext("人员成绩表"))
        columns = [
            Column("code", gettext("单位编码"), "text"),
            Column("unit", gettext("单位"), "text"),
            Column("name", gettext("姓名"), "text"),
            Column("standing", gettext("状态"), "text"),
            Column("points", gettext("成绩"), "points"),
            Column("grade", gettext("等次"), "text"),
            Column("closed_at", gettext("交卷时间"), "moment"),
            Column("walk_in", gettext("名单外"), "text"),
            Column("exempt_reason", gettext("免考事由"), "text"),
        ]
        if self.exam.attempts > 1:
            columns += [
                Column("best", gettext("最好成绩"), "points"),
                Column("best_grade", gettext("最好成绩等次"), "text"),
            ]
        shown = frame.copy()
        shown["standing"] = frame["standing"].map(standing_words(over=self.exam.over))
        for name in ("grade", "best_grade"):
            shown[name] = frame[name].map(grade_words() | {"": ""})
        shown["walk_in"] = frame["walk_in"].map({True: gettext("是"), False: ""})
        rows = cells(shown, [column.name for column in columns])
        put_table(sheet, self.styles, top, columns, rows)
        self._finish(sheet, top, freeze_columns=3)

    def notes_sheet(self, agreed: int) -> None:
        """说明: what every figure is."""
        sheet, row = self._begin(gettext("说明"))
        known = [
            *definitions(self.exam, self.report.over),
            (
                gettext("复核"),
                gettext(
                    "按人员成绩表逐人重新统计，%(n)d 个单位的人数、得分合计、"
                    "合格与优秀人数、最高分和最低分全部一致",
                    n=agreed,
                ),
            ),
        ]
        sheet.set_column(0, 0, 18)
        sheet.set_column(1, 1, 96)
        strong = self.styles.line(strong=True, wrap=True)
        plain = self.styles.line(wrap=True)
        for term, meaning in known:
            sheet.write_string(row, 0, term, strong)
            sheet.write_string(row, 1, meaning, plain)
            row += 1
        self._finish(sheet, None)

    def _figure_columns(self) -> list[Column]:
        columns = [
            Column("due", gettext("应考"), "whole"),
            Column("took", gettext("实考"), "whole"),
            Column("absent", absent_word(over=self.exam.over), "whole"),
            Column("exempt", gettext("免考"), "whole"),
            Column("walk_ins", gettext("名单外"), "whole"),
            Column("unfinished", gettext("未完成"), "whole"),
            Column("turnout", gettext("参考率"), "percent"),
            Column("mean", gettext("平均分"), "points"),
            Column("passed", gettext("合格人数"), "whole"),
            Column("pass_rate", gettext("合格率"), "percent"),
            Column("excellent", gettext("优秀人数"), "whole"),
            Column("excellence", gettext("优秀率"), "percent"),
            Column("highest", gettext("最高分"), "points"),
            Column("lowest", gettext("最低分"), "points"),
        ]
        if self.exam.attempts > 1:
            columns += [
                Column("again", gettext("补考人数"), "whole"),
                Column("best_mean", gettext("最好成绩平均分"), "points"),
                Column("best_pass_rate", gettext("最好成绩合格率"), "percent"),
                Column("best_excellence", gettext("最好成绩优秀率"), "percent"),
            ]
        return columns

    def _figures(self, figures: Figures) -> list[Any]:
        """Values of the figure columns, in their order."""
        values = (getattr(figures, column.name) for column in self._figure_columns())
        return [getattr(value, "value", value) for value in values]

    def _begin(self, name: str) -> tuple[Worksheet, int]:
        """A sheet with its head; returns it and the row where the table begins."""
        sheet = self.book.add_worksheet(name)
        sheet.hide_gridlines(2)
        title = f"{self.exam.title}　{name}"
        quoted = self.styles.title(quoted=True)
        put_text(sheet, 0, 0, title, self.styles.title(), quoted)
        sheet.set_row(0, 26)
        row = 1
        for text in notices(self.report):
            sheet.write_string(row, 0, text, self.styles.notice())
            row += 1
        plain, quoted = self.styles.line(), self.styles.line(quoted=True)
        for text in head_lines(self.report, self.zone):
            put_text(sheet, row, 0, text, plain, quoted)
            row += 1
        return sheet, row + 1

    def _finish(
        self, sheet: Worksheet, top: int | None, *, freeze_columns: int = 0
    ) -> None:
        if top is not None:
            sheet.freeze_panes(top + 1, freeze_columns)
            sheet.repeat_rows(top)
        footer = gettext(
            "%(at)s　%(by)s　考试摘要 %(digest)s",
            at=clock(self.report.generated_at),
            by=self.report.by[:20],
            digest=self.exam.digest[:16],
        )
        header = gettext("示例数据") if self.exam.demo else self.exam.title
        set_up_print(sheet, header=header, footer=footer)

    def _chart(
        self, sheet: Worksheet, top: int, count: int, column: int, row: int
    ) -> None:
        chart = self.book.add_chart({"type": "bar"})
        name = sheet.get_name()
        chart.add_series(
            {
                "name": gettext("合格率"),
                "categories": [name, top + 1, 0, top + count, 0],
                "values": [name, top + 1, column, top + count, column],
                "fill": {"color": "#0B6B5F"},
                "gap": 60,
                "data_labels": {"value": True, "num_format": "0.0%"},
            }
        )
        chart.set_title({"name": gettext("各类别合格率"), "name_font": {"size": 12}})
        chart.set_legend({"none": True})
        chart.set_x_axis(
            {
                "min": 0,
                "max": 1.1,  # room for the label of a full bar
                "major_unit": 0.2,
                "num_format": "0%",
                "major_gridlines": {"visible": True, "line": {"color": "#D9D9D9"}},
            }
        )
        chart.set_y_axis({"reverse": True})  # the first category on top
        chart.set_size({"width": 760, "height": 340})
        sheet.insert_chart(row, 0, chart, {"x_offset": 4, "y_offset": 10})
