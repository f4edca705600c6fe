"""What every page must be: the test clients look at all they fetch.

``inspect`` finds what a person or a browser would trip over and says it in one
assertion, with the address. ``assert_no_key`` is for what candidates receive.
"""

from __future__ import annotations

import gzip
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from html import unescape
from typing import Protocol
from xml.etree.ElementTree import Element

import html5lib
from flask import Flask
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import RequestRedirect
from werkzeug.test import TestResponse

SVG = "{http://www.w3.org/2000/svg}svg"
CONTROLS = ("input", "select", "textarea")
UNLABELLED = ("hidden", "submit", "button", "image", "reset")
LOADS = {  # elements that make the browser fetch something, by attribute
    "link": "href", "script": "src", "img": "src", "iframe": "src", "source": "src",
    "video": "src", "audio": "src", "embed": "src", "object": "data",
}  # fmt: skip
#: Candidates have no session: their forms carry tokens of their own.
OWN_TOKENS = ("/e/", "/s/", "/v/")
PLACEHOLDER = re.compile(r"\{\{|\}\}|\{%|%\(\w+\)[sd]|\bNone\b|\bUndefined\b")

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}


def inspect(response: TestResponse, app: Flask) -> None:
    """Look at a response; an assertion names everything that is wrong with it.

    :param app: Whose routes the links must lead to.
    """
    found = list(header_problems(response))
    shown = response.request.method != "HEAD" and not 300 <= response.status_code < 400
    if response.mimetype == "text/html" and shown:
        found += page_problems(text_of(response), app, response.request.path)
    listed = "".join(f"\n  - {problem}" for problem in found)
    assert not found, f"{response.request.method} {response.request.path}:{listed}"


def text_of(response: TestResponse) -> str:
    """The body as the browser reads it."""
    data = response.get_data()
    if response.headers.get("Content-Encoding") == "gzip":
        data = gzip.decompress(data)
    return data.decode()


def header_problems(response: TestResponse) -> Iterator[str]:
    """What the headers lack of what keeps a page safe in its browser."""
    for name, wanted in HEADERS.items():
        if response.headers.get(name) != wanted:
            yield f"header {name} is not {wanted}"
    policy = {
        name: value
        for name, _, value in (
            part.strip().partition(" ")
            for part in response.headers.get("Content-Security-Policy", "").split(";")
        )
    }
    for name, wanted in POLICY.items():
        if policy.get(name) != wanted:
            yield f"CSP {name} is not {wanted}"
    if "unsafe" in str(policy) or "http" in str(policy) or "*" in str(policy):
        yield "the CSP lets in more than our own"
    if "camera=()" not in response.headers.get("Permissions-Policy", ""):
        yield "no Permissions-Policy"
    secure = response.request.scheme == "https"
    if secure and "max-age" not in response.headers.get(
        "Strict-Transport-Security", ""
    ):
        yield "no Strict-Transport-Security over https"
    for cookie in response.headers.getlist("Set-Cookie"):
        name, _, rest = cookie.partition("=")
        for wanted in ("HttpOnly", "SameSite=Lax", *(["Secure"] if secure else [])):
            if wanted not in rest:
                yield f"cookie {name} is not {wanted}"
    kept = response.headers.get("Cache-Control", "")
    if "no-store" not in kept and "/static/" not in response.request.path:
        yield "the page may be kept by a cache"


def page_problems(text: str, app: Flask, path: str) -> Iterator[str]:
    """What is wrong with a whole page."""
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    root: Element = parser.parse(text)
    for (line, _), code, _ in parser.errors:
        yield f"not valid HTML in line {line}: {code}"
    yield from _head_problems(root)
    yield from _own_code_problems(root)
    yield from _id_problems(root)
    for form in root.iter("form"):
        yield from _form_problems(form, path)
    for control in _controls(root):
        if not _is_labelled(root, control):
            yield f"{_shown(control)} has no label"
    for table in root.iter("table"):
        yield from _table_problems(table)
    yield from _name_problems(root)
    yield from _link_problems(root, app)
    if left := PLACEHOLDER.search(" ".join(_words(root))):
        yield f"the text shows {left[0]!r}"


