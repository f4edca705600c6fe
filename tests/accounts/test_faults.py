"""Faults of signing in and of sessions, by their numbers in the catalogue."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from accounts.models import Account, RoleGrant
from accounts.operations.accounts import (
    create_account,
    disable_account,
    grant_role,
    revoke_role,
    unlock_account,
)
from accounts.operations.links import make_sign_in_link
from accounts.operations.sessions import (
    sign_in,
    use_sign_in_link,
)
from accounts.rules.browsers import Browser
from accounts.rules.lockout import FREE, LONGEST_WAIT
from app import create_app
from core.audit import AuditEntry
from core.db import db
from core.errors import Refused
from quiz.models import Answer, Exam, Sitting
from tests.accounts.browser import fill, is_in, page
from tests.accounts.browser import sign_in as type_in
from tests.conftest import PASSWORD, SECRET, make_account, signed_in
from tests.quiz.factories import make_exam
from tests.quiz.phone import Phone

WHO = ("市司法局", "张伟", "0417")
WRONG = "poplar-in-the-wind"
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def clock(moment: datetime) -> Iterator[Any]:
    with time_machine.travel(moment + timedelta(minutes=1), tick=False) as traveller:
        yield traveller


@pytest.fixture
def phone(app: Flask, moment: datetime, clock: Any) -> Phone:
    """A candidate with a paper of an hour."""
    make_exam(moment)
    phone = Phone(app)
    assert phone.enter(*WHO).status_code == 200
    return phone


def guess(username: str, times: int, now: datetime, where: str = "") -> None:
    browser = Browser(where, "Chrome") if where else None
    for _ in range(times):
        with pytest.raises(Refused):
            sign_in(username=username, password=WRONG, now=now, browser=browser)


def entries(action: str) -> list[AuditEntry]:
    db.session.rollback()
    query = sa.select(AuditEntry).where(AuditEntry.action == action)
    return list(db.session.scalars(query.order_by(AuditEntry.n)))


# A1


def test_A1_a_staff_session_that_ends_touches_no_sitting(
    phone: Phone, clock: Any
) -> None:
    """The very browser that is signed in as staff sits an exam, too."""
    make_account("olivia", "organizer")
    type_in(phone.client, "olivia")
    assert is_in(phone.client)
    assert phone.save(("1", ["C"], 1)).json["acked"] == [["1", 1]]  # type: ignore[index]
    clock.shift(timedelta(minutes=31))
    assert not is_in(phone.client)  # unused for too long
    assert phone.save(("2", ["B"], 2)).json["acked"] == [["2", 2]]  # type: ignore[index]
    type_in(phone.client, "olivia")
    token = page(phone.client.get("/console")).one("[name=csrf_token]")["value"]
    phone.client.post("/logout", data={"csrf_token": token})
    disable_account(username="olivia", actor="system", now=datetime.now(UTC))
    assert phone.save(("3", ["A"], 3)).json["acked"] == [["3", 3]]  # type: ignore[index]
    assert phone.submit(("4", ["F"], 4)).status_code == 200


# A2, A3, A4


def test_A2_five_wrong_passwords_delay_that_account_alone(
    app: Flask, moment: datetime, phone: Phone, clock: Any
) -> None:
    make_account("olivia", "organizer")
    make_account("oscar", "organizer")
    now = datetime.now(UTC)
    guess("olivia", FREE, now)
    with pytest.raises(Refused):
        sign_in(username="olivia", password=PASSWORD, now=now)
    assert sign_in(username="oscar", password=PASSWORD, now=now)
    assert phone.save(("1", ["C"], 1)).status_code == 200  # candidates go on
    failed = entries("account.sign_in_failed")
    assert [entry.object for entry in failed] == ["account:1"] * (FREE + 1)
    # The way out.
    unlock_account(username="olivia", actor="account:2", now=now)
    assert sign_in(username="olivia", password=PASSWORD, now=now)
    assert entries("account.unlock")[0].actor == "account:2"


def test_A3_nobody_can_be_locked_out_for_good(app: Flask, moment: datetime) -> None:
    """The wait grows to fifteen minutes and no further, however long one guesses."""
    make_account("olivia", "organizer")
    now = moment
    for _ in range(60):
        guess("olivia", 5, now)
        now += LONGEST_WAIT
    guess("olivia", 1, now)
    with pytest.raises(Refused):
        sign_in(
            username="olivia",
            password=PASSWORD,
            now=now + LONGEST_WAIT - timedelta(seconds=1),
        )
    assert sign_in(username="olivia", password=PASSWORD, now=now + LONGEST_WAIT)
    guess("olivia", FREE, now)
    link = make_sign_in_link(username="olivia", actor="system", now=now)
    assert use_sign_in_link(token=link.token, now=now)


def test_A3_guesses_from_elsewhere_do_not_keep_a_known_browser_out(
    app: Flask, moment: datetime
) -> None:
    make_account("olivia", "organizer")
    home = Browser("a" * 64, "Chrome（Windows）")
    assert sign_in(username="olivia", password=PASSWORD, now=moment, browser=home)
    guess("olivia", FREE + 3, moment)  # without a cookie
    guess("olivia", 3, moment, where="b" * 64)  # with one of its own making
    with pytest.raises(Refused):
        sign_in(username="olivia", password=PASSWORD, now=moment)
    assert sign_in(username="olivia", password=PASSWORD, now=moment, browser=home)
    # A known browser has no more tries than anybody.
    guess("olivia", FREE, moment, where=home.digest)
    with pytest.raises(Refused):
        sign_in(username="olivia", password=PASSWORD, now=moment, browser=home)


def test_A3_everybody_attacked_at_once_still_gets_in_where_they_are_known(
    app: Flask, moment: datetime
) -> None:
    names = [f"staff{n}" for n in range(5)]
    for name in names:
        make_account(name, "organizer")
        home = Browser(f"{name:0<64}", "Chrome")
        sign_in(username=name, password=PASSWORD, now=moment, browser=home)
    for name in names:
        guess(name, FREE + 2, moment)
    for name in names:
        home = Browser(f"{name:0<64}", "Chrome")
        assert sign_in(username=name, password=PASSWORD, now=moment, browser=home)


def test_A4_sign_ins_from_one_address_do_not_hinder_each_other(
    app: Flask, moment: datetime, clock: Any
) -> None:
    """A whole office stands behind one address: all clients here are 127.0.0.1."""
    for n in range(30):
        make_account(f"staff{n}", "organizer")
    for n in range(29):
        guess(f"staff{n}", FREE + 1, moment)
    browser = app.test_client()
    assert type_in(browser, "staff29").status_code == 303
    people = [("市司法局", f"人员{n}", f"{n:04d}") for n in range(60)]
    make_exam(moment, people=people)
    for unit, name, tail in people[:30]:
        for _ in range(3):
            assert Phone(app).identify(unit, name, "9" + tail[1:]).status_code == 403
    for unit, name, tail in people[30:]:
        assert Phone(app).identify(unit, name, tail).status_code == 200


# A7, A12


def test_A7_every_way_a_session_id_is_fixed_or_kept_is_closed(app: Flask) -> None:
    make_account("olivia", "organizer")
    client = app.test_client()
    ids = []
    with client.session_transaction() as cookie:
        cookie["_user_id"] = "planted"

    def held() -> str:
        with client.session_transaction() as cookie:
            return str(cookie["_user_id"])

    type_in(client, "olivia")
    ids.append(held())
    new = "willow-beside-water"
    fill(client, "/console/password", current=PASSWORD, new=new, again=new)
    ids.append(held())
    grant_role(
        username="olivia",
        role="auditor",
        unit_id=None,
        actor="system",
        now=datetime.now(UTC),
    )
    assert not is_in(client)
    type_in(client, "olivia", new)
    ids.append(held())
    assert len({"planted", *ids}) == 4
    for kept in ("planted", *ids[:2]):
        thief = app.test_client()
        with thief.session_transaction() as cookie:
            cookie["_user_id"] = kept
            cookie["_fresh"] = True
        assert not is_in(thief)
    assert is_in(client)


def test_A12_who_is_disabled_or_loses_a_role_is_out_at_once(app: Flask) -> None:
    make_account("ada", "admin")
    now = datetime.now(UTC)
    for name in ("olivia", "oscar"):
        browsers = [signed_in(app, name, "organizer"), app.test_client()]
        type_in(browsers[1], name)
        assert all(map(is_in, browsers))
        if name == "olivia":
            disable_account(username=name, actor="account:1", now=now)
        else:
            revoke_role(
                username=name,
                role="organizer",
                unit_id=None,
                actor="account:1",
                now=now,
            )
        assert not any(map(is_in, browsers))


# A8


def test_A8_a_stolen_cookie_in_another_kind_of_browser_ends_the_session(
    app: Flask,
) -> None:
    make_account("ada", "admin")
    owner, thief = app.test_client(), app.test_client()
    owner.environ_base["HTTP_USER_AGENT"] = "Windows Chrome/130"
    thief.environ_base["HTTP_USER_AGENT"] = "Linux Firefox/128"
    type_in(owner, "ada")
    with owner.session_transaction() as cookie:
        stolen = dict(cookie)
    with thief.session_transaction() as cookie:
        cookie.update(stolen)
    assert not is_in(thief)
    assert not is_in(owner)  # it is not known which of them is the owner
    assert len(entries("account.session_moved")) == 1
    # A newer version of the same browser goes on.
    type_in(owner, "ada")
    owner.environ_base["HTTP_USER_AGENT"] = "Windows Chrome/131"
    assert is_in(owner)


# A9


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "http://sub.localhost", "null", "http://localhost:8080"],
)
def test_A9_a_write_from_another_site_or_a_subdomain_is_refused(
    admin: FlaskClient, origin: str
) -> None:
    address = "/console/accounts/1/unlock"
    token = page(admin.get("/console")).one("[name=csrf_token]")["value"]
    data = {"csrf_token": token}
    assert admin.post(address, data=data, headers={"Origin": origin}).status_code == 403
    assert admin.post(address).status_code == 400  # without the token
    own = {"Origin": "http://localhost"}
    assert admin.post(address, data=data, headers=own).status_code == 303


# A11


def test_A11_fields_that_are_none_of_the_forms_change_nothing_and_are_logged(
    app: Flask, organizer: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    extra = {
        "role": "admin",
        "grants-0-role": "admin",
        "password_hash": "x",
        "disabled_at": "",
        "id": "7",
    }
    new = "willow-beside-water"
    with caplog.at_level(logging.WARNING):
        fill(
            organizer,
            "/console/password",
            current=PASSWORD,
            new=new,
            again=new,
            **extra,
        )
    db.session.rollback()
    account = db.session.scalars(sa.select(Account)).one()
    assert account.id == 1
    assert account.password_hash != "x"
    assert db.session.scalars(sa.select(RoleGrant.role)).all() == ["organizer"]
    (said,) = [r.getMessage() for r in caplog.records if "ignored" in r.getMessage()]
    for name in extra:
        assert name in said
    assert new not in said
    assert PASSWORD not in said


def test_A11_an_exams_form_takes_its_own_fields_alone(
    app: Flask, organizer: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    form = {
        "title": "全市法治素养测试",
        "opens_at": "2099-11-24T09:00",
        "closes_at": "2099-11-24T11:00",
        "minutes": "60",
        "pass_mark": "60",
        "excellent_mark": "90",
        "attempts": "1",
        "multi_rule": "exact",
        "show_score": "at_once",
        "show_what": "score",
        "presence": "none",
        "published_at": "2026-11-24",
        "unit_id": "1",
        "secret": "0",
        "demo": "1",
    }
    with caplog.at_level(logging.WARNING):
        assert fill(organizer, "/console/exams/new", **form).status_code == 303
    exam = db.session.scalars(sa.select(Exam)).one()
    assert (exam.published_at, exam.unit_id, exam.secret) == (None, None, None)
    assert not exam.demo
    assert "'demo', 'published_at', 'secret', 'unit_id'" in caplog.text


def test_A11_a_phone_sends_answers_and_nothing_else(phone: Phone) -> None:
    """Score, state, time and owner in a message are not looked at."""
    sitting = db.session.scalars(sa.select(Sitting)).one()
    before = (sitting.deadline, sitting.state, sitting.holder, sitting.candidate_id)
    db.session.rollback()
    extra = {
        "score": 100,
        "points": 10000,
        "deadline": "2099-01-01",
        "state": "submitted",
        "candidate_id": 2,
        "closed_at": None,
    }
    assert phone.save(("1", ["C"], 1), **extra).status_code in (200, 422)
    db.session.expire_all()
    sitting = db.session.scalars(sa.select(Sitting)).one()
    after = (sitting.deadline, sitting.state, sitting.holder, sitting.candidate_id)
    assert after == before
    assert db.session.scalars(sa.select(Answer.value)).all() in (['["C"]'], [])


# A13


def test_A13_no_account_comes_with_a_password(app: Flask, moment: datetime) -> None:
    create_account(
        username="wang", display_name="王", roles=["admin"], actor="system", now=moment
    )
    assert db.session.scalars(sa.select(Account.password_hash)).all() == [None]
    for tried in ("", "wang", "admin", "123456", "888888", "lawgauge"):
        with pytest.raises(Refused):
            sign_in(username="wang", password=tried, now=moment)


def test_A13_no_source_ships_a_password() -> None:
    """Only an operation that takes it from its owner writes one."""
    writers = set()
    for path in ROOT.glob("*/**/*.py"):
        part = path.relative_to(ROOT).parts[0]
        if part in (".venv", "tests", "migrations"):
            continue
        text = path.read_text(encoding="utf-8")
        if re.search(r"password_hash\s*(=(?!=|None)|,[^=\n]*=(?!=))", text):
            writers.add(str(path.relative_to(ROOT)))
    assert writers == {"accounts/operations/passwords.py"}


@pytest.mark.parametrize(
    "password",
    [
        "1234567890",
        "password2026",
        "sifaju2026888",
        "司法局司法局2026",
        "wangxiaoming1",  # one's own name
        "lawgauge-2026",
    ],
)
def test_A13_weak_and_house_names_are_refused_on_the_page(
    app: Flask, password: str
) -> None:
    now = datetime.now(UTC)
    create_account(
        username="wangxiaoming",
        display_name="王小明",
        roles=["organizer"],
        actor="system",
        now=now,
    )
    link = make_sign_in_link(username="wangxiaoming", actor="system", now=now)
    client = app.test_client()
    fill(client, f"/login/link/{link.token}")
    answer = fill(client, "/console/password", new=password, again=password)
    assert answer.status_code == 400
    assert "请换一个" in page(answer).one("[role=alert]").text


# A14


def made_with(tmp_path: Path, proxies: int) -> Flask:
    return create_app(
        {
            "LAWGAUGE_INSTANCE": str(tmp_path),
            "LAWGAUGE_SECRET_KEY": SECRET,
            "LAWGAUGE_TRUSTED_PROXIES": str(proxies),
        },
        testing=True,
    )


FORGED = {
    "X-Forwarded-For": "6.6.6.6, 10.0.0.9",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "evil.example",
}


@pytest.mark.parametrize(
    ("proxies", "address", "secure", "host"),
    [
        (0, "127.0.0.1", False, "localhost"),
        (1, "10.0.0.9", True, "evil.example"),  # what the proxy itself has set
    ],
)
def test_A14_forwarded_headers_are_believed_from_configured_proxies_alone(
    tmp_path: Path, proxies: int, address: str, secure: bool, host: str
) -> None:
    app = made_with(tmp_path, proxies)
    seen: dict[str, object] = {}

    def look() -> None:
        from flask import request

        seen.update(
            address=request.remote_addr, secure=request.is_secure, host=request.host
        )

    app.before_request(look)
    reply = app.test_client().get("/healthz", headers=FORGED)
    assert seen == {"address": address, "secure": secure, "host": host}
    assert ("Strict-Transport-Security" in reply.headers) == secure


def test_A14_of_two_hops_the_one_before_the_proxies_counts(tmp_path: Path) -> None:
    app = made_with(tmp_path, 2)
    seen: list[str | None] = []

    def look() -> None:
        from flask import request

        seen.append(request.remote_addr)

    app.before_request(look)
    hops = {"X-Forwarded-For": "6.6.6.6, 10.0.0.9, 10.0.0.1"}
    app.test_client().get("/healthz", headers=hops)
    assert seen == ["10.0.0.9"]
