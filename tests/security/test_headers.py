"""P17: what the headers of every route are worth, over https as over http."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from tests.conftest import signed_in
from tests.observatory import A_PLUS, score
from tests.quiz.factories import make_exam
from tests.quiz.phone import Phone
from tests.test_routes import address, token

SECURE = "https://localhost"
#: default-src 'none', frame-ancestors, referrer, CORP: all that headers can add.
EXPECTED = 130


@pytest.fixture
def everybody(app: Flask) -> FlaskClient:
    """Somebody who may call everything, over https."""
    make_exam(datetime.now(UTC) - timedelta(minutes=5))
    return signed_in(app, "ada", "admin")


def gets(app: Flask) -> Iterator[Rule]:
    for rule in app.url_map.iter_rules():
        if rule.endpoint not in ("static", "bootstrap.static"):
            yield rule


def test_P17_every_route_over_https_is_worth_an_A_plus(
    app: Flask, everybody: FlaskClient
) -> None:
    tried = 0
    for rule in gets(app):
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            for client in (everybody, app.test_client()):
                path = address(app, rule)
                reply = client.open(path, method=method, base_url=SECURE)
                # 503 is what /readyz says of a database not fit for exams.
                assert reply.status_code != 500, f"{method} {path}"
                points, results = score(reply)
                assert points >= EXPECTED, f"{method} {path}: {results}"
                tried += 1
    assert tried > 150


def test_P17_pages_with_content_are_worth_an_A_plus(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not only refusals: a paper, its saves, its receipt, a signed-in page."""
    monkeypatch.setitem(app.config, "PREFERRED_URL_SCHEME", "https")
    monkeypatch.setitem(app.config, "WTF_CSRF_SSL_STRICT", False)  # wants a Referer
    made = make_exam(datetime.now(UTC) - timedelta(minutes=5))
    phone = Phone(app, made.code)
    for reply in (
        phone.identify(*made.people[0]),
        phone.enter(*made.people[0]),
        phone.save(("1", ["A"], 1)),
        phone.submit(("1", ["A"], 1)),
        phone.client.get(f"/s/{phone.token}/receipt"),
        signed_in(app, "ada", "admin").get("/console"),
    ):
        assert reply.status_code == 200
        assert reply.request.scheme == "https"
        points, results = score(reply)
        assert points >= EXPECTED, results


def test_P17_files_and_errors_too(app: Flask, client: FlaskClient) -> None:
    names = [path.name for path in Path(app.static_folder or "").iterdir()]
    files = [f"/static/{name}" for name in names]
    for path in (*files, "/nowhere", "/static/none.css"):
        reply = client.get(path, base_url=SECURE)
        points, results = score(reply)
        reply.close()  # the file
        assert points >= EXPECTED, f"{path}: {results}"


@pytest.mark.parametrize(
    ("name", "value", "most"),
    [
        ("Content-Security-Policy", "", 80),
        ("Content-Security-Policy", "default-src 'self' 'unsafe-inline'", 85),
        ("Strict-Transport-Security", "", 85),
        ("X-Content-Type-Options", "", 125),
        ("Set-Cookie", "session=1; Path=/", 75),
        ("Access-Control-Allow-Origin", "*", 60),
    ],
)
def test_the_score_sees_what_is_weak(
    client: FlaskClient, name: str, value: str, most: int
) -> None:
    reply = client.get("/healthz", base_url=SECURE)
    assert score(reply)[0] >= A_PLUS
    reply.headers[name] = value
    assert score(reply)[0] <= most


def test_cookies_over_https_can_be_planted_by_no_other_host(app: Flask) -> None:
    """A9: a sub-domain cannot set a cookie whose name begins with __Host-."""
    client = app.test_client()
    page = client.get("/login", base_url=SECURE)
    (cookie,) = page.headers.getlist("Set-Cookie")
    assert cookie.startswith("__Host-lawgauge=")
    for part in ("Secure", "HttpOnly", "Path=/", "SameSite=Lax"):
        assert part in cookie
    assert "Domain" not in cookie
    made = make_exam(datetime.now(UTC) - timedelta(minutes=1))
    card = app.test_client().get(f"/e/{made.code}", base_url=SECURE)
    (cookie,) = card.headers.getlist("Set-Cookie")
    assert cookie.startswith("__Host-lawgauge_device=")
    assert "Path=/" in cookie
    (cookie,) = app.test_client().get("/login").headers.getlist("Set-Cookie")
    assert cookie.startswith("lawgauge=")
    assert "Secure" not in cookie


def test_V3_nothing_dynamic_is_kept_by_a_cache(
    app: Flask, everybody: FlaskClient
) -> None:
    for rule in gets(app):
        if "GET" in (rule.methods or ()):
            reply = everybody.get(address(app, rule))
            assert reply.headers["Cache-Control"] == "no-store", rule.rule


def test_V3_who_signs_out_leaves_no_page_behind(app: Flask) -> None:
    client = signed_in(app, "ada", "admin")
    form = {"csrf_token": token(client, "/console/password")}
    reply = client.post("/logout", data=form)
    assert reply.headers["Clear-Site-Data"] == '"cache"'


def test_V3_a_receipt_keeps_the_cookie_that_opens_it(app: Flask) -> None:
    """docs/decisions: nothing is cleared at hand-in but what the script clears."""
    made = make_exam(datetime.now(UTC) - timedelta(minutes=5))
    phone = Phone(app, made.code)
    phone.enter(*made.people[0])
    phone.submit(("1", ["A"], 1))
    for _ in range(2):
        reply = phone.client.get(f"/s/{phone.token}/receipt")
        assert reply.status_code == 200
        assert reply.headers["Cache-Control"] == "no-store"
        assert "Clear-Site-Data" not in reply.headers
