from __future__ import annotations

import io
import json
import re
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from accounts.models import Account, RoleGrant
from audit import views
from core import seals
from core.audit import AuditEntry, record_audit
from core.db import db, write
from quiz.models import Candidate, Score
from tests.accounts.browser import Page
from tests.audit.world import build
from tests.conftest import signed_in
from tests.quiz.counting import Counter
from tests.quiz.factories import make_exam
from tests.quiz.phone import Phone
from units.models import Person, Unit
from units.operations.erasing import record_erased_people


@pytest.fixture
def world(app: Flask, moment: datetime) -> datetime:
    now: datetime = build(moment).now
    return now


@pytest.fixture
def auditor(app: Flask, world: datetime) -> FlaskClient:
    client = signed_in(app, "aura", "auditor")
    with write() as session:  # the account was made without an act
        record_audit(
            session,
            "account.create",
            "account:3",
            actor="system",
            now=datetime.now(UTC),
            rows=[seals.where(m, sa.true()) for m in (Account, RoleGrant)],
        )
    return client


def page(client: FlaskClient, path: str) -> Page:
    reply = client.get(path)
    assert reply.status_code == 200, path
    return Page(reply.get_data(as_text=True))


def rows(client: FlaskClient, path: str) -> list[str]:
    """All rows, page after page."""
    lines: list[str] = []
    while path:
        found = page(client, path)
        lines += [" ".join(row.text.split()) for row in found.all("tbody tr")]
        path = found.one("[rel=next]")["href"] if found.has("[rel=next]") else ""
    return lines


def lines_of(sheet: Worksheet) -> list[tuple[object, ...]]:
    return list(sheet.iter_rows(min_row=2, values_only=True))


def last() -> AuditEntry:
    db.session.rollback()
    query = sa.select(AuditEntry).order_by(AuditEntry.n.desc()).limit(1)
    return db.session.scalars(query).one()


def post(client: FlaskClient, path: str, **form: str) -> Page:
    text = client.get("/console/audit/verify").get_data(as_text=True)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', text)
    assert token
    reply = client.post(path, data=form | {"csrf_token": token[1]})
    return Page(reply.get_data(as_text=True))


def test_entries_are_told_in_words(auditor: FlaskClient) -> None:
    text = "\n".join(rows(auditor, "/console/audit"))
    assert re.search(r"olga 公布成绩 考试 \d 年度法治能力测试", text)
    assert "系统 到时自动交卷 作答 2 年度法治能力测试" in text
    assert "system" not in text
    assert re.search(r"应考人员 1 交卷 作答 1 年度法治能力测试 第 1 份答卷.*得 ", text)
    assert "olga 列为免考 应考人员 4" in text
    assert not re.search(r"[a-z_]+\.[a-z_]+", text)  # no bare action


def test_what_numbers_mean_is_named_but_nobody_whose_score_is_told(
    auditor: FlaskClient,
) -> None:
    unit, person = db.session.scalars(sa.select(Unit)).first(), _somebody()
    assert unit is not None
    note("people.move", f"person:{person.id}", from_unit=unit.id, to_unit=99)
    note("exemption.request", "exemption:1", person=person.id)
    note("exam.create", "exam:99", unit=unit.id)
    lines = rows(auditor, "/console/audit")[:3]
    assert lines[0].endswith(f"系统 新建考试 考试 99 单位 {unit.name}")
    assert lines[1].endswith(f"系统 申请免考 免考申请 1 人员 {person.name}")
    assert lines[2].endswith(f"人员 {person.id} {person.name} "
                             f"原在单位 {unit.name}，到单位 99")  # fmt: skip
    names = set(db.session.scalars(sa.select(Candidate.name)))
    for line in rows(auditor, "/console/audit?kind=sitting"):
        assert not any(name in line for name in names), line
    exported = auditor.get("/console/audit/export.xlsx?action=people.move")
    sheet = load_workbook(io.BytesIO(exported.data)).worksheets[0]
    assert [line[4] for line in lines_of(sheet)] == ["人员 1", "人员 9"]
    assert person.id == 1
    with write() as session:
        record_erased_people(session, [person.id], datetime.now(UTC))
    assert f"人员 {person.id} 原在单位" in rows(auditor, "/console/audit")[3]


