"""The three steps, the exam's page, its roster, its code and its poster."""

from __future__ import annotations

import io
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
import zxingcpp
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from core.db import db, write
from quiz.models import Exam, Paper
from quiz.queries.exams import exam_by_id
from quiz.queries.stock import rows_of
from tests.accounts.browser import Page, fill, page
from tests.quiz.ground import (
    PLENTY,
    candidates_of,
    draw,
    make_bank,
    make_draft,
    make_units,
    papers_of,
    publish,
)
from units.models import Unit

STEP_1 = {
    "title": "全市法治素养测试",
    "opens_at": "2099-11-24T09:00",
    "closes_at": "2099-11-24T11:00",
    "minutes": "60",
    "pass_mark": "60",
    "excellent_mark": "90",
    "attempts": "1",
    "multi_rule": "exact",
    "show_score": "at_once",
    "shuffle": "y",
    "contact": "李老师，二楼考务室",
    "presence": "code",
}


def open_page(client: FlaskClient, address: str) -> Page:
    """A page that must open."""
    answer = client.get(address)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return page(answer)


def line(n: int, **typed: str) -> dict[str, str]:
    """A line of the blueprint's table as it is sent."""
    whole = {"kind": "single", "topic": "", "difficulty": "", "count": "", "points": ""}
    return {f"lines-{n}-{name}": value for name, value in (whole | typed).items()}


def afresh() -> None:
    """End the test's own read: what the pages wrote since is seen."""
    db.session.rollback()
    db.session.expire_all()


@pytest.mark.usefixtures("app")
def test_three_steps_lead_from_nothing_to_drawn_papers(
    organizer: FlaskClient, moment: datetime
) -> None:
    make_bank(moment, PLENTY)
    make_units(moment, [3, 4])
    assert "还没有考试" in open_page(organizer, "/console/exams").text
    first = fill(organizer, "/console/exams/new?preset=现场抽测", **STEP_1)
    exam = db.session.scalars(sa.select(Exam)).one()
    assert first.status_code == 303
    assert first.location.endswith(f"/console/exams/{exam.id}/blueprint")
    assert exam.contact == "李老师，二楼考务室"
    assert (exam.presence, exam.provisional) == ("code", False)
    assert exam.opens_at.isoformat() == "2099-11-24T01:00:00+00:00"  # 09:00 in Beijing
    second = open_page(organizer, first.location)
    assert "共 50 题，满分 100 分" in second.text
    assert "20 份试卷，彼此没有相同题目" in second.text
    third = f"/console/exams/{exam.id}/publish"
    assert "名单上有 2 个单位，7 人" in open_page(organizer, third).text
    units = [
        box["value"] for box in open_page(organizer, third).all("input[name=unit]")
    ]
    done = fill(organizer, third, unit=units)
    assert done.status_code == 303
    shown = open_page(organizer, done.location)
    afresh()
    assert "待开考" in shown.text
    assert exam.code in shown.text
    assert len(candidates_of(exam)) == 7
    assert len([p for p in papers_of(exam) if p.candidate_id]) == 7


@pytest.mark.usefixtures("app")
def test_a_preset_fills_the_first_step(organizer: FlaskClient) -> None:
    shown = open_page(organizer, "/console/exams/new?preset=学法用法统考")
    assert shown.one("input[name=pass_mark]")["value"] == "80"
    assert shown.one("input[name=minutes]")["value"] == "60"
    assert organizer.get("/console/exams/new?preset=任前考法").status_code == 400


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"title": ""}, "请填写"),
        ({"opens_at": "tomorrow"}, "时间应写成"),
        ({"closes_at": "2099-11-24T08:00"}, "结束时间应晚于开始时间"),
        ({"closes_at": "2099-11-24T09:30"}, "开放时段比作答时长"),
        ({"minutes": "an hour"}, "请填整数"),
        ({"minutes": "0"}, "应为 1 到 600 分钟"),
        ({"pass_mark": "60.123"}, "最多两位小数"),
        ({"pass_mark": "95"}, "优秀线应不低于合格线"),
        ({"attempts": "99"}, "应为 1 到 20 次"),
    ],
)
def test_what_is_typed_wrong_is_told_and_kept(
    organizer: FlaskClient, change: dict[str, str], sentence: str
) -> None:
    answer = fill(organizer, "/console/exams/new", **(STEP_1 | change))
    assert answer.status_code == 400
    assert sentence in page(answer).text
    ((name, typed),) = change.items()
    if name not in ("opens_at", "closes_at"):
        assert page(answer).one(f"input[name={name}]")["value"] == typed
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Exam)) == 0


