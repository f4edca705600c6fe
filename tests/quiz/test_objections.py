"""这道题有问题 and 申请复核: who may say it, who hears it, what comes of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from core.audit import breaks, record_audit
from core.db import db, read_core, write
from core.errors import Conflict, Refused
from question_bank.models import QuestionRemark
from quiz.afterwards import Objection
from quiz.models import Score, Sitting
from quiz.operations.erasing import record_erased_candidates
from quiz.operations.exams import archive_exam, publish_results
from quiz.operations.objections import answer_objection, make_objection
from tests.conftest import make_account, signed_in
from tests.pages import text_of
from tests.quiz.factories import Made, make_exam
from tests.quiz.phone import Phone, field

PEOPLE = [("市司法局", "张伟", "0417"), ("市财政局", "王芳", "8830")]
SHEET = (("1", ["A"], 1), ("2", ["B"], 2), ("4", ["F"], 3))
AFTER = timedelta(hours=2, minutes=10)


@pytest.fixture
def clock(moment: datetime) -> Iterator[Any]:
    with time_machine.travel(moment + timedelta(minutes=1), tick=False) as traveller:
        yield traveller


def sat(app: Flask, moment: datetime, what: str = "all") -> tuple[Made, Phone]:
    made = make_exam(moment, people=PEOPLE, show_what=what)
    phone = Phone(app)
    phone.enter(*PEOPLE[0])
    phone.submit(*SHEET)
    return made, phone


def say(phone: Phone, q: str, text: str) -> Any:
    csrf = field(phone.client.get(f"/e/{phone.code}"), "csrf")
    form = {"csrf": csrf, "q": q, "text": text}
    return phone.client.post(f"/s/{phone.token}/objection", data=form)


def count(model: Any) -> int:
    db.session.rollback()
    return db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def test_a_question_and_a_score_are_objected_to_and_answered(
    app: Flask, moment: datetime, clock: Any
) -> None:
    made, phone = sat(app, moment)
    clock.move_to(moment + AFTER)
    page = text_of(phone.client.get(f"/s/{phone.token}/result"))
    assert page.count("这道题有问题") == 5
    assert "申请复核" in page
    assert say(phone, "1", "2021 年修订后是九十日以内").location.endswith("#r1")
    assert say(phone, "", "总分与我算的不符").location.endswith("#review")
    page = text_of(phone.client.get(f"/s/{phone.token}/result"))
    assert page.count("等待答复") == 2
    olga = signed_in(app, "olga", "organizer")
    base = f"/console/exams/{made.exam_id}/objections"
    listed = text_of(olga.get(base))
    for shown in ("张伟", "市司法局", "第 1 题", "成绩复核", "待答复"):
        assert shown in listed
    first = db.session.scalars(sa.select(Objection.id).where(Objection.q == "1")).one()
    one = text_of(olga.get(f"{base}/{first}"))
    for shown in ("2021 年修订后", "题干0", "考生所选", "提出改键"):
        assert shown in one
    csrf = one.split('name="csrf_token" value="')[-1].split('"')[0]
    form = {"csrf_token": csrf, "outcome": "kept", "answer": ""}
    empty = olga.post(f"{base}/{first}", data=form)
    assert empty.status_code == 400
    assert "请写明答复" in text_of(empty)
    form["answer"] = "依据第六十条，答案无误"
    assert olga.post(f"{base}/{first}", data=form).status_code == 303
    again = olga.post(f"{base}/{first}", data=form)
    assert again.status_code == 409
    page = text_of(phone.client.get(f"/s/{phone.token}/result"))
    assert "依据第六十条，答案无误" in page
    assert "维持" in page
    assert page.count("等待答复") == 1
    with read_core() as connection:
        assert list(breaks(connection)) == []


def test_it_reaches_those_who_set_the_question_without_a_name(
    app: Flask, moment: datetime, clock: Any
) -> None:
    made, phone = sat(app, moment)
    clock.move_to(moment + AFTER)
    say(phone, "2", "选项 C 也对")
    say(phone, "", "总分不符")
    remark = db.session.scalars(sa.select(QuestionRemark)).one()
    assert (remark.version_id, remark.kind) == (made.versions[1], "objection")
    assert (remark.text, remark.exam_code) == ("选项 C 也对", made.code)
    assert remark.made_by == "candidate"


@pytest.mark.parametrize(
    ("what", "q", "allowed"),
    [
        ("nothing", "", False),
        ("nothing", "1", False),
        ("score", "", True),
        ("score", "1", False),
        ("topics", "1", False),
        ("all", "1", True),
        ("all", "", True),
    ],
)
def test_one_speaks_only_of_what_one_sees(
    app: Flask, moment: datetime, clock: Any, what: str, q: str, allowed: bool
) -> None:
    _, phone = sat(app, moment, what)
    clock.move_to(moment + AFTER)
    assert (say(phone, q, "理由").status_code == 303) is allowed
    assert count(Objection) == int(allowed)


def test_M9_before_the_exam_is_over_no_question_is_spoken_of(
    app: Flask, moment: datetime, clock: Any
) -> None:
    _, phone = sat(app, moment)
    assert say(phone, "1", "理由").status_code == 400
    assert count(QuestionRemark) == 0


def test_M8_a_question_that_is_not_on_the_paper_is_not_found(
    app: Flask, moment: datetime, clock: Any
) -> None:
    _, phone = sat(app, moment)
    clock.move_to(moment + AFTER)
    for q in ("6", "0", "01", "1.1", "x"):
        assert say(phone, q, "理由").status_code == 404
    stranger = Phone(app)
    stranger.token = phone.token
    assert say(stranger, "1", "理由").status_code == 404
    assert count(Objection) == 0


def test_two_taps_are_one_objection(app: Flask, moment: datetime, clock: Any) -> None:
    sat(app, moment)
    sitting = db.session.scalars(sa.select(Sitting.id)).one()
    own: Any = {"sitting_id": sitting, "q": "1", "now": moment + AFTER}
    first = make_objection(text="理由", **own)
    assert make_objection(text=" 理由 ", **own) == first
    with pytest.raises(Conflict):
        make_objection(text="别的理由", **own)
    for text in ("", "  \n ", "字" * 301):
        with pytest.raises(Refused):
            make_objection(text=text, **own)
    assert count(QuestionRemark) == 1


def test_an_objection_changes_no_score(
    app: Flask, moment: datetime, clock: Any
) -> None:
    made, _ = sat(app, moment)
    sitting = db.session.scalars(sa.select(Sitting.id)).one()
    number = make_objection(sitting_id=sitting, q="1", text="理由", now=moment + AFTER)
    answer_objection(
        exam_id=made.exam_id,
        objection_id=number,
        outcome="upheld",
        answer="成立，另行改键",
        account_id=make_account("olga", "organizer"),
        now=moment + AFTER,
    )
    assert count(Score) == 1


def test_what_is_archived_hears_no_objection(
    app: Flask, moment: datetime, clock: Any
) -> None:
    made, phone = sat(app, moment)
    clock.move_to(moment + AFTER)
    own: Any = {"exam_id": made.exam_id, "now": moment + AFTER}
    own["account_id"] = make_account("olga", "organizer")
    publish_results(**own)
    archive_exam(**own)
    reply = say(phone, "", "理由")
    assert reply.status_code == 400
    assert "已经归档" in text_of(reply)


def test_V5_what_was_said_goes_with_its_owner(
    app: Flask, moment: datetime, clock: Any
) -> None:
    made, phone = sat(app, moment)
    clock.move_to(moment + AFTER)
    say(phone, "", "我叫张伟，分数不符")
    with write() as session:
        rows = record_erased_candidates(session, made.candidates)
        record_audit(
            session, "privacy.erase", "person:1", actor="system",
            now=moment + AFTER, facts={"kind": "names"}, rows=rows,
        )  # fmt: skip
    kept = db.session.scalars(sa.select(Objection)).one()
    assert (kept.text, kept.answer) == ("（已删除）", "")
    with read_core() as connection:
        assert list(breaks(connection)) == []
