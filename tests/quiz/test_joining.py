"""Somebody on no roster asks to be let in, and an invigilator decides."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from core.audit import AuditEntry
from core.db import db, write
from core.errors import Refused
from quiz.models import Candidate, Exam, Paper, Sitting
from quiz.operations import joining
from quiz.operations.exams import publish_results
from quiz.operations.joining import accept_joining, ask_to_join
from quiz.rules.presence import hall_code, step_of
from quiz.traces import Joining, Presence
from tests.accounts.browser import fill, page
from tests.conftest import SECRET, make_account, signed_in
from tests.quiz.factories import Made, make_exam
from tests.quiz.ground import (
    PLENTY,
    draw,
    make_bank,
    make_draft,
    make_units,
    papers_of,
    publish,
)
from tests.quiz.phone import Phone, field

M = timedelta(minutes=1)
PEOPLE = [("市司法局", "张伟", "0417"), ("市审计局", "王𠮷", "9930")]
NEW = ("司法", "陈新", "7788")


@pytest.fixture
def clock(app: Flask) -> Any:
    start = datetime.now(UTC).replace(microsecond=0)
    with time_machine.travel(start, tick=False) as traveller:
        yield traveller


@pytest.fixture
def made(app: Flask, clock: Any) -> Made:
    """An open exam with two spare papers."""
    made = make_exam(datetime.now(UTC) - 10 * M, people=PEOPLE)
    with write() as session:
        items = session.scalars(sa.select(Paper.items)).first()
        session.add_all(
            Paper(
                exam_id=made.exam_id, number=100 + n, candidate_id=None, attempt=1,
                items=items, digest=f"{n:064d}",
            )
            for n in range(2)
        )  # fmt: skip
    return made


@pytest.fixture
def desk(app: Flask, made: Made) -> FlaskClient:
    return signed_in(app, "ivan", "invigilator")


def text_of(reply: Any) -> str:
    text: str = reply.get_data(as_text=True)
    return text


def ask(phone: Phone, who: tuple[str, str, str] = NEW, **more: str) -> Any:
    form = {"csrf": field(phone.client.get(f"/e/{phone.code}/join"), "csrf")}
    form |= dict(zip(("unit", "name", "number"), who, strict=True))
    return phone.client.post(f"/e/{phone.code}/join", data=form | more)


def look(phone: Phone) -> Any:
    return phone.client.get(f"/e/{phone.code}/join/wait")


def wishes() -> list[Joining]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(Joining).order_by(Joining.id)))


def walk_ins() -> list[Candidate]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(Candidate).where(Candidate.walk_in)))


def decide(desk: FlaskClient, made: Made, what: str, n: int = 0, **typed: str) -> Any:
    path = f"/console/exams/{made.exam_id}/desk/joining/{wishes()[n].id}/{what}"
    return fill(desk, path, **({"reason": "名单漏报，已看工作证"} | typed))


def last_actions(n: int) -> list[str]:
    db.session.rollback()
    query = sa.select(AuditEntry.action).order_by(AuditEntry.n.desc()).limit(n)
    return list(db.session.scalars(query))


def test_L3_who_is_on_no_roster_asks_and_sits_once_an_invigilator_agrees(
    app: Flask, made: Made, desk: FlaskClient
) -> None:
    phone = Phone(app)
    wrong = phone.identify("市司法局", "陈新", "7788")
    assert f"/e/{made.code}/join" in text_of(wrong)
    assert ask(phone).status_code == 303
    assert "申请已送到监考员" in text_of(look(phone))
    board = desk.get(f"/console/exams/{made.exam_id}/desk")
    assert "申请加入（1）" in text_of(board)
    assert "陈新" in text_of(board)
    assert decide(desk, made, "accept").status_code == 303
    assert last_actions(1) == ["candidate.join"]
    [new] = walk_ins()
    assert (new.name, new.unit_name, new.person_id) == ("陈新", "市司法局", None)
    assert db.session.get_one(Presence, new.id).how == "invigilator"
    confirm = look(phone)
    assert "请确认是您本人" in text_of(confirm)
    assert phone.start(confirm).status_code == 200
    assert phone.submit(("1", ["C"], 1)).status_code == 200
    # What was asked for is kept without the name; another phone finds them by it.
    assert [(one.name, one.accepted) for one in wishes()] == [("", True)]
    assert Phone(app).identify("市司法局", "陈新", "7788").status_code == 200


def test_L3_nobody_is_let_in_without_a_reason_and_nobody_twice(
    app: Flask, made: Made, desk: FlaskClient
) -> None:
    ask(Phone(app))
    assert decide(desk, made, "accept", reason=" ").status_code == 400
    assert walk_ins() == []
    assert decide(desk, made, "accept").status_code == 303
    path = f"/console/exams/{made.exam_id}/desk/joining/{wishes()[0].id}/accept"
    assert desk.get(path).status_code == 404
    assert len(walk_ins()) == 1


def test_L3_who_is_declined_is_told_and_found_nowhere(
    app: Flask, made: Made, desk: FlaskClient
) -> None:
    phone = Phone(app)
    ask(phone)
    assert decide(desk, made, "decline", reason="不是应考人员").status_code == 303
    assert "没有同意您加入" in text_of(look(phone))
    assert walk_ins() == []
    assert [(one.name, one.number_digest) for one in wishes()] == [("", "")]
    assert last_actions(1) == ["exam.decline"]
    assert Phone(app).identify("市司法局", "陈新", "7788").status_code == 403


def test_L3_provisional_people_begin_at_once_and_a_decision_settles_it(
    app: Flask, made: Made, desk: FlaskClient
) -> None:
    with write() as session:
        session.execute(sa.update(Exam).values(provisional=True))
    good, bad = Phone(app), Phone(app)
    ask(good)
    ask(bad, ("市审计局", "不速客", "1234"))
    for phone in (good, bad):
        assert phone.start(look(phone)).status_code == 200
        assert phone.save(("1", ["C"], 1)).status_code == 200
    decide(desk, made, "accept", 0)
    shown = desk.get(
        f"/console/exams/{made.exam_id}/desk/joining/{wishes()[1].id}/decline"
    )
    assert "作废" in text_of(shown)
    decide(desk, made, "decline", 1, reason="不是应考人员")
    assert good.save(("2", ["B"], 2)).status_code == 200
    reply = bad.save(("2", ["B"], 2))
    assert (reply.status_code, reply.get_json()["why"]) == (409, "void")
    db.session.rollback()
    states = db.session.scalars(sa.select(Sitting.state).order_by(Sitting.id)).all()
    assert states == ["open", "void"]
    again = Phone(app).identify("市审计局", "不速客", "1234")
    assert again.status_code == 403


def test_results_wait_for_the_decision_on_those_who_began(
    app: Flask, made: Made, clock: Any
) -> None:
    with write() as session:
        session.execute(sa.update(Exam).values(provisional=True))
    phone = Phone(app)
    ask(phone)
    phone.start(look(phone))
    phone.submit(("1", ["C"], 1))
    account = make_account("olga", "organizer")
    clock.shift(timedelta(hours=3))
    with pytest.raises(Refused, match="1 份现场加入的申请"):
        publish_results(exam_id=made.exam_id, account_id=account, now=datetime.now(UTC))


def test_who_still_waits_when_results_are_published_is_forgotten(
    app: Flask, made: Made, clock: Any
) -> None:
    ask(Phone(app))
    account = make_account("olga", "organizer")
    clock.shift(timedelta(hours=3))
    publish_results(exam_id=made.exam_id, account_id=account, now=datetime.now(UTC))
    assert wishes() == []


def test_who_is_on_the_roster_is_not_let_in_a_second_time(
    app: Flask, made: Made, desk: FlaskClient
) -> None:
    phone = Phone(app)
    reply = ask(phone, ("市司法局", "张 伟", "0417"))
    assert reply.status_code == 303  # nothing is said of the roster
    reply = decide(desk, made, "accept")
    assert reply.status_code == 400
    assert "已在应考名单里" in page(reply).text
    assert walk_ins() == []


def test_a_phone_and_a_person_ask_once(app: Flask, made: Made) -> None:
    phone = Phone(app)
    for _ in range(3):
        ask(phone)
    other = ask(Phone(app))  # the same person from another phone is told so
    assert other.status_code == 400
    assert "已经在另一部手机上申请过" in text_of(other)
    ask(phone, ("市审计局", "别人", "1111"))  # another name from the same phone
    assert len(wishes()) == 1


def test_too_many_wishes_are_refused(
    app: Flask, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(joining, "MOST_WAITING", 2)
    for n in range(2):
        assert ask(Phone(app), ("司法", f"人{n}", "0001")).status_code == 303
    reply = ask(Phone(app), ("司法", "人9", "0001"))
    assert reply.status_code == 400
    assert "请直接找监考员" in text_of(reply)


@pytest.mark.parametrize(
    ("who", "words"),
    [
        (("", "陈新", "7788"), "填完整"),
        (("没有的单位", "陈新", "7788"), "没有找到这个单位"),
        (("市", "陈新", "7788"), "请选择您的单位"),
    ],
)
def test_what_is_typed_wrong_is_told(
    app: Flask, made: Made, who: tuple[str, str, str], words: str
) -> None:
    reply = ask(Phone(app), who)
    assert reply.status_code == 400
    assert words in text_of(reply)
    assert wishes() == []


def test_where_the_halls_code_is_asked_for_only_who_sees_it_may_ask(
    app: Flask, made: Made, desk: FlaskClient
) -> None:
    with write() as session:
        session.execute(sa.update(Exam).values(presence="code", provisional=True))
    phone = Phone(app)
    assert ask(phone, digits="000000").status_code == 400
    assert wishes() == []
    digits = hall_code(SECRET, made.code, "", step_of(datetime.now(UTC))).digits
    assert ask(phone, digits=digits).status_code == 303
    confirm = look(phone)
    assert "已签到" in text_of(confirm)
    assert phone.start(confirm).status_code == 200


def test_a_wish_is_shown_on_its_own_phone_alone(app: Flask, made: Made) -> None:
    ask(Phone(app))
    assert look(Phone(app)).status_code == 303


def test_where_no_spare_is_left_the_draw_goes_on(app: Flask, moment: datetime) -> None:
    before = moment - timedelta(days=1)
    make_bank(before, PLENTY)
    units = make_units(before, [6, 5])
    exam = make_draft(before)
    publish(exam, before)
    draw(exam, before)
    own: Any = {"exam_id": exam.id, "now": moment}
    spares = sum(paper.candidate_id is None for paper in papers_of(exam))
    dealt = len(papers_of(exam))
    account = make_account("ivan", "invigilator")
    for n in range(spares + 1):
        asked = ask_to_join(
            unit_id=units[0], name=f"新{n}", number_digest=f"{n:064d}",
            device=f"{n:064d}", **own,
        )  # fmt: skip
        accept_joining(joining_id=asked.id, reason="漏报", account_id=account, **own)
    db.session.rollback()
    papers = papers_of(exam)
    assert len(papers) > dealt
    owners = [paper.candidate_id for paper in papers if paper.candidate_id]
    assert len(owners) == len(set(owners)) == 11 + spares + 1


def test_an_exam_that_is_over_takes_no_wishes(
    app: Flask, made: Made, clock: Any
) -> None:
    phone = Phone(app)
    phone.client.get(f"/e/{made.code}/join")
    clock.shift(timedelta(hours=2))
    assert phone.client.get(f"/e/{made.code}/join").status_code == 400


def test_V1_a_number_too_long_for_a_tail_is_not_shown_again(
    app: Flask, moment: datetime
) -> None:
    """Somebody may type a whole identity card."""
    template = app.jinja_env.get_template("phone/_who.html")
    form = {"unit": "", "name": "", "number": "411502199003077319"}
    units: dict[str, list[str]] = {"offered": []}
    shown = template.render(form=form, units=units, unit_choices=[], wrong=False)
    assert form["number"] not in shown
    assert "0417" in template.render(form=form | {"number": "0417"}, units=units)
