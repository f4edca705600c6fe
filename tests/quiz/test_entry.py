"""From the QR code to the start, through the real routes."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from core.db import db, write
from quiz.models import Candidate, Exam, Sitting
from tests.quiz.counting import Counter
from tests.quiz.factories import make_exam
from tests.quiz.phone import Phone, field

PEOPLE = [
    ("市司法局", "张伟", "0417"),
    ("市司法局", "张伟", "5521"),
    ("市审计局", "买买提·艾力", "0001"),
    ("市审计局", "王𠮷", "9930"),
]


@pytest.fixture
def clock(moment: datetime) -> Any:
    with time_machine.travel(moment + timedelta(minutes=1), tick=False) as traveller:
        yield traveller


def text_of(reply: Any) -> str:
    text: str = reply.get_data(as_text=True)
    return text


@pytest.mark.parametrize(
    "typed",
    [
        ("市司法局", "张伟", "0417"),
        (" 市司法局 ", "张 伟", " ０４１７ "),
        ("司法", "张伟", "0417"),
        ("u0", "张伟", "0417"),
        ("市", "张伟", "0417"),  # several units, but only one has this person
        ("市审计局", "买买提•艾力", "0001"),
        ("市审计局", "买买提.艾力", "0001"),
        ("市审计局", "王𠮷", "9930"),
    ],
)
def test_L2_people_are_found_however_they_type(
    app: Flask, moment: datetime, clock: Any, typed: tuple[str, str, str]
) -> None:
    make_exam(moment, people=PEOPLE)
    reply = Phone(app).identify(*typed)
    assert reply.status_code == 200, text_of(reply)
    assert "请确认是您本人" in text_of(reply)


@pytest.mark.parametrize(
    "typed",
    [
        ("市司法局", "张伟", "9999"),
        ("市司法局", "李四", "0417"),
        ("市审计局", "张伟", "0417"),
        ("没有的单位", "张伟", "0417"),
    ],
)
def test_A5_a_wrong_name_and_a_wrong_number_get_the_same_answer(
    app: Flask, moment: datetime, clock: Any, typed: tuple[str, str, str]
) -> None:
    make_exam(moment, people=PEOPLE)
    reply = Phone(app).identify(*typed)
    assert reply.status_code == 403
    assert "信息不符" in text_of(reply)
    assert "5521" not in text_of(reply)


def test_A5_every_mistake_gets_the_same_page_after_the_same_work(
    app: Flask, moment: datetime, clock: Any
) -> None:
    make_exam(moment, people=PEOPLE)
    seen = {}
    # Each another name: the second mistake of one name changes its count instead.
    for what, typed in {
        "digits": ("市司法局", "张伟", "9999"),
        "name": ("市司法局", "李四", "0417"),
        "both": ("市司法局", "赵六", "9999"),
        "unit of another": ("市审计局", "张伟", "0417"),
        "no unit": ("没有的单位", "张伟", "0417"),
        "staff number": ("市审计局", "王𠮷", "A10233"),
    }.items():
        phone = Phone(app)
        csrf = field(phone.client.get(f"/e/{phone.code}"), "csrf")
        form = dict(zip(("unit", "name", "number"), typed, strict=True))
        with Counter() as queries:
            reply = phone.client.post(f"/e/{phone.code}", data={"csrf": csrf} | form)
        shown = re.sub("<datalist.*</datalist>", "", text_of(reply), flags=re.DOTALL)
        shown = shown.replace(csrf, "")
        for word in typed:
            shown = shown.replace(f'value="{word}"', 'value=""')
        headers = sorted(name for name, _ in reply.headers)
        work = [statement.split(" WHERE ")[0] for statement in queries]
        seen[what] = (reply.status_code, shown, headers, work)
    assert seen["digits"][0] == 403
    for what, one in seen.items():
        assert one == seen["digits"], what


def test_L1_two_people_of_one_name_are_told_apart_by_their_number(
    app: Flask, moment: datetime, clock: Any
) -> None:
    made = make_exam(moment, people=PEOPLE)
    for person in (0, 1):
        Phone(app).enter(*PEOPLE[person])
    taken = set(db.session.scalars(sa.select(Sitting.candidate_id)))
    assert taken == set(made.candidates[:2])


def test_L1_the_same_name_and_tail_asks_for_the_staff_number(
    app: Flask, moment: datetime, clock: Any
) -> None:
    twins = [("市司法局", "张伟", "0417"), ("市司法局", "张伟", "0417")]
    make_exam(moment, people=twins)
    reply = Phone(app).identify(*twins[0])
    assert reply.status_code == 400
    assert "请改填工号" in text_of(reply)


def test_the_same_person_in_two_units_is_asked_which(
    app: Flask, moment: datetime, clock: Any
) -> None:
    both = [("市司法局", "张伟", "0417"), ("县司法局", "张伟", "0417")]
    make_exam(moment, people=both)
    reply = Phone(app).identify("司法局", "张伟", "0417")
    assert reply.status_code == 400
    assert "请选择您的单位" in text_of(reply)
    assert Phone(app).identify("县司法局", "张伟", "0417").status_code == 200


def test_A3_A4_wrong_tries_are_counted_for_the_name_and_nobody_else_waits(
    app: Flask, moment: datetime, clock: Any
) -> None:
    make_exam(moment, people=PEOPLE)
    attacker = Phone(app)
    for n in range(5):
        assert attacker.identify("市司法局", "张伟", f"1{n:03d}").status_code == 403
    assert attacker.identify("市司法局", "张伟", "0417").status_code == 429
    assert Phone(app).identify("司法局", "张 伟", "0417").status_code == 429
    assert attacker.identify("市审计局", "王𠮷", "9930").status_code == 200
    clock.shift(timedelta(seconds=31))
    assert attacker.identify("市司法局", "张伟", "0417").status_code == 200


def test_nothing_on_the_card_tells_who_is_on_the_roster(
    app: Flask, moment: datetime, clock: Any
) -> None:
    made = make_exam(moment, people=PEOPLE)
    page = text_of(app.test_client().get(f"/e/{made.code.lower()}"))
    assert "市审计局" in page
    assert "张伟" not in page
    assert "0417" not in page


def test_an_exam_that_is_not_published_is_not_found(
    app: Flask, moment: datetime, clock: Any
) -> None:
    make_exam(moment, published_at=None)
    client = app.test_client()
    for code in ("TESTEXAM", "NOSUCH"):
        assert client.get(f"/e/{code}").status_code == 404
        assert client.post(f"/e/{code}").status_code == 404
        assert client.post(f"/e/{code}/start").status_code == 404


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"opens": 1}, "还没有开始"),
        ({"drawn": None}, "试卷还没有抽好"),
        ({"exempt": "长期病假"}, "免考"),
        ({"closed": True}, "已经结束"),
    ],
)
def test_who_may_not_start_is_told_why(
    app: Flask, moment: datetime, clock: Any, change: dict[str, Any], words: str
) -> None:
    make_exam(moment, people=PEOPLE)
    phone = Phone(app)
    confirm = phone.identify(*PEOPLE[0])
    with write() as session:
        exam = session.scalars(sa.select(Exam)).one()
        if "opens" in change:
            exam.opens_at = moment + timedelta(hours=1)
        if "drawn" in change:
            exam.drawn_at = None
        if "closed" in change:
            exam.closes_at = moment + timedelta(seconds=30)
        if "exempt" in change:
            session.execute(sa.update(Candidate).values(exempt_reason=change["exempt"]))
    reply = phone.start(confirm)
    assert reply.status_code == 400
    assert words in text_of(reply)
    db.session.rollback()
    assert db.session.scalars(sa.select(Sitting)).all() == []


def test_a_form_without_its_token_or_an_old_ticket_is_refused(
    app: Flask, moment: datetime, clock: Any
) -> None:
    make_exam(moment, people=PEOPLE)
    phone = Phone(app)
    unit, name, number = PEOPLE[0]
    form = {"unit": unit, "name": name, "number": number}
    assert phone.client.post("/e/TESTEXAM", data=form).status_code == 403
    confirm = phone.identify(*PEOPLE[0])
    stranger = Phone(app)
    stranger.identify(*PEOPLE[1])
    assert stranger.start(confirm).status_code == 403  # another device's form
    clock.shift(timedelta(minutes=31))
    assert phone.start(confirm).status_code == 400


def test_a_second_attempt_gets_the_second_paper_and_no_third(
    app: Flask, moment: datetime, clock: Any
) -> None:
    make_exam(moment, people=PEOPLE, attempts=2)
    phone = Phone(app)
    for attempt in (1, 2):
        phone.enter(*PEOPLE[0])
        assert phone.submit(("1", ["C"], 1)).status_code == 200
        sittings = db.session.scalars(sa.select(Sitting.attempt)).all()
        assert max(sittings) == attempt
        db.session.rollback()
    assert phone.enter(*PEOPLE[0]).status_code == 400


@pytest.mark.parametrize(
    ("show", "at_once", "later"),
    [
        ("at_once", True, True),
        ("after_close", False, True),
        ("when_published", False, False),
    ],
)
def test_the_score_is_shown_when_the_exam_says(
    app: Flask, moment: datetime, clock: Any, show: str, at_once: bool, later: bool
) -> None:
    make_exam(moment, people=PEOPLE, show_score=show)
    phone = Phone(app)
    phone.enter(*PEOPLE[0])
    phone.submit(("1", ["C"], 1), ("2", ["B"], 2), ("4", ["F"], 3))
    path = f"/s/{phone.token}/receipt"
    assert ("合格" in text_of(phone.client.get(path))) is at_once
    clock.move_to(moment + timedelta(hours=2))
    other = Phone(app)  # any phone, by identifying again
    confirm = other.identify(*PEOPLE[0])
    assert ("合格" in text_of(confirm)) is later
    receipt = other.client.get(other.start(confirm, receipt="1").location)
    assert receipt.status_code == 200, text_of(receipt)
    assert ("合格" in text_of(receipt)) is later


def test_C9_handing_the_phone_on_leaves_nothing_of_the_last_to_be_opened(
    app: Flask, moment: datetime, clock: Any
) -> None:
    make_exam(moment, people=PEOPLE)
    phone = Phone(app)
    phone.enter(*PEOPLE[0])
    running = phone.token
    assert phone.client.get(f"/e/{phone.code}/next").status_code == 303
    # Under way, it goes on: an unsent answer must still find its way.
    assert phone.save(("1", ["C"], 1)).status_code == 200
    assert phone.submit(("1", ["C"], 1)).status_code == 200
    receipt = f"/s/{running}/receipt"
    clock.shift(timedelta(minutes=1))
    assert phone.client.get(f"/e/{phone.code}/next").status_code == 303
    assert phone.client.get(receipt).status_code == 404
    phone.enter(*PEOPLE[1])  # the next person
    assert phone.submit(("1", ["C"], 1)).status_code == 200
    assert "5521" not in text_of(phone.client.get(f"/s/{phone.token}/receipt"))
    assert phone.client.get(f"/s/{phone.token}/receipt").status_code == 200
    assert phone.client.get(receipt).status_code == 404
    # The last one finds it again by saying who they are.
    confirm = phone.identify(*PEOPLE[0])
    phone.start(confirm, receipt="1")
    assert phone.client.get(receipt).status_code == 200
    # The hall still sees that two people sat on one phone.
    devices = set(db.session.scalars(sa.select(Sitting.device)))
    assert len(devices) == 1


@pytest.mark.parametrize("said", ["", "x", "-1", "9" * 30, "1.5"])
def test_a_strange_word_of_handing_on_means_nothing(
    app: Flask, moment: datetime, clock: Any, said: str
) -> None:
    make_exam(moment, people=PEOPLE)
    phone = Phone(app)
    phone.enter(*PEOPLE[0])
    phone.submit(("1", ["C"], 1))
    phone.client.set_cookie("lawgauge_handed_on", said)
    assert phone.client.get(f"/s/{phone.token}/receipt").status_code == 200