def test_the_blueprint_can_be_edited_line_by_line(
    organizer: FlaskClient, moment: datetime
) -> None:
    make_bank(moment, {"single": 40, "judge": 10, "fill": 3})
    exam = make_draft(moment)
    address = f"/console/exams/{exam.id}/blueprint"
    lines = (
        line(0, count="20", points="4", difficulty="easy")
        | line(1, kind="judge", count="10", points="1.5")
        | line(2, kind="multi", count="10", points="3")
        | {"lines-2-drop": "y"}
        | line(3, kind="fill", topic="1", count="2", points="2.5")
        | line(4)
    )
    seen = open_page(organizer, address).one("input[name=seen]")["value"]
    answer = fill(organizer, address, seen=seen, **lines)
    assert answer.status_code == 303
    afresh()
    rows = [
        (r.position, r.kind, r.topic, r.difficulty, r.count, r.points)
        for r in rows_of(exam_by_id(exam.id))
    ]
    assert rows == [
        (1, "single", None, "easy", 20, 400),
        (2, "judge", None, None, 10, 150),
        (3, "fill", 1, None, 2, 250),
    ]
    shown = open_page(organizer, address).text
    assert "共 32 题，满分 100 分" in shown
    assert "需要 20 题，题库只有 14 题，请补 6 题或减少题数" in shown
    stale = fill(organizer, address, seen=seen, **lines)
    assert stale.status_code == 400
    assert "刚被别人改过" in page(stale).text


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"count": "many", "points": "2"}, "第 1 行的题数：请填整数"),
        ({"count": "0", "points": "2"}, "第 1 行的题数：应为 1 到 200 题"),
        ({"count": "3", "points": ""}, "第 1 行的每题分值：请填写"),
        ({"count": "3", "points": "2 分"}, "第 1 行的每题分值：分值应是数字"),
        ({"count": "3", "points": "101"}, "每题分值应为 0.01 到 100"),
        ({"count": "3", "points": "2", "topic": "999"}, "第 1 行的知识点"),
    ],
)
def test_a_line_typed_wrong_is_named(
    organizer: FlaskClient, moment: datetime, typed: dict[str, str], sentence: str
) -> None:
    exam = make_draft(moment)
    before = rows_of(exam_by_id(exam.id))
    address = f"/console/exams/{exam.id}/blueprint"
    answer = fill(organizer, address, seen="", **line(0, **typed))
    assert answer.status_code == 400
    assert sentence in page(answer).text
    afresh()
    assert rows_of(exam_by_id(exam.id)) == before


def test_a_small_bank_is_told_on_the_publishing_page(
    organizer: FlaskClient, moment: datetime
) -> None:
    make_bank(moment, PLENTY | {"single": 12})
    units = make_units(moment, [3])
    exam = make_draft(datetime.now(moment.tzinfo))
    address = f"/console/exams/{exam.id}/publish"
    sentence = "单选（任意知识点，任意难度）需要 30 题，题库只有 12 题"
    assert sentence in open_page(organizer, address).text
    answer = fill(organizer, address, unit=[str(unit) for unit in units])
    assert answer.status_code == 400
    assert sentence in page(answer).one(".form-errors").text
    afresh()
    assert exam_by_id(exam.id).published_at is None


