"""Whatever people type is shown as text: no markup, no script, no template runs.

Every text column of every table is poisoned, but for those named in
tests/security/poison.py; a new column is poisoned without anybody thinking of it.
"""

from __future__ import annotations

import contextvars
import io
import json
import re
from collections import deque
from collections.abc import Iterator
from datetime import datetime, timedelta
from html import unescape
from typing import Any
from xml.etree.ElementTree import Element

import html5lib
import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from core.db import db
from quiz.queries.cards import known
from tests.audit.world import build
from tests.conftest import PASSWORD
from tests.pages import text_of
from tests.quiz.phone import Phone
from tests.security.poison import poison

PAYLOAD = (
    "\"'><b data-x=1>粗</b><img src=x onerror=alert(1)></script></textarea></title>"
    "<script>alert(1)</script>{{1337*7331}}${1337*7331}<%=1337*7331%>%(x)s"
)
PRODUCT = str(1337 * 7331)
TEXTS = ("text/", "application/json", "image/svg")


class Bare(FlaskClient):
    """A client that does not look at pages: this test does, in its own way."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        return contextvars.Context().run(super().open, *args, **kwargs)


def problems(reply: TestResponse) -> Iterator[str]:
    if not str(reply.mimetype).startswith(TEXTS):
        return
    text = text_of(reply)
    if PRODUCT in text:
        yield "a template was run"
    if reply.mimetype != "text/html":
        return
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    root: Element = parser.parse(text)
    for element in root.iter():
        for name in element.attrib:
            if str(name) == "data-x" or str(name).startswith("on"):
                yield f"<{element.tag} {name}>"
        if element.tag == "script" and element.get("type") == "application/json":
            json.loads(element.text or "")
        elif element.tag == "script" and (element.text or "").strip():
            yield f"a script: {element.text}"
        if element.tag == "img" and element.get("src") == "x":
            yield "the picture"
        address = element.get("href") or element.get("src") or ""
        if address.lower().startswith("javascript:"):
            yield f"an address: {address}"


def check(reply: TestResponse, path: str) -> str:
    """The page's text, once nothing is wrong with it."""
    assert reply.status_code < 500, path
    assert not list(problems(reply)), f"{path}: {list(problems(reply))}"
    for name, value in reply.headers:
        assert "\r" not in value, name
        assert "\n" not in value, name
    return text_of(reply) if reply.mimetype == "text/html" else ""


@pytest.fixture
def spoilt(
    app: Flask, moment: datetime, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Any]:
    """The whole world, poisoned, in the hour of its running exam."""
    monkeypatch.setattr(app, "test_client_class", Bare)
    made = build(moment)
    db.session.rollback()
    # Some texts must stay unique.
    assert poison(lambda text, own: f"{text}{PAYLOAD}{own}") > 25
    known.clear()
    with time_machine.travel(made.now + timedelta(minutes=5), tick=True):
        yield made


def signed_in(app: Flask) -> FlaskClient:
    client = app.test_client()
    page = client.get("/login").get_data(as_text=True)
    csrf = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert csrf
    form = {"username": "olga", "password": PASSWORD, "csrf_token": csrf[1]}
    assert client.post("/login", data=form).status_code == 303
    return client


def test_texts_of_every_table_are_inert_on_every_page(
    app: Flask, backend: str, request: pytest.FixtureRequest
) -> None:
    if backend == "postgresql":
        pytest.skip("what a page does with a text is the same on both")
    request.getfixturevalue("spoilt")
    client = signed_in(app)
    seen: set[str] = set()
    shown = 0
    waiting = deque(["/console", "/", "/reports", "/console/audit"])
    while waiting and len(seen) < 220:
        path = waiting.popleft()
        if path in seen:
            continue
        seen.add(path)
        reply = client.get(path)
        page = check(reply, path)
        shown += "&lt;b data-x" in page
        for found in re.findall(r'<a\b[^>]*?\bhref="([^"#]*)', page):
            href = unescape(found)
            if href.startswith("/") and not href.startswith("/static"):
                waiting.append(href)
    assert len(seen) > 40
    assert shown > 15  # the payload was really there


def test_a_candidates_pages_are_inert(app: Flask, spoilt: Any) -> None:
    phone = Phone(app, "EXAM0002")
    card = phone.client.get("/e/EXAM0002")
    assert "&lt;b data-x" in check(card, "card")
    confirm = phone.identify("市甲局", "李二", "0001")
    assert "&lt;b data-x" in check(confirm, "confirm")
    paper = phone.start(confirm)
    assert "&lt;b data-x" in check(paper, "paper")
    fill = PAYLOAD[:200]
    assert phone.save(("4", [fill], 1)).status_code == 200
    for place in ("", "/q/1", "/q/4"):
        assert "data-x" in check(phone.client.get(f"/s/{phone.token}{place}"), place)
    check(phone.client.get(f"/s/{phone.token}/hand-in"), "hand-in")
    check(phone.submit(("4", [fill], 2)), "submit")
    check(phone.client.get(f"/s/{phone.token}/receipt"), "receipt")


ECHOES = (
    "/?code={}", "/login?next={}", "/{}", "/e/{}", "/s/{}", "/console/units?q={}",
    "/console/bank?q={}", "/console/bank?topic={}", "/console/audit?actor={}&number={}",
    "/console/exams/new?preset={}", "/reports/2?category={}", "/login/link/{}",
)  # fmt: skip


def test_what_an_address_says_is_inert(app: Flask, spoilt: Any) -> None:
    client = signed_in(app)
    for place in ECHOES:
        path = place.replace("{}", PAYLOAD.replace("%", "%25").replace("?", "%3F"))
        check(client.get(path), path)


def test_what_a_form_says_is_inert(app: Flask, spoilt: Any) -> None:
    client = signed_in(app)
    page = client.get("/console/units/1").get_data(as_text=True)
    csrf = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert csrf
    forms = {
        "/login": {"username": PAYLOAD, "password": "x"},
        "/console/exams/new": {"title": PAYLOAD, "opens_at": PAYLOAD},
        "/console/bank/new": {"stem": PAYLOAD, "topic": PAYLOAD, "option_a": PAYLOAD},
        "/console/units/1/people": {"name": PAYLOAD, "phone": PAYLOAD},
        "/console/audit/check": {"n": PAYLOAD, "digest": PAYLOAD},
    }
    for path, form in forms.items():
        sent = form | {"csrf_token": csrf[1]}
        check(client.post(path, data=sent, follow_redirects=True), path)
    phone = Phone(app, "EXAM0002")
    check(phone.identify(PAYLOAD, PAYLOAD, PAYLOAD), "identify")


@pytest.mark.parametrize("what", ["people", "units"])
def test_F9_the_name_and_the_cells_of_a_file_are_inert(
    app: Flask, spoilt: Any, what: str
) -> None:
    client = signed_in(app)
    path = f"/console/{what}/import"
    page = client.get(path).get_data(as_text=True)
    csrf = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert csrf
    cell = PAYLOAD.replace('"', '""')
    row = ",".join([f'"{cell}"'] * 4)
    text = f"单位编码,单位名称,姓名,手机尾号\n{row}\n"
    names = (f"{PAYLOAD}.csv", "../../x.csv", "a\r\nSet-Cookie: x=1.csv", "名" * 300)
    for name in names:
        sent = {"csrf_token": csrf[1], "file": (io.BytesIO(text.encode()), name)}
        reply = client.post(path, data=sent, follow_redirects=True)
        check(reply, name)
        assert "Set-Cookie: x=1" not in str(reply.headers)
