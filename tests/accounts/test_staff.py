"""Everybody's accounts, as pages and from the terminal."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from accounts.models import Account, RoleGrant
from accounts.operations.accounts import (
    create_account,
    disable_account,
    grant_role,
    revoke_role,
)
from accounts.operations.sessions import sign_in, use_sign_in_link
from accounts.rules.lockout import FREE
from accounts.rules.sessions import INVITATION_LIFE
from core.audit import AuditEntry, breaks
from core.db import db, write
from core.errors import Refused
from tests.accounts.browser import Page, fill, is_in, page
from tests.accounts.browser import sign_in as type_in
from tests.conftest import PASSWORD, make_account, signed_in
from units.models import Unit

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)


def unit(name: str = "甲县", code: str = "A") -> int:
    with write() as session:
        made = Unit(
            code=code,
            name=name,
            initials="jx",
            category="",
            level="",
            position=1,
            created_at=NOW,
        )
        session.add(made)
        session.flush()  # generate made.id
        return made.id


def grants(username: str) -> set[tuple[str, int | None]]:
    db.session.rollback()
    found = db.session.execute(
        sa.select(RoleGrant.role, RoleGrant.unit_id)
        .join(Account)
        .where(Account.username == username)
    )
    return {(role, unit_id) for role, unit_id in found}


def entries() -> list[AuditEntry]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(AuditEntry).order_by(AuditEntry.n)))


def post(admin: FlaskClient, address: str, **more: str) -> TestResponse:
    token = page(admin.get("/console")).one("[name=csrf_token]")["value"]
    return admin.post(address, data={"csrf_token": token, **more})


def shown(answer: TestResponse) -> Page:
    assert answer.status_code == 200
    return page(answer)


# Pages


def test_a_new_account_comes_with_an_invitation_and_no_password(
    app: Flask, admin: FlaskClient
) -> None:
    county = unit()
    made = fill(
        admin,
        "/console/accounts/new",
        username="Wang",
        display_name="王小明",
        role="liaison",
        unit=str(county),
    )
    address = shown(made).one("[data-copy]")["data-copy"]
    assert address.startswith("http://localhost/login/link/")
    assert grants("wang") == {("liaison", county)}
    account = db.session.scalars(
        sa.select(Account).where(Account.username == "wang")
    ).one()
    assert account.password_hash is None
    actors = {e.actor for e in entries() if e.object == f"account:{account.id}"}
    assert actors == {"account:1"}
    # It is shown once and lasts three days.
    assert address not in admin.get(f"/console/accounts/{account.id}").text
    token = address.rpartition("/")[2]
    later = datetime.now(UTC) + INVITATION_LIFE - timedelta(minutes=1)
    assert use_sign_in_link(token=token, now=later).must_choose_password
    with pytest.raises(Refused):
        use_sign_in_link(token=token, now=later)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"username": ""}, "请填写用户名"),
        ({"username": "a b"}, "用户名须为"),
        ({"username": "ada"}, "已被使用"),
        ({"display_name": "长" * 41}, "显示名须为"),
        ({"role": ""}, "请选择角色"),
        ({"role": "emperor"}, "不是有效的选择"),
        ({"unit": ""}, "请选择管辖单位"),
        ({"unit": "99"}, "不是有效的选择"),
        ({"role": "author", "unit": "1"}, "不分单位"),
    ],
)
def test_a_bad_new_account_is_refused_with_a_sentence(
    admin: FlaskClient, typed: dict[str, str], sentence: str
) -> None:
    unit()
    good = {"username": "wang", "display_name": "王", "role": "liaison", "unit": "1"}
    answer = fill(admin, "/console/accounts/new", **{**good, **typed})
    assert answer.status_code == 400
    assert sentence in page(answer).one("[role=alert]").text
    assert db.session.scalar(sa.select(sa.func.count(Account.id))) == 1


def test_the_list_finds_by_name_and_says_what_each_is(admin: FlaskClient) -> None:
    county = unit()
    make_account("wang")
    grant_role(
        username="wang", role="assessor", unit_id=county, actor="system", now=NOW
    )
    make_account("dora", "organizer")
    disable_account(username="dora", actor="system", now=NOW)
    make_account("lena", "author")
    with write() as session:
        session.execute(
            sa.update(Account)
            .where(Account.username == "lena")
            .values(failures=9, failed_at=datetime.now(UTC))
        )
    create_account(
        username="ivan", display_name="伊万", roles=[], actor="system", now=NOW
    )
    listed = shown(admin.get("/console/accounts"))
    rows = {row.all("td")[1].text: row.text for row in listed.all("tbody tr")}
    assert "甲县" in rows["wang"]
    assert "考核人员" in rows["wang"]
    assert "已停用" in rows["dora"]
    assert "等待中" in rows["lena"]
    assert "未设密码" in rows["ivan"]
    assert "没有角色" in rows["ivan"]
    assert listed.has("table[data-sortable]")
    found = shown(admin.get("/console/accounts?q=伊 iv"))
    assert [row.all("td")[1].text for row in found.all("tbody tr")] == ["ivan"]
    assert "没有找到" in admin.get("/console/accounts?q=%25").text


def test_a_role_is_given_and_taken_and_the_session_ends_each_time(
    app: Flask, admin: FlaskClient
) -> None:
    county = unit()
    olivia = signed_in(app, "olivia", "organizer")
    address = "/console/accounts/2"
    assert is_in(olivia)
    given = post(admin, f"{address}/grants", role="invigilator", unit=str(county))
    assert given.status_code == 303
    assert not is_in(olivia)
    assert grants("olivia") == {("organizer", None), ("invigilator", county)}
    again = post(admin, f"{address}/grants", role="invigilator", unit=str(county))
    assert "已有角色" in shown(admin.get(again.location)).one(".flashes").text
    assert len(grants("olivia")) == 2
    type_in(olivia, "olivia")
    forms = shown(admin.get(address)).all("form[action$='/revoke']")
    assert len(forms) == 2
    post(admin, forms[0]["action"])
    assert grants("olivia") == {("invigilator", county)}
    assert not is_in(olivia)
    facts = [json.loads(e.facts) for e in entries() if e.action == "account.revoke"]
    assert facts == [{"role": "organizer", "sessions_ended": 1, "unit": None}]


def test_disable_enable_unlock_end_sessions_and_a_new_link(
    app: Flask, admin: FlaskClient
) -> None:
    olivia = signed_in(app, "olivia", "organizer")
    address = "/console/accounts/2"
    post(admin, f"{address}/sessions/end")
    assert not is_in(olivia)
    type_in(olivia, "olivia")
    post(admin, f"{address}/disable")
    assert not is_in(olivia)
    assert "停用时间" in shown(admin.get(address)).text
    assert post(admin, f"{address}/link").status_code == 400
    post(admin, f"{address}/enable")
    assert type_in(olivia, "olivia").status_code == 303
    for _ in range(FREE):
        with pytest.raises(Refused):
            sign_in(username="olivia", password="x", now=datetime.now(UTC))
    assert "还要等" in shown(admin.get(address)).text
    post(admin, f"{address}/unlock")
    assert sign_in(username="olivia", password=PASSWORD, now=datetime.now(UTC))
    link = shown(post(admin, f"{address}/link")).one("[data-copy]")["data-copy"]
    newcomer = app.test_client()
    fill(newcomer, link.removeprefix("http://localhost"))
    assert is_in(newcomer)
    done = {e.action for e in entries()}
    assert done >= {
        "account.end_sessions",
        "account.disable",
        "account.enable",
        "account.unlock",
        "account.link",
    }
    assert list(breaks(db.session.connection())) == []


def test_nobody_changes_their_own_roles_or_state(admin: FlaskClient) -> None:
    """Nor are they offered to."""
    make_account("second", "admin")
    own = shown(admin.get("/console/accounts/1"))
    assert not own.all("main form")
    for address, more in (
        ("/console/accounts/1/disable", {}),
        ("/console/accounts/1/grants", {"role": "auditor", "unit": "all"}),
        ("/console/accounts/1/grants/1/revoke", {}),
    ):
        answer = post(admin, address, **more)
        assert answer.status_code == 400, address
        assert "另一位系统管理员" in answer.text
    assert grants("ada") == {("admin", None)}
    assert is_in(admin)


def test_an_auditor_reads_accounts_and_is_offered_nothing(app: Flask) -> None:
    auditor = signed_in(app, "aude", "auditor")
    assert not shown(auditor.get("/console/accounts")).has("a[href$='/new']")
    assert not shown(auditor.get("/console/accounts/1")).all("main form")
    assert auditor.get("/console/accounts/new").status_code == 403


# The last administrator


def test_the_last_administrator_stays(app: Flask) -> None:
    make_account("ada", "admin", "organizer")
    refused = pytest.raises(Refused, match="最后一位")
    with refused:
        disable_account(username="ada", actor="system", now=NOW)
    with refused:
        revoke_role(username="ada", role="admin", unit_id=None, actor="system", now=NOW)
    make_account("dora", "admin")
    disable_account(username="dora", actor="system", now=NOW)  # ada is left
    with refused:  # a disabled one does not count
        disable_account(username="ada", actor="system", now=NOW)
    make_account("second", "admin")
    assert revoke_role(
        username="ada", role="admin", unit_id=None, actor="system", now=NOW
    )
    assert grants("ada") == {("organizer", None)}


def test_an_undivided_role_is_for_all_units_or_not_at_all(app: Flask) -> None:
    county = unit()
    make_account("wang")
    for role in ("admin", "author", "reviewer", "auditor"):
        with pytest.raises(Refused, match="不分单位"):
            grant_role(
                username="wang", role=role, unit_id=county, actor="system", now=NOW
            )
        with pytest.raises(sa.exc.IntegrityError), write() as session:
            session.add(
                RoleGrant(account_id=1, role=role, unit_id=county, granted_at=NOW)
            )


# Commands


def run(app: Flask, *words: str) -> Any:
    result = app.test_cli_runner().invoke(args=["accounts", *words, "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def test_the_terminal_does_the_same(app: Flask) -> None:
    unit()
    run(app, "new", "ada", "--role", "admin")
    run(app, "new", "wang", "--name", "王", "--role", "liaison", "--unit", "A")
    assert grants("wang") == {("liaison", 1)}
    granted = run(app, "grant", "wang", "assessor", "--unit", "A")
    assert granted == {
        "username": "wang",
        "role": "assessor",
        "unit": "A",
        "changed": True,
    }
    assert not run(app, "revoke", "wang", "assessor")["changed"]  # not for all units
    assert run(app, "revoke", "wang", "assessor", "--unit", "A")["changed"]
    (line,) = run(app, "list", "王")
    assert line["roles"] == [{"role": "liaison", "unit": "A"}]
    assert (line["password"], line["disabled"], line["sessions"]) == (False, False, 0)
    assert {one["username"] for one in run(app, "list")} == {"ada", "wang"}
    link = run(app, "link", "wang")["link"]
    use_sign_in_link(token=link.rpartition("/")[2], now=datetime.now(UTC))
    assert len(run(app, "sessions", "wang")) == 1
    assert run(app, "sessions", "wang", "--end") == {"username": "wang", "ended": 1}
    assert run(app, "sessions", "wang") == []
    for verb in ("disable", "enable", "unlock", "unpair"):
        assert run(app, verb, "wang") == {"username": "wang", "done": verb}
    text = app.test_cli_runner().invoke(args=["accounts", "list"]).output
    assert "wang\t王\tliaison@A\t未设密码" in text


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("grant", "ada", "liaison", "--unit", "Z"), "没有编码为 Z 的单位"),
        (("grant", "ada", "auditor", "--unit", "A"), "不分单位"),
        (("revoke", "ada", "admin"), "最后一位"),
        (("disable", "ada"), "最后一位"),
        (("sessions", "nobody"), "没有账号 nobody"),
        (("unlock", "nobody"), "没有账号 nobody"),
    ],
)
def test_what_the_terminal_refuses_is_one_sentence(
    app: Flask, words: tuple[str, ...], sentence: str
) -> None:
    unit()
    make_account("ada", "admin")
    result = app.test_cli_runner().invoke(args=["accounts", *words])
    assert result.exit_code == 1
    assert sentence in result.output
