"""Questions leave the bank: who may, what is kept of it, what stands on the file."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from core.db import db, write
from core.entries import AuditEntry, AuditPayload
from core.errors import Refused
from core.jobs.queries import job_shown
from core.jobs.runner import run_job
from question_bank.export_queries import exports_lately
from question_bank.models import Question
from question_bank.operations.exporting import note_export
from question_bank.operations.intake import import_questions
from question_bank.rules.exporting import (
    AN_HOUR,
    MOST_FOUND,
    Layout,
    Selection,
    found_by,
    given_purpose,
    read_ids,
)
from tests.accounts.test_proof import age_proof
from tests.conftest import signed_in
from tests.pages import text_of
from tests.question_bank.drafts import ALL_KINDS, JUDGE, typed

Export = Callable[..., TestResponse]


@pytest.fixture
def bank(app: Flask, moment: datetime) -> None:
    """One question of each kind, 1 to 4."""
    import_questions(
        drafts=typed(*ALL_KINDS), accept_good=False, actor="system", now=moment
    )


@pytest.fixture
def export(author: FlaskClient, bank: None) -> Export:
    """Send the form of the page."""

    def send(**fields: Any) -> TestResponse:
        page = author.get("/console/bank/export").get_data(as_text=True)
        csrf = page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
        form = {"csrf_token": csrf, "form": "docx", "title": "法治测试题"}
        form |= {"purpose": "送审题组复核", "state": "approved", "single": "2"}
        form |= {"kind": "", "topic": "", "pool": ""}
        return author.post("/console/bank/export", data=form | fields)

    return send


def exports() -> list[tuple[str, dict[str, Any], str]]:
    """Actor, facts and personal part of each export in the log."""
    rows = db.session.execute(
        sa.select(AuditEntry.actor, AuditEntry.facts, AuditPayload.payload)
        .join(AuditPayload, AuditPayload.n == AuditEntry.n)
        .where(AuditEntry.action == "bank.export")
        .order_by(AuditEntry.n)
    )
    return [(actor, json.loads(facts), payload) for actor, facts, payload in rows]


def test_M10_an_export_needs_proof_and_a_purpose(
    author: FlaskClient, export: Export
) -> None:
    reply = export(purpose="  ")
    assert reply.status_code == 400
    assert "请填写事由" in text_of(reply)
    assert exports() == []
    assert export().status_code == 200
    age_proof()
    reply = author.get("/console/bank/export")
    assert (reply.status_code, reply.location.partition("?")[0]) == (
        303,
        "/console/prove",
    )


def test_M10_an_export_is_stamped_and_written_down(export: Export) -> None:
    with write() as session:
        session.execute(sa.update(Question).where(Question.id == 1).values(pool="exam"))
    reply = export(key="y")
    assert reply.headers["Content-Disposition"].endswith(".docx")
    with zipfile.ZipFile(io.BytesIO(reply.data)) as document:
        head = document.read("word/header1.xml").decode()
        body = document.read("word/document.xml").decode()
    assert "内部资料　anna" in head
    assert "事由：送审题组复核" in head
    assert "【答案】" in body
    [(actor, facts, personal)] = exports()
    assert actor.startswith("account:")
    assert facts == {
        "form": "docx",
        "questions": 4,
        "selection": "可用",
        "with_key": True,
        "exam_only": 1,
    }
    assert "送审题组复核" in personal


@pytest.mark.parametrize(
    ("form", "begins"), [("pdf", b"%PDF"), ("xlsx", b"PK"), ("json", b"{")]
)
def test_each_form_is_made(export: Export, form: str, begins: bytes) -> None:
    reply = export(form=form)
    assert reply.status_code == 200
    assert reply.data.startswith(begins)
    assert [facts["with_key"] for _, facts, _ in exports()] == [form != "pdf"]


def test_what_is_exported_is_what_was_chosen(export: Export) -> None:
    def ids(**fields: Any) -> list[int]:
        reply = export(form="json", **fields)
        return [one["id"] for one in json.loads(reply.data)["questions"]]

    assert ids(kind="judge") == [3]
    assert ids(ids="2-3，9") == [2, 3]
    with write() as session:
        session.execute(sa.update(Question).where(Question.id == 1).values(pool="exam"))
    assert ids(pool="exam") == [1]
    assert ids(pool="open") == [2, 3, 4]
    reply = export(state="parked")
    assert reply.status_code == 400
    assert "没有符合条件的题目" in text_of(reply)
    assert "看不懂" in text_of(export(ids="三号"))
    assert "应为 0.01 到 100 分" in text_of(export(single="-1"))
    assert "请填写标题" in text_of(export(title=""))


def test_M10_a_large_export_is_made_by_a_job(
    author: FlaskClient, export: Export, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("question_bank.views.exporting.LARGE", 1)
    reply = export(form="pdf", key="y")
    assert reply.status_code == 303
    job_id = int(reply.location.rpartition("/")[2])
    assert run_job(job_id)
    shown = job_shown(job_id, account_id=None).job
    assert (shown.state, shown.message) == ("done", "共 4 题")
    with author.get(f"/console/jobs/{job_id}/file") as file:
        assert file.data.startswith(b"%PDF")
    assert len(exports()) == 1


def test_M10_an_account_exports_a_few_times_an_hour(
    bank: None, moment: datetime
) -> None:
    def take(actor: str, at: datetime) -> None:
        note_export(
            selection=Selection(),
            layout=Layout("json"),
            purpose="核对",
            actor=actor,
            now=at,
        )

    for n in range(AN_HOUR):
        take("account:1", moment + timedelta(minutes=n))
    with pytest.raises(Refused, match="一小时内已经导出 6 次"):
        take("account:1", moment + timedelta(minutes=30))
    take("account:2", moment)
    take("system", moment)
    take("account:1", moment + timedelta(hours=1))
    lately = exports_lately(moment + timedelta(hours=2))
    assert (lately.times, lately.accounts) == (AN_HOUR + 3, 3)


@pytest.mark.parametrize("role", ["reviewer", "organizer", "auditor"])
def test_only_authors_export(app: Flask, role: str) -> None:
    client = signed_in(app, "other", role)
    assert client.get("/console/bank/export").status_code == 403


def test_numbers_are_read_as_people_type_them() -> None:
    assert read_ids(" 3、8-10，3；12 ") == (3, 8, 9, 10, 12)
    assert read_ids("") == ()
    for text in ("3..8", "1-9999", "-1", "x"):
        with pytest.raises(Refused):
            read_ids(text)


def test_a_purpose_is_one_line() -> None:
    assert given_purpose(" 送审\n复核 ") == "送审 复核"
    with pytest.raises(Refused, match="最多 100 个字"):
        given_purpose("长" * 101)


def test_M10_what_a_search_has_found_is_exported_with_the_same_proof_and_reason(
    author: FlaskClient, export: Export, moment: datetime
) -> None:
    with write() as session:
        session.execute(
            sa.update(Question).where(Question.id == 3).values(state="parked")
        )
    listed = author.get("/console/bank?q=陈述&state=parked&sort=old")
    assert "导出找到的 1 题" in text_of(listed)
    address = listed.get_data(as_text=True).split('href="/console/bank/export?')[1]
    page = author.get("/console/bank/export?" + unescape(address.split('"')[0]))
    assert "题库检索的结果，现在有 1 题" in text_of(page)
    assert "状态：暂停；题里的字，或编号：陈述" in text_of(page)
    search = page.get_data(as_text=True).split('name="search"')[1]
    search = unescape(search.split('value="')[1].split('"')[0])
    assert export(search=search, purpose="").status_code == 400
    assert exports() == []
    reply = export(search=search, form="json", state="", purpose="核对")
    assert [one["stem"] for one in json.loads(reply.data)["questions"]] == [JUDGE.stem]
    db.session.rollback()
    [(_, facts, personal)] = exports()
    assert facts["questions"] == 1
    assert facts["selection"] == "题库检索（状态：暂停；题里的字，或编号：陈述）"
    assert "核对" in personal
    age_proof()
    assert author.get("/console/bank/export?kind=judge").status_code == 303


def test_an_export_whose_search_means_something_else_by_now_is_refused(
    export: Export,
) -> None:
    for search in ("topic=99", "nonsense", "kind=judge&topic=99"):
        reply = export(search=search)
        assert reply.status_code == 400
        assert "请回到题库重新检索" in text_of(reply)
    assert "没有符合条件的题目" in text_of(export(search="kind=case"))
    assert exports() == []


def test_more_than_a_file_holds_is_not_found() -> None:
    assert found_by("题型：单选", [3, 4]).ids == (3, 4)
    assert found_by("", range(MOST_FOUND)).state == ""
    for ids, why in (([], "没有符合条件"), (range(MOST_FOUND + 1), "缩小检索")):
        with pytest.raises(Refused, match=why):
            found_by("", ids)
