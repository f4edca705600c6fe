"""The whole application: who may call what, and what a stranger gets."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import AnyConverter, IntegerConverter, Rule

from core.access import PUBLIC_ENDPOINTS
from tests.conftest import signed_in

#: Every route that anybody may call. One more is a decision, so it is spelled here.
PUBLIC = {
    "GET /",
    "GET /healthz",
    "GET /metrics",
    "GET /readyz",
    "GET /login",
    "GET /login/code",
    "GET /login/link/<token>",
    "POST /login",
    "POST /login/code",
    "POST /login/link/<token>",
    "POST /logout",
    "GET /e/<code>",
    "GET /hall/<code>",
    "POST /e/<code>",
    "POST /e/<code>/start",
    "GET /e/<code>/wait",
    "GET /e/<code>/join",
    "GET /e/<code>/next",
    "GET /e/<code>/ticket/<ticket>",
    "GET /e/<code>/join/wait",
    "POST /e/<code>/join",
    "GET /e/<code>/ready/<ticket>",
    "GET /e/<code>/ready/<ticket>/state",
    "POST /e/<code>/ready/<ticket>",
    "GET /s/<token>",
    "GET /s/<token>/hand-in",
    "GET /s/<token>/q/<int:n>",
    "GET /s/<token>/receipt",
    "GET /s/<token>/receipt/<int:generation>",
    "GET /s/<token>/certificate",
    "GET /s/<token>/result",
    "POST /s/<token>/certificate",
    "POST /s/<token>/objection",
    "GET /v/",
    "GET /v/<code>",
    "GET /v/keys.json",
    "POST /v/",
    "GET /s/<token>/state",
    "POST /s/<token>/hand-in",
    "POST /s/<token>/q/<int:n>",
    "POST /s/<token>/release",
    "POST /s/<token>/submit",
    "POST /s/<token>/trouble",
    "PUT /s/<token>/answers",
}
#: Blueprints whose forms carry tokens of their own: candidates have no session.
OWN_TOKENS = {"entry", "joining", "mine", "sitting", "verify", "waiting"}
#: There is nothing with these numbers; the last two fit no column of a database.
NUMBERS = (1, 2**31 - 1, 2**31, 10**20)


def calls(app: Flask, *, public: bool) -> Iterator[tuple[str, Rule]]:
    """Each method of each route, files apart."""
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        is_public = bool(getattr(view, "public_because", None))
        if rule.endpoint not in PUBLIC_ENDPOINTS and is_public == public:
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield method, rule


def address(app: Flask, rule: Rule, number: int = 1) -> str | None:
    """The address of a route with invented values; None if it takes no such number."""
    values: dict[str, object] = {}
    for name, converter in rule._converters.items():
        if isinstance(converter, IntegerConverter):
            if converter.max is not None and number > converter.max:
                return None
            values[name] = number
        elif isinstance(converter, AnyConverter):
            values[name] = min(converter.items)
        else:
            values[name] = "nothing"
    path: str = app.url_map.bind("localhost").build(rule.endpoint, values)
    return path


def token(client: FlaskClient, page: str = "/login") -> str:
    """A CSRF token of this client's session."""
    text = client.get(page).get_data(as_text=True)
    return text.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]


def test_every_route_is_public_for_a_reason_or_needs_a_role(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        if rule.endpoint in PUBLIC_ENDPOINTS:
            continue
        view = app.view_functions[rule.endpoint]
        reason = getattr(view, "public_because", "")
        roles: frozenset[str] = getattr(view, "needs_role", frozenset())
        assert bool(reason.strip()) != bool(roles), rule.endpoint


def test_the_public_routes_are_these_and_no_others(app: Flask) -> None:
    found = {f"{method} {rule.rule}" for method, rule in calls(app, public=True)}
    assert found == PUBLIC


def test_everything_under_console_and_reports_needs_a_role(app: Flask) -> None:
    inside = ("/console", "/reports")
    for method, rule in calls(app, public=True):
        assert not rule.rule.startswith(inside), f"{method} {rule.rule}"


def test_the_outsider_is_sent_to_sign_in(app: Flask, client: FlaskClient) -> None:
    form = {"csrf_token": token(client)}
    found = 0
    for method, rule in calls(app, public=False):
        path = address(app, rule)
        reply = client.open(path, method=method, data=form if method != "GET" else None)
        assert reply.status_code == 302, f"{method} {path}: {reply.status_code}"
        assert reply.location.startswith("/login"), f"{method} {path}"
        found += 1
    assert found > 20


def test_an_account_without_a_role_is_refused(app: Flask) -> None:
    client = signed_in(app, "nora")
    form = {"csrf_token": token(client, "/")} if has_token(client, "/") else {}
    for method, rule in calls(app, public=False):
        path = address(app, rule)
        reply = client.open(path, method=method, data=form if method != "GET" else None)
        # 400: without any page of its own it has no token to send either.
        wanted = {403} if method == "GET" or form else {400, 403}
        assert reply.status_code in wanted, f"{method} {path}: {reply.status_code}"


def has_token(client: FlaskClient, page: str) -> bool:
    return 'name="csrf_token"' in client.get(page).get_data(as_text=True)


def test_a_write_without_its_token_is_refused(app: Flask, admin: FlaskClient) -> None:
    for method, rule in [*calls(app, public=False), *calls(app, public=True)]:
        if method == "GET" or rule.endpoint.split(".")[0] in OWN_TOKENS:
            continue
        path = address(app, rule)
        assert admin.open(path, method=method).status_code == 400, path


def test_a_write_from_another_site_is_refused(app: Flask, admin: FlaskClient) -> None:
    for method, rule in [*calls(app, public=False), *calls(app, public=True)]:
        if method != "GET":
            path = address(app, rule)
            reply = admin.open(
                path, method=method, headers={"Origin": "http://evil.example"}
            )
            assert reply.status_code in (400, 403), f"{method} {path}"


@pytest.mark.parametrize("number", NUMBERS)
def test_what_is_not_there_is_not_found_and_never_an_error(
    app: Flask, admin: FlaskClient, number: int
) -> None:
    form = {"csrf_token": token(admin, "/console")}
    for method, rule in calls(app, public=False):
        path = address(app, rule, number)
        roles = getattr(app.view_functions[rule.endpoint], "needs_role", ())
        if path is None or not rule.arguments or "organizer" not in roles:
            continue
        reply = admin.open(path, method=method, data=form if method != "GET" else None)
        assert reply.status_code < 500, f"{method} {path}"
        if "nothing" in path or str(number) in path:
            # 405: no other rule takes this method for such a path
            assert reply.status_code in (302, 303, 400, 404, 405, 409), path


def test_a_candidates_address_that_is_not_there_is_never_an_error(
    app: Flask, client: FlaskClient
) -> None:
    for method, rule in calls(app, public=True):
        path = address(app, rule)
        if path and "nothing" in path:
            reply = client.open(path, method=method)
            assert reply.status_code in (400, 403, 404, 422), f"{method} {path}"


def test_over_https_the_browser_is_told_to_stay_there(client: FlaskClient) -> None:
    for path in ("/", "/login", "/e/NOTHING1", "/nowhere", "/healthz"):
        reply = client.get(path, base_url="https://localhost")
        assert "max-age=31536000" in reply.headers["Strict-Transport-Security"]
