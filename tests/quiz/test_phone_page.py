"""What the phone's page tells and is told, besides answers."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from bs4 import BeautifulSoup
from flask import Flask

from core.access import Scope
from core.db import db, write
from privacy.queries.person import all_about
from quiz.models import Away, Candidate, Exam, Sitting
from quiz.operations.away import KEPT
from quiz.operations.erasing import record_erased_sheets
from quiz.queries.away import absences
from tests.quiz.factories import Made, make_exam
from tests.quiz.phone import Phone

WHO = ("市司法局", "张伟", "0417")
OTHER = ("市审计局", "王𠮷", "9930")


@pytest.fixture
def made(app: Flask, moment: datetime) -> Made:
    return make_exam(moment, people=[WHO, OTHER])


@pytest.fixture
def clock(moment: datetime) -> Any:
    with time_machine.travel(moment + timedelta(minutes=1), tick=False) as traveller:
        yield traveller


@pytest.fixture
def phone(app: Flask, made: Made, clock: Any) -> Phone:
    phone = Phone(app)
    assert phone.enter(*WHO).status_code == 200
    return phone


def rows() -> list[tuple[int, int]]:
    db.session.rollback()
    query = sa.select(Away.number, Away.duration_ms).order_by(Away.number)
    return [(number, ms) for number, ms in db.session.execute(query)]


def test_absences_travel_with_answers_and_are_stored_once(phone: Phone) -> None:
    for _ in range(2):
        reply = phone.save(("1", ["C"], 1), away=[[7, 12_000], [9, 6000]])
        assert reply.json is not None
        assert sorted(reply.json["away"]) == [7, 9]
        assert reply.json["acked"] == [["1", 1]]
    assert rows() == [(7, 12_000), (9, 6000)]
    reply = phone.save(away=[[8, 5000]])  # nothing to save, something to tell
    assert reply.status_code == 200
    assert len(rows()) == 3
    assert "away" not in (phone.save(("1", ["B"], 2)).json or {})


def test_absences_told_at_hand_in_are_kept_and_end_nothing(phone: Phone) -> None:
    body = phone.body(("1", ["C"], 1), away=[[7, 99_000]])
    assert phone.client.post(f"/s/{phone.token}/submit", json=body).status_code == 200
    assert rows() == [(7, 99_000)]
    assert db.session.scalars(sa.select(Sitting)).one().state == "submitted"


def test_damaged_absences_cost_no_answer(phone: Phone) -> None:
    reply = phone.save(("1", ["C"], 1), away=[["x", None], 5])
    assert reply.status_code == 200
    assert rows() == []


def test_the_absences_of_a_sitting_are_bounded(phone: Phone) -> None:
    for start in range(1, KEPT + 100, 50):
        numbers = [[n, 5000] for n in range(start, start + 50)]
        assert phone.save(away=numbers).status_code == 200
    assert len(rows()) == KEPT


def test_invigilators_see_who_was_away_longest_in_one_query(
    app: Flask, phone: Phone, made: Made
) -> None:
    other = Phone(app)
    other.enter(*OTHER)
    phone.save(away=[[1, 6000], [2, 9000]])
    other.save(away=[[1, 40_000]])
    db.session.rollback()
    found = [
        (one.name, one.unit_name, one.times, one.total_ms, one.longest_ms)
        for one in absences(made.exam_id, Scope(everywhere=True))
    ]
    assert found == [
        ("王𠮷", "市审计局", 1, 40_000, 40_000),
        ("张伟", "市司法局", 2, 15_000, 9000),
    ]
    theirs = db.session.scalars(
        sa.select(Candidate.unit_id).where(Candidate.name == "张伟")
    ).one()
    seen = absences(made.exam_id, Scope(everywhere=False, units=frozenset({theirs})))
    assert [one.name for one in seen] == ["张伟"]
    assert absences(made.exam_id + 1, Scope(everywhere=True)) == []


def test_V5_absences_go_with_the_sheet_and_are_in_a_persons_copy(
    phone: Phone, made: Made
) -> None:
    phone.save(away=[[1, 6000]])
    phone.submit()
    db.session.rollback()
    person = db.session.scalars(
        sa.select(Candidate.person_id).where(Candidate.id == made.candidates[0])
    ).one()
    assert person is not None
    [exam] = all_about(person)["exams"]
    assert [one["seconds"] for one in exam["sittings"][0]["absences"]] == [6.0]
    sitting_id = db.session.scalars(sa.select(Sitting.id)).one()
    with write() as session:
        record_erased_sheets(session, [sitting_id])
    assert rows() == []


TROUBLE = {"name": "TypeError", "row": 12, "column": 34}


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [
        record.getMessage()
        for record in caplog.records
        if "phone script" in record.getMessage()
    ]


def test_C11_a_failure_of_the_script_is_logged_without_the_person(
    app: Flask, phone: Phone, caplog: pytest.LogCaptureFixture
) -> None:
    app.extensions.pop("troubles", None)
    agent = "Mozilla/5.0 (Linux; Android 10; MI 9) Chrome/78.0 MicroMessenger/8.0.1 x"
    with caplog.at_level(logging.WARNING):
        for _ in range(12):
            reply = phone.client.post(
                f"/s/{phone.token}/trouble", json=TROUBLE, headers={"User-Agent": agent}
            )
            assert reply.status_code == 200
    first, tenth = told(caplog)  # the first and the tenth: bounded
    assert "TypeError 12:34" in first
    assert "Chrome/78 MicroMessenger/8" in first
    assert "(10)" in tenth
    for private in ("张伟", phone.token, "MI 9", "司法局"):
        assert private not in first


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {"name": "x" * 500, "row": 1},
        {"name": 5, "row": 1, "column": 1},
        {"name": "TypeError", "row": -1, "column": 1},
        {"name": "TypeError", "row": "1\n2", "column": 1},
    ],
)
def test_C11_what_no_page_of_ours_would_report_is_passed_over(
    phone: Phone, body: object, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        phone.client.post(f"/s/{phone.token}/trouble", json=body)
    assert told(caplog) == []


def test_C11_a_name_that_is_no_name_does_not_reach_the_log(
    app: Flask, phone: Phone, caplog: pytest.LogCaptureFixture
) -> None:
    app.extensions.pop("troubles", None)
    with caplog.at_level(logging.WARNING):
        phone.client.post(
            f"/s/{phone.token}/trouble", json=TROUBLE | {"name": "张伟 0417\nfake"}
        )
    [line] = told(caplog)
    assert line.startswith("phone script failed: Error 12:34")


def test_C11_only_the_phone_of_the_sitting_may_report(app: Flask, phone: Phone) -> None:
    reply = app.test_client().post(f"/s/{phone.token}/trouble", json=TROUBLE)
    assert reply.status_code == 404


def test_C13_ten_thousand_characters_are_refused_with_the_limit_named(
    phone: Phone,
) -> None:
    phone.save(("5", ["九十"], 1))
    assert phone.save(("5", ["字" * 10_000], 2)).status_code == 422
    page = phone.client.get(f"/s/{phone.token}/q/5")
    form = BeautifulSoup(page.data, "html.parser").form
    assert form is not None
    fields = {
        node["name"]: node.get("value", "") for node in form.select("[type=hidden]")
    }
    reply = phone.client.post(
        f"/s/{phone.token}/q/5", data=fields | {"value": ["字" * 10_000, ""]}
    )
    assert reply.status_code == 400
    assert "200 字" in reply.get_data(as_text=True)
    state = phone.client.get(f"/s/{phone.token}/state").json or {}
    assert state["answers"]["5"]["value"] == ["九十"]


def test_the_page_says_whose_it_is_and_whom_to_ask(phone: Phone) -> None:
    for path in ("", "/q/1"):
        page = phone.client.get(f"/s/{phone.token}{path}")
        soup = BeautifulSoup(page.data, "html.parser")
        mark = soup.select_one("svg.watermark")
        assert mark is not None
        assert mark["aria-hidden"] == "true"
        assert mark.get_text() == "张伟市司法局"
        assert not soup.select("[style]")
        text = soup.get_text()
        assert "有问题请找：李老师 13900000000，二楼考务室" in text


def test_without_a_contact_nobody_is_named(phone: Phone, made: Made) -> None:
    db.session.execute(
        sa.update(Exam).where(Exam.id == made.exam_id).values(contact="")
    )
    db.session.commit()
    for path in ("", "/q/1"):
        page = phone.client.get(f"/s/{phone.token}{path}").get_data(as_text=True)
        assert "有问题请找" not in page


@pytest.mark.parametrize(
    ("cookie", "shown"),
    [
        ("3-dark-one", ("3", "dark", "one")),
        ("0-auto-all", ("0", "auto", "all")),
        ("", ("0", "auto", "all")),
        ('9-dark-one" onload="x', ("0", "auto", "all")),
    ],
)
def test_every_page_of_the_phone_looks_as_wished(
    phone: Phone, cookie: str, shown: tuple[str, str, str]
) -> None:
    phone.client.set_cookie("lawgauge_look", cookie)
    for path in (f"/s/{phone.token}", f"/s/{phone.token}/q/1", "/e/TESTEXAM", "/s/no"):
        soup = BeautifulSoup(phone.client.get(path).data, "html.parser")
        assert soup.html is not None
        found = tuple(soup.html[f"data-{name}"] for name in ("type", "theme", "view"))
        assert found == shown


def test_T5_starting_late_ends_with_the_exam_and_is_said_before(
    app: Flask, made: Made, clock: Any, moment: datetime
) -> None:
    clock.move_to(moment + timedelta(minutes=117))  # three minutes before it closes
    phone = Phone(app)
    confirm = phone.identify(*WHO)
    assert "11:00" in confirm.get_data(as_text=True)  # 09:00 and two hours
    phone.start(confirm)
    assert phone.state["remaining_ms"] == 180_000


def test_N13_over_https_nothing_goes_out_in_the_clear_afterwards(
    app: Flask, phone: Phone
) -> None:
    """A broken certificate then ends in the browser's own page, not in http."""
    client = app.test_client()
    reply = client.get("/e/TESTEXAM", base_url="https://localhost")
    assert "max-age=31536000" in reply.headers["Strict-Transport-Security"]
    assert "Secure" in reply.headers["Set-Cookie"]


def test_C16_a_link_opened_elsewhere_shows_nothing(app: Flask, phone: Phone) -> None:
    desktop = app.test_client()
    page = desktop.get(f"/s/{phone.token}", headers={"User-Agent": "Windows Chrome"})
    assert page.status_code == 404
    assert "张伟" not in page.get_data(as_text=True)
