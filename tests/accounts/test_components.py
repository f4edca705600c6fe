"""What the macros of templates/components promise to every page that calls them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import BooleanField, RadioField, SelectField, StringField
from wtforms.validators import InputRequired, Optional

from tests.accounts.browser import Page

# The stubs know only the tuples that WTForms is giving up.
KINDS: Any = ["单选"]
RULES: Any = ["甲", "乙"]

Render = Callable[..., Page]

FORM = """{% from "components/forms.html" import field, form_box %}
{% call form_box(action="/x", form=form, submit="保存", cancel="/y", upload=True,
                 confirm="确定？") %}
{{ field(form.title, hint="手机上看到的名称", placeholder="例") }}{{ field(form.note) }}
{{ field(form.kind) }}{{ field(form.rule) }}{{ field(form.sure) }}
{% endcall %}"""

TABLE = """{% from "components/table.html" import data_table %}
{% call(row) data_table(rows, caption="单位", empty="还没有单位", sortable=True,
    headings=[("名称", "text"), ("人数", "number"), ("操作", "action")]) %}
<td>{{ row }}</td><td class="number">1</td><td></td>{% endcall %}"""


class ExamForm(FlaskForm):
    title = StringField("名称", [InputRequired(lazy_gettext("请填写名称"))])
    note = StringField("说明", [Optional()])
    kind = SelectField("题型", choices=KINDS)
    rule = RadioField("计分", choices=RULES)
    sure = BooleanField("我已核对")


@pytest.fixture
def render(app: Flask) -> Render:
    """Render a piece of a template as a page would."""

    def rendered(source: str, **values: Any) -> Page:
        html = app.jinja_env.from_string(source).render(**values)
        return Page(html)

    return rendered


def test_a_form_has_its_token_and_every_control_its_label(
    app: Flask, render: Render
) -> None:
    with app.test_request_context():
        shown = render(FORM, form=ExamForm())
    form = shown.one("form")
    assert (form["method"], form["action"]) == ("post", "/x")
    assert form["enctype"] == "multipart/form-data"
    assert form["data-confirm"] == "确定？"
    assert len(form.all("[name=csrf_token]")) == 1
    for control in form.all("input:not([type=hidden]), select"):
        assert form.one(f"label[for={control['id']}]"), control
    assert form.one("fieldset legend").text == "计分"
    assert form.one("[name=title]")["placeholder"] == "例"
    assert "选填" in form.one("label[for=note]").text
    assert "选填" not in form.one("label[for=title]").text
    assert not form.all("[aria-invalid], [role=alert]")


def test_an_error_stands_at_its_field_and_in_the_summary(
    app: Flask, render: Render
) -> None:
    with app.test_request_context(method="POST", data={"kind": "单选", "rule": "甲"}):
        form = ExamForm()
        form.validate()
        shown = render(FORM, form=form)
    control = shown.one("[name=title]")
    assert control["aria-invalid"] == "true"
    described = [
        shown.one(f"#{name}").text for name in control["aria-describedby"].split()
    ]
    assert described == ["手机上看到的名称", "请填写名称"]
    summary = shown.one("[role=alert]")
    assert summary.one("a")["href"] == f"#{control['id']}"
    assert "请填写名称" in summary.text
    assert "CSRF" not in summary.text


def test_a_refusal_of_the_whole_form_is_one_sentence(
    app: Flask, render: Render
) -> None:
    with app.test_request_context():
        form = ExamForm()
        form.form_errors.append("题库不足")
        summary = render(FORM, form=form).one("[role=alert]")
    assert summary.text == "题库不足"


def test_a_table_has_caption_and_scoped_headings(render: Render) -> None:
    table = render(TABLE, rows=(name for name in ("甲", "乙"))).one("table")
    assert table.one("caption").text == "单位"
    assert [cell["scope"] for cell in table.all("th")] == ["col"] * 3
    assert [cell["data-kind"] for cell in table.all("th")] == [
        "text",
        "number",
        "action",
    ]
    assert table.soup.has_attr("data-sortable")
    assert [row.one("td").text for row in table.all("tbody tr")] == ["甲", "乙"]


def test_an_empty_table_says_so_instead(render: Render) -> None:
    shown = render(TABLE, rows=[])
    assert not shown.has("table")
    assert shown.one(".empty").text == "还没有单位"


def test_what_a_table_shows_is_escaped(render: Render) -> None:
    assert render(TABLE, rows=["<script>"]).all("script") == []


def test_big_numbers_are_a_list_of_names_and_values(render: Render) -> None:
    source = """{% from "components/figures.html" import figures, figure %}
    {% call figures() %}{{ figure("应考", 606) }}
    {{ figure("参考率", "97.4%", "实考 590 人") }}{% endcall %}"""
    cells = render(source).all("dl > div")
    assert [cell.one("dt").text for cell in cells] == ["应考", "参考率"]
    assert [cell.one("dd").text for cell in cells] == ["606", "97.4%"]
    assert cells[1].all("dd")[1].text == "实考 590 人"


def test_invented_scores_are_marked(render: Render) -> None:
    source = """{% from "components/demo.html" import demo_notice %}
    {{ demo_notice() }}"""
    assert "示例数据" in render(source).text
