"""What the HTTP Observatory of Mozilla would give a response over https.

Its tests and modifiers as published (mozilla/http-observatory, scoring.md, and the
grader of mdn-http-observatory): 100 to begin with, penalties, and bonuses that count
only where penalties have left 90 or more. 100 is an A+.

Left out, because a response alone does not show them: the redirection from http
(the proxy's, docs/running.md), and preloading of HSTS (+5), which is applied for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from http.cookies import SimpleCookie

from werkzeug.test import TestResponse

from tests.pages import text_of

BASE, EXTRA_CREDIT_FROM, A_PLUS = 100, 90, 100
HALF_A_YEAR = 15_552_000  # seconds
BROAD = {"ftp:", "http:", "https:", "*", "http://*", "https://*"}
PRIVATE = {"no-referrer", "same-origin", "strict-origin"}
PRIVATE |= {"strict-origin-when-cross-origin"}


def score(response: TestResponse) -> tuple[int, list[str]]:
    """The score, and the results it is made of."""
    results = [*_headers(response), *_cookies(response), *_scripts(response)]
    penalties = sum(points for _, points in results if points < 0)
    bonuses = sum(points for _, points in results if points > 0)
    total = BASE + penalties
    if total >= EXTRA_CREDIT_FROM:
        total += bonuses
    return total, [f"{name} {points:+d}" for name, points in results]


def _headers(response: TestResponse) -> Iterator[tuple[str, int]]:
    headers = response.headers
    policy = _policy(headers.get("Content-Security-Policy", ""))
    yield _content_security(policy)
    if "Access-Control-Allow-Origin" in headers:
        everybody = headers["Access-Control-Allow-Origin"] == "*"
        yield "cross-origin-resource-sharing", -50 if everybody else 0
    yield _transport(headers.get("Strict-Transport-Security", ""))
    nosniff = headers.get("X-Content-Type-Options", "").lower() == "nosniff"
    yield "x-content-type-options", 0 if nosniff else -5
    yield _framing(policy, headers.get("X-Frame-Options", ""))
    referrer = headers.get("Referrer-Policy", "").lower()
    yield "referrer-policy", 5 if referrer in PRIVATE else -5 if referrer else 0
    resource = headers.get("Cross-Origin-Resource-Policy", "")
    yield "cross-origin-resource-policy", 10 if resource.startswith("same-") else 0


def _policy(text: str) -> dict[str, set[str]]:
    parts = (part.split() for part in text.split(";") if part.strip())
    return {part[0].lower(): {one.lower() for one in part[1:]} for part in parts}


def _content_security(policy: dict[str, set[str]]) -> tuple[str, int]:
    name = "content-security-policy"
    if not policy:
        return f"{name} not implemented", -25
    default = policy.get("default-src", {"*"})
    scripts = policy.get("script-src", default)
    styles = policy.get("style-src", default)
    objects = policy.get("object-src", default)
    if scripts & (BROAD | {"'unsafe-inline'", "data:"}) or objects & BROAD:
        return f"{name} unsafe-inline", -20
    if any(
        one.startswith(("http:", "ftp:")) for part in policy.values() for one in part
    ):
        return f"{name} insecure scheme", -20
    if "'unsafe-eval'" in scripts:
        return f"{name} unsafe-eval", -10
    if styles & (BROAD | {"'unsafe-inline'", "data:"}):
        return f"{name} unsafe styles", 0
    return name, 10 if default == {"'none'"} else 5


def _transport(text: str) -> tuple[str, int]:
    age = re.search(r"max-age=(\d+)", text)
    if not age:
        return "strict-transport-security not implemented", -20
    return "strict-transport-security", 0 if int(age[1]) >= HALF_A_YEAR else -10


def _framing(policy: dict[str, set[str]], header: str) -> tuple[str, int]:
    ancestors = policy.get("frame-ancestors")
    if ancestors and not ancestors & BROAD:
        return "x-frame-options by policy", 5
    known = header.upper() in ("DENY", "SAMEORIGIN")
    return "x-frame-options", 0 if known else -20


def _cookies(response: TestResponse) -> Iterator[tuple[str, int]]:
    found = [SimpleCookie(line) for line in response.headers.getlist("Set-Cookie")]
    cookies = [cookie for jar in found for cookie in jar.values()]
    if not cookies:
        yield "cookies not found", 0
        return
    if not all(cookie["secure"] for cookie in cookies):
        yield "cookies without Secure", -40
    elif not all(cookie["httponly"] for cookie in cookies):
        yield "cookies without HttpOnly", -30
    else:
        same = all(cookie["samesite"] in ("Lax", "Strict") for cookie in cookies)
        yield "cookies", 5 if same else 0


class _Scripts(HTMLParser):
    """The addresses scripts come from."""

    def __init__(self) -> None:
        super().__init__()
        self.sources: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        source = dict(attrs).get("src")
        if tag == "script" and source:
            self.sources.append(source)


def _scripts(response: TestResponse) -> Iterator[tuple[str, int]]:
    if response.mimetype != "text/html":
        return
    parser = _Scripts()
    parser.feed(text_of(response))
    outside = [one for one in parser.sources if re.match(r"(https?:)?//", one)]
    yield "subresource-integrity", -50 if outside else 0  # ours come from ourselves
