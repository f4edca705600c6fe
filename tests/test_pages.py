"""The inspector sees what it should, and no page reachable from the console is bad."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient

from core.access import ROLES
from tests.conftest import signed_in
from tests.pages import assert_no_key, header_problems, page_problems, text_of
from tests.quiz.factories import make_exam

HEAD = (
    '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    "<title>单位 · 法测</title>"
)
GOOD = f"""<!doctype html><html lang="zh-CN"><head>{HEAD}</head><body><h1>单位</h1>
<form action="/login" method="post"><input type="hidden" name="csrf_token" value="t">
<label for="name">名称</label><input id="name" name="name">
<label>备注 <textarea name="note"></textarea></label>
<button type="submit">保存</button></form>
<table><caption>单位</caption><thead><tr><th scope="col">名称</th></tr></thead>
<tbody><tr><td>市司法局</td></tr></tbody></table>
<img src="/static/icon.svg" alt=""><svg aria-hidden="true"></svg>
<script type="application/json">{{"a": "%(n)d"}}</script><a href="/">首页</a>
</body></html>"""

BAD = [
    ("<h1>单位</h1>", "<h1>单位</h1><h1>二</h1>", "<h1>"),
    ("<h1>单位</h1>", "", "<h1>"),
    ("<h1>单位</h1>", "<h1>人员</h1>", "does not start"),
    ('lang="zh-CN"', 'lang="en"', "lang"),
    ("width=device-width", "width=device-width, user-scalable=no", "enlarged"),
    ('<label for="name">名称</label>', "", "has no label"),
    ('for="name"', 'for="nome"', "not there"),
    ('<label for="name">', '<label id="name" for="name">', "given 2 times"),
    ("<a ", '<a style="color:red" ', "style="),
    ("<a ", '<a onclick="go()" ', "onclick="),
    ("<a ", "<script>go()</script><a ", "without src"),
    ("</head>", "<style>a{}</style></head>", "a <style>"),
    ('src="/static/icon.svg"', 'src="https://cdn.example/icon.svg"', "loads"),
    ('src="/static/icon.svg"', 'src="//cdn.example/icon.svg"', "loads"),
    (' alt=""', "", "no alt"),
    (' aria-hidden="true"', "", "<svg>"),
    ("<caption>单位</caption>", "", "caption"),
    (' scope="col"', "", "scope"),
    ("<tr><td>市司法局</td></tr>", "", "no rows"),
    ('name="csrf_token"', 'name="other"', "csrf_token"),
    (' action="/login"', "", "no action"),
    ('<button type="submit">保存</button>', "", "no button"),
    ("保存</button>", "</button>", "has no text"),
    ('href="/"', 'href="/nowhere"', "leads nowhere"),
    ('href="/"', 'href="/logout"', "does not take GET"),
    ("首页", "共 %(n)d 页", "shows"),
    ("首页", "None", "shows"),
    ("首页", "{{ page }}", "shows"),
    ("</table>", "</table></p>", "not valid HTML"),
    ("<!doctype html>", "", "not valid HTML"),
    ("</form>", "", "not valid HTML"),
]


def test_a_good_page_has_no_problem(app: Flask) -> None:
    assert list(page_problems(GOOD, app, "/")) == []


@pytest.mark.parametrize(("old", "new", "problem"), BAD)
def test_the_inspector_sees(app: Flask, old: str, new: str, problem: str) -> None:
    assert GOOD.count(old) >= 1
    found = list(page_problems(GOOD.replace(old, new, 1), app, "/"))
    assert any(problem in one for one in found), found


@pytest.mark.parametrize(
    "change",
    [
        {"Content-Security-Policy": "default-src 'self' 'unsafe-inline'"},
        {"X-Frame-Options": "SAMEORIGIN"},
        {"Referrer-Policy": "unsafe-url"},
        {"Cache-Control": "public"},
        {"Set-Cookie": "a=b; Path=/"},
    ],
)
def test_the_inspector_sees_weak_headers(
    client: FlaskClient, change: dict[str, str]
) -> None:
    response = client.get("/healthz")
    assert list(header_problems(response)) == []
    response.headers.update(change)
    assert list(header_problems(response))


def test_the_clients_inspect_what_they_fetch(app: Flask, client: FlaskClient) -> None:
    """Without this the other tests could pass on a client that looks at nothing."""

    def spoil(response: Response) -> Response:
        response.headers["X-Frame-Options"] = "ALLOWALL"
        return response

    hooks = app.after_request_funcs.setdefault(None, [])
    hooks.insert(0, spoil)  # runs last
    try:
        with pytest.raises(AssertionError, match="X-Frame-Options"):
            client.get("/")
    finally:
        hooks.remove(spoil)


@dataclass
class Question:
    kind: str = "fill"
    stem: str = "应当在【】日内提出"
    options: list[str] = field(default_factory=list)
    key: list[object] = field(default_factory=lambda: [["六十", "60"]])
    analysis: str = "见法条原文"
    citations: list[str] = field(default_factory=lambda: ["《行政复议法》第二十条"])


@pytest.mark.parametrize(
    "body",
    [
        '{"q": "1", "key": ["A"]}',
        '<li data-right="1">警告</li>',
        "<p>六十</p>",
        '{"hint": "\\u516d\\u5341"}',
        "<p>《行政复议法》第二十条</p>",
        "<p>&#35265;法条原文</p>",
    ],
)
def test_a_key_in_what_candidates_receive_is_seen(body: str) -> None:
    with pytest.raises(AssertionError):
        assert_no_key(body, [Question()])


def test_the_question_itself_gives_nothing_away() -> None:
    shown = Question(stem="六十日还是【】日", key=[["六十"]])
    assert_no_key('{"q": "1", "stem": "六十日还是【】日", "seq": 60}', [shown])


def links(page: str) -> set[str]:
    """Addresses of ours on a page that only show something."""
    found = {
        address.partition("#")[0]
        for address in re.findall(r'<a\b[^>]*href="(/[^"]*)"', page)
    }
    return {address for address in found if not address.startswith("/static")}


FROM_HOME = {
    "admin": {"/console/exams", "/console/bank", "/console/units", "/reports"},
    "organizer": {"/console/exams", "/console/desk", "/console/units", "/reports"},
    "author": {"/console/bank", "/console/bank/new"},
    "reviewer": {"/console/bank", "/console/bank/1"},
    "invigilator": {"/console/desk", "/console/exams/1/desk"},
    "assessor": {"/reports", "/reports/1", "/reports/1/units/1"},
    "liaison": {"/console/units/1", "/reports/participation/1"},
    "auditor": {"/console/exams", "/console/bank", "/console/units", "/reports"},
}


@pytest.mark.parametrize("role", ROLES)
def test_every_page_one_can_click_to_is_sound(app: Flask, role: str) -> None:
    """From a role's first page along every link; the client inspects each.

    No link leads to where the role may not go.
    """
    make_exam(datetime.now(UTC) - timedelta(minutes=10))
    client = signed_in(app, role, role)
    seen: set[str] = set()
    waiting = deque(["/console"])
    while waiting and len(seen) < 150:
        address = waiting.popleft().replace("&amp;", "&")
        if address in seen or not address:
            continue
        seen.add(address)
        reply = client.get(address)
        assert reply.status_code < 400, address
        if reply.mimetype == "text/html" and reply.status_code == 200:
            waiting += sorted(links(text_of(reply)))
    assert seen >= FROM_HOME[role]


@pytest.mark.parametrize(
    "path", ["/nowhere", "/console/nowhere", "/e/NOWHERE1", "/s/x"]
)
def test_what_is_not_there_says_so_on_a_sound_page(
    client: FlaskClient, path: str
) -> None:
    reply = client.get(path)
    assert reply.status_code == 404
    assert "没有找到" in reply.get_data(as_text=True)