def _head_problems(root: Element) -> Iterator[str]:
    if root.get("lang") != "zh-CN":
        yield "lang is not zh-CN"
    headings = [_text(heading) for heading in root.iter("h1")]
    titles = [_text(title) for title in root.iterfind("head/title")]
    if len(headings) != 1 or len(titles) != 1:
        yield f"{len(headings)} <h1> and {len(titles)} <title> instead of one each"
    elif not headings[0] or not titles[0].startswith(headings[0]):
        yield f"the title {titles[0]!r} does not start with the h1 {headings[0]!r}"
    names = {meta.get("name"): meta.get("content", "") for meta in root.iter("meta")}
    viewport = names.get("viewport", "")
    if "width=device-width" not in viewport:
        yield "no viewport"
    if "maximum-scale" in viewport or "user-scalable" in viewport:
        yield "the page cannot be enlarged"


def _own_code_problems(root: Element) -> Iterator[str]:
    """Code and styles come from files of ours, which the CSP demands."""
    for element in root.iter():
        if not isinstance(element.tag, str):
            continue  # a comment
        for attribute in element.attrib:
            if attribute == "style" or attribute.startswith("on"):
                yield f"{_shown(element)} has {attribute}="
        attribute = LOADS.get(element.tag, "")
        address = element.get(attribute, "") if attribute else ""
        if address and not re.match(r"/(?!/)|data:", address):
            yield f"{_shown(element)} loads {address}"
    for script in root.iter("script"):
        data = script.get("type", "") in ("application/json", "text/plain")
        if not script.get("src") and not data:
            yield "a <script> without src"
    if any(True for _ in root.iter("style")):
        yield "a <style>"


def _id_problems(root: Element) -> Iterator[str]:
    ids = Counter(i for element in root.iter() if (i := element.get("id")) is not None)
    for name, count in ids.items():
        if count > 1:
            yield f"id {name!r} is given {count} times"
    for element in root.iter():
        if "hidden" in element.attrib:
            continue  # a script fills it before it is shown
        for attribute in ("for", "aria-labelledby", "aria-describedby", "list"):
            for name in element.get(attribute, "").split():
                if name not in ids:
                    yield f"{_shown(element)}: {attribute} names {name!r}, not there"


def _form_problems(form: Element, path: str) -> Iterator[str]:
    if form.get("action") is None:
        yield f"{_shown(form)} has no action"
    if form.get("method", "get").lower() == "post":
        names = {control.get("name") for control in form.iter("input")}
        own = form.get("action", path).startswith(OWN_TOKENS)
        if "csrf_token" not in names and not own:
            yield f"{_shown(form)} has no csrf_token"
    inside = {control.get("type", "submit") for control in form.iter("button")}
    inside |= {control.get("type", "") for control in form.iter("input")}
    if "submit" not in inside and form.get("id") != "paper":  # sent by phone.js
        yield f"{_shown(form)} has no button that sends it"


def _controls(root: Element) -> Iterator[Element]:
    for tag in CONTROLS:
        for control in root.iter(tag):
            if control.get("type") not in UNLABELLED and "hidden" not in control.attrib:
                yield control


def _is_labelled(root: Element, control: Element) -> bool:
    if control.get("aria-label") or control.get("aria-labelledby"):
        return True
    for label in root.iter("label"):
        if _text(label) and (
            label.get("for", "?") == control.get("id")
            or any(inner is control for inner in label.iter())
        ):
            return True
    return False


def _name_problems(root: Element) -> Iterator[str]:
    for image in root.iter("img"):
        if "alt" not in image.attrib:
            yield f"{_shown(image)} has no alt"
    for drawing in root.iter(SVG):
        if drawing.get("aria-hidden") != "true" and not _name(drawing):
            yield "an <svg> is neither hidden from screen readers nor named"
    for tag in ("a", "button"):
        for element in root.iter(tag):
            if not _name(element):
                yield f"{_shown(element)} has no text"


