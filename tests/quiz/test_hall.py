"""大屏 and 签到: what the screen shows, and what the phone makes of it."""

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
from quiz.models import Candidate, EntryTry, Exam, Sitting
from quiz.rules.presence import STEP, hall_code, link_key, step_of
from quiz.traces import Presence
from tests.accounts.browser import fill, page
from tests.conftest import SECRET, signed_in
from tests.quiz.counting import Counter
from tests.quiz.factories import Made, make_exam
from tests.quiz.phone import Phone, field

S = timedelta(seconds=1)
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
    """An open exam that asks for the hall's code, with one room."""
    made = make_exam(moment, people=PEOPLE, presence="code")
    with write() as session:
        session.execute(
            sa.update(Candidate)
            .where(Candidate.id == made.candidates[0])
            .values(room="第3考场")
        )
    return made


def code_now(moment: datetime, room: str = "", ago: int = 0) -> Any:
    return hall_code(SECRET, "TESTEXAM", room, step_of(moment) - ago)


def screen(room: str = "", issue: int = 1) -> str:
    return f"/hall/TESTEXAM?key={link_key(SECRET, 'TESTEXAM', issue, room)}"


def text_of(reply: Any) -> str:
    text: str = reply.get_data(as_text=True)
    return text


def presences() -> list[Presence]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(Presence).order_by(Presence.candidate_id)))


def scan(phone: Phone, mark: str, who: tuple[str, str, str]) -> Any:
    """Scan the hall's screen and say who one is."""
    card = phone.client.get(f"/e/{phone.code}?p={mark}")
    unit, name, number = who
    form = {"csrf": field(card, "csrf"), "scan": field(card, "scan")}
    form |= {"unit": unit, "name": name, "number": number}
    return phone.client.post(f"/e/{phone.code}", data=form)


# the screen


def test_the_screen_shows_code_time_and_counts_and_nobody(
    app: Flask, made: Made, moment: datetime
) -> None:
    now = moment + timedelta(minutes=1)
    phone = Phone(app)
    phone.start(scan(phone, code_now(now).mark, PEOPLE[1]))
    shown = text_of(app.test_client().get(screen()))
    digits = code_now(now).digits
    assert f"<b>{digits[:3]}</b> <b>{digits[3:]}</b>" in shown
    assert "09:01:00" in shown
    totals = re.findall(r"<dd>(\d+)</dd>", shown)
    assert totals == ["0", "1", "0", "0"]
    assert "市司法局" in shown
    for unit, name, number in PEOPLE:
        assert name not in shown
        assert number not in shown.replace(unit, "")


def test_a_rooms_screen_has_its_own_code_and_counts_its_own_people(
    app: Flask, made: Made, moment: datetime
) -> None:
    now = moment + timedelta(minutes=1)
    shown = text_of(app.test_client().get(screen("第3考场")))
    assert "应考 1 人" in shown
    assert code_now(now, "第3考场").digits[:3] in shown
    assert code_now(now, "第3考场").digits != code_now(now).digits


def test_who_was_let_in_on_the_day_is_counted_where_they_are_and_not_as_due(
    app: Flask, made: Made, moment: datetime
) -> None:
    with write() as session:
        session.execute(
            sa.update(Candidate)
            .where(Candidate.id == made.candidates[1])
            .values(walk_in=True)
        )
    phone = Phone(app)
    phone.start(scan(phone, code_now(moment + timedelta(minutes=1)).mark, PEOPLE[1]))
    shown = text_of(app.test_client().get(screen()))
    assert "应考 2 人" in shown
    assert re.findall(r"<dd>(\d+)</dd>", shown) == ["0", "1", "0", "0"]


def test_the_screen_costs_the_same_few_queries_for_any_number_of_people(
    app: Flask, made: Made
) -> None:
    client = app.test_client()
    with Counter() as seen:
        assert client.get(screen()).status_code == 200
    assert len(seen) <= 4, seen


def test_the_same_screen_again_is_304_until_something_changes(
    app: Flask, made: Made, moment: datetime, clock: Any
) -> None:
    client = app.test_client()
    etag = client.get(screen()).headers["ETag"]
    asked = {"If-None-Match": etag}
    clock.shift(5 * S)
    assert client.get(screen(), headers=asked).status_code == 304
    phone = Phone(app)
    scan(phone, code_now(moment + timedelta(seconds=65)).mark, PEOPLE[1])
    assert client.get(screen(), headers=asked).status_code == 200


@pytest.mark.parametrize("key", ["", "?key=AAAABBBCCC", "?key=%00", "?key=" + "A" * 99])
def test_without_its_key_the_screen_shows_nothing(
    app: Flask, made: Made, key: str
) -> None:
    reply = app.test_client().get(f"/hall/TESTEXAM{key}")
    assert reply.status_code in (200, 404)
    assert "市司法局" not in text_of(reply)
    assert "现场口令" not in text_of(reply)


