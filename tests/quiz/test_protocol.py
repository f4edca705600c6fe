"""The save protocol (DESIGN §6) through the real routes, on both databases."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from werkzeug.test import TestResponse

from core.audit import AuditEntry, breaks
from core.db import db
from quiz.models import Answer, LateMessage, Score, Sitting
from quiz.operations.closing import sweep_exam
from tests.conftest import SECRET
from tests.quiz.counting import Counter
from tests.quiz.factories import Made, make_exam
from tests.quiz.phone import Phone

WHO = ("市司法局", "张伟", "0417")
RIGHT: list[tuple[str, list[str], int]] = [
    ("1", ["C"], 1),
    ("2", ["B"], 2),
    ("3", ["A", "B", "D"], 3),
    ("4", ["F"], 4),
    ("5", ["九十", "书面"], 5),
]


@pytest.fixture
def made(app: Flask, moment: datetime) -> Made:
    return make_exam(moment)


@pytest.fixture
def clock(moment: datetime) -> Any:
    with time_machine.travel(moment + timedelta(minutes=1), tick=False) as traveller:
        yield traveller


@pytest.fixture
def phone(app: Flask, made: Made, clock: Any) -> Phone:
    phone = Phone(app)
    assert phone.enter(*WHO).status_code == 200
    return phone


def read(reply: TestResponse) -> dict[str, Any]:
    assert reply.json is not None
    body: dict[str, Any] = reply.json
    return body


def sitting() -> Sitting:
    db.session.rollback()
    return db.session.scalars(sa.select(Sitting)).one()


def score() -> Score:
    db.session.rollback()
    return db.session.scalars(sa.select(Score)).one()


def answer_count() -> int:
    db.session.rollback()
    return db.session.scalar(sa.select(sa.func.count()).select_from(Answer)) or 0


def late() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(LateMessage.why)))


def test_a_save_is_acknowledged_by_name(phone: Phone) -> None:
    reply = phone.save(("1", ["C"], 1), ("3", ["D", "A"], 2))
    assert reply.status_code == 200
    assert sorted(read(reply)["acked"]) == [["1", 1], ["3", 2]]
    assert read(reply)["superseded"] == []
    again = phone.client.get(f"/s/{phone.token}/state")
    assert read(again)["answers"]["3"] == {"seq": 2, "value": ["A", "D"]}


def test_N2_N4_the_same_message_again_is_acknowledged_and_stored_once(
    phone: Phone,
) -> None:
    for _ in range(3):
        reply = phone.save(("1", ["C"], 1))
        assert read(reply)["acked"] == [["1", 1]]
    assert answer_count() == 1


def test_several_answers_of_one_message_are_stored_as_one_alone_is(
    phone: Phone,
) -> None:
    phone.save(("1", ["C"], 1))
    phone.save(("2", ["B"], 2), ("3", ["A"], 3), ("4", ["F"], 4))
    db.session.rollback()
    as_text = sa.select(sa.cast(Answer.received_at, sa.Text)).distinct()
    assert len(list(db.session.scalars(as_text))) == 1  # the clock stands still


def test_N5_N6_an_older_message_never_overwrites_a_newer_one(phone: Phone) -> None:
    phone.save(("1", ["C"], 7))
    reply = phone.save(("1", ["A"], 6))
    assert read(reply)["acked"] == []
    assert read(reply)["superseded"] == [["1", 7, ["C"]]]


def test_M8_a_message_not_for_this_paper_stores_nothing(phone: Phone) -> None:
    reply = phone.save(("1", ["C"], 1), ("77", ["A"], 2))
    assert reply.status_code == 422
    assert (
        phone.client.put(
            f"/s/{phone.token}/answers", data="{", content_type="application/json"
        ).status_code
        == 422
    )
    assert phone.client.put(
        f"/s/{phone.token}/answers", data={"q": "1"}
    ).status_code in (400, 422)
    assert answer_count() == 0


def test_a_handed_in_sheet_is_scored_once_and_K2_twice_gives_one_receipt(
    phone: Phone,
) -> None:
    phone.save(("1", ["A"], 1))
    first = phone.submit(("1", ["C"], 9), *RIGHT[1:])
    again = phone.submit(("1", ["C"], 9), *RIGHT[1:])
    assert first.status_code == again.status_code == 200
    assert first.json == again.json
    assert score().points == 1000
    assert json.loads(score().detail) == [200] * 5
    page = phone.client.get(read(first)["receipt"]).get_data(as_text=True)
    assert (sitting().check_word or "none") in page
    assert "张伟" in page
    assert late() == []


def test_N7_a_save_after_hand_in_is_refused_and_kept(phone: Phone) -> None:
    phone.submit(*RIGHT)
    word = sitting().check_word
    reply = phone.save(("1", ["A"], 99))
    assert (reply.status_code, reply.json) == (409, {"why": "submitted"})
    assert late() == ["submitted"]
    phone.submit(("1", ["A"], 99))
    assert late() == ["submitted", "submitted"]
    assert (score().points, sitting().check_word) == (1000, word)


@pytest.mark.parametrize(
    ("after", "status"),
    [
        (timedelta(hours=1, seconds=-1), 200),
        (timedelta(hours=1), 200),
        (timedelta(hours=1, seconds=30), 200),
        (timedelta(hours=1, seconds=30, milliseconds=1), 410),
        (timedelta(hours=1, seconds=31), 410),
    ],
)
def test_P5_N9_N10_only_the_servers_clock_decides(
    phone: Phone, clock: Any, moment: datetime, after: timedelta, status: int
) -> None:
    started = moment + timedelta(minutes=1)
    clock.move_to(started + after)
    reply = phone.save(("1", ["C"], 1))
    assert reply.status_code == status
    assert late() == ([] if status == 200 else ["deadline"])


def test_T11_the_sweep_closes_at_the_deadline_and_scores(
    phone: Phone, made: Made, clock: Any, moment: datetime
) -> None:
    phone.save(*RIGHT[:2])
    clock.move_to(moment + timedelta(hours=9))
    now = moment + timedelta(hours=9)
    assert sweep_exam(exam_id=made.exam_id, now=now, key=SECRET) == 0
    assert sitting().state == "auto"
    assert sitting().closed_at == moment + timedelta(hours=1, minutes=1)
    assert score().points == 400
    for _ in range(2):  # K7: sweeping again changes nothing
        sweep_exam(exam_id=made.exam_id, now=now, key=SECRET)
    assert score().points == 400
    reply = phone.submit(*RIGHT)
    assert reply.status_code == 410
    assert score().points == 400
    assert late() == ["deadline"]


def test_the_sweep_waits_for_deadline_and_grace(
    phone: Phone, made: Made, moment: datetime
) -> None:
    ends = moment + timedelta(hours=1, minutes=1)
    sweep_exam(exam_id=made.exam_id, now=ends + timedelta(seconds=30), key=SECRET)
    assert sitting().state == "open"
    sweep_exam(exam_id=made.exam_id, now=ends + timedelta(seconds=31), key=SECRET)
    assert sitting().state == "auto"


def test_a_sweep_closes_at_most_its_limit(
    app: Flask, moment: datetime, clock: Any
) -> None:
    people = [("市司法局", f"王{n}", f"{n:04d}") for n in range(7)]
    made = make_exam(moment, people=people)
    for who in people:
        Phone(app).enter(*who)
    now = moment + timedelta(hours=5)
    assert sweep_exam(exam_id=made.exam_id, now=now, key=SECRET, limit=3) == 4
    assert sweep_exam(exam_id=made.exam_id, now=now, key=SECRET, limit=60) == 0
    assert list(breaks(db.session.connection())) == []


def test_K1_starting_twice_gives_one_sitting(phone: Phone) -> None:
    confirm = phone.identify(*WHO)
    phone.start(confirm)
    phone.start(confirm)
    assert sitting().holder == 3
    assert phone.state["holder"] == 3


def test_K3_the_newer_page_owns_the_sheet(phone: Phone) -> None:
    old = phone.body(("1", ["A"], 1))
    phone.read(phone.client.get(f"/s/{phone.token}"))
    reply = phone.client.put(f"/s/{phone.token}/answers", json=old)
    assert (reply.status_code, reply.json) == (409, {"why": "moved"})
    assert phone.save(("1", ["C"], 1)).status_code == 200
    assert late() == ["moved"]


def test_K4_P7_another_phone_takes_over_when_the_first_agrees(
    app: Flask, phone: Phone
) -> None:
    phone.save(("1", ["C"], 1))
    second = Phone(app)
    waiting = second.enter(*WHO)
    assert waiting.status_code == 303
    assert second.client.get(waiting.location).status_code == 200
    assert read(phone.save(("2", ["B"], 2)))["claim"] is True
    released = phone.client.post(f"/s/{phone.token}/release", json={"agree": True})
    assert released.status_code == 200
    moved = second.client.get(waiting.location)
    assert moved.status_code == 303
    second.read(second.client.get(moved.location))
    assert set(second.state["answers"]) == {"1", "2"}
    reply = phone.save(("3", ["A"], 3))
    assert (reply.status_code, reply.json) == (409, {"why": "moved"})
    assert second.save(("3", ["A"], 3)).status_code == 200


def test_a_take_over_that_is_declined_changes_nothing(app: Flask, phone: Phone) -> None:
    second = Phone(app)
    where = second.enter(*WHO).location
    phone.client.post(f"/s/{phone.token}/release", json={"agree": False})
    assert second.client.get(where).status_code == 400
    assert read(phone.save(("1", ["C"], 1)))["claim"] is False


def test_a_forwarded_link_opens_nothing(app: Flask, phone: Phone) -> None:
    stranger = app.test_client()
    for path in ("", "/receipt", "/q/1", "/hand-in"):
        assert stranger.get(f"/s/{phone.token}{path}").status_code == 404
    assert stranger.get(f"/s/{phone.token}/state").status_code == 409
    body = phone.body(("1", ["A"], 50))
    for reply in (
        stranger.put(f"/s/{phone.token}/answers", json=body),
        stranger.post(f"/s/{phone.token}/submit", json=body),
    ):
        assert (reply.status_code, reply.json) == (409, {"why": "moved"})
    assert sitting().state == "open"


def test_A10_an_unknown_token_is_not_found(app: Flask, phone: Phone) -> None:
    body = phone.body(("1", ["A"], 1))
    assert phone.client.put("/s/nothing/answers", json=body).status_code == 404
    assert phone.client.get("/s/nothing").status_code == 404


def test_A9_a_write_from_another_site_is_refused(phone: Phone) -> None:
    reply = phone.client.put(
        f"/s/{phone.token}/answers",
        json=phone.body(("1", ["A"], 1)),
        headers={"Origin": "http://evil.example"},
    )
    assert reply.status_code == 403


def test_M9_nothing_on_the_candidates_path_holds_a_key(
    phone: Phone, made: Made
) -> None:
    pages = [
        phone.client.get(f"/e/{made.code}"),
        phone.identify(*WHO),
        phone.client.get(f"/s/{phone.token}"),
        phone.client.get(f"/s/{phone.token}/q/5"),
    ]
    phone.read(pages[2])
    pages += [
        phone.client.get(f"/s/{phone.token}/state"),
        phone.save(("1", ["A"], 1)),
        phone.submit(("1", ["A"], 1)),
        phone.client.get(f"/s/{phone.token}/receipt"),
    ]
    for page in pages:
        text = page.get_data(as_text=True)
        assert page.status_code == 200
        assert "解析只在考后给出" not in text
        assert "第六十条" not in text
        assert "九十日内" not in text
        assert '"key":' not in text
        assert "书面" not in text  # the accepted text of the blank


def test_the_plain_form_saves_and_hands_in_without_javascript(phone: Phone) -> None:
    for q, value, _ in RIGHT:
        page = phone.client.get(f"/s/{phone.token}/q/{q}")
        form = {
            "csrf": hidden(page, "csrf"),
            "generation": hidden(page, "generation"),
            "holder": hidden(page, "holder"),
            "value": value,
        }
        cut = phone.client.post(f"/s/{phone.token}/q/{q}", data=form)
        assert cut.status_code == 422  # without its last field it was cut on its way
        reply = phone.client.post(f"/s/{phone.token}/q/{q}", data=form | {"end": "1"})
        assert reply.status_code == 303
    page = phone.client.get(reply.location)
    form = {name: hidden(page, name) for name in ("csrf", "generation")}
    reply = phone.client.post(f"/s/{phone.token}/hand-in", data=form | {"end": "1"})
    assert reply.status_code == 303
    assert score().points == 1000


def hidden(page: Any, name: str) -> str:
    text: str = page.get_data(as_text=True)
    return text.split(f'name="{name}" value="')[1].split('"')[0]


def test_C13_rare_characters_and_markup_are_stored_exactly(phone: Phone) -> None:
    value = ["𠮷<b>&\"'", "一二三" * 60]
    assert phone.save(("5", value, 1)).status_code == 200
    state = read(phone.client.get(f"/s/{phone.token}/state"))
    assert state["answers"]["5"]["value"] == value
    page = phone.client.get(f"/s/{phone.token}/q/5").get_data(as_text=True)
    assert "&lt;b&gt;" in page
    assert '<b>&"' not in page


def test_every_change_of_state_is_one_audit_entry(phone: Phone) -> None:
    phone.save(*RIGHT[:1])
    phone.submit(*RIGHT)
    actions = list(db.session.scalars(sa.select(AuditEntry.action).order_by("n")))
    assert actions == ["sitting.start", "sitting.submitted"]
    assert list(breaks(db.session.connection())) == []


def test_queries_on_the_candidates_path_are_within_budget(
    phone: Phone, app: Flask, moment: datetime
) -> None:
    phone.client.get(f"/s/{phone.token}")  # contents and fragments are known now
    phone.read(phone.client.get(f"/s/{phone.token}"))
    with Counter() as seen:
        phone.save(("1", ["A"], 1))
    assert len(seen) <= 2, seen
    with Counter() as seen:
        phone.save(("1", ["B"], 2), ("2", ["C"], 3), ("4", ["T"], 4))
    assert len(seen) <= 2, seen
    with Counter() as seen:
        phone.read(phone.client.get(f"/s/{phone.token}"))
    assert len(seen) <= 4, seen  # the paper's three and the change of holder
    with Counter() as seen:
        phone.submit(*[(q, v, s + 10) for q, v, s in RIGHT])
    assert len(seen) <= 6, seen
