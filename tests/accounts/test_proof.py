"""Being asked again who one is, and coming back to what one was doing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from accounts.models import Account, LoginSession
from core.audit import AuditEntry
from core.db import db, write
from tests.accounts.browser import fill, is_in, page
from tests.conftest import PASSWORD, make_account, signed_in
from tests.quiz.factories import make_exam

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
AGO = timedelta(minutes=10)
WRONG = "poplar-in-the-wind"


def age_proof() -> None:
    """Let the proofs of all sessions be ten minutes old."""
    with write() as session:
        ago = datetime.now(UTC) - AGO
        session.execute(sa.update(LoginSession).values(proven_at=ago))


def actions() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.n)))


def test_signing_in_counts_for_ten_minutes(app: Flask) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        admin = signed_in(app, "ada", "admin")
        clock.shift(AGO - timedelta(seconds=1))
        assert admin.get("/console/accounts/new").status_code == 200
        clock.shift(timedelta(seconds=1))
        sent = admin.get("/console/accounts/new")
        assert sent.status_code == 303
        assert sent.location == "/console/prove?next=/console/accounts/new"
        # The rest of the console goes on.
        assert admin.get("/console/accounts").status_code == 200


def test_one_comes_back_to_the_page_one_wanted(admin: FlaskClient) -> None:
    age_proof()
    sent = admin.get("/console/accounts/new")
    came = fill(admin, sent.location, secret=PASSWORD)
    assert came.status_code == 303
    assert came.location == "/console/accounts/new"
    assert admin.get(came.location).status_code == 200
    assert actions()[-1] == "account.prove"


def test_the_address_keeps_its_question(admin: FlaskClient) -> None:
    exam = make_exam(datetime.now(UTC) - timedelta(minutes=5))
    age_proof()
    path = f"/reports/{exam.exam_id}/units/1?over=due"
    assert fill(admin, admin.get(path).location, secret=PASSWORD).location == path


@pytest.mark.parametrize("target", ["//evil.example/", "http://evil.example"])
def test_no_address_outside_is_followed(admin: FlaskClient, target: str) -> None:
    came = fill(admin, f"/console/prove?next={target}", secret=PASSWORD)
    assert came.location == "/console"


def test_a_file_is_fetched_and_the_page_before_it_is_one_click_away(
    admin: FlaskClient,
) -> None:
    exam = make_exam(datetime.now(UTC) - timedelta(minutes=5))
    age_proof()
    report = f"/reports/{exam.exam_id}"
    sent = admin.get(
        f"{report}.xlsx", headers={"Referer": f"http://localhost{report}?over=due"}
    )
    shown = page(fill(admin, sent.location, secret=PASSWORD))
    refresh = shown.one("meta[http-equiv=refresh]")["content"]
    assert refresh.endswith(f"url={report}.xlsx")
    assert shown.one("main a.btn-outline-secondary")["href"] == f"{report}?over=due"
    assert "spreadsheet" in str(admin.get(f"{report}.xlsx").mimetype)


def test_a_form_that_took_too_long_is_held_up_and_nothing_typed_is_lost(
    admin: FlaskClient,
) -> None:
    address = "/console/accounts/new"
    token = page(admin.get(address)).one("main [name=csrf_token]")["value"]
    age_proof()
    typed = {
        "username": "wang",
        "display_name": "王<b>小明",
        "role": "organizer",
        "unit": "all",
        "csrf_token": token,
    }
    held = admin.post(address, data=typed)
    assert held.status_code == 403
    assert db.session.scalar(sa.select(sa.func.count(Account.id))) == 1
    shown = page(held)
    form = shown.one("main form")
    kept = {one["name"]: one["value"] for one in form.all("input[type=hidden]")}
    assert {name: kept[name] for name in typed if name != "csrf_token"} == {
        name: typed[name] for name in typed if name != "csrf_token"
    }
    field = form.one("input[type=password]")["name"]
    again = admin.post(form["action"], data={**kept, field: WRONG})
    assert again.status_code == 403
    assert "密码或验证码不正确" in page(again).one("[role=alert]").text
    assert page(again).one("[name=display_name]")["value"] == "王<b>小明"
    done = admin.post(form["action"], data={**kept, field: PASSWORD})
    assert done.status_code == 200
    assert "邀请链接" in page(done).one("h1").text
    db.session.rollback()
    names = db.session.scalars(sa.select(Account.display_name)).all()
    assert names == ["ada", "王<b>小明"]


def test_the_fifth_wrong_answer_ends_the_session_and_locks_nobody(
    admin: FlaskClient,
) -> None:
    for _ in range(5):
        assert is_in(admin)
        fill(admin, "/console/prove", secret=WRONG)
    assert not is_in(admin)
    account = db.session.scalars(sa.select(Account)).one()
    assert (account.failures, account.failed_at) == (0, None)
    assert actions().count("account.prove_failed") == 5


def test_a_right_answer_begins_the_count_anew(admin: FlaskClient) -> None:
    for _ in range(3):
        for _ in range(4):
            fill(admin, "/console/prove", secret=WRONG)
        assert fill(admin, "/console/prove", secret=PASSWORD).status_code == 303
    assert is_in(admin)


def test_whoever_has_no_password_yet_is_asked_to_choose_one(
    app: Flask, admin: FlaskClient
) -> None:
    with write() as session:
        session.execute(sa.update(Account).values(password_hash=None))
    age_proof()
    sent = admin.get("/console/accounts/new")
    assert sent.location == "/console/password"


def test_a_proof_is_of_one_session_alone(app: Flask, admin: FlaskClient) -> None:
    make_account("other", "admin")
    second = app.test_client()
    fill(second, "/login", username="ada", password=PASSWORD)
    age_proof()
    fill(admin, "/console/prove", secret=PASSWORD)
    assert admin.get("/console/accounts/new").status_code == 200
    assert second.get("/console/accounts/new").status_code == 303
