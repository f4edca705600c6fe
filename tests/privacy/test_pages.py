from __future__ import annotations

import io
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook
from werkzeug.test import TestResponse

from app import create_app
from core.audit import AuditEntry
from core.db import db, write
from quiz.models import Exam
from tests.accounts.browser import Page
from tests.audit.world import build
from tests.conftest import SECRET, signed_in
from tests.quiz.factories import make_exam
from tests.quiz.phone import Phone


@pytest.fixture
def world(app: Flask, moment: datetime) -> SimpleNamespace:
    return build(moment)


@pytest.fixture
def admin(app: Flask, world: SimpleNamespace) -> FlaskClient:
    return signed_in(app, "ada", "admin")


def page(client: FlaskClient, path: str) -> Page:
    reply = client.get(path)
    assert reply.status_code == 200, path
    return Page(reply.get_data(as_text=True))


def post(client: FlaskClient, path: str, where: str, **form: str) -> TestResponse:
    text = client.get(where).get_data(as_text=True)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', text)
    assert token
    return client.post(path, data=form | {"csrf_token": token[1]})


def last() -> AuditEntry:
    db.session.rollback()
    query = sa.select(AuditEntry).order_by(AuditEntry.n.desc()).limit(1)
    return db.session.scalars(query).one()


def test_the_periods_are_shown_with_what_is_due(admin: FlaskClient) -> None:
    found = page(admin, "/console/privacy")
    rows = [" ".join(row.text.split()) for row in found.all("tbody tr")]
    assert any(row.startswith("答案和迟到的消息") and " 400 " in row for row in rows)
    assert not found.has("form[action='/console/privacy/sweep']")


def test_what_is_due_is_erased_by_a_button(app: Flask, world: SimpleNamespace) -> None:
    with time_machine.travel(world.now + timedelta(days=1300), tick=True):
        client = signed_in(app, "ada", "admin")
        assert page(client, "/console/privacy").has("[action='/console/privacy/sweep']")
        reply = post(client, "/console/privacy/sweep", "/console/privacy")
        assert reply.status_code == 303
        told = page(client, "/console/privacy")
        assert "项到期的个人信息" in told.one(".flashes").text
        cells = [row.all("td")[3].text for row in told.all("tbody tr")]
        assert set(cells) == {"—"}


def test_only_an_admin_may_sweep(app: Flask, world: SimpleNamespace) -> None:
    client = signed_in(app, "olivia", "organizer")
    with time_machine.travel(world.now + timedelta(days=1300), tick=True):
        client = signed_in(app, "otto", "organizer")
        assert not page(client, "/console/privacy").has("[action$='/sweep']")
        reply = post(client, "/console/privacy/sweep", "/console/password")
        assert reply.status_code == 403


@pytest.mark.parametrize("form", ["json", "xlsx", "html"])
def test_P20_a_copy_in_every_form_is_written_down(
    admin: FlaskClient, form: str
) -> None:
    page(admin, "/console/privacy/people/1")
    reply = admin.get(f"/console/privacy/people/1/copy?form={form}")
    assert reply.status_code == 200
    assert f'filename="person-1.{form}"' in reply.headers["Content-Disposition"]
    if form == "json":
        assert json.loads(reply.data)["person"]["name"] == "张一"
    elif form == "xlsx":
        book = load_workbook(io.BytesIO(reply.data))
        texts = [str(c.value) for s in book.worksheets for row in s.rows for c in row]
        assert {"基本信息", "作答", "答案"} <= set(book.sheetnames)
        assert {"张一", "0000", "已交卷"} <= set(texts)
    else:
        found = Page(reply.get_data(as_text=True))
        assert "张一" in found.one("h1").text
        assert "年度法治能力测试" in found.text
        assert "交卷" in found.text  # the log in words
    entry = last()
    assert (entry.action, entry.object) == ("privacy.export", "person:1")


def test_a_form_of_a_copy_that_there_is_not(admin: FlaskClient) -> None:
    assert admin.get("/console/privacy/people/1/copy?form=exe").status_code == 400
    assert admin.get("/console/privacy/people/999/copy").status_code == 404


def test_V5_a_person_is_erased_from_the_page(admin: FlaskClient) -> None:
    where = "/console/privacy/people/1"
    reply = post(admin, f"{where}/erase", where, reason="本人申请")
    assert reply.status_code == 400  # the second exam is not over
    assert "还没有公布成绩" in reply.get_data(as_text=True)
    with write() as session:
        session.execute(
            sa.update(Exam)
            .where(Exam.published_at.is_not(None))
            .values(results_at=datetime.now(UTC))
        )
    reply = post(admin, f"{where}/erase", where, reason="")
    assert "请填写原因" in reply.get_data(as_text=True)
    reply = post(admin, f"{where}/erase", where, reason="本人申请")
    assert reply.status_code == 303
    found = page(admin, where)
    assert "张一" not in found.text
    assert not found.has("form[action$='/erase']")
    assert last().action == "privacy.erase"


def test_from_the_terminal(app: Flask, world: SimpleNamespace, tmp_path: Path) -> None:
    run = app.test_cli_runner().invoke
    told = run(args=["privacy", "sweep", "--dry-run", "--json"])
    assert json.loads(told.stdout)["dry_run"] is True
    with time_machine.travel(world.now + timedelta(days=1300)):
        counted = json.loads(
            run(args=["privacy", "sweep", "--dry-run", "--json"]).stdout
        )
        plain = run(args=["privacy", "sweep"])
        assert "以上已删除" in plain.output
        again = json.loads(run(args=["privacy", "sweep", "--json"]).stdout)
    assert counted["erased"]["answers"] > 0
    assert again["erased"] == {}
    for form in ("json", "xlsx", "html"):
        file = tmp_path / f"one.{form}"
        args = ["privacy", "export", "--person", "1", str(file)]
        assert run(args=args).exit_code == 0
        assert file.stat().st_mode & 0o077 == 0
        assert file.stat().st_size > 500
    args = ["privacy", "export", "--person", "1", str(tmp_path / "x.exe")]
    assert "请以 .json" in run(args=args).output
    gone = run(args=["privacy", "erase", "--person", "999", "--reason", "本人申请"])
    assert gone.exit_code == 1
    assert "没有这个人" in gone.output
    done = run(args=["privacy", "erase", "--person", "9", "--reason", "本人申请"])
    assert "已经删除" in done.output  # had left long ago: the sweep took them


def test_V2_V8_the_notice_says_who_what_why_how_long_and_where_to_ask(
    app: Flask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = make_exam(datetime.now(UTC) - timedelta(minutes=1))
    text = Phone(app, made.code).identify(*made.people[0]).get_data(as_text=True)
    for part in (
        "组织本场考试的单位", "履行普法和考核职责", "手机号后四位或工号",
        "不采集身份证号、人脸和位置", "答案 400 天", "姓名 1095 天",
        "查询、复制、更正、删除",
    ):  # fmt: skip
        assert part in text, part
    own = create_app(
        {
            "LAWGAUGE_INSTANCE": str(tmp_path),
            "LAWGAUGE_SECRET_KEY": SECRET,
            "LAWGAUGE_ORGANISATION": "市法治办",
            "LAWGAUGE_PRIVACY_CONTACT": "市法治办秘书科 0376-0000000",
            "LAWGAUGE_KEEP_ANSWERS": "90",
        },
        testing=True,
    )
    notice: Any = own.jinja_env.globals["notice"]
    assert (notice.organisation, notice.periods.answers) == ("市法治办", 90)
    assert notice.contact.startswith("市法治办秘书科")