def test_a_screens_key_opens_nothing_once_it_was_renewed_or_the_exam_is_long_over(
    app: Flask, made: Made, moment: datetime, clock: Any
) -> None:
    client = app.test_client()
    assert client.get(screen()).status_code == 200
    with write() as session:
        session.execute(sa.update(Exam).values(hall_issue=2))
    assert client.get(screen()).status_code == 404
    assert client.get(screen(issue=2)).status_code == 200
    clock.move_to(moment + timedelta(hours=4, seconds=1))
    assert client.get(screen(issue=2)).status_code == 404


def test_a_draft_has_no_screen(app: Flask, moment: datetime, clock: Any) -> None:
    make_exam(moment, published_at=None)
    assert "现场口令" not in text_of(app.test_client().get(screen()))


# the phone


def test_who_scans_the_screen_has_checked_in_and_is_told_where_and_when(
    app: Flask, made: Made, moment: datetime
) -> None:
    now = moment + timedelta(minutes=1)
    phone = Phone(app)
    confirm = scan(phone, code_now(now, "第3考场").mark, PEOPLE[0])
    assert "已签到 第3考场 09:01" in text_of(confirm)
    [seen] = presences()
    assert (seen.how, seen.room, seen.at) == ("scan", "第3考场", now)
    assert phone.start(confirm).status_code == 200
    assert phone.token


def test_C16_without_the_screens_code_nobody_starts(app: Flask, made: Made) -> None:
    """Whoever was sent the link somewhere else has no code."""
    phone = Phone(app)
    confirm = phone.identify(*PEOPLE[0])
    assert "现场口令" in text_of(confirm)
    reply = phone.start(confirm)
    assert reply.status_code == 400
    assert "请先签到再开始" in text_of(reply)
    for digits in ("", "12", "000000"):
        assert phone.start(confirm, digits=digits).status_code == 403
    db.session.rollback()
    assert db.session.scalars(sa.select(Sitting)).all() == []
    assert presences() == []


@pytest.mark.parametrize("typed", ["{0}", " {1} {2} ", "{1}-{2}"])
def test_the_six_digits_check_in_however_they_are_typed(
    app: Flask, made: Made, moment: datetime, typed: str
) -> None:
    digits = code_now(moment + timedelta(minutes=1)).digits
    phone = Phone(app)
    confirm = phone.identify(*PEOPLE[0])
    sent = typed.format(digits, digits[:3], digits[3:])
    assert phone.start(confirm, digits=sent).status_code == 200
    [seen] = presences()
    # The screen was for everybody: the room is that of the roster.
    assert (seen.how, seen.room) == ("digits", "第3考场")


@pytest.mark.parametrize(
    ("ago", "right"), [(-1, False), (0, True), (1, True), (2, False)]
)
def test_a_code_is_taken_for_one_more_generation_and_no_longer(
    app: Flask, made: Made, moment: datetime, ago: int, right: bool
) -> None:
    digits = code_now(moment + timedelta(minutes=1), ago=ago).digits
    phone = Phone(app)
    reply = phone.start(phone.identify(*PEOPLE[0]), digits=digits)
    assert (reply.status_code == 200) is right
    assert bool(presences()) is right


def test_a_scan_holds_while_one_types_and_on_that_phone_alone(
    app: Flask, made: Made, moment: datetime, clock: Any
) -> None:
    phone = Phone(app)
    mark = code_now(moment + timedelta(minutes=1)).mark
    card = phone.client.get(f"/e/{phone.code}?p={mark}")
    kept = field(card, "scan")
    assert kept
    unit, name, number = PEOPLE[1]
    form = {"scan": kept, "unit": unit, "name": name, "number": number}
    clock.shift(5 * 60 * S)
    other = Phone(app)
    theirs = field(other.client.get(f"/e/{phone.code}"), "csrf")
    other.client.post(f"/e/{phone.code}", data=form | {"csrf": theirs})
    assert presences() == []
    phone.client.post(f"/e/{phone.code}", data=form | {"csrf": field(card, "csrf")})
    assert [one.how for one in presences()] == ["scan"]
    form["name"] = "张伟"
    form["number"] = "0417"
    clock.shift(6 * 60 * S)
    phone.client.post(f"/e/{phone.code}", data=form | {"csrf": field(card, "csrf")})
    assert len(presences()) == 1


def test_a_stale_code_is_said_and_the_digits_do(
    app: Flask, made: Made, moment: datetime
) -> None:
    old = code_now(moment + timedelta(minutes=1), ago=5).mark
    card = Phone(app).client.get(f"/e/TESTEXAM?p={old}")
    assert field(card, "scan") == ""
    assert "已经更换" in text_of(card)


