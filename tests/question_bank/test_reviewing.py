"""A question on its way: draft, in review, approved by another, parked, retired."""

from __future__ import annotations

import re
from datetime import datetime

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from core.audit import AuditEntry
from core.db import db
from core.errors import Conflict, Refused
from question_bank.models import Question, QuestionRemark
from question_bank.operations.editing import revise_question
from question_bank.operations.intake import add_question, import_questions
from question_bank.operations.reviewing import MOST, move_questions, set_state
from question_bank.queries import approved_items
from question_bank.rules.lifecycle import NO_WAY, OWN
from tests.conftest import signed_in
from tests.pages import text_of
from tests.question_bank.drafts import JUDGE, MULTI, SINGLE, single, typed

ANNA, RITA = "account:901", "account:902"


def state_of(question_id: int) -> str:
    db.session.rollback()
    return str(
        db.session.scalar(sa.select(Question.state).where(Question.id == question_id))
    )


def test_what_a_person_imports_waits_for_another_person(
    app: Flask, moment: datetime
) -> None:
    import_questions(
        drafts=typed(SINGLE, MULTI), accept_good=False, actor=ANNA, now=moment
    )
    assert approved_items() == []
    with pytest.raises(Refused, match="不能审核自己写的题"):
        set_state(
            question_id=1, expected="review", state="approved", actor=ANNA, now=moment
        )
    set_state(
        question_id=1, expected="review", state="approved", actor=RITA, now=moment
    )
    assert [item.question_id for item in approved_items()] == [1]


def test_whoever_edits_a_question_is_its_author_from_then_on(
    app: Flask, moment: datetime
) -> None:
    add_question(draft=SINGLE, actor=ANNA, now=moment)
    set_state(
        question_id=1, expected="review", state="approved", actor=RITA, now=moment
    )
    revise_question(
        question_id=1, base=1, draft=single(key=("B",)), actor=RITA, now=moment
    )
    assert state_of(1) == "review"
    assert approved_items() == []
    with pytest.raises(Refused, match="不能审核自己写的题"):
        set_state(
            question_id=1, expected="review", state="approved", actor=RITA, now=moment
        )
    set_state(
        question_id=1, expected="review", state="approved", actor=ANNA, now=moment
    )
    assert state_of(1) == "approved"


def test_a_question_is_returned_with_a_reason_that_stands_there(
    app: Flask, moment: datetime
) -> None:
    add_question(draft=SINGLE, actor=ANNA, now=moment)
    set_state(
        question_id=1, expected="review", state="draft", actor=RITA, now=moment,
        reason=" 依据写错了 ",
    )  # fmt: skip
    assert state_of(1) == "draft"
    remark = db.session.scalars(sa.select(QuestionRemark)).one()
    assert (remark.kind, remark.text, remark.made_by) == ("return", "依据写错了", RITA)


def test_a_state_that_changed_meanwhile_is_a_conflict(
    app: Flask, moment: datetime
) -> None:
    add_question(draft=SINGLE, actor="system", now=moment)
    with pytest.raises(Conflict):
        set_state(
            question_id=1, expected="review", state="approved", actor=RITA, now=moment
        )


def test_many_are_moved_at_once_and_the_others_say_why_they_stay(
    app: Flask, moment: datetime
) -> None:
    import_questions(
        drafts=typed(SINGLE, MULTI), accept_good=False, actor=ANNA, now=moment
    )
    add_question(draft=JUDGE, actor=RITA, now=moment)
    add_question(draft=single(stem="另一题（ ）"), actor="system", now=moment)
    moved = move_questions(
        question_ids=[1, 2, 3, 4, 4, 99], state="approved", actor=RITA, now=moment
    )
    assert (moved.done, moved.kept) == (2, {OWN: 1, NO_WAY: 1})
    assert [state_of(n) for n in (1, 2, 3, 4)] == [
        "approved", "approved", "review", "approved"
    ]  # fmt: skip
    entry = db.session.scalars(
        sa.select(AuditEntry).where(AuditEntry.action == "bank.state")
    ).one()
    assert entry.actor == RITA
    assert '"question"' in entry.rows


