"""Before the opening: identified, ready, and started by the page itself."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from core.db import db, write
from quiz.models import Candidate, Exam, Sitting
from quiz.rules.presence import hall_code, step_of
from quiz.traces import Presence
from tests.conftest import SECRET
from tests.quiz.counting import Counter
from tests.quiz.factories import Made, make_exam
from tests.quiz.phone import Phone, field

M = timedelta(minutes=1)
PEOPLE = [("市司法局", "张伟", "0417"), ("市审计局", "王𠮷", "9930")]


@pytest.fixture
def clock(moment: datetime) -> Any:
    """Ten minutes before the opening."""
    with time_machine.travel(moment - 10 * M, tick=False) as traveller:
        yield traveller


@pytest.fixture
def made(app: Flask, moment: datetime, clock: Any) -> Made:
    return make_exam(moment, people=PEOPLE)


def text_of(reply: Any) -> str:
    text: str = reply.get_data(as_text=True)
    return text


def wait(phone: Phone, who: tuple[str, str, str] = PEOPLE[0]) -> Any:
    """Identify and press 等待开考: the answer is the waiting page's address."""
    return phone.start(phone.identify(*who), wait="1")


def change(**values: Any) -> None:
    with write() as session:
        session.execute(sa.update(Exam).values(**values))


def presences() -> list[Presence]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(Presence)))


def test_one_identifies_before_the_opening_and_starts_when_it_comes(
    app: Flask, made: Made, clock: Any, moment: datetime
) -> None:
    phone = Phone(app)
    confirm = phone.identify(*PEOPLE[0])
    assert "等待开考" in text_of(confirm)
    assert "开始作答" not in text_of(confirm)
    at = phone.start(confirm, wait="1")
    assert at.status_code == 303
    page = phone.client.get(at.location)
    shown = text_of(page)
    for words in ("张伟", "考试将在 09:00 开始", "08:50:00", "试卷已准备好", "练习题"):
        assert words in shown
    assert "题干" not in shown
    state = phone.client.get(at.location + "/state").get_json()
    assert state["door"] == "early"
    assert state["opens_ms"] - state["server_now"] == 600_000
    clock.move_to(moment)
    state = phone.client.get(at.location + "/state").get_json()
    assert (state["door"], state["may"]) == ("open", True)
    form = {"csrf": field(page, "csrf"), "ticket": state["ticket"]}
    phone.read(phone.client.post(f"/e/{made.code}/start", data=form))
    assert phone.token
    db.session.rollback()
    sitting = db.session.scalars(sa.select(Sitting)).one()
    assert sitting.candidate_id == made.candidates[0]


def test_waiting_is_having_checked_in_where_nothing_is_asked_for(
    app: Flask, made: Made, moment: datetime, clock: Any
) -> None:
    phone = Phone(app)
    page = phone.client.get(wait(phone).location)
    assert "已签到 08:50" in text_of(page)
    [seen] = presences()
    assert (seen.how, seen.at) == ("phone", moment - 10 * M)
    clock.shift(M)
    wait(phone)  # once more: what stands, stays
    assert [one.at for one in presences()] == [moment - 10 * M]


def test_where_the_code_is_asked_for_waiting_is_not_enough(
    app: Flask, made: Made, moment: datetime, clock: Any
) -> None:
    change(presence="code")
    phone = Phone(app)
    at = wait(phone).location
    page = phone.client.get(at)
    assert "还没有签到" in text_of(page)
    assert presences() == []
    clock.move_to(moment + M)
    assert phone.client.get(at + "/state").get_json()["may"] is False
    form = {"csrf": field(page, "csrf"), "digits": "000000"}
    wrong = phone.client.post(at, data=form)
    assert wrong.status_code == 403
    assert "口令不对" in text_of(wrong)
    form["digits"] = hall_code(SECRET, made.code, "", step_of(moment + M)).digits
    assert phone.client.post(at, data=form).status_code == 303
    state = phone.client.get(at + "/state").get_json()
    assert (state["may"], state["seen"]) == (True, "已签到 09:01")


def test_an_invigilators_word_is_waited_for_after_the_opening_too(
    app: Flask, made: Made, moment: datetime, clock: Any
) -> None:
    change(presence="invigilator")
    clock.move_to(moment + M)
    phone = Phone(app)
    confirm = phone.identify(*PEOPLE[0])
    assert "等待监考员确认" in text_of(confirm)
    at = phone.start(confirm, wait="1").location
    assert "请向监考员出示本页" in text_of(phone.client.get(at))
    with write() as session:
        session.add(
            Presence(
                candidate_id=made.candidates[0], how="invigilator", at=moment,
                room=None, reason="已核对", account_id=None,
            )
        )  # fmt: skip
    assert phone.client.get(at + "/state").get_json()["may"] is True
    # Without a script there is the button.
    assert 'id="go"><button' in text_of(phone.client.get(at))


@pytest.mark.parametrize(
    ("values", "door", "words"),
    [
        ({"drawn_at": None}, "undrawn", "试卷还没有准备好"),
        ({"paused_at": "now"}, "paused", "考试暂停中"),
        ({"closes_at": "now"}, "closed", "考试已结束"),
    ],
)
def test_the_page_says_what_is_still_waited_for(
    app: Flask, made: Made, moment: datetime, clock: Any, values: Any, door: str,
    words: str,
) -> None:  # fmt: skip
    phone = Phone(app)
    at = wait(phone).location
    clock.move_to(moment + M)
    change(**{k: moment + M if v == "now" else v for k, v in values.items()})
    assert phone.client.get(at + "/state").get_json()["door"] == door
    shown = text_of(phone.client.get(at))
    assert words in shown
    assert 'id="go" hidden' in shown


def test_the_waiting_page_opens_on_its_own_phone_alone_and_not_for_ever(
    app: Flask, made: Made, clock: Any
) -> None:
    phone = Phone(app)
    at = wait(phone).location
    stranger = Phone(app)
    stranger.identify(*PEOPLE[1])
    for path in (at, at + "/state"):
        reply = stranger.client.get(path)
        assert reply.status_code == 400
        assert "张伟" not in text_of(reply)
    other_exam = at.replace(made.code, "OTHEREXA")
    assert phone.client.get(other_exam).status_code == 400
    clock.shift(timedelta(hours=4, seconds=1))
    assert phone.client.get(at).status_code == 400


def test_who_is_exempt_meanwhile_waits_for_nothing(
    app: Flask, made: Made, clock: Any
) -> None:
    phone = Phone(app)
    at = wait(phone).location
    with write() as session:
        session.execute(sa.update(Candidate).values(exempt_reason="病假"))
    assert phone.client.get(at + "/state").get_json()["exempt"] is True
    assert "免考" in text_of(phone.client.get(at))


def test_waiting_costs_two_queries_a_look(app: Flask, made: Made) -> None:
    phone = Phone(app)
    at = wait(phone).location
    for path in (at, at + "/state"):
        with Counter() as seen:
            assert phone.client.get(path).status_code == 200
        assert len(seen) <= 2, seen


def test_nothing_of_the_paper_is_known_before_the_opening(
    app: Flask, made: Made
) -> None:
    phone = Phone(app)
    at = wait(phone).location
    start = phone.start(phone.identify(*PEOPLE[0]))
    assert start.status_code == 400
    assert "还没有开始" in text_of(start)
    for reply in (phone.client.get(at), phone.client.get(at + "/state"), start):
        assert "题干" not in text_of(reply)
