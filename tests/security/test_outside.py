"""V7: no page of ours makes a browser ask anybody else for anything."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask

from core.pages import SECURITY_HEADERS

ROOT = Path(__file__).resolve().parents[2]
ELSEWHERE = re.compile(r"""(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}""", re.IGNORECASE)
#: Names that look like addresses and are never asked for.
NAMESPACES = ("http://www.w3.org/",)
OURS = sorted(
    path
    for folder in ("static", "templates")
    for path in (ROOT / folder).rglob("*")
    if path.suffix in (".css", ".js", ".svg", ".html", ".json")
)


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_V7_no_file_of_ours_names_another_host(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if path.suffix in (".css", ".js"):
        text = re.sub(r"/\*.*?\*/|^\s*//.*$", "", text, flags=re.DOTALL | re.MULTILINE)
    for found in ELSEWHERE.finditer(text):
        assert text[found.start() :].startswith(NAMESPACES), found[0]


def test_V7_bootstrap_comes_from_ourselves(app: Flask) -> None:
    assert app.config["BOOTSTRAP_SERVE_LOCAL"]
    with app.test_request_context():
        tag = str(app.jinja_env.from_string("{{ bootstrap.load_css() }}").render())
    assert 'href="/' in tag
    assert not ELSEWHERE.search(tag)


def test_V7_the_browser_is_told_to_ask_nobody_else() -> None:
    for directive in SECURITY_HEADERS["Content-Security-Policy"].split(";"):
        _, *sources = directive.split()
        assert set(sources) <= {"'self'", "'none'", "data:"}, directive
