"""The authenticator, its recovery codes, and signing in with them."""

from __future__ import annotations

import io
import re
from base64 import b64decode
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
import sqlalchemy as sa
import time_machine
import zxingcpp
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.test import TestResponse

from accounts import second_factor
from accounts.models import Account, RecoveryCode
from accounts.operations.links import make_sign_in_link
from accounts.operations.second_factor import turn_on
from accounts.rules.lockout import FREE
from accounts.rules.recovery import code_digest, code_of, normal_code
from core.audit import AuditEntry
from core.db import db
from core.qr import qr_png
from tests.accounts.browser import Page, fill, is_in, page
from tests.accounts.browser import sign_in as type_in
from tests.conftest import SECRET, make_account, signed_in

NOW = datetime(2026, 11, 24, 1, 0, 10, tzinfo=UTC)
NONCE = "5" * 32


def actions() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.n)))


def code_at(account_id: int, moment: datetime) -> str:
    secret = second_factor.secret_of(SECRET, account_id, NONCE)
    return pyotp.TOTP(secret).at(moment)


def with_factor(username: str = "olivia", now: datetime = NOW) -> list[str]:
    """An account with an authenticator; returns its recovery codes."""
    account_id = make_account(username, "organizer")
    return turn_on(
        account_id=account_id,
        session_id=0,
        nonce=NONCE,
        code=code_at(account_id, now - timedelta(minutes=2)),
        key=SECRET,
        now=now - timedelta(minutes=2),
    )


# Rules


def test_recovery_codes_are_compared_without_width_case_and_dashes() -> None:
    code = code_of(bytes(range(0, 240, 20)))
    assert re.fullmatch(r"[2-9A-HJ-NP-Z]{4}(-[2-9A-HJ-NP-Z]{4}){2}", code)
    digest = code_digest("key", 1, code)
    for typed in (code.lower(), code.replace("-", " "), f"  {code.replace('-', '')} "):
        assert code_digest("key", 1, typed) == digest
    assert normal_code("ａｂ２-３") == "AB23"
    assert code_digest("key", 2, code) != digest
    assert code_digest("other", 1, code) != digest


def test_the_secret_needs_the_servers_key_beside_the_database() -> None:
    secret = second_factor.secret_of(SECRET, 1, NONCE)
    assert re.fullmatch("[A-Z2-7]{32}", secret)
    assert second_factor.secret_of("another key", 1, NONCE) != secret
    assert second_factor.secret_of(SECRET, 2, NONCE) != secret
    assert second_factor.secret_of(SECRET, 1, "6" * 32) != secret


@pytest.mark.parametrize(
    ("shift", "right"), [(-61, False), (-30, True), (0, True), (30, True), (61, False)]
)
def test_the_code_of_one_step_before_and_after_is_taken(
    shift: int, right: bool
) -> None:
    secret = second_factor.secret_of(SECRET, 1, NONCE)
    code = pyotp.TOTP(secret).at(NOW + timedelta(seconds=shift))
    found = second_factor.matching_step(secret, code, NOW, None)
    assert (found is not None) == right


def test_the_rfc_vectors_hold() -> None:
    """RFC 6238, appendix B, the last six digits, SHA-1."""
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    for seconds, code in (
        (59, "287082"),
        (1111111109, "081804"),
        (2000000000, "279037"),
    ):
        moment = datetime.fromtimestamp(seconds, UTC)
        assert second_factor.matching_step(secret, code, moment, None) == seconds // 30


# Setting up


def test_it_is_taken_into_use_with_the_first_right_code(organizer: FlaskClient) -> None:
    with time_machine.travel(NOW, tick=False):
        type_in(organizer, "olivia")
        address = "/console/account/second-factor"
        shown = page(organizer.get(address))
        held = "".join(shown.one("code.secret").text.split())
        uri = qr_of(shown)
        assert parse_qs(urlsplit(uri).query)["secret"] == [held]
        refused = fill(organizer, address, code="000000")
        assert refused.status_code == 400
        assert "验证码不正确" in page(refused).one("[role=alert]").text
        done = fill(organizer, address, code=pyotp.TOTP(held).now())
        codes = [one.text for one in page(done).all(".recovery-codes code")]
        assert len(set(codes)) == 10
        assert actions()[-1] == "account.second_factor_on"
        stored = db.session.scalars(sa.select(RecoveryCode.digest)).all()
        assert not any(code in digest for code in codes for digest in stored)
        assert "恢复码还剩 10 个" in page(organizer.get("/console/account")).text
        # Shown once, and not set up a second time by going there again.
        assert organizer.get(address).location == "/console/account"


def qr_of(shown: Page) -> str:
    """What the page's QR code says: drawn again from the address it was made of."""
    data = shown.one("img.qr-box")["src"]
    svg = b64decode(data.partition(",")[2]).decode()
    size = int(re.search(r'viewBox="0 0 (\d+)', svg)[1])  # type: ignore[index]
    picture = Image.new("L", (size * 8, size * 8), 255)
    for x, y, width in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\d+z", svg):
        box = (int(x) * 8, int(y) * 8, (int(x) + int(width)) * 8, int(y) * 8 + 8)
        picture.paste(0, box)
    (found,) = zxingcpp.read_barcodes(picture)
    assert Image.open(io.BytesIO(qr_png(found.text)))
    return str(found.text)


# Signing in


def first_half(browser: FlaskClient, address: str = "/login") -> TestResponse:
    sent = type_in(browser, "olivia", address=address)
    assert sent.location.startswith("/login/code")
    assert not is_in(browser)
    return sent


