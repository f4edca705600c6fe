"""准考凭证: it says who one is, and nothing else."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from audit.queries.log import find_payload
from core.audit import AuditEntry
from core.chain import Chain, breaks
from core.db import db, write
from quiz.models import Candidate, Exam, Sitting
from quiz.rules.tickets import nth_of, owner_of, ticket_of
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
    one, other = made.candidates[:2]
    ticket = ticket_of(SECRET, made.code, one)
    assert owner_of(ticket) == one
    assert nth_of(SECRET, made.code, one, ticket, 1) == 1
    assert nth_of(SECRET, made.code, one, ticket.lower(), 1) == 1
    assert nth_of(SECRET, "OTHEREXA", one, ticket, 1) is None
    assert nth_of("another" * 8, made.code, one, ticket, 1) is None
    mark = ticket.partition("-")[2]
    assert nth_of(SECRET, made.code, other, f"{other}-{mark}", 1) is None


def test_a_ticket_that_comes_later_opens_nothing_before_it_counts() -> None:
    tickets = [ticket_of(SECRET, "K7MPX4QW", 5, nth) for nth in (1, 2, 3)]
    assert len(set(tickets)) == 3
    found = [nth_of(SECRET, "K7MPX4QW", 5, one, 2) for one in tickets]
    assert found == [1, 2, None]


def replaced(client: FlaskClient, made: Made, n: int = 0, reason: str = "遗失") -> Any:
    path = f"/console/exams/{made.exam_id}/tickets/{made.candidates[n]}/replace"
    token = page(client.get(path)).one("[name=csrf_token]")["value"]
    return client.post(path, data={"csrf_token": token, "reason": reason, "key": "k"})


def test_a_ticket_in_wrong_hands_is_replaced_and_says_so(
    app: Flask, made: Made, organizer: FlaskClient
) -> None:
    reply = replaced(organizer, made, reason="")
    assert reply.status_code == 400
    assert scan(Phone(app), made).status_code == 200
    reply = replaced(organizer, made, reason="凭证照片流传出去了")
    assert reply.status_code == 303
    assert reply.location.endswith(f"/desk/people/{made.candidates[0]}")
    old = scan(Phone(app), made)
    assert old.status_code == 400
    assert "已经换发" in text_of(old)
    assert "张伟" not in text_of(old)
    second = ticket_of(SECRET, made.code, made.candidates[0], 2)
    phone = Phone(app)
    confirm = phone.client.get(f"/e/{made.code}/ticket/{second}")
    assert "张伟" in text_of(confirm)
    assert phone.start(confirm).status_code == 200
    assert scan(Phone(app), made, 1).status_code == 200  # nobody else's is touched
    entry = newest("candidate.ticket")
    assert entry.object == f"candidate:{made.candidates[0]}"
    assert json.loads(entry.facts)["nth"] == 2
    assert find_payload(entry.n) == {"reason": "凭证照片流传出去了"}
    assert not list(breaks(db.session.connection(), Chain()))


def test_the_sheet_of_one_person_has_the_ticket_that_counts(
    app: Flask, made: Made, organizer: FlaskClient
) -> None:
    path = f"/console/exams/{made.exam_id}/tickets/sheets?candidate="
    before = text_of(organizer.get(f"{path}{made.candidates[0]}"))
    assert re.findall(r'class="name">([^<]+)', before) == ["张伟"]
    replaced(organizer, made)
    after = text_of(organizer.get(f"{path}{made.candidates[0]}"))
    drawn = [re.findall(r'stroke="#000" d="([^"]+)', one) for one in (before, after)]
    assert drawn[0] != drawn[1]


def test_tickets_that_are_shown_are_written_down(
    app: Flask, made: Made, organizer: FlaskClient
) -> None:
    base = f"/console/exams/{made.exam_id}/tickets"
    organizer.get(f"{base}/sheets")
    entry = newest("exam.tickets")
    assert entry.object == f"exam:{made.exam_id}"
    assert entry.actor.startswith("account:")
    assert json.loads(entry.facts)["tickets"] == 3
    organizer.get(f"{base}/sheets?candidate={made.candidates[1]}")
    assert (
        json.loads(newest("exam.tickets").facts)["candidate_id"] == (made.candidates[1])
    )
    n = newest("exam.tickets").n
    organizer.get(f"{base}/sheets?room=无")  # nobody: nothing was shown
    assert newest("exam.tickets").n == n


def test_once_the_results_are_out_no_ticket_is_replaced(
    app: Flask, made: Made, organizer: FlaskClient, moment: datetime
) -> None:
    with write() as session:
        session.execute(
            sa.update(Exam).values(
                opens_at=moment - timedelta(hours=3),
                closes_at=moment - timedelta(hours=1),
                results_at=moment,
            )
        )
    reply = replaced(organizer, made)
    assert reply.status_code == 400
    assert "公布成绩以前" in text_of(reply)


def newest(action: str) -> AuditEntry:
    db.session.rollback()
    query = sa.select(AuditEntry).where(AuditEntry.action == action)
    return db.session.scalars(
        query.order_by(AuditEntry.n.desc())
    ).first() or pytest.fail(action)


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