def test_a_page_costs_as_many_queries_however_much_it_names(
    auditor: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    costs = []
    for count in (20, 50):
        monkeypatch.setattr(views, "PER_PAGE", count)
        with Counter() as statements:
            auditor.get("/console/audit?until=2026-11-25")
        costs.append(len(statements))
    assert costs[0] == costs[1] <= 12


def note(action: str, about: str, **facts: int) -> None:
    """An entry of an act that wrote nothing."""
    with write() as session:
        record_audit(
            session, action, about, actor="system", now=datetime.now(UTC), rows=[],
            facts=facts,
        )  # fmt: skip


def _somebody() -> Person:
    found = db.session.scalars(sa.select(Person).order_by(Person.id)).first()
    assert found is not None
    return found


def test_the_newest_stand_first_and_older_ones_a_page_further(
    auditor: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "PER_PAGE", 10)
    seen: list[int] = []
    path = "/console/audit"
    while path:
        found = page(auditor, path)
        seen += [int(one.text) for one in found.all("tbody td:first-child")]
        path = found.one("[rel=next]")["href"] if found.has("[rel=next]") else ""
    assert seen == list(range(last().n, 0, -1))


FOUND = {
    "action=exam.publish": {"发布考试"},
    "action=sitting.": {"开始作答", "交卷", "到时自动交卷", "转到另一部手机"},
    "kind=account&number=1&action=account.password": {"设置密码"},
    "kind=import": {"导入题目", "撤销导入题目"},
    "actor=olga&kind=exam&action=exam.results": {"公布成绩"},
    "actor=system&action=account.": {"新建账号", "停用账号", "生成登录链接"},
    "since=2026-11-24&until=2026-11-24&action=exam.": {"公布成绩"},
    "until=2026-11-20": set(),
    "actor=nobody": set(),
}
ODD = (
    "since=x&until=9999-99-99", "before=0", "before=-3", "action=drop&kind=q",
    "kind=exam&number=%25", "actor=%00", "actor=" + "x" * 400, "before=" + "9" * 30,
)  # fmt: skip


def test_what_is_looked_for_is_found(auditor: FlaskClient) -> None:
    for query, actions in FOUND.items():
        found = "\n".join(rows(auditor, f"/console/audit?{query}"))
        for action in actions:
            assert action in found, query
        assert bool(found) == bool(actions), query
        if query.startswith("action=exam"):
            assert "登录" not in found


def test_whatever_is_asked_for_the_page_stands(auditor: FlaskClient) -> None:
    for query in ODD:
        assert auditor.get(f"/console/audit?{query}").status_code == 200, query


def test_one_entry_shows_what_is_in_it(auditor: FlaskClient) -> None:
    db.session.rollback()
    query = sa.select(AuditEntry).where(AuditEntry.action == "candidate.exempt")
    entry = db.session.scalars(query.order_by(AuditEntry.n)).first()
    assert entry is not None
    text = page(auditor, f"/console/audit/{entry.n}").text
    assert entry.hash in text
    assert "产假" in text
    assert "应考人员 4" in text
    with write() as session:
        session.execute(sa.text("DELETE FROM audit_payload"))
    text = page(auditor, f"/console/audit/{entry.n}").text
    assert "产假" not in text
    assert "已按规定删除" in text
    assert auditor.get("/console/audit/99999").status_code == 404


def test_an_export_holds_what_was_looked_for_and_is_written_down(
    auditor: FlaskClient,
) -> None:
    reply = auditor.get("/console/audit/export.xlsx?action=exam.publish")
    sheet = load_workbook(io.BytesIO(reply.data)).worksheets[0]
    lines = list(sheet.values)
    assert lines[0][:4] == ("编号", "时间", "谁", "做了什么")
    assert [line[3] for line in lines[1:]] == ["发布考试"] * 3
    entry = last()
    assert (entry.action, entry.facts) == ("audit.export", '{"entries":3}')
    assert entry.actor.startswith("account:")


def test_an_export_that_is_too_long_is_refused(
    auditor: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "EXPORTED", 5)
    reply = auditor.get("/console/audit/export.xlsx")
    assert reply.status_code == 400
    assert "请缩短时间范围" in reply.get_data(as_text=True)


def test_verifying_says_that_all_holds_or_names_what_does_not(
    auditor: FlaskClient,
) -> None:
    found = post(auditor, "/console/audit/verify")
    assert found.one(".verdict").text == "全部一致"
    with write() as session:
        session.execute(sa.update(Score).where(Score.id == 1).values(points=1))
    found = post(auditor, "/console/audit/verify")
    assert found.one(".verdict").text == "有 2 处不一致"
    assert "成绩 1 与 2026-11-24 09:00:00 第" in found.one(".breaks").text


def test_verifying_more_than_one_can_wait_for_is_left_to_the_terminal(
    auditor: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "RECOUNTED", 3)
    assert "没有重算成绩" in post(auditor, "/console/audit/verify").text
    monkeypatch.setattr(views, "VERIFIED", 3)
    assert "flask audit verify" in post(auditor, "/console/audit/verify").text


def test_one_verification_runs_at_a_time(
    auditor: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with views._one_at_a_time:
        assert "正在核对" in post(auditor, "/console/audit/verify").text
    assert "全部一致" in post(auditor, "/console/audit/verify").text


def test_M2_a_receipt_can_be_held_against_the_log(app: Flask) -> None:
    auditor = signed_in(app, "aura", "auditor")
    made = make_exam(datetime.now(UTC) - timedelta(minutes=1))
    phone = Phone(app)
    phone.enter(*made.people[0])
    phone.submit(("1", ["A"], 1))
    text = phone.client.get(f"/s/{phone.token}/receipt").get_data(as_text=True)
    receipt = Page(text)
    cells = {one.one("dt").text: one.one("dd").text for one in receipt.all(".cell")}
    n, digest = cells["存证编号"], cells["存证摘要"]
    assert len(digest) == 16
    found = post(auditor, "/console/audit/check", n=n, digest=digest)
    assert f"对得上：第 {n} 条" in found.text
    for wrong in ({"n": n, "digest": "0" * 16}, {"n": "99999", "digest": digest}):
        assert "对不上" in post(auditor, "/console/audit/check", **wrong).text
    found = post(auditor, "/console/audit/check", n="", digest="1")
    assert "请填写存证编号" in found.text
    assert "前 8 位" in found.text


def test_only_auditors_and_admins_read_the_log(app: Flask, world: datetime) -> None:
    for role, status in (("organizer", 403), ("assessor", 403), ("admin", 200)):
        client = signed_in(app, f"{role}x", role)
        assert client.get("/console/audit").status_code == status
        assert client.get("/console/audit/verify").status_code == status


def test_what_people_have_typed_stays_text(auditor: FlaskClient) -> None:
    with write() as session:
        record_audit(
            session,
            "exam.discard",
            "exam:<script>alert(1)</script>",
            actor="=cmd()",
            now=datetime(2026, 11, 26, tzinfo=UTC),
            facts={"code": "${7*7}<b>", "public_source": "=1+1"},
            rows=(),
        )
    text = auditor.get("/console/audit").get_data(as_text=True)
    assert "&lt;script&gt;" in text
    assert "${7*7}&lt;b&gt;" in text
    reply = auditor.get("/console/audit/export.xlsx?action=exam.discard")
    sheet = load_workbook(io.BytesIO(reply.data)).worksheets[0]
    cells = [cell for row in sheet.iter_rows(min_row=2) for cell in row]
    assert all(cell.data_type != "f" for cell in cells)
    assert any(cell.value == "=cmd()" and cell.quotePrefix for cell in cells)
    assert json.loads(last().facts) == {"entries": len(lines_of(sheet))}
