"""Pages with holes: the same as rendered, and nobody's name on another's page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from jinja2 import DictLoader
from markupsafe import Markup

from core.moulds import moulded

PAGE = """{{ exam }}: {{ _("你好 %(who)s", who=who) }} <i title="{{ who }}">
{%- if shown %}{{ raw }}{% endif %} {{ one.name }}</i>"""


@pytest.fixture
def request_of(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    loader = DictLoader({"page.html": PAGE})
    monkeypatch.setattr(app.jinja_env, "loader", loader)
    with app.test_request_context():
        yield app


def page(who: str, *, exam: str = "法考", shown: bool = True) -> str:
    holes = {"who": who, "raw": Markup("<b>"), "one.name": who}
    return moulded("page.html", holes, exam=exam, shown=shown)


def test_it_is_what_the_template_says(request_of: Flask) -> None:
    assert page("张伟") == '法考: 你好 张伟 <i title="张伟"><b> 张伟</i>'


def test_each_gets_the_own_page_and_every_state_its_own(request_of: Flask) -> None:
    assert page("张伟") != page("李娜")
    assert "张伟" not in page("李娜")
    assert "<b>" not in page("张伟", shown=False)
    assert page("张伟", exam="再考").startswith("再考")


def test_what_is_filled_in_is_escaped(request_of: Flask) -> None:
    text = page('"><script>alert(1)</script>')
    assert "<script>" not in text
    assert text.count("&#34;&gt;&lt;script&gt;") == 3


def test_nobody_can_type_a_hole(request_of: Flask) -> None:
    told = page("-who- @who@ {{ who }}")
    assert told.count("-who- @who@ {{ who }}") == 3
