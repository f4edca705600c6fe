"""The paper as a page: fragments rendered once per question version and joined."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from flask import Response, current_app
from flask_babel import gettext
from markupsafe import Markup, escape

from core.db import read_core
from core.moulds import moulded
from core.pages import clock, compressed, points
from question_bank.queries import Content
from quiz.operations.entry import take_sheet
from quiz.queries.cards import Item, blanks_in, items_of, known
from quiz.queries.opened import Opened
from quiz.queries.sittings import Saved, saved_answers
from quiz.rules.scoring import LETTERS
from quiz.rules.sheet import TEXT_LIMIT
from quiz.rules.timing import shown_deadline
from quiz.views.protocol import milliseconds, page_version, remaining_ms, written


@lru_cache(maxsize=1)
def _macros() -> Any:
    template = current_app.jinja_env.get_template("phone/_question.html")
    return template.make_module()


class Fragment:
    """A question version as HTML, without number, letters and points."""

    def __init__(self, content: Content) -> None:
        macros = _macros()
        blanks = blanks_in(content) if content.kind == "fill" else 0
        self.kind = content.kind
        lines = content.stem.splitlines()
        self.start = str(macros.open(content.kind, lines, blanks))
        options = content.options
        if content.kind == "judge":
            options = [gettext("正确"), gettext("错误")]
        self.options = [str(macros.option(content.kind, text)) for text in options]
        self.end = str(macros.close(content.kind))
        self._known: dict[tuple[int, str], str] = {}  # options with their letters

    def render(self, n: int, item: Item) -> str:
        """The question as the n-th of a paper."""
        return self._numbered("".join(self._options(item)), n, item)

    def render_filled(self, n: int, item: Item, value: Sequence[str]) -> Markup:
        """The question alone in a plain form, with its saved value."""
        shown = "".join(self._options(item))
        for letter in value if self.kind != "fill" else ():
            mark = f'value="{letter}"'
            shown = shown.replace(mark, mark + " checked")
        text = self._numbered(shown, n, item)
        field = f'name="q{n}"'
        if self.kind == "fill":
            first, *rest = text.split(field)
            typed = [*value, *[""] * len(rest)]
            text = first + "".join(
                f'name="value" value="{escape(typed[i])}"{part}'
                for i, part in enumerate(rest)
            )
        return Markup(text.replace(field, 'name="value"'))  # noqa: S704 - escaped

    def _options(self, item: Item) -> Iterator[str]:
        for shown in _shown_options(self.kind, item.order, len(self.options)):
            known = self._known.get(shown)
            if known is None:
                place, letter = shown
                known = self._known[shown] = self.options[place].replace("@L@", letter)
            yield known

    def _numbered(self, options: str, n: int, item: Item) -> str:
        start = self.start.replace("@P@", points(item.points))
        return f"{start}{options}{self.end}".replace("@N@", str(n))


@lru_cache(maxsize=1024)
def _shown_options(kind: str, order: str, count: int) -> list[tuple[int, str]]:
    """The bank's place of each option that a paper shows, and its letter there."""
    letters = "TF" if kind == "judge" else LETTERS
    places = [LETTERS.index(x) for x in order] or range(count)
    return list(zip(places, letters, strict=False))


def fragment_of(item: Item) -> Fragment:
    """The rendered parts of an item's question; made once per process."""
    fragment = known.fragments.get(item.version_id)
    if fragment is None:
        content = known.contents([item.version_id])[item.version_id]
        fragment = known.fragments[item.version_id] = Fragment(content)
    return fragment


def questions_html(items: Sequence[Item]) -> Markup:
    """The questions of a paper, in order."""
    known.contents([item.version_id for item in items])  # one query for all
    parts = [fragment_of(item).render(n, item) for n, item in enumerate(items, 1)]
    return Markup("".join(parts))  # noqa: S704 - made by autoescaping templates


def state_of(
    opened: Opened, holder: int, saved: Mapping[str, Saved], moment: datetime
) -> dict[str, Any]:
    """What the phone needs to go on: GET /s/<token>/state. Never a key."""
    items = items_of(opened.items)
    ends = shown_deadline(opened.deadline, moment, opened.paused_at)
    contents = known.contents([item.version_id for item in items])
    return {
        "token": opened.token,
        "url": f"/s/{opened.token}",
        "generation": opened.generation,
        "holder": holder,
        "server_now_ms": milliseconds(moment),
        "deadline_ms": milliseconds(ends),
        "remaining_ms": remaining_ms(ends, moment),
        "paused": opened.paused_at is not None,
        "version": page_version(),
        "grace_ms": opened.grace_s * 1000,
        "count": len(items),
        "answers": {
            q: {"seq": answer.seq, "value": json.loads(answer.value)}
            for q, answer in saved.items()
        },
        "kinds": [contents[item.version_id].kind for item in items],
        "claim": opened.claim is not None,
    }


def paper_page(opened: Opened, moment: datetime) -> Response:
    """The paper with all questions; this page owns the sheet. Two queries.

    :param opened: An open sitting of this device.
    """
    holder = take_sheet(token=opened.token, device=opened.device)
    with read_core() as connection:
        saved = saved_answers(connection, opened.sitting_id, opened.generation)
    return _page(opened, state_of(opened, holder, saved, moment))


def fresh_paper(opened: Opened, moment: datetime) -> Response:
    """The paper of a sitting begun just now: nothing is saved yet. No query."""
    return _page(opened, state_of(opened, opened.holder, {}, moment))


def _page(opened: Opened, state: dict[str, Any]) -> Response:
    holes = {
        "token": opened.token,
        "candidate.name": opened.name,
        "candidate.unit_name": opened.unit_name,
        "until": clock(opened.deadline, "%H:%M"),
        "questions_html": questions_html(items_of(opened.items)),
        "state_json": json_block(state),
    }
    page = moulded(
        "phone/paper.html",
        holes,
        exam=Heading(opened.code, opened.title, opened.demo, opened.contact),
        zone=clock(opened.deadline, "%z"),
        most=TEXT_LIMIT,
    )
    return compressed(Response(page, mimetype="text/html"))


class Heading(NamedTuple):
    """What the page of a paper shows of its exam."""

    code: str
    title: str
    demo: bool
    contact: str


def json_block(value: object) -> Markup:
    """JSON for a data block: nothing in it can end the script element."""
    text = written(value)
    return Markup(text.replace("<", "\\u003c").replace("&", "\\u0026"))  # noqa: S704 -
    # the characters that could leave the block are written as escapes.