def test_password_and_code_sign_in_and_lead_to_where_one_wanted(app: Flask) -> None:
    with_factor()
    with time_machine.travel(NOW, tick=False):
        browser = app.test_client()
        sent = first_half(browser, "/login?next=/console/password")
        done = fill(browser, sent.location, code=code_at(1, NOW))
        assert done.location == "/console/password"
        assert is_in(browser)
    assert actions()[-2:] == ["account.first_factor", "account.sign_in"]


def test_A6_a_code_counts_once(app: Flask) -> None:
    """Whoever looked over the shoulder comes too late."""
    with_factor()
    with time_machine.travel(NOW, tick=False) as clock:
        code = code_at(1, NOW)
        browser, thief = app.test_client(), app.test_client()
        first_half(browser)
        first_half(thief)
        assert fill(browser, "/login/code", code=code).status_code == 303
        assert fill(thief, "/login/code", code=code).status_code == 400
        clock.shift(30)
        assert fill(thief, "/login/code", code=code).status_code == 400
        assert not is_in(thief)


def test_the_password_alone_and_an_old_first_half_open_nothing(app: Flask) -> None:
    with_factor()
    with time_machine.travel(NOW, tick=False) as clock:
        browser = app.test_client()
        first_half(browser)
        for path in ("/console", "/console/account", "/reports"):
            assert browser.get(path).status_code == 302
        clock.shift(timedelta(minutes=5))
        sent = fill(browser, "/login/code", code=code_at(1, NOW + timedelta(minutes=5)))
        assert sent.location == "/login"
        assert not is_in(browser)
    assert app.test_client().get("/login/code").location == "/login"


def test_A6_wrong_codes_wait_like_wrong_passwords(app: Flask) -> None:
    with_factor()
    with time_machine.travel(NOW, tick=False) as clock:
        browser = app.test_client()
        first_half(browser)
        for _ in range(FREE):
            assert fill(browser, "/login/code", code="000000").status_code == 400
        assert fill(browser, "/login/code", code=code_at(1, NOW)).status_code == 400
        # Nor does knowing the password give fresh tries.
        other = app.test_client()
        assert type_in(other, "olivia").status_code == 400
        clock.shift(timedelta(seconds=30))
        good = code_at(1, NOW + timedelta(seconds=30))
        assert fill(browser, "/login/code", code=good).status_code == 303


def test_a_recovery_code_signs_in_once(app: Flask) -> None:
    codes = with_factor()
    with time_machine.travel(NOW, tick=False):
        browser = app.test_client()
        first_half(browser)
        typed = codes[3].replace("-", "").lower()
        assert fill(browser, "/login/code", code=typed).status_code == 303
        assert "恢复码还剩 9 个" in page(browser.get("/console/account")).text
        again = app.test_client()
        first_half(again)
        assert fill(again, "/login/code", code=codes[3]).status_code == 400


def test_a_sign_in_link_needs_the_code_too(app: Flask) -> None:
    with_factor()
    link = make_sign_in_link(username="olivia", actor="system", now=NOW)
    with time_machine.travel(NOW, tick=False):
        browser = app.test_client()
        sent = fill(browser, f"/login/link/{link.token}")
        assert sent.location == "/login/code"
        assert not is_in(browser)
        fill(browser, sent.location, code=code_at(1, NOW))
        assert is_in(browser)
        # One came by a link: a forgotten password can be replaced.
        assert not page(browser.get("/console/password")).has("[name=current]")


def test_a_first_half_is_no_link_and_a_link_no_first_half(app: Flask) -> None:
    with_factor()
    with time_machine.travel(NOW, tick=False):
        browser = app.test_client()
        first_half(browser)
        with browser.session_transaction() as cookie:
            token = cookie["half"]
        assert app.test_client().get(f"/login/link/{token}").status_code == 404


def test_new_recovery_codes_void_the_old_and_turning_off_voids_all(app: Flask) -> None:
    codes = with_factor()
    with time_machine.travel(NOW, tick=False):
        browser = app.test_client()
        first_half(browser)
        fill(browser, "/login/code", code=codes[0])
        token = page(browser.get("/console/account")).one("main [name=csrf_token]")
        data = {"csrf_token": token["value"]}
        made = page(browser.post("/console/account/recovery-codes", data=data))
        fresh = [one.text for one in made.all(".recovery-codes code")]
        assert not set(fresh) & set(codes)
        assert len(fresh) == 10
        browser.post("/console/account/second-factor/off", data=data)
        db.session.rollback()
        assert db.session.scalars(sa.select(Account.totp_nonce)).one() is None
        assert db.session.scalars(sa.select(RecoveryCode)).all() == []
        assert type_in(app.test_client(), "olivia").location == "/console"
        assert (
            browser.post("/console/account/recovery-codes", data=data).status_code
            == 400
        )


def test_a_code_is_a_proof_as_good_as_the_password(app: Flask) -> None:
    codes = with_factor()
    with time_machine.travel(NOW, tick=False) as clock:
        browser = app.test_client()
        first_half(browser)
        fill(browser, "/login/code", code=codes[0])
        clock.shift(timedelta(minutes=10))
        later = NOW + timedelta(minutes=10)
        answer = fill(browser, "/console/prove", secret=code_at(1, later))
        assert answer.status_code == 303
        # The same code is no proof a second time.
        again = fill(browser, "/console/prove", secret=code_at(1, later))
        assert again.status_code == 400


def test_an_administrator_takes_it_off_for_somebody_who_lost_it(app: Flask) -> None:
    with_factor("olivia", datetime.now(UTC))
    admin = signed_in(app, "ada", "admin")
    token = page(admin.get("/console/accounts/1")).one("main [name=csrf_token]")
    data = {"csrf_token": token["value"]}
    admin.post("/console/accounts/1/second-factor/reset", data=data)
    assert type_in(app.test_client(), "olivia").location == "/console"
    assert "account.second_factor_reset" in actions()
