"""The 等保 profile: kinds of characters, old passwords, and an end after 90 days."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from accounts.models import Account, OldPassword
from accounts.operations.accounts import create_account
from accounts.operations.links import make_sign_in_link
from core.config import BadSetting, read_settings
from core.db import db, write
from tests.accounts.browser import fill, page, sign_in
from tests.conftest import PASSWORD, SECRET, make_account

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
DAY = timedelta(days=1)
GOOD = [f"Willow-beside-{word}" for word in ("water", "gate", "road", "wall", "tree")]
ADDRESS = "/console/password"


@pytest.fixture
def dengbao(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """The application under the other profile."""
    settings = replace(app.config["SETTINGS"], passwords="dengbao")
    monkeypatch.setitem(app.config, "SETTINGS", settings)
    return app


def account_since(moment: datetime) -> None:
    make_account("olivia", "organizer")
    with write() as session:
        session.execute(sa.update(Account).values(password_set_at=moment))


def change(client: FlaskClient, current: str, new: str) -> int:
    answer = fill(client, ADDRESS, current=current, new=new, again=new)
    return answer.status_code


def test_the_setting_is_one_of_two_words(tmp_path: object) -> None:
    env = {"LAWGAUGE_INSTANCE": str(tmp_path), "LAWGAUGE_SECRET_KEY": SECRET}
    assert read_settings(env).passwords == "length"
    assert read_settings(env | {"LAWGAUGE_PASSWORDS": "dengbao"}).passwords == "dengbao"
    with pytest.raises(BadSetting, match="LAWGAUGE_PASSWORDS"):
        read_settings(env | {"LAWGAUGE_PASSWORDS": "strong"})


def test_after_ninety_days_nothing_but_a_new_password_is_open(dengbao: Flask) -> None:
    account_since(NOW - 90 * DAY)
    with time_machine.travel(NOW, tick=False):
        client = dengbao.test_client()
        sign_in(client, "olivia")
        for path in ("/console", "/console/exams", "/reports", "/console/account"):
            sent = client.get(path)
            assert (sent.status_code, sent.location) == (303, ADDRESS), path
        shown = page(client.get(ADDRESS))
        assert "密码已到期" in shown.one(".flashes").text
        assert "每 90 天更换一次" in shown.one("main").text
        assert change(client, PASSWORD, GOOD[0]) == 303
        assert client.get("/console").status_code == 200


def test_a_session_that_began_in_time_is_not_cut_off(dengbao: Flask) -> None:
    """Else what somebody is typing at that moment would be lost."""
    account_since(NOW - 90 * DAY + timedelta(minutes=1))
    with time_machine.travel(NOW, tick=False) as clock:
        client = dengbao.test_client()
        sign_in(client, "olivia")
        clock.shift(timedelta(minutes=5))
        assert client.get("/console").status_code == 200


def test_signing_out_stays_open(dengbao: Flask) -> None:
    account_since(NOW - 90 * DAY)
    with time_machine.travel(NOW, tick=False):
        client = dengbao.test_client()
        sign_in(client, "olivia")
        token = page(client.get(ADDRESS)).one("[name=csrf_token]")["value"]
        assert client.post("/logout", data={"csrf_token": token}).location == "/login"


def test_whoever_comes_by_an_invitation_must_choose_one_first(dengbao: Flask) -> None:
    create_account(
        username="wang", display_name="王", roles=["liaison"], actor="system", now=NOW
    )
    link = make_sign_in_link(username="wang", actor="system", now=NOW)
    with time_machine.travel(NOW, tick=False):
        client = dengbao.test_client()
        fill(client, f"/login/link/{link.token}")
        assert client.get("/console/units").location == ADDRESS
        assert fill(client, ADDRESS, new=GOOD[0], again=GOOD[0]).status_code == 303
        assert client.get("/console/units").status_code == 200


def test_the_last_five_passwords_do_not_come_again(dengbao: Flask) -> None:
    account_since(NOW)
    with time_machine.travel(NOW, tick=False):
        client = dengbao.test_client()
        sign_in(client, "olivia")
        before = PASSWORD
        for new in GOOD:
            assert change(client, before, new) == 303
            before = new
        for old in GOOD:  # the present one and the four before it
            assert change(client, before, old) == 400
        assert db.session.scalar(sa.select(sa.func.count(OldPassword.id))) == 4
        assert change(client, before, "Tamarisk-under-snow") == 303
        assert change(client, "Tamarisk-under-snow", GOOD[0]) == 303  # long enough ago


def test_the_kinds_of_characters_are_asked_for_in_a_sentence(dengbao: Flask) -> None:
    account_since(NOW)
    with time_machine.travel(NOW, tick=False):
        client = dengbao.test_client()
        sign_in(client, "olivia")
        weak = "willow-beside-water"
        answer = fill(client, ADDRESS, current=PASSWORD, new=weak, again=weak)
        assert "至少 3 种" in page(answer).one("[role=alert]").text


def test_the_usual_profile_keeps_no_old_password_and_knows_no_end(app: Flask) -> None:
    account_since(NOW - 900 * DAY)
    with time_machine.travel(NOW, tick=False):
        client = app.test_client()
        sign_in(client, "olivia")
        assert client.get("/console").status_code == 200
        assert change(client, PASSWORD, "willow-beside-water") == 303
        assert db.session.scalars(sa.select(OldPassword)).all() == []
        db.session.rollback()
        assert db.session.scalars(sa.select(Account.password_set_at)).one() == NOW
