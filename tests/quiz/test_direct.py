"""Saves before Flask: answered as the route answers, to the letter."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from werkzeug.test import TestResponse

from core.db import db
from quiz.models import Answer
from quiz.views.direct import LONGEST, Direct
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