def _table_problems(table: Element) -> Iterator[str]:
    caption = table.find("caption")
    if caption is None or not _text(caption):
        yield "a <table> without a caption"
    name = _text(caption) if caption is not None else "?"
    headings = list(table.iter("th"))
    if not headings or any(heading.get("scope") is None for heading in headings):
        yield f"table {name!r}: a heading without scope, or none at all"
    if any(not _name(heading) for heading in headings):
        yield f"table {name!r}: an empty heading"
    if not any(True for _ in table.iterfind("tbody/tr")):
        yield f"table {name!r} has no rows: show the empty message instead"


def _link_problems(root: Element, app: Flask) -> Iterator[str]:
    """Addresses of ours must lead to a route, with the method they are used with."""
    routes = app.url_map.bind("localhost")
    used = [(link.get("href", ""), "GET") for link in root.iter("a")]
    used += [
        (form.get("action", ""), form.get("method", "get").upper())
        for form in root.iter("form")
    ]
    used += [
        (address, "GET")
        for element in root.iter()
        if (address := element.get(LOADS.get(str(element.tag), ""), ""))
    ]
    for address, method in sorted(set(used)):
        if not address.startswith("/") or address.startswith("//"):
            continue
        path = re.split(r"[?#]", address)[0]
        try:
            routes.match(path, method=method)
        except RequestRedirect:
            continue
        except MethodNotAllowed:
            yield f"{address} does not take {method}"
        except HTTPException:
            yield f"{address} leads nowhere"


def _words(root: Element) -> Iterator[str]:
    """All text a person sees; data for scripts and what was typed are left out."""
    for element in root.iter():
        if isinstance(element.tag, str) and element.tag not in ("script", "textarea"):
            yield element.text or ""
        yield element.tail or ""


def _text(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


def _name(element: Element) -> str:
    """What a screen reader says."""
    inner = [image.get("alt", "") for image in element.iter("img")]
    inner += [one.get("aria-label", "") for one in element.iter(SVG)]
    given = element.get("aria-label") or element.get("aria-labelledby") or ""
    return given or _text(element) or "".join(inner)


def _shown(element: Element) -> str:
    """The element, short enough to find it again."""
    keys = ("id", "name", "type", "action", "href", "class")
    told = [f'{key}="{element.get(key)}"' for key in keys if element.get(key)]
    return f"<{' '.join([str(element.tag), *told[:2]])}>"


# --- what candidates must never receive -------------------------------------------


class Asked(Protocol):
    """A question with its key, such as ``question_bank.queries.Content``."""

    @property
    def kind(self) -> str: ...
    @property
    def stem(self) -> str: ...
    @property
    def options(self) -> list[str]: ...
    @property
    def key(self) -> list[object]: ...
    @property
    def analysis(self) -> str: ...
    @property
    def citations(self) -> list[str]: ...


GIVEAWAYS = re.compile(
    r"""["']?\b(key|keys|correct|is_?correct|right|answer_?key|analysis|citations?)
    \b["']?\s*[:=]|data-(key|right|correct|answer|analysis)\b""",
    re.VERBOSE | re.IGNORECASE,
)


def assert_no_key(body: str | bytes, contents: Iterable[Asked]) -> None:
    """Fail if what a candidate receives gives away what is right.

    :param body: A response's body, unpacked.
    :param contents: The questions on the paper. A text that the question itself
        shows (its stem, its options) is no secret.
    """
    text = body.decode() if isinstance(body, bytes) else body
    text = re.sub(r"\\u([0-9a-f]{4})", lambda m: chr(int(m[1], 16)), unescape(text))
    found = GIVEAWAYS.search(text)
    assert not found, f"the answer may stand in {found and found[0]!r}"
    for content in contents:
        shown = content.stem + "".join(content.options)
        secrets = [content.analysis, *content.citations]
        if content.kind == "fill":
            for accepted in content.key:
                assert isinstance(accepted, list)
                secrets += [str(one) for one in accepted]
        for secret in secrets:
            telling = len(secret) > 3 or not secret.isdecimal()
            if secret and telling and secret not in shown:
                assert secret not in text, f"{secret!r} gives away {shown[:20]!r}"