def test_the_choice_of_units_is_kept_when_publishing_is_refused(
    organizer: FlaskClient, moment: datetime
) -> None:
    make_bank(moment, {"single": 1})
    units = make_units(moment, [3, 3, 3])
    exam = make_draft(datetime.now(moment.tzinfo))
    answer = fill(organizer, f"/console/exams/{exam.id}/publish", unit=[str(units[1])])
    ticked = page(answer).all("input[name=unit][checked]")
    assert [box["value"] for box in ticked] == [str(units[1])]


def test_a_public_value_is_asked_for_on_the_exams_page(
    organizer: FlaskClient, moment: datetime
) -> None:
    make_bank(moment, PLENTY)
    units = make_units(moment, [3])
    exam = make_draft(datetime.now(moment.tzinfo))
    step = f"/console/exams/{exam.id}/publish"
    fill(organizer, step, unit=[str(units[0])], public_source="福彩 3D 第 8 期")
    address = f"/console/exams/{exam.id}"
    shown = open_page(organizer, address)
    assert "待抽卷" in shown.text
    assert "福彩 3D 第 8 期" in shown.text
    token = shown.one("main form [name=csrf_token]")["value"]
    empty = organizer.post(f"{address}/draw", data={"csrf_token": token})
    assert empty.status_code == 400
    assert "请填写" in page(empty).text
    form = {"csrf_token": token, "public_value": "307"}
    assert organizer.post(f"{address}/draw", data=form).status_code == 303
    afresh()
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Paper)) == 4


def published(moment: datetime) -> Exam:
    make_bank(moment, PLENTY)
    make_units(moment, [3, 2])
    exam = make_draft(moment)
    publish(exam, moment)
    draw(exam, moment)
    return exam


def test_every_state_has_its_page(organizer: FlaskClient, moment: datetime) -> None:
    now = datetime.now(moment.tzinfo)
    exam = published(now)
    address = f"/console/exams/{exam.id}"
    assert "待开考" in open_page(organizer, address).text
    for opens, results, archived, word in (
        (-60, None, None, "进行中"),
        (-600, None, None, "已结束"),
        (-600, now, None, "已公布成绩"),
        (-600, now, now, "已归档"),
    ):
        with write() as session:
            mine = session.get_one(Exam, exam.id)
            mine.opens_at = now + timedelta(minutes=opens)
            mine.closes_at = now + timedelta(minutes=opens + 120)
            mine.results_at = results
            mine.archived_at = archived
        shown = open_page(organizer, address)
        assert word in shown.one(".page-head").text
        secret = exam_by_id(exam.id).secret
        assert secret
        assert (secret in shown.text) == (results is not None)


def test_results_are_published_from_the_page(
    organizer: FlaskClient, moment: datetime
) -> None:
    now = datetime.now(moment.tzinfo)
    exam = published(now - timedelta(days=2))
    address = f"/console/exams/{exam.id}"
    token = open_page(organizer, address).one("[name=csrf_token]")["value"]
    answer = organizer.post(f"{address}/results", data={"csrf_token": token})
    assert answer.status_code == 303
    assert "成绩已公布" in open_page(organizer, address).text


def test_somebody_is_exempted_with_a_reason(
    organizer: FlaskClient, moment: datetime
) -> None:
    exam = published(datetime.now(moment.tzinfo))
    address = f"/console/exams/{exam.id}/roster"
    assert "共 5 人" in open_page(organizer, address).text
    candidate = candidates_of(exam)[0]
    ask = f"{address}/{candidate.id}"
    refused = fill(organizer, ask, reason="")
    assert refused.status_code == 400
    done = fill(organizer, ask, reason="产假")
    assert done.status_code == 303
    shown = open_page(organizer, done.location)
    assert candidate.name in shown.text
    assert "产假" in shown.text
    assert "恢复应考" in open_page(organizer, ask).one("h1").text
    assert fill(organizer, ask, reason="已返岗").status_code == 303
    assert "产假" not in open_page(organizer, address).text


