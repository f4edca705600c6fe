"""The pages of reports. The client inspects every page it fetches."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup, Tag
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook

from core.audit import AuditEntry
from core.db import db, write
from core.jobs.queries import job_shown
from core.jobs.runner import run_job
from quiz.models import Exam
from tests.conftest import signed_in
from tests.reports.factories import Hall

LONG_AGO = datetime(2025, 3, 3, 1, 0, tzinfo=UTC)


def build(make: Callable[[Hall], Exam]) -> int:
    with write() as session:
        return make(Hall(session)).id


def usual(hall: Hall, **kwargs: Any) -> Exam:
    exam = hall.exam("年度测试", opens_at=LONG_AGO, **kwargs)
    first = hall.unit("市司法局", category="政府部门", level="市直")
    second = hall.unit("甲县", category="县区", level="县区")
    hall.person(exam, first, "赵一", 5550, *([9000] if exam.attempts > 1 else []))
    hall.person(exam, first, "钱二", 9000)
    hall.person(exam, first, "孙三")
    hall.person(exam, second, "李四", 6000)
    hall.person(exam, second, "周五", exempt="产假")
    return exam


def page(client: FlaskClient, url: str) -> BeautifulSoup:
    response = client.get(url)
    assert response.status_code == 200, url
    return BeautifulSoup(response.get_data(as_text=True), "html.parser")


def cells(row: Tag) -> list[str]:
    return [" ".join(cell.get_text(" ").split()) for cell in row.select("td, th")]


def audited() -> list[tuple[str, dict[str, Any]]]:
    rows = db.session.scalars(sa.select(AuditEntry).order_by(AuditEntry.n))
    return [
        (row.action, json.loads(row.facts))
        for row in rows
        if row.action.startswith("report.")
    ]


@pytest.mark.parametrize(
    "url", ["/reports", "/reports/1", "/reports/1.xlsx", "/reports/1/units/1"]
)
def test_a_stranger_is_sent_to_sign_in_and_no_role_is_refused(
    app: Flask, client: FlaskClient, url: str
) -> None:
    build(usual)
    assert client.get(url).status_code == 302
    assert signed_in(app, "nobody").get(url).status_code == 403
    assert audited() == []


def test_the_list_shows_published_exams_with_their_figures(
    organizer: FlaskClient,
) -> None:
    def make(hall: Hall) -> Exam:
        hall.exam("草稿", code="DRAFT234", published=False)
        return usual(hall, demo=True)

    build(make)
    rows = page(organizer, "/reports").select("tbody tr")
    assert len(rows) == 1
    name, state, due, took, turnout, mean, passed, excellent = cells(rows[0])
    assert name.startswith("年度测试 示例数据")
    assert (state, due, took, mean) == ("已结束", "4", "3", "68.50")
    assert (turnout, passed, excellent) == ("75.0 % 3/4", "66.7 % 2/3", "33.3 % 1/3")


def test_the_empty_list_says_what_to_do(organizer: FlaskClient) -> None:
    assert "还没有已发布的考试" in page(organizer, "/reports").text


def test_many_exams_come_in_pages(organizer: FlaskClient) -> None:
    def make(hall: Hall) -> Exam:
        for n in range(21):
            last = hall.exam(f"第{n}场", code=f"CODE{n:04}")
        return last

    build(make)
    assert len(page(organizer, "/reports").select("tbody tr")) == 20
    assert len(page(organizer, "/reports?page=2").select("tbody tr")) == 1
    for odd in ("0", "-1", "x", "9" * 30):
        page(organizer, f"/reports?page={odd}")


def test_the_unit_report_has_units_totals_and_groups(organizer: FlaskClient) -> None:
    exam = build(usual)
    soup = page(organizer, f"/reports/{exam}")
    units, categories, levels = soup.select("table")
    rows = [cells(row) for row in units.select("tbody tr")]
    assert rows[0] == [
        "市司法局 政府部门", "3", "2", "1", "0",
        "66.7 % 2/3", "72.75", "50.0 % 1/2", "50.0 % 1/2", "90", "55.5",
    ]  # fmt: skip
    assert rows[1][:6] == ["甲县 县区", "1", "1", "0", "1", "100.0 % 1/1"]
    (total,) = units.select("tfoot tr")
    assert cells(total)[:7] == [
        "合计 2 个单位", "4", "3", "1", "1", "75.0 % 3/4", "68.50",
    ]  # fmt: skip
    assert [cells(row)[0] for row in categories.select("tbody tr")] == [
        "政府部门 1 个单位",
        "县区 1 个单位",
    ]
    assert [cells(row)[0] for row in levels.select("tbody tr")] == [
        "市直 1 个单位",
        "县区 1 个单位",
    ]
    headings = [" ".join(head.text.split()) for head in units.select("thead th")]
    assert "缺考" in headings
    assert "免考" in headings
    assert "名单外" not in headings  # nobody: the column would be all noughts


def test_the_foot_says_when_by_whom_and_of_which_exam(organizer: FlaskClient) -> None:
    exam = build(usual)
    for url in (f"/reports/{exam}", f"/reports/{exam}/units/1"):
        (foot,) = page(organizer, url).select(".report-foot")
        assert "生成人 olivia" in foot.text
        assert "（北京时间）" in foot.text
        assert "QX7M2KPD" in foot.text
        assert len(foot.select("code")[1].text) == 64


def test_no_name_of_a_person_stands_on_the_unit_report(organizer: FlaskClient) -> None:
    exam = build(usual)
    text = page(organizer, f"/reports/{exam}").text
    assert not [name for name in ("赵一", "钱二", "孙三", "李四") if name in text]
    assert audited() == []


def test_it_filters_by_category_and_level_and_counts_the_part(
    organizer: FlaskClient,
) -> None:
    exam = build(usual)
    soup = page(organizer, f"/reports/{exam}?category=县区")
    units = soup.select("table")[0]
    assert [cells(row)[0] for row in units.select("tbody tr")] == ["甲县 县区"]
    assert cells(units.select_one("tfoot tr") or units)[:4] == [
        "合计 1 个单位", "1", "1", "0",
    ]  # fmt: skip
    assert soup.select("#category option[selected]")[0].text == "县区"
    both = page(organizer, f"/reports/{exam}?category=县区&level=市直")
    assert "没有符合条件的单位" in both.text


@pytest.mark.parametrize("query", ["category=<script>", "level=nowhere", "over=x"])
def test_an_unknown_filter_is_none(organizer: FlaskClient, query: str) -> None:
    exam = build(usual)
    soup = page(organizer, f"/reports/{exam}?{query}")
    assert len(soup.select("table")[0].select("tbody tr")) == 2


def test_the_denominator_can_be_those_due(organizer: FlaskClient) -> None:
    exam = build(usual)
    soup = page(organizer, f"/reports/{exam}?over=due")
    assert "33.3 % 1/3" in cells(soup.select("tbody tr")[0])
    assert "合格率＝合格人数÷应考" in soup.text
    assert "over=due" in str(soup.select(".page-actions a")[0]["href"])
    assert "over=due" in str(soup.select("tbody a")[0]["href"])


def test_the_best_result_stands_beside_where_there_are_more_attempts(
    organizer: FlaskClient,
) -> None:
    exam = build(lambda hall: usual(hall, attempts=2))
    row = cells(page(organizer, f"/reports/{exam}").select("tbody tr")[0])
    assert "72.75 最好 90.00" in row
    assert "50.0 % 1/2 最好 100.0 %" in row
    people = page(organizer, f"/reports/{exam}/units/1").select("tbody tr")
    assert cells(people[0])[-1] == "90"


@pytest.mark.parametrize("demo", [True, False])
def test_invented_scores_say_so_on_every_page(
    organizer: FlaskClient, demo: bool
) -> None:
    exam = build(lambda hall: usual(hall, demo=demo))
    for url in (f"/reports/{exam}", f"/reports/{exam}/units/1"):
        assert bool(page(organizer, url).select(".demo-notice")) == demo


def test_the_people_of_a_unit_are_shown_and_the_look_is_audited(
    organizer: FlaskClient,
) -> None:
    exam = build(usual)
    rows = [
        cells(row)
        for row in page(organizer, f"/reports/{exam}/units/1").select("tbody tr")
    ]
    assert rows == [
        ["赵一", "已交卷", "55.5", "不合格", "2025-03-03 09:45:00"],
        ["钱二", "已交卷", "90", "优秀", "2025-03-03 09:45:00"],
        ["孙三", "缺考", "—", "—", "—"],
    ]
    ((action, facts),) = audited()
    assert action == "report.view"
    assert (facts["exam"], facts["unit"], facts["people"], facts["form"]) == (
        "QX7M2KPD", 1, 3, "page",
    )  # fmt: skip


@pytest.mark.parametrize("name", ["<b>甲</b>", "=1+1", "𠮷田䶮", '"><script>', "100%"])
def test_F8_names_are_shown_as_text(organizer: FlaskClient, name: str) -> None:
    def make(hall: Hall) -> Exam:
        exam = hall.exam(name, opens_at=LONG_AGO)
        other = hall.unit("其他", category="丙", level="丁")
        hall.person(exam, other, "乙", 7000)
        hall.person(exam, hall.unit(name, category=name), name, exempt=name)
        return exam

    exam = build(make)
    report = organizer.get(f"/reports/{exam}").get_data(as_text=True)
    people = organizer.get(f"/reports/{exam}/units/2").get_data(as_text=True)
    for text in (report, people, organizer.get("/reports").get_data(as_text=True)):
        assert name in BeautifulSoup(text, "html.parser").text
        assert "<b>甲" not in text
        assert "<script>" not in text


def test_the_download_is_the_workbook_under_the_title_and_is_audited(
    organizer: FlaskClient,
) -> None:
    exam = build(usual)
    response = organizer.get(f"/reports/{exam}.xlsx")
    assert str(response.mimetype).endswith("spreadsheetml.sheet")
    assert load_workbook(io.BytesIO(response.data)).sheetnames[0] == "单位成绩表"
    ((action, facts),) = audited()
    assert (action, facts["people"], facts["form"]) == ("report.download", 5, "xlsx")


@pytest.mark.parametrize(
    ("title", "begins"),
    [
        ("年度测试", "年度测试 单位成绩表 "),
        ("../../etc/passwd", "_.._etc_passwd 单位"),
        ("a\r\nSet-Cookie: x=1", "a__Set-Cookie_ x=1"),
        ("测" * 300, "测" * 80 + " 单位"),
        ("🎯 “考”", "🎯 “考”"),
        ("...", "QX7M2KPD 单位"),
        ("甲\u202e乙;'\"", "甲_乙;'_"),
    ],
)
def test_F9_the_name_of_the_file_is_of_our_making(
    organizer: FlaskClient, title: str, begins: str
) -> None:
    def make(hall: Hall) -> Exam:
        return hall.exam(title, opens_at=LONG_AGO)

    response = organizer.get(f"/reports/{build(make)}.xlsx")
    header = response.headers["Content-Disposition"]
    assert header.isascii()
    plain, _, extended = header.partition("; filename*=UTF-8''")
    assert plain == 'attachment; filename="report-QX7M2KPD.xlsx"'
    name = unquote(extended)
    assert name.startswith(begins)
    assert name.endswith(".xlsx")
    assert not set(name) & set('/\\:*?"<>|\r\n')


@pytest.mark.parametrize(
    "url",
    [
        "/reports/7", "/reports/7.xlsx", "/reports/7/units/1", "/reports/1/units/77",
        f"/reports/{2**31}", f"/reports/{10**20}.xlsx", f"/reports/1/units/{2**31}",
    ],
)  # fmt: skip
def test_what_is_not_there_is_not_found(organizer: FlaskClient, url: str) -> None:
    build(usual)
    assert organizer.get(url).status_code == 404
    assert audited() == []


def test_a_draft_has_no_report(organizer: FlaskClient) -> None:
    exam = build(lambda hall: hall.exam(published=False))
    response = organizer.get(f"/reports/{exam}")
    assert response.status_code == 404
    assert "还没有发布" in response.get_data(as_text=True)


def test_while_the_exam_runs_the_page_says_that_figures_move(
    organizer: FlaskClient,
) -> None:
    def make(hall: Hall) -> Exam:
        exam = hall.exam(opens_at=datetime.now(UTC) - timedelta(minutes=20))
        unit = hall.unit("市司法局")
        hall.person(exam, unit, "赵一", None)
        hall.person(exam, unit, "钱二")
        return exam

    exam = build(make)
    soup = page(organizer, f"/reports/{exam}")
    assert "考试尚未结束" in soup.select(".moving")[0].text
    headings = [head.text.strip() for head in soup.select("table")[0].select("th")]
    assert "未完成" in headings
    assert "尚未参加" in headings
    assert "缺考" not in headings
    people = page(organizer, f"/reports/{exam}/units/1").select("tbody tr")
    assert [cells(row)[1] for row in people] == ["未完成", "尚未参加"]


def test_the_workbook_of_a_large_exam_is_made_by_a_job(
    organizer: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = build(usual)
    monkeypatch.setattr("reports.views.LARGE", 1)
    page = organizer.get(f"/reports/{ended}").get_data(as_text=True)
    assert "下载 Excel 表" not in page
    reply = organizer.get(f"/reports/{ended}.xlsx")
    assert (reply.status_code, reply.location) == (303, f"/reports/{ended}")
    csrf = page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
    form = {"csrf_token": csrf}
    reply = organizer.post(f"/reports/{ended}/workbook?over=due", data=form)
    job_id = int(reply.location.rpartition("/")[2])
    assert run_job(job_id)
    shown = job_shown(job_id, account_id=None).job
    assert shown.state == "done"
    assert shown.object == f"exam:{ended}:{shown.account_id}"
    file = organizer.get(f"/console/jobs/{job_id}/file")
    assert "单位成绩表" in load_workbook(io.BytesIO(file.data)).sheetnames
    file.close()
