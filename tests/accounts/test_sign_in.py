"""Signing in and out with a password."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine
from argon2 import extract_parameters
from flask import Flask
from flask.testing import FlaskClient

from accounts import hashing
from accounts.models import Account, LoginSession
from accounts.operations.accounts import disable_account, enable_account
from accounts.operations.sessions import sign_in as sign_in_operation
from accounts.rules.lockout import FREE
from accounts.rules.sessions import token_digest
from core.audit import AuditEntry, breaks
from core.db import db, write
from core.errors import Refused
from tests.accounts.browser import fill, is_in, page, sign_in
from tests.conftest import PASSWORD, make_account

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
WRONG = "poplar-in-the-wind"
IDLE = timedelta(minutes=30)  # by default


def actions() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.n)))


def test_the_right_password_signs_in(client: FlaskClient) -> None:
    make_account("olivia", "organizer")
    response = sign_in(client, " Olivia ")
    assert response.status_code == 303
    assert response.location == "/console"
    assert "olivia" in page(client.get("/console")).one(".site-account").text
    assert actions() == ["account.sign_in"]


def test_wrong_name_wrong_password_and_disabled_account_get_the_same_answer(
    app: Flask,
) -> None:
    make_account("olivia", "organizer")
    make_account("dora", "organizer")
    disable_account(username="dora", actor="system", now=NOW)
    texts = set()
    for username, password in (
        ("nobody", PASSWORD),
        ("olivia", WRONG),
        ("olivia", PASSWORD * 20),
        ("dora", PASSWORD),
    ):
        browser = app.test_client()
        response = sign_in(browser, username, password)
        assert response.status_code == 400
        assert not is_in(browser)
        texts.add(page(response).one("[role=alert]").text)
    assert len(texts) == 1
    assert "没有登录成功" in texts.pop()
    assert actions().count("account.sign_in_failed") == 4


def test_an_unknown_user_name_costs_the_same_hash() -> None:
    parameters = extract_parameters(hashing._NOBODY)
    assert parameters == extract_parameters(hashing.make(PASSWORD))
    assert parameters.memory_cost == 19 * 1024
    assert not hashing.verify(None, PASSWORD)


def test_the_page_never_repeats_the_password(client: FlaskClient) -> None:
    response = sign_in(client, "nobody", WRONG)
    assert WRONG not in response.get_data(as_text=True)


def test_what_was_typed_as_a_name_is_not_kept(client: FlaskClient) -> None:
    """People type their password into the wrong field."""
    sign_in(client, WRONG, "x")
    entry = db.session.scalars(sa.select(AuditEntry)).one()
    assert WRONG not in entry.facts + entry.object + entry.actor


def test_empty_fields_are_named(client: FlaskClient) -> None:
    alert = page(sign_in(client, "", "")).one("[role=alert]").text
    assert "请填写用户名" in alert
    assert "请填写密码" in alert


def test_a_password_longer_than_any_is_not_even_hashed(client: FlaskClient) -> None:
    response = sign_in(client, "olivia", "x" * 1001)
    assert "密码太长" in page(response).one("[role=alert]").text
    assert actions() == []


def test_without_the_token_against_forgery_nothing_happens(
    client: FlaskClient,
) -> None:
    make_account("olivia", "organizer")
    form = {"username": "olivia", "password": PASSWORD}
    response = client.post("/login", data=form)
    assert response.status_code == 400
    assert not is_in(client)


def test_a_form_from_another_site_is_refused(client: FlaskClient) -> None:
    make_account("olivia", "organizer")
    token = page(client.get("/login")).one("[name=csrf_token]")["value"]
    form = {"username": "olivia", "password": PASSWORD, "csrf_token": token}
    evil = {"Origin": "http://evil.example"}
    assert client.post("/login", data=form, headers=evil).status_code == 403
    assert client.post("/login", data=form).status_code == 303


# Waiting


def fail(username: str, times: int, now: datetime) -> None:
    for _ in range(times):
        with pytest.raises(Refused):
            sign_in_operation(username=username, password=WRONG, now=now)


def test_after_five_failures_the_right_password_must_wait(app: Flask) -> None:
    make_account("olivia", "organizer")
    fail("olivia", FREE, NOW)
    with pytest.raises(Refused):
        sign_in_operation(
            username="olivia", password=PASSWORD, now=NOW + timedelta(seconds=29)
        )
    assert sign_in_operation(
        username="olivia", password=PASSWORD, now=NOW + timedelta(seconds=30)
    )


def test_four_failures_cost_nothing_and_success_forgets_them(app: Flask) -> None:
    make_account("olivia", "organizer")
    fail("olivia", FREE - 1, NOW)
    assert sign_in_operation(username="olivia", password=PASSWORD, now=NOW)
    fail("olivia", FREE - 1, NOW)
    assert sign_in_operation(username="olivia", password=PASSWORD, now=NOW)


def test_another_account_is_not_affected(app: Flask) -> None:
    make_account("olivia", "organizer")
    make_account("oscar", "organizer")
    fail("olivia", FREE + 3, NOW)
    assert sign_in_operation(username="oscar", password=PASSWORD, now=NOW)


def test_tries_while_waiting_do_not_lengthen_the_wait(app: Flask) -> None:
    make_account("olivia", "organizer")
    fail("olivia", FREE + 20, NOW)
    assert sign_in_operation(
        username="olivia", password=PASSWORD, now=NOW + timedelta(seconds=30)
    )


def test_guesses_sent_at_the_same_moment_are_counted_one_by_one(app: Flask) -> None:
    make_account("olivia", "organizer")

    def guess(_n: int) -> None:
        with app.app_context():
            fail("olivia", 1, NOW)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(guess, range(FREE + 5)))
    db.session.rollback()
    assert db.session.scalar(sa.select(Account.failures)) == FREE
    assert list(breaks(db.session.connection())) == []


# Sessions that the server can end


def test_a_new_sign_in_keeps_nothing_of_the_cookie_before(client: FlaskClient) -> None:
    make_account("olivia", "organizer")
    with client.session_transaction() as before:
        before["planted"] = "by somebody else"
        before["_user_id"] = "a-token-somebody-else-knows"
    sign_in(client, "olivia")
    with client.session_transaction() as after:
        assert "planted" not in after
        token = after["_user_id"]
    assert token != "a-token-somebody-else-knows"
    digest = db.session.scalar(sa.select(LoginSession.token_digest))
    assert digest == token_digest(token)


def test_each_sign_in_has_a_token_of_its_own(app: Flask) -> None:
    make_account("olivia", "organizer")
    tokens = set()
    for _ in range(2):
        browser = app.test_client()
        sign_in(browser, "olivia")
        with browser.session_transaction() as cookie:
            tokens.add(cookie["_user_id"])
    assert len(tokens) == 2


def test_a_cookie_kept_from_before_sign_out_is_worth_nothing(
    app: Flask, client: FlaskClient
) -> None:
    make_account("olivia", "organizer")
    sign_in(client, "olivia")
    with client.session_transaction() as cookie:
        kept = dict(cookie)
    shown = page(client.get("/console"))
    token = shown.one("form[action='/logout'] [name=csrf_token]")["value"]
    response = client.post("/logout", data={"csrf_token": token})
    assert response.location == "/login"
    assert not is_in(client)
    thief = app.test_client()
    with thief.session_transaction() as cookie:
        cookie.update(kept)
    assert not is_in(thief)
    assert actions() == ["account.sign_in", "account.sign_out"]


def test_signing_out_needs_a_post_with_a_token(organizer: FlaskClient) -> None:
    assert organizer.get("/logout").status_code == 405
    assert organizer.post("/logout").status_code == 400
    assert is_in(organizer)


def test_a_session_ended_on_the_server_signs_out(organizer: FlaskClient) -> None:
    assert is_in(organizer)
    with write() as session:
        session.execute(sa.update(LoginSession).values(ended_at=NOW))
    response = organizer.get("/console")
    assert response.status_code == 302
    assert response.location.startswith("/login?next=")


def test_a_disabled_account_is_out_at_once_and_stays_out(
    app: Flask, organizer: FlaskClient
) -> None:
    other = app.test_client()
    sign_in(other, "olivia")
    disable_account(username="olivia", actor="system", now=NOW)
    assert not is_in(organizer)
    assert not is_in(other)
    enable_account(username="olivia", actor="system", now=NOW)
    assert not is_in(organizer)  # the old sessions stay ended
    sign_in(other, "olivia")
    assert is_in(other)


def test_a_disabled_account_is_out_even_while_its_session_is_open(
    organizer: FlaskClient,
) -> None:
    with write() as session:
        session.execute(sa.update(Account).values(disabled_at=NOW))
    assert not is_in(organizer)


def test_an_unused_session_ends_and_a_used_one_goes_on(client: FlaskClient) -> None:
    make_account("olivia", "organizer")
    with time_machine.travel(NOW, tick=False) as clock:
        sign_in(client, "olivia")
        clock.shift(IDLE - timedelta(seconds=1))
        assert is_in(client)
        clock.shift(IDLE - timedelta(seconds=1))
        assert is_in(client)
        clock.shift(IDLE)
        assert not is_in(client)


def test_use_is_written_down_at_most_once_a_minute(client: FlaskClient) -> None:
    def seen() -> datetime | None:
        db.session.rollback()
        return db.session.scalar(sa.select(LoginSession.seen_at))

    make_account("olivia", "organizer")
    with time_machine.travel(NOW, tick=False) as clock:
        sign_in(client, "olivia")
        clock.shift(timedelta(seconds=59))
        client.get("/console")
        assert seen() == NOW
        clock.shift(timedelta(seconds=1))
        client.get("/console")
        assert seen() == NOW + timedelta(seconds=60)


# Where one goes afterwards


def test_one_arrives_where_one_wanted_to_go(client: FlaskClient) -> None:
    make_account("olivia", "organizer")
    sent = client.get("/console/password")
    response = sign_in(client, "olivia", address=sent.location)
    assert response.location == "/console/password"


@pytest.mark.parametrize(
    "target",
    ["//evil.example", "http://evil.example/", "/%5Cevil.example", "/%09/x.cn"],
)
def test_no_address_outside_is_followed(client: FlaskClient, target: str) -> None:
    make_account("olivia", "organizer")
    address = f"/login?next={target}"
    assert sign_in(client, "olivia", address=address).location == "/console"
    assert client.get(address).location == "/console"  # nor when signed in already


def test_an_account_without_a_role_sees_nothing(client: FlaskClient) -> None:
    make_account("nora")
    sign_in(client, "nora")
    assert client.get("/console").status_code == 403


# The password


def test_a_changed_password_works_and_ends_the_other_sessions(
    app: Flask, organizer: FlaskClient
) -> None:
    other = app.test_client()
    sign_in(other, "olivia")
    new = "willow-beside-water"
    address = "/console/password"
    response = fill(organizer, address, current=PASSWORD, new=new, again=new)
    assert response.location == "/console"
    assert is_in(organizer)
    assert not is_in(other)
    assert sign_in(app.test_client(), "olivia").status_code == 400
    assert sign_in(app.test_client(), "olivia", new).status_code == 303


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"current": WRONG}, "当前密码不正确"),
        ({"current": ""}, "请填写当前密码"),
        ({"new": "short", "again": "short"}, "至少 10 个字符"),
        ({"again": "something-else"}, "两次输入的密码不一致"),
        ({"new": "olivia123456", "again": "olivia123456"}, "请换一个"),
    ],
)
def test_a_bad_change_is_refused_with_a_sentence_and_changes_nothing(
    app: Flask, organizer: FlaskClient, typed: dict[str, str], sentence: str
) -> None:
    good = {"current": PASSWORD, "new": WRONG, "again": WRONG}
    response = fill(organizer, "/console/password", **{**good, **typed})
    assert response.status_code == 400
    assert sentence in page(response).one("[role=alert]").text
    assert sign_in(app.test_client(), "olivia").status_code == 303


def test_other_devices_can_be_signed_out(app: Flask, organizer: FlaskClient) -> None:
    other = app.test_client()
    sign_in(other, "olivia")
    shown = page(organizer.get("/console/account"))
    form = shown.one("form[action='/console/sessions/end-others']")
    token = form.one("[name=csrf_token]")["value"]
    organizer.post(form["action"], data={"csrf_token": token})
    assert not is_in(other)
    assert is_in(organizer)
