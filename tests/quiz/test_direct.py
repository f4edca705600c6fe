"""Saves before Flask: answered as the route answers, to the letter."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.test import TestResponse

from app import create_app
from core.db import db
from quiz.models import Answer
from quiz.views.direct import LONGEST, Direct
from tests.conftest import SECRET
from tests.quiz.factories import make_exam
from tests.quiz.phone import Phone

WHO = ("市司法局", "张伟", "0417")
Send = Callable[..., TestResponse]


@pytest.fixture
def phone(app: Flask, moment: datetime) -> Any:
    make_exam(moment)
    with time_machine.travel(moment + timedelta(minutes=1), tick=False):
        phone = Phone(app)
        assert phone.enter(*WHO).status_code == 200
        yield phone


@pytest.fixture
def direct(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Direct:
    """The short way, from which nothing reaches a route."""
    short = app.extensions["observed"].inner
    assert isinstance(short, Direct)

    def route(*_: object) -> Any:
        raise AssertionError("this went to the route")

    monkeypatch.setattr(short, "_rest", route)
    return short


def save(phone: Phone, *, route: bool = False, **more: Any) -> TestResponse:
    """One save; the route takes what has a question mark in its address."""
    path = f"/s/{phone.token}/answers" + ("?long" if route else "")
    sent = {"json": phone.body(("1", ["C"], 1))} | more
    return phone.client.put(path, **sent)


def said(reply: TestResponse) -> tuple[int, list[tuple[str, str]], bytes]:
    headers = [one for one in reply.headers if one[0] != "X-Request-ID"]
    return reply.status_code, sorted(headers), reply.get_data()


def test_a_plain_save_does_not_reach_flask(phone: Phone, direct: Direct) -> None:
    reply = save(phone, headers={"Origin": "http://localhost"})
    assert reply.json is not None
    assert reply.json["acked"] == [["1", 1]]
    assert db.session.query(Answer).one().value == '["C"]'


def test_both_ways_say_the_same(phone: Phone) -> None:
    assert said(save(phone)) == said(save(phone, route=True))
    secure: dict[str, Any] = {"base_url": "https://localhost"}
    phone.client.set_cookie("lawgauge_device", "a" * 32)
    assert said(save(phone, **secure)) == said(save(phone, route=True, **secure))


@pytest.mark.parametrize("what", ["cut", "elsewhere", "closed", "unknown", "busy"])
def test_both_ways_refuse_alike(
    what: str, app: Flask, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    more: dict[str, Any] = {}
    if what == "cut":
        more = {"json": None, "data": '{"answ', "content_type": "application/json"}
    elif what == "elsewhere":
        phone.client.set_cookie("lawgauge_device", "b" * 32)
    elif what == "closed":
        phone.submit()
    elif what == "unknown":
        phone.token = "nothing"
    elif what == "busy":
        monkeypatch.setattr("quiz.views.protocol.save_answers", _busy)
    more = {"headers": {"Accept": "application/json"}} | more
    short, long = save(phone, **more), save(phone, route=True, **more)
    assert said(short) == said(long)
    expected = {"cut": 422, "elsewhere": 409, "closed": 409, "unknown": 404}
    assert short.status_code == expected.get(what, 503)
    assert ("Retry-After" in short.headers) == (what == "busy")


def _busy(**_: object) -> Any:
    from core.errors import Busy

    raise Busy("系统正忙，请稍后重试")


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"headers": {"Origin": "https://elsewhere.example"}}, 403),
        ({"headers": {"Origin": "null"}}, 403),
        ({"content_type": "text/plain"}, 422),
        ({"content_type": "application/json; charset=utf-8"}, 200),
        ({"data": b" " * (LONGEST + 1), "json": None}, 422),
        ({"data": b"", "json": None}, 422),
    ],
)
def test_what_is_not_plain_goes_to_the_route(
    phone: Phone, changed: dict[str, Any], status: int
) -> None:
    assert save(phone, **changed).status_code == status


def test_a_phone_without_its_cookie_saves_nothing(phone: Phone) -> None:
    phone.client.delete_cookie("lawgauge_device")
    assert save(phone).status_code == 409
    assert db.session.query(Answer).count() == 0


# --- behind a proxy ------------------------------------------------------------------

FORWARDED = {
    "HTTP_X_FORWARDED_PROTO": "https",
    "HTTP_X_FORWARDED_FOR": "203.0.113.9",
    "HTTP_X_FORWARDED_HOST": "exam.example.cn",
}


@dataclass
class Noted:
    """What is written down of each request: its address and scheme."""

    lines: list[tuple[str, str]] = field(default_factory=list)

    def note(self, environ: dict[str, Any], *_: object) -> None:
        """As the access log does."""
        self.lines.append((environ["REMOTE_ADDR"], environ["wsgi.url_scheme"]))


Served = tuple[Phone, Direct, Noted]
Behind = Callable[[int], Served]


@pytest.fixture
def behind(app: Flask, moment: datetime) -> Iterator[Behind]:
    """Serves the same data behind so many proxies; the phone comes through one."""
    made: list[Flask] = []

    def serve(proxies: int) -> Served:
        other = create_app(
            {
                "LAWGAUGE_INSTANCE": app.instance_path,
                "LAWGAUGE_SECRET_KEY": SECRET,
                "LAWGAUGE_DATABASE_URL": app.config["SQLALCHEMY_DATABASE_URI"],
                "LAWGAUGE_TRUSTED_PROXIES": str(proxies),
            },
            testing=True,
        )
        made.append(other)
        other.test_client_class = app.test_client_class
        observed = other.extensions["observed"]
        observed.access = noted = Noted()
        inner = observed.inner
        short = inner.app if isinstance(inner, ProxyFix) else inner
        assert isinstance(short, Direct)
        phone = Phone(other)
        phone.client.environ_base.update(FORWARDED)
        return phone, short, noted

    make_exam(moment)
    with time_machine.travel(moment + timedelta(minutes=1), tick=False):
        yield serve
    for other in made:
        with other.app_context():
            db.engine.dispose()


def test_A14_behind_a_trusted_https_proxy_a_save_takes_the_short_way(
    behind: Behind, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone, short, noted = behind(1)
    assert phone.enter(*WHO).status_code == 200
    assert phone.client.get_cookie("__Host-lawgauge_device") is not None
    monkeypatch.setattr(short, "_rest", None)  # nothing reaches a route
    reply = save(phone, headers={"Origin": "https://exam.example.cn"})
    assert reply.json is not None
    assert reply.json["acked"] == [["1", 1]]
    assert "Strict-Transport-Security" in reply.headers
    assert noted.lines[-1] == ("203.0.113.9", "https")


@pytest.mark.parametrize("origin", ["http://exam.example.cn", "https://localhost"])
def test_A14_behind_https_no_other_origin_saves(behind: Behind, origin: str) -> None:
    phone, _, _ = behind(1)
    phone.enter(*WHO)
    assert save(phone, headers={"Origin": origin}).status_code == 403
    assert db.session.query(Answer).count() == 0


def test_A14_without_a_trusted_proxy_the_short_way_believes_no_header(
    behind: Behind,
) -> None:
    phone, _, noted = behind(0)
    assert phone.enter(*WHO).status_code == 200
    reply = save(phone, headers={"Origin": "http://localhost"})
    assert reply.status_code == 200
    assert "Strict-Transport-Security" not in reply.headers
    assert noted.lines[-1] == ("127.0.0.1", "http")