def test_a_person_of_another_exam_is_not_found(
    organizer: FlaskClient, moment: datetime
) -> None:
    exam = published(datetime.now(moment.tzinfo))
    other = make_draft(moment, code="XTHERXXX")
    candidate = candidates_of(exam)[0]
    answer = organizer.get(f"/console/exams/{other.id}/roster/{candidate.id}")
    assert answer.status_code == 404


def test_the_code_leads_to_the_exam(organizer: FlaskClient, moment: datetime) -> None:
    exam = published(datetime.now(moment.tzinfo))
    address = f"http://localhost/e/{exam.code}"
    picture = organizer.get(f"/console/exams/{exam.id}/code.png")
    assert picture.mimetype == "image/png"
    image = Image.open(io.BytesIO(picture.get_data())).convert("L")
    assert [code.text for code in zxingcpp.read_barcodes(image)] == [address]
    drawing = organizer.get(f"/console/exams/{exam.id}/code.svg")
    assert drawing.mimetype == "image/svg+xml"
    assert drawing.get_data(as_text=True).count("<path") == 2  # ground and modules
    for name in ("code", "poster"):
        shown = open_page(organizer, f"/console/exams/{exam.id}/{name}")
        assert address in shown.text
        assert shown.one("h1").text


def test_the_poster_shows_what_was_fixed_before_the_draw(
    organizer: FlaskClient, moment: datetime
) -> None:
    exam = published(datetime.now(moment.tzinfo))
    shown = open_page(organizer, f"/console/exams/{exam.id}/poster").text
    frozen = exam_by_id(exam.id)
    for digest in (
        frozen.roster_digest,
        frozen.bank_digest,
        frozen.blueprint_digest,
        frozen.commitment,
    ):
        assert str(digest) in shown
    assert str(frozen.secret) not in shown


def test_a_draft_has_no_code(organizer: FlaskClient, moment: datetime) -> None:
    exam = make_draft(moment)
    for name in ("code", "code.svg", "code.png", "poster"):
        answer = organizer.get(f"/console/exams/{exam.id}/{name}")
        assert answer.status_code == 400
        assert "发布后才有二维码" in page(answer).text


def test_a_published_exam_has_no_steps_any_more(
    organizer: FlaskClient, moment: datetime
) -> None:
    exam = published(datetime.now(moment.tzinfo))
    for step in ("edit", "blueprint", "publish"):
        answer = organizer.get(f"/console/exams/{exam.id}/{step}")
        assert answer.status_code == 400
        assert "已经发布" in page(answer).text


def test_a_draft_is_thrown_away_from_its_page(
    organizer: FlaskClient, moment: datetime
) -> None:
    exam = make_draft(moment)
    address = f"/console/exams/{exam.id}"
    token = open_page(organizer, address).one("[name=csrf_token]")["value"]
    answer = organizer.post(f"{address}/discard", data={"csrf_token": token})
    assert answer.status_code == 303
    assert organizer.get(address).status_code == 404


def test_names_are_written_as_text(organizer: FlaskClient, moment: datetime) -> None:
    now = datetime.now(moment.tzinfo)
    make_bank(moment, PLENTY)
    make_units(moment, [2])
    with write() as session:
        session.scalars(sa.select(Unit)).one().name = "<b>局</b>"
    exam = make_draft(now, title="<script>alert(1)</script>")
    publish(exam, now)
    draw(exam, now)
    for path in ("", "/roster", "/code", "/poster"):
        text = organizer.get(f"/console/exams/{exam.id}{path}").get_data(as_text=True)
        assert "<script>alert" not in text
        assert "<b>局" not in text


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/new",
        "/1",
        "/1/edit",
        "/1/blueprint",
        "/1/publish",
        "/1/roster",
        "/1/roster/1",
        "/1/code",
        "/1/code.svg",
        "/1/code.png",
        "/1/poster",
    ],
)
def test_an_outsider_is_sent_to_sign_in(
    app: Flask, client: FlaskClient, moment: datetime, path: str
) -> None:
    make_draft(moment)
    answer = client.get(f"/console/exams{path}")
    assert answer.status_code == 302
    assert "/login" in answer.location
