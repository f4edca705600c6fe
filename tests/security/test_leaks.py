"""V1: no number of a phone or of an identity card, no token, no password where it
could be read by somebody else: in logs, addresses, redirections, pages."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from accounts.operations.links import make_sign_in_link
from core.db import db
from tests.conftest import PASSWORD, PASSWORD_HASH, SECRET, OwnContext, make_account
from tests.pages import text_of
from tests.quiz.factories import CONTACT_NUMBER, make_exam
from tests.quiz.phone import Phone
from units.models import Unit

PHONE, TAIL = "13987657319", "7319"
IDENTITY = "411502199003077319"
WRONG = "a-wrong-password-nobody-has"
NUMBERS = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)|(?<!\d)\d{17}[\dXx](?!\d)")


@dataclass
class Seen:
    """What went over the wire."""

    replies: list[TestResponse] = field(default_factory=list)

    @property
    def pages(self) -> Iterator[tuple[str, str]]:
        for reply in self.replies:
            if reply.mimetype in ("text/html", "application/json"):
                yield f"{reply.request.method} {reply.request.path}", text_of(reply)

    @property
    def addresses(self) -> Iterator[str]:
        """All that a browser would ask for, or be sent to."""
        for reply in self.replies:
            yield reply.request.url
            yield reply.headers.get("Location", "")
        for _, page in self.pages:
            yield from re.findall(r'(?:href|src|action)="([^"]*)"', page)


@pytest.fixture
def seen(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Seen:
    """Every answer every client of this test gets."""
    found = Seen()

    class Watched(OwnContext):
        def open(self, *args: Any, **kwargs: Any) -> TestResponse:
            reply = super().open(*args, **kwargs)
            found.replies.append(reply)
            return reply

    monkeypatch.setattr(app, "test_client_class", Watched)
    return found


def token(client: FlaskClient, path: str) -> str:
    page = client.get(path).get_data(as_text=True)
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found
    return found[1]


def sit(app: Flask) -> list[str]:
    """A candidate's way with all that can go wrong on it; the secrets of it."""
    made = make_exam(
        datetime.now(UTC) - timedelta(minutes=1), people=[("市司法局", "张伟", TAIL)]
    )
    phone = Phone(app, made.code)
    for typed in (PHONE, IDENTITY, "0000"):
        phone.identify("市司法局", "张伟", typed)
    phone.enter("市司法局", "张伟", TAIL)
    phone.save(("1", ["A"], 1))
    phone.save(("99", [PHONE], 2))  # malformed
    phone.client.put(f"/s/{phone.token}/answers", data=IDENTITY)
    phone.save(("5", ["九十", "书面"], 3), holder=99)
    phone.client.get(f"/s/{phone.token}")
    app.test_client().get(f"/s/{phone.token}")  # a forwarded link
    phone.submit(("1", ["A"], 4))
    phone.client.get(f"/s/{phone.token}/receipt")
    device = phone.client.get_cookie("lawgauge_device")
    assert device is not None
    return [phone.token, device.value]


def work(app: Flask, name: str) -> list[str]:
    """Signing in by every way, rightly and wrongly; the secrets of it."""
    make_account(name, "admin")
    link = make_sign_in_link(username=name, actor="system", now=datetime.now(UTC))
    client = app.test_client()
    for password in (WRONG, PASSWORD):
        sent = {"csrf_token": token(client, "/login"), "username": name}
        client.post("/login?next=/console", data=sent | {"password": password})
    cookie = client.get_cookie("lawgauge")
    other = app.test_client()
    path = f"/login/link/{link.token}"
    csrf = {"csrf_token": token(other, path)}
    other.post(path, data=csrf)
    other.post(path, data=csrf)  # a second time
    assert cookie is not None
    load(client)
    for page in ("/console/units/1", "/console/password", "/console/audit", "/reports"):
        client.get(page)
    return [link.token, cookie.value, WRONG, PASSWORD]


def load(client: FlaskClient) -> None:
    """A roster with whole numbers, and one that must be refused."""
    for number in (PHONE, IDENTITY):
        text = f"单位名称,姓名,手机\n市司法局,李四,{number}\n"
        form = {
            "csrf_token": token(client, "/console/people/import"),
            "file": (io.BytesIO(text.encode()), "名单.csv"),
        }
        client.post("/console/people/import", data=form, follow_redirects=True)


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """All that is logged, by anybody, with its tracebacks."""
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield text
    root.setLevel(before)
    root.removeHandler(handler)


@pytest.fixture
def secrets(app: Flask, seen: Seen, logged: io.StringIO) -> list[str]:
    return [*sit(app), *work(app, "ada"), PASSWORD_HASH, SECRET]


def test_V1_no_log_holds_a_number_a_token_or_a_password(
    secrets: list[str], logged: io.StringIO
) -> None:
    text = logged.getvalue()
    assert "malformed message" in text
    for secret in (*secrets, TAIL, "张伟"):
        assert secret not in text
    assert not NUMBERS.search(text)


def test_V1_no_page_holds_a_whole_number_a_password_or_a_secret_of_ours(
    secrets: list[str], seen: Seen
) -> None:
    assert len(list(seen.pages)) > 25
    for where, page in seen.pages:
        # The exam's contact is there to be called.
        others = NUMBERS.findall(page.replace(CONTACT_NUMBER, ""))
        assert not others, where
        for secret in (WRONG, PASSWORD, PASSWORD_HASH, SECRET, IDENTITY, PHONE):
            assert secret not in page, where


def test_V1_no_address_holds_a_number_a_name_or_a_secret(
    secrets: list[str], seen: Seen
) -> None:
    sitting_token, device, link, *rest = secrets
    for address in seen.addresses:
        assert not NUMBERS.search(address), address
        for secret in (device, *rest, TAIL):
            assert secret not in address
        assert "张伟" not in address
        if sitting_token in address:
            # Works with the device cookie only, and never in a query.
            assert re.search(rf"/s/{sitting_token}(/[a-z0-9/-]+)?$", address)
        if link in address:
            assert address.endswith(f"/login/link/{link}")
    sent = [reply.headers.get("Location", "") for reply in seen.replies]
    assert not [place for place in sent if link in place]


def test_V1_what_a_database_says_of_an_error_holds_no_values(app: Flask) -> None:
    insert = sa.insert(Unit).values(name="张伟", code=TAIL)  # the rest may not be NULL
    with pytest.raises(sa.exc.IntegrityError) as caught:
        db.session.execute(insert)
    db.session.rollback()
    told = str(caught.value).partition("[SQL")
    assert "parameters hidden" in told[2]
    assert TAIL not in told[2]
