"""准考凭证: it says who one is, and nothing else."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from core.db import db, write
from quiz.models import Candidate, Exam, Sitting
from quiz.rules.tickets import candidate_of, ticket_of
from tests.accounts.browser import page
from tests.conftest import SECRET
from tests.quiz.counting import Counter
from tests.quiz.factories import Made, make_exam
from tests.quiz.phone import Phone
from tests.quiz.sitters import set_room

PEOPLE = [
    ("市司法局", "张伟", "0417"),
    ("市司法局", "李雪", "2208"),
    ("市审计局", "王𠮷", "9930"),
]


@pytest.fixture
def clock(moment: datetime) -> Any:
    with time_machine.travel(moment + timedelta(minutes=1), tick=False) as traveller:
        yield traveller


@pytest.fixture
def made(app: Flask, moment: datetime, clock: Any) -> Made:
    return make_exam(moment, people=PEOPLE)


def text_of(reply: Any) -> str:
    text: str = reply.get_data(as_text=True)
    return text


def scan(phone: Phone, made: Made, n: int = 0) -> Any:
    ticket = ticket_of(SECRET, made.code, made.candidates[n])
    return phone.client.get(f"/e/{made.code}/ticket/{ticket}")


def test_a_ticket_leads_to_is_that_you_and_from_there_to_the_paper(
    app: Flask, made: Made
) -> None:
    phone = Phone(app)
    confirm = scan(phone, made)
    assert "请确认是您本人" in text_of(confirm)
    assert "张伟" in text_of(confirm)
    db.session.rollback()
    assert db.session.scalars(sa.select(Sitting)).all() == []
    assert phone.start(confirm).status_code == 200
    db.session.rollback()
    sitting = db.session.scalars(sa.select(Sitting)).one()
    assert sitting.candidate_id == made.candidates[0]


def test_scanning_again_goes_on_and_another_phone_has_to_ask(
    app: Flask, made: Made
) -> None:
    phone = Phone(app)
    phone.start(scan(phone, made))
    token = phone.token
    again = scan(phone, made)
    assert "继续作答" in text_of(again)
    phone.start(again)
    assert phone.token == token
    other = Phone(app)
    reply = other.start(scan(other, made))
    assert reply.status_code == 303
    assert reply.location.endswith("/wait")


def test_a_ticket_does_not_stand_for_being_there(app: Flask, made: Made) -> None:
    with write() as session:
        session.execute(sa.update(Exam).values(presence="code"))
    phone = Phone(app)
    confirm = scan(phone, made)
    assert "现场口令" in text_of(confirm)
    assert phone.start(confirm, digits="000000").status_code == 403


@pytest.mark.parametrize(
    "wrong", ["x", "1", "1-", "-BCDFGHJKMN", "1-BCDFGHJKMN", "²-A", "9" * 40 + "-A"]
)
def test_what_is_no_ticket_opens_nothing(app: Flask, made: Made, wrong: str) -> None:
    reply = app.test_client().get(f"/e/{made.code}/ticket/{wrong}")
    assert reply.status_code == 404
    assert "张伟" not in text_of(reply)


def test_a_ticket_opens_its_own_exam_alone(app: Flask, made: Made) -> None:
    ticket = ticket_of(SECRET, made.code, made.candidates[0])
    assert candidate_of(SECRET, made.code, ticket) == made.candidates[0]
    assert candidate_of(SECRET, made.code, ticket.lower()) == made.candidates[0]
    assert candidate_of(SECRET, "OTHEREXA", ticket) is None
    assert candidate_of("another" * 8, made.code, ticket) is None
    mark = ticket.partition("-")[2]
    assert candidate_of(SECRET, made.code, f"{made.candidates[1]}-{mark}") is None


def test_scanning_costs_four_queries(app: Flask, made: Made) -> None:
    phone = Phone(app)
    scan(phone, made)
    with Counter() as seen:
        scan(phone, made)
    assert len(seen) <= 4, seen


def test_tickets_are_printed_by_unit_and_room_and_not_for_the_exempt(
    app: Flask, made: Made, organizer: FlaskClient
) -> None:
    set_room(made.candidates[2], "第3考场")
    with write() as session:
        session.execute(
            sa.update(Candidate)
            .where(Candidate.id == made.candidates[1])
            .values(exempt_reason="病假")
        )
    base = f"/console/exams/{made.exam_id}/tickets"
    listed = page(organizer.get(base))
    assert [one.text for one in listed.all(".seat strong")] == [
        "第3考场", "市司法局", "市审计局",
    ]  # fmt: skip
    links = [one["href"] for one in listed.all(".seat a")]
    shown = [
        [one.text for one in page(organizer.get(link)).all(".name")] for link in links
    ]
    assert shown == [["王𠮷"], ["张伟"], ["王𠮷"]]
    everybody = text_of(organizer.get(f"{base}/sheets"))
    assert re.findall(r'class="name">([^<]+)', everybody) == ["张伟", "王𠮷"]
    assert everybody.count("<svg") == 2
    assert "0417" not in everybody


def test_a_draft_has_no_tickets(
    moment: datetime, clock: Any, organizer: FlaskClient
) -> None:
    draft = make_exam(moment, published_at=None)
    reply = organizer.get(f"/console/exams/{draft.exam_id}/tickets")
    assert reply.status_code == 400
