"""Answer sheets of paper at the desk: /console/exams/<id>/desk/sheets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from core.db import db, write
from quiz.models import Score, Sitting
from tests.conftest import signed_in
from tests.pages import text_of
from tests.quiz.factories import Made, make_exam
from tests.quiz.phone import Phone

TYPED = {"q-1": "c", "q-2": "B", "q-3": "abd", "q-4": "×", "q-5-1": "九十"}
TYPED["q-5-2"] = "书面"


@pytest.fixture
def exam(app: Flask) -> Made:
    """Two people; it has been open for five minutes."""
    return make_exam(
        datetime.now(UTC) - timedelta(minutes=5),
        people=[("市司法局", "张伟", "0417"), ("市财政局", "李四", "0419")],
    )


@pytest.fixture
def invigilator(app: Flask) -> FlaskClient:
    """A client signed in as one who looks after all."""
    return signed_in(app, "ivan", "invigilator")


def address(exam: Made, place: int = 0, more: str = "") -> str:
    who = exam.candidates[place]
    return f"/console/exams/{exam.exam_id}/desk/sheets/{who}{more}"


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of the page's form."""
    return {
        name: page.split(f'name="{name}"')[1].split('value="')[1].split('"')[0]
        for name in ("csrf_token", "paper", "seen")
    }


def send(client: FlaskClient, at: str, **values: Any) -> TestResponse:
    page = client.get(at, follow_redirects=True).get_data(as_text=True)
    return client.post(at, data=hidden(page) | values)


def test_two_people_enter_and_hand_in(
    organizer: FlaskClient, invigilator: FlaskClient, exam: Made
) -> None:
    first = send(organizer, address(exam), **TYPED)
    assert first.location.endswith("/desk/sheets")
    assert "等第二个人录入" in text_of(organizer.get(first.location))
    page = text_of(invigilator.get(address(exam)))
    assert "另一个人已经录过一次，您看不到" in page
    assert "九十" not in page
    second = send(invigilator, address(exam), **TYPED | {"q-2": "a"})
    assert second.location.partition("?")[0].endswith("/compare")
    page = text_of(invigilator.get(second.location))
    assert "有 1 题不同" in page
    assert "没有用手机作答" in page
    reply = send(invigilator, address(exam, more="/compare"))
    assert reply.status_code == 400
    assert "第 2 题两次录入不同" in text_of(reply)
    reply = send(invigilator, address(exam, more="/compare"), **{"q-2": "1"})
    assert reply.status_code == 303
    assert "已交卷计分" in text_of(invigilator.get(reply.location))
    db.session.rollback()
    assert db.session.scalars(sa.select(Score.points)).all() == [1000]
    assert "已交卷" in text_of(
        organizer.get(f"/console/exams/{exam.exam_id}/roster?unit=1")
    )


def test_what_cannot_be_is_said_at_its_question(
    organizer: FlaskClient, exam: Made
) -> None:
    reply = send(organizer, address(exam), **TYPED | {"q-1": "AB", "q-4": "C"})
    assert reply.status_code == 400
    page = text_of(reply)
    assert "请改正标出的 2 题" in page
    assert "卷上涂了两格的，请留空" in page
    assert 'value="abd"' in page  # nothing that was typed is lost
    assert db.session.scalar(sa.select(sa.func.count(Sitting.id))) == 0


def test_ones_own_reading_can_be_put_right(organizer: FlaskClient, exam: Made) -> None:
    send(organizer, address(exam), **TYPED)
    page = text_of(organizer.get(address(exam)))
    assert 'value="九十"' in page
    assert 'value="ABD"' in page
    assert 'value="×"' in page


def test_what_the_phone_did_is_said_before_handing_in(
    app: Flask, organizer: FlaskClient, invigilator: FlaskClient, exam: Made
) -> None:
    phone = Phone(app)
    phone.enter(*exam.people[0])
    for client in (organizer, invigilator):
        send(client, address(exam), **TYPED)
    compare = address(exam, more="/compare")
    assert "没有自己交卷" in text_of(organizer.get(compare))
    phone.submit(("1", ["C"], 1))
    assert "先交的为准" in text_of(organizer.get(compare))
    send(organizer, compare)
    db.session.rollback()
    assert db.session.scalars(sa.select(Score.points)).all() == [200]


def test_people_are_found_by_name_among_those_one_looks_after(
    organizer: FlaskClient, exam: Made
) -> None:
    at = f"/console/exams/{exam.exam_id}/desk/sheets"
    page = text_of(organizer.get(f"{at}?q=李四"))
    assert address(exam, 1) in page
    assert address(exam, 0) not in page
    assert "没有符合的人" in text_of(organizer.get(f"{at}?q=王五"))


def test_a_void_attempt_has_no_sheet(
    app: Flask, organizer: FlaskClient, exam: Made
) -> None:
    Phone(app).enter(*exam.people[0])
    with write() as session:
        session.execute(
            sa.update(Sitting).values(state="void", closed_at=datetime.now(UTC))
        )
    reply = organizer.get(address(exam))
    assert reply.status_code == 400
    assert "没有可以录入的试卷" in text_of(reply)


def test_a_second_attempt_on_paper_has_a_sheet_of_its_own(
    app: Flask, organizer: FlaskClient, invigilator: FlaskClient
) -> None:
    exam = make_exam(datetime.now(UTC) - timedelta(minutes=5), attempts=2)
    for client in (organizer, invigilator):
        send(client, address(exam), **TYPED)
    send(organizer, address(exam, more="/compare"))
    page = text_of(organizer.get(address(exam)))
    assert "卷号 0002-" in page
    assert "卡上是另一个卷号" not in page
    for client in (organizer, invigilator):
        send(client, address(exam), **TYPED | {"q-1": ""})
    send(organizer, address(exam, more="/compare"))
    db.session.rollback()
    scored = sa.select(Score.points).order_by(Score.id)
    assert db.session.scalars(scored).all() == [1000, 800]


def test_the_paper_is_chosen_by_its_mark(app: Flask, organizer: FlaskClient) -> None:
    exam = make_exam(datetime.now(UTC) - timedelta(minutes=5), attempts=2)
    page = text_of(organizer.get(address(exam)))
    assert "卷号 0001-" in page
    assert "卡上是另一个卷号" in page
    second = page.split("paper=")[1].split('"')[0]
    other = organizer.get(f"{address(exam)}?paper={second}")
    assert "卷号 0002-" in text_of(other)
    form = hidden(other.get_data(as_text=True)) | TYPED
    organizer.post(address(exam), data=form)
    assert "卷号 0002-" in text_of(organizer.get(address(exam)))


def test_there_is_nothing_to_compare_before_two_have_entered(
    organizer: FlaskClient, exam: Made
) -> None:
    send(organizer, address(exam), **TYPED)
    page = text_of(organizer.get(address(exam, more="/compare")))
    assert "还没有两个人录入" in page
    assert "九十" not in page