def test_where_none_can_go_nothing_is_written(app: Flask, moment: datetime) -> None:
    add_question(draft=SINGLE, actor=ANNA, now=moment)
    with pytest.raises(Refused, match="都不能"):
        move_questions(question_ids=[1], state="approved", actor=ANNA, now=moment)
    with pytest.raises(Refused, match="一次最多"):
        move_questions(
            question_ids=range(MOST + 1), state="approved", actor=RITA, now=moment
        )


# Pages


@pytest.fixture
def writer(app: Flask) -> FlaskClient:
    return signed_in(app, "wendy", "author")


@pytest.fixture
def reviewer(app: Flask) -> FlaskClient:
    return signed_in(app, "rita", "reviewer")


def send(client: FlaskClient, address: str, **fields: str) -> TestResponse:
    page = client.get("/console/bank/1").get_data(as_text=True)
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found
    return client.post(address, data={"csrf_token": found[1], **fields})


def page_of(client: FlaskClient) -> str:
    response = client.get("/console/bank/1")
    assert response.status_code == 200
    return text_of(response)


FIELDS = {
    "kind": "judge",
    "stem": "当事人有权陈述和申辩。",
    "key": "正确",
    "difficulty": "easy",
    "topic": "行政处罚",
}


def test_a_question_goes_from_draft_to_use_between_two_people(
    app: Flask, writer: FlaskClient, reviewer: FlaskClient, moment: datetime
) -> None:
    page = writer.get("/console/bank/new").get_data(as_text=True)
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found
    form = FIELDS | {"csrf_token": found[1], "as_draft": "1"}
    assert writer.post("/console/bank/new", data=form).status_code == 302
    assert state_of(1) == "draft"
    assert "草稿不参加组卷" in page_of(writer)
    send(writer, "/console/bank/1/submit", expected="draft", state="review")
    assert state_of(1) == "review"
    assert "这一版是您写的，不能由您审核" in page_of(writer)
    assert "通过审核" not in page_of(writer)
    page = page_of(reviewer)
    assert "通过审核" in page
    assert "退回给出题人" in page
    denied = send(
        reviewer, "/console/bank/1/state", expected="review", state="draft", reason=" "
    )
    assert "请写出退回的原因" in text_of(denied)
    send(
        reviewer, "/console/bank/1/state",
        expected="review", state="draft", reason="没有写依据",
    )  # fmt: skip
    assert state_of(1) == "draft"
    assert "没有写依据" in page_of(writer)
    remark = db.session.scalars(sa.select(QuestionRemark)).one()
    settle = f"/console/bank/remarks/{remark.id}/settle"
    send(writer, settle, outcome="已补依据")
    assert "已补依据" in page_of(reviewer)
    send(writer, "/console/bank/1/submit", expected="draft", state="review")
    send(reviewer, "/console/bank/1/state", expected="review", state="approved")
    assert state_of(1) == "approved"
    page = page_of(reviewer)
    assert "状态的变化" in page
    assert "wendy" in page
    assert "rita" in page


def test_an_author_alone_decides_nothing(
    app: Flask, writer: FlaskClient, moment: datetime
) -> None:
    add_question(draft=SINGLE, actor="system", now=moment)
    refused = send(writer, "/console/bank/1/state", expected="approved", state="parked")
    assert refused.status_code == 403
    for expected, state in (("approved", "retired"), ("review", "approved")):
        form = {"expected": expected, "state": state}
        refused = send(writer, "/console/bank/1/submit", **form)
        assert refused.status_code == 400
    assert state_of(1) == "approved"


def test_the_page_shows_what_a_version_changed_and_who_wrote_it(
    app: Flask, reviewer: FlaskClient, moment: datetime
) -> None:
    add_question(draft=SINGLE, actor="system", now=moment)
    revise_question(
        question_id=1, base=1, draft=single(key=("B",), analysis="自立案起算。"),
        actor="system", now=moment,
    )  # fmt: skip
    page = reviewer.get("/console/bank/1").get_data(as_text=True)
    assert "<del>C</del><ins>B</ins>" in page
    send(reviewer, "/console/bank/1/remarks", text="期限对吗？")
    assert "期限对吗？" in page_of(reviewer)
