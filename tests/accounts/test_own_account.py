"""One's own account: where one is signed in, new browsers, the page itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from accounts.models import KnownBrowser, LoginSession
from core.audit import AuditEntry
from core.db import db
from tests.accounts.browser import fill, is_in, page, sign_in
from tests.conftest import PASSWORD, make_account

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
CHROME = "Mozilla/5.0 (Windows NT 10.0) Chrome/130.0.0.0 Safari/537.36"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


def entries() -> list[AuditEntry]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(AuditEntry).order_by(AuditEntry.n)))


def with_agent(app: Flask, agent: str) -> FlaskClient:
    client = app.test_client()
    client.environ_base["HTTP_USER_AGENT"] = agent
    return client


def post(client: FlaskClient, address: str, origin: str = "/console/account") -> int:
    token = page(client.get(origin)).one("[name=csrf_token]")["value"]
    return client.post(address, data={"csrf_token": token}).status_code


def test_it_shows_the_roles_and_every_session_with_its_browser(app: Flask) -> None:
    make_account("olivia", "organizer")
    with time_machine.travel(NOW, tick=False) as clock:
        first, second = with_agent(app, CHROME), with_agent(app, FIREFOX)
        sign_in(first, "olivia")
        clock.shift(timedelta(minutes=5))
        sign_in(second, "olivia")
        shown = page(second.get("/console/account"))
        assert "组织者（全部单位）" in shown.one("main").text
        rows = [row.text for row in shown.all("tbody tr")]
        assert len(rows) == 2
        assert "Firefox（Linux）" in rows[0]
        assert "本次登录" in rows[0]
        assert "Chrome（Windows）" in rows[1]
        assert "2026-11-24 09:00" in rows[1]
        assert "30 分钟不操作会自动退出，一次登录最长 12 小时" in shown.text


def test_one_session_is_ended_and_the_others_go_on(app: Flask) -> None:
    make_account("olivia", "organizer")
    browsers = [app.test_client() for _ in range(3)]
    for browser in browsers:
        sign_in(browser, "olivia")
    last = browsers[2]
    forms = page(last.get("/console/account")).all("form[action$='/end']")
    assert len(forms) == 2  # not one's own
    token = forms[0].one("[name=csrf_token]")["value"]
    last.post(forms[0]["action"], data={"csrf_token": token})
    assert sorted(map(is_in, browsers)) == [False, True, True]
    assert is_in(last)
    assert entries()[-1].action == "account.end_session"


def test_somebody_elses_session_cannot_be_ended(app: Flask) -> None:
    make_account("olivia", "organizer")
    make_account("oscar", "organizer")
    olivia, oscar = app.test_client(), app.test_client()
    sign_in(olivia, "olivia")
    sign_in(oscar, "oscar")
    theirs = db.session.scalar(sa.select(sa.func.max(LoginSession.id)))
    assert post(olivia, f"/console/sessions/{theirs}/end") == 404
    assert is_in(oscar)


def test_changing_the_password_gives_the_session_a_new_id(app: Flask) -> None:
    make_account("olivia", "organizer")
    client = app.test_client()
    sign_in(client, "olivia")
    with client.session_transaction() as cookie:
        before = dict(cookie)
    new = "willow-beside-water"
    fill(client, "/console/password", current=PASSWORD, new=new, again=new)
    assert is_in(client)
    with client.session_transaction() as cookie:
        assert cookie["_user_id"] != before["_user_id"]
    thief = app.test_client()
    with thief.session_transaction() as cookie:
        cookie.update(before)
    assert not is_in(thief)


def test_guessing_the_current_password_ends_the_session(app: Flask) -> None:
    make_account("olivia", "organizer")
    client = app.test_client()
    sign_in(client, "olivia")
    new = "willow-beside-water"
    for _ in range(5):
        fill(client, "/console/password", current="wrong-guess", new=new, again=new)
    assert not is_in(client)


# New browsers


def notices(client: FlaskClient) -> list[str]:
    shown = page(client.get("/console"))
    return [one.text for one in shown.all(".alert-warning li")]


def test_a_sign_in_from_a_new_browser_is_shown_elsewhere_until_it_is_noted(
    app: Flask,
) -> None:
    make_account("olivia", "organizer")
    with time_machine.travel(NOW, tick=False):
        home, stranger = with_agent(app, CHROME), with_agent(app, FIREFOX)
        sign_in(home, "olivia")
        assert notices(home) == []  # the very first one sets the account up
        sign_in(stranger, "olivia")
        assert entries()[-1].facts == '{"by":"password","new_browser":true}'
        assert notices(home) == ["2026-11-24 09:00，Firefox（Linux）"]
        assert notices(stranger) == []
        # The new browser cannot speak for itself.
        assert post(stranger, "/console/account/browsers") == 303
        assert len(notices(home)) == 1
        assert post(home, "/console/account/browsers") == 303
        assert notices(home) == []
        assert entries()[-1].action == "account.browsers_noticed"


def test_a_known_browser_is_not_new_again(app: Flask) -> None:
    make_account("olivia", "organizer")
    home, second = app.test_client(), app.test_client()
    for _ in range(2):
        for browser in (home, second):
            sign_in(browser, "olivia")
            post(browser, "/logout", "/console")
    assert db.session.scalar(sa.select(sa.func.count(KnownBrowser.id))) == 2


def test_the_cookie_that_names_a_browser_is_kept_when_one_signs_out(
    app: Flask,
) -> None:
    make_account("olivia", "organizer")
    client = app.test_client()
    sign_in(client, "olivia")
    cookie = client.get_cookie("lawgauge_browser")
    assert cookie is not None
    assert cookie.http_only
    assert len(cookie.value) == 32
    post(client, "/logout", "/console")
    assert client.get_cookie("lawgauge_browser") == cookie
    stored = db.session.scalars(sa.select(KnownBrowser.digest)).one()
    assert cookie.value not in stored


@pytest.mark.parametrize("value", ["", "short", "x" * 31 + ";", "汉" * 32])
def test_a_cookie_of_somebody_elses_making_is_replaced(app: Flask, value: str) -> None:
    make_account("olivia", "organizer")
    client = app.test_client()
    if value:
        client.set_cookie("lawgauge_browser", value)
    sign_in(client, "olivia")
    cookie = client.get_cookie("lawgauge_browser")
    assert cookie is not None
    assert cookie.value.isascii()
    assert len(cookie.value) == 32


def test_what_was_sent_after_the_session_ended_is_not_lost_silently(
    app: Flask,
) -> None:
    make_account("olivia", "organizer")
    with time_machine.travel(NOW, tick=False) as clock:
        client = app.test_client()
        sign_in(client, "olivia")
        address = "/console/exams/new"
        token = page(client.get(address)).one("main [name=csrf_token]")["value"]
        clock.shift(timedelta(minutes=30))
        sent = client.post(
            address,
            data={"csrf_token": token, "title": "全市测试"},
            headers={"Referer": f"http://localhost{address}?preset=x"},
        )
        assert sent.status_code == 302
        shown = page(client.get(sent.location))
        assert "没有保存" in shown.one(".flashes").text
        back = fill(client, sent.location, username="olivia", password=PASSWORD)
        assert back.location == f"{address}?preset=x"
