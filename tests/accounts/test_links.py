"""One-time sign-in links, and the commands that make them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from accounts.models import Account, SignInLink
from accounts.operations.accounts import create_account, disable_account
from accounts.operations.links import make_sign_in_link
from accounts.operations.sessions import (
    sign_in,
    use_sign_in_link,
)
from accounts.rules.lockout import FREE
from accounts.rules.sessions import LINK_LIFE
from core.audit import AuditEntry, breaks
from core.db import db
from core.errors import Conflict, Missing, Refused
from tests.accounts.browser import fill, is_in, page
from tests.accounts.browser import sign_in as type_in
from tests.conftest import PASSWORD, make_account

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def link_for(username: str, now: datetime = NOW) -> str:
    return make_sign_in_link(username=username, actor="system", now=now).token


def test_a_link_signs_in_once(app: Flask) -> None:
    make_account("olivia", "organizer")
    with time_machine.travel(NOW, tick=False):
        address = f"/login/link/{link_for('olivia')}"
        browser = app.test_client()
        assert fill(browser, address).location == "/console"
        assert is_in(browser)
        again = app.test_client()
        assert again.get(address).status_code == 404
        with pytest.raises(Refused, match="已用过或已过期"):
            use_sign_in_link(token=address.rpartition("/")[2], now=NOW)


def test_looking_at_a_link_does_not_use_it_up(app: Flask) -> None:
    """Chat programs open links to show a preview."""
    make_account("olivia", "organizer")
    with time_machine.travel(NOW, tick=False):
        address = f"/login/link/{link_for('olivia')}"
        for _ in range(3):
            preview = app.test_client()
            assert preview.get(address).status_code == 200
            assert preview.head(address).status_code == 200
            assert not is_in(preview)
        assert fill(app.test_client(), address).status_code == 303


def test_pressing_the_button_needs_the_token_against_forgery(
    client: FlaskClient,
) -> None:
    make_account("olivia", "organizer")
    with time_machine.travel(NOW, tick=False):
        assert client.post(f"/login/link/{link_for('olivia')}").status_code == 400
        assert not is_in(client)


def test_a_link_ends_after_half_an_hour_to_the_second(app: Flask) -> None:
    make_account("olivia", "organizer")
    late, in_time = link_for("olivia"), link_for("olivia")
    with pytest.raises(Refused, match="已用过或已过期"):
        use_sign_in_link(token=late, now=NOW + LINK_LIFE)
    assert use_sign_in_link(token=in_time, now=NOW + LINK_LIFE - SECOND)


def test_an_unknown_link_is_answered_like_a_used_one(client: FlaskClient) -> None:
    response = client.get("/login/link/no-such-token")
    assert response.status_code == 404
    assert "已用过或已过期" in response.get_data(as_text=True)


def test_a_link_of_a_disabled_account_is_dead(app: Flask) -> None:
    make_account("olivia", "organizer")
    token = link_for("olivia")
    disable_account(username="olivia", actor="system", now=NOW)
    with pytest.raises(Refused):
        use_sign_in_link(token=token, now=NOW)
    with pytest.raises(Refused, match="已停用"):
        link_for("olivia")


def test_only_a_digest_of_the_link_is_stored(app: Flask) -> None:
    make_account("olivia", "organizer")
    token = link_for("olivia")
    stored = db.session.scalars(sa.select(SignInLink)).one()
    assert token not in stored.token_digest
    assert len(stored.token_digest) == 64


def test_a_link_ends_the_waiting_after_wrong_passwords(app: Flask) -> None:
    make_account("olivia", "organizer")
    for _ in range(FREE):
        with pytest.raises(Refused):
            sign_in(username="olivia", password="wrong", now=NOW)
    use_sign_in_link(token=link_for("olivia"), now=NOW)
    assert sign_in(username="olivia", password=PASSWORD, now=NOW)


def test_a_new_account_comes_by_its_link_and_chooses_a_password(app: Flask) -> None:
    with time_machine.travel(NOW, tick=False):
        create_account(
            username="Wang",
            display_name="王小明",
            roles=["organizer"],
            actor="system",
            now=NOW,
        )
        with pytest.raises(Refused):
            sign_in(username="wang", password="", now=NOW)
        browser = app.test_client()
        response = fill(browser, f"/login/link/{link_for('wang')}")
        assert response.location == "/console/password"
        new = "willow-beside-water"
        assert fill(browser, response.location, new=new, again=new).status_code == 303
        assert type_in(app.test_client(), "wang", new).status_code == 303


def test_a_forgotten_password_is_replaced_after_a_link_but_not_much_later(
    app: Flask,
) -> None:
    make_account("olivia", "organizer")
    with time_machine.travel(NOW, tick=False) as clock:
        browser = app.test_client()
        fill(browser, f"/login/link/{link_for('olivia')}")
        shown = page(browser.get("/console/password"))
        assert not shown.has("[name=current]")
        clock.shift(LINK_LIFE / 2)
        browser.get("/console")  # at work meanwhile
        clock.shift(LINK_LIFE / 2)
        shown = page(browser.get("/console/password"))
        assert shown.has("[name=current]")


def test_creating_and_signing_in_leave_a_chain_that_holds(app: Flask) -> None:
    create_account(
        username="wang", display_name="王", roles=["admin"], actor="system", now=NOW
    )
    use_sign_in_link(token=link_for("wang"), now=NOW)
    entries = db.session.scalars(sa.select(AuditEntry).order_by(AuditEntry.n)).all()
    assert [entry.action for entry in entries] == [
        "account.create",
        "account.link",
        "account.sign_in",
    ]
    assert not any("wang" in entry.facts for entry in entries)
    assert list(breaks(db.session.connection())) == []


# Commands


def run(app: Flask, *words: str) -> tuple[int, str]:
    result = app.test_cli_runner().invoke(args=["accounts", *words])
    return result.exit_code, result.output


def test_a_new_account_and_its_link_from_the_terminal(app: Flask) -> None:
    code, output = run(
        app, "new", "wang", "--name", "王小明", "--role", "organizer", "--json"
    )
    assert code == 0
    said = json.loads(output)
    assert said["link"].startswith("http://127.0.0.1:8000/login/link/")
    assert use_sign_in_link(
        token=said["link"].rpartition("/")[2], now=datetime.now(UTC)
    ).must_choose_password
    account = db.session.scalars(sa.select(Account)).one()
    assert (account.username, account.display_name) == ("wang", "王小明")
    assert [grant.role for grant in account.grants] == ["organizer"]


def test_the_link_for_people_is_on_a_line_of_its_own(app: Flask) -> None:
    code, output = run(app, "new", "wang")
    assert code == 0
    assert output.splitlines()[-1].startswith("http://127.0.0.1:8000/login/link/")


def test_a_taken_name_is_refused_in_one_sentence(app: Flask) -> None:
    run(app, "new", "wang")
    code, output = run(app, "new", "WANG")
    assert code == 1
    assert "用户名 wang 已被使用" in output
    with pytest.raises(Conflict):
        create_account(
            username="wang", display_name="王", roles=[], actor="system", now=NOW
        )


def test_a_role_is_granted_once(app: Flask) -> None:
    make_account("olivia", "organizer")
    assert "现在有角色 admin" in run(app, "grant", "olivia", "admin")[1]
    assert "已有角色 admin" in run(app, "grant", "olivia", "admin")[1]
    assert run(app, "grant", "olivia", "emperor")[0] == 2
    db.session.rollback()
    account = db.session.scalars(sa.select(Account)).one()
    assert sorted(grant.role for grant in account.grants) == ["admin", "organizer"]


@pytest.mark.parametrize(
    "words", [("link", "nobody"), ("grant", "nobody", "admin"), ("disable", "nobody")]
)
def test_an_unknown_account_is_named(app: Flask, words: tuple[str, ...]) -> None:
    code, output = run(app, *words)
    assert code == 1
    assert "没有账号 nobody" in output
    with pytest.raises(Missing):
        link_for("nobody")


def test_disabling_and_enabling_from_the_terminal(app: Flask) -> None:
    make_account("olivia", "organizer")
    assert run(app, "disable", "olivia")[0] == 0
    assert run(app, "link", "olivia")[0] == 1
    assert run(app, "enable", "olivia")[0] == 0
    assert run(app, "link", "olivia", "--json")[0] == 0