def test_A6_after_ten_wrong_codes_one_waits_and_nobody_else_does(
    app: Flask, made: Made, moment: datetime, clock: Any
) -> None:
    right = code_now(moment + timedelta(minutes=1)).digits
    wrong = "000000" if right != "000000" else "000001"
    phone = Phone(app)
    confirm = phone.identify(*PEOPLE[0])
    for _ in range(10):
        reply = phone.start(confirm, digits=wrong)
        assert "口令不对" in text_of(reply)
    reply = phone.start(confirm, digits=right)
    assert reply.status_code == 403
    assert "秒后再试" in text_of(reply)
    another = Phone(app)  # the same person on another phone waits, too
    assert another.start(another.identify(*PEOPLE[0]), digits=right).status_code == 403
    colleague = Phone(app)
    reply = colleague.start(colleague.identify(*PEOPLE[1]), digits=right)
    assert reply.status_code == 200
    clock.shift(31 * S)
    right = code_now(moment + timedelta(seconds=91)).digits
    assert phone.start(confirm, digits=right).status_code == 200
    assert db.session.scalar(sa.select(sa.func.max(EntryTry.failures))) == 10


def test_A6_a_code_expires(
    app: Flask, made: Made, moment: datetime, clock: Any
) -> None:
    digits = code_now(moment + timedelta(minutes=1)).digits
    phone = Phone(app)
    confirm = phone.identify(*PEOPLE[0])
    clock.shift(2 * STEP)
    assert phone.start(confirm, digits=digits).status_code == 403


@pytest.mark.parametrize("mode", ["code", "invigilator"])
def test_an_invigilators_word_is_as_good_as_the_code(
    app: Flask, made: Made, moment: datetime, mode: str
) -> None:
    with write() as session:
        session.execute(sa.update(Exam).values(presence=mode))
    phone = Phone(app)
    confirm = phone.identify(*PEOPLE[0])
    assert phone.start(confirm).status_code == 400
    with write() as session:
        session.add(
            Presence(
                candidate_id=made.candidates[0], how="invigilator", at=moment,
                room=None, reason="已核对", account_id=None,
            )
        )  # fmt: skip
    assert phone.start(confirm, digits="").status_code == 200


def test_who_has_begun_is_asked_for_no_code_again(
    app: Flask, made: Made, moment: datetime
) -> None:
    phone = Phone(app)
    phone.start(scan(phone, code_now(moment + timedelta(minutes=1)).mark, PEOPLE[0]))
    again = phone.identify(*PEOPLE[0])
    assert "现场口令" not in text_of(again)
    assert phone.start(again).status_code == 200


def test_an_exam_that_asks_for_nothing_writes_nothing_down(
    app: Flask, moment: datetime, clock: Any
) -> None:
    make_exam(moment, people=PEOPLE)
    phone = Phone(app)
    mark = code_now(moment + timedelta(minutes=1)).mark
    assert phone.start(scan(phone, mark, PEOPLE[0])).status_code == 200
    assert presences() == []


# the desk


def desk(made: Made, rest: str) -> str:
    return f"/console/exams/{made.exam_id}/desk/{rest}"


def test_the_addresses_of_the_screens_are_listed_and_open_them(
    app: Flask, made: Made, organizer: FlaskClient
) -> None:
    shown = page(organizer.get(desk(made, "screens")))
    assert [one.text for one in shown.all("main li strong")][:2] == ["全场", "第3考场"]
    address = shown.all("main li a")[1]["href"]
    opened = app.test_client().get(address)
    assert '<p class="room">第3考场</p>' in text_of(opened)


def test_addresses_that_got_out_are_replaced_with_a_reason(
    app: Flask, made: Made, organizer: FlaskClient
) -> None:
    before = screen()
    path = desk(made, "screens/renew")
    assert fill(organizer, path, reason=" ").status_code == 400
    assert app.test_client().get(before).status_code == 200
    assert fill(organizer, path, reason="地址被转发").status_code == 303
    assert app.test_client().get(before).status_code == 404
    assert app.test_client().get(screen(issue=2)).status_code == 200


def test_an_account_that_runs_the_exam_opens_the_screen_without_a_key(
    app: Flask, made: Made, organizer: FlaskClient
) -> None:
    assert "现场口令" in text_of(organizer.get("/hall/TESTEXAM?room=第3考场"))
    author = signed_in(app, "amy", "author")
    assert author.get("/hall/TESTEXAM").status_code == 404


def test_a_whole_room_is_confirmed_at_once_and_scans_stay(
    app: Flask, made: Made, moment: datetime, organizer: FlaskClient
) -> None:
    with write() as session:
        session.execute(sa.update(Candidate).values(room="第3考场"))
    phone = Phone(app)
    scan(phone, code_now(moment + timedelta(minutes=1)).mark, PEOPLE[0])
    path = desk(made, "present?room=第3考场")
    assert "2 人" in text_of(organizer.get(path))
    assert fill(organizer, path, reason="大屏故障").status_code == 303
    assert [one.how for one in presences()] == ["scan", "invigilator", "invigilator"]
