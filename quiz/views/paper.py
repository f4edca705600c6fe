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
from quiz.queries.cards import (
    Item,
    Place,
    blanks_in,
    items_of,
    known,
    part_of,
    places_on,
    places_on_item,
)
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
        self.parts = [
            Fragment(part_of(content, part))
            for part in range(1, len(content.parts) + 1)
        ]
        blanks = blanks_in(content) if content.kind == "fill" else 0
        self.kind = content.kind
        lines = content.stem.splitlines()
        self.material = str(macros.material(lines))
        self.start = str(
            macros.open_case(lines)
            if self.parts
            else macros.open(content.kind, lines, blanks)
        )
        options = content.options
        if content.kind == "judge":
            options = [gettext("正确"), gettext("错误")]
        self.options = [str(macros.option(content.kind, text)) for text in options]
        self.end = str(
            macros.close_case() if self.parts else macros.close(content.kind)
        )
        self._known: dict[tuple[int, str], str] = {}  # options with their letters

    def render(self, n: int, item: Item) -> str:
        """The question as the n-th of a paper; a case with its parts in it."""
        places = places_on_item(n, item)
        if not self.parts:
            (place,) = places
            return self._rendered(place)
        parts = zip(self.parts, places, strict=True)
        inner = "".join(part._rendered(place) for part, place in parts)
        start = _numbered(self.start, str(n), item.points)
        return start + inner + _numbered(self.end, str(n), item.points)

    def render_filled(self, place: Place, value: Sequence[str]) -> Markup:
        """What is asked at a place, alone in a plain form, with its saved value."""
        if place.part:
            inner = self.parts[place.part - 1]
            part = inner.render_filled(place._replace(part=0), value)
            return Markup(self.material) + part  # noqa: S704 - made by a template
        shown = "".join(self._options(place))
        for letter in value if self.kind != "fill" else ():
            mark = f'value="{letter}"'
            shown = shown.replace(mark, mark + " checked")
        # Numbered first: what was typed is not to be looked through.
        text = _numbered(self.start + shown + self.end, place.q, place.points)
        field = f'name="q{place.q}"'
        if self.kind == "fill":
            first, *rest = text.split(field)
            typed = [*value, *[""] * len(rest)]
            text = first + "".join(
                f'name="value" value="{escape(typed[i])}"{part}'
                for i, part in enumerate(rest)
            )
        return Markup(text.replace(field, 'name="value"'))  # noqa: S704 - escaped

    def _rendered(self, place: Place) -> str:
        text = self.start + "".join(self._options(place)) + self.end
        return _numbered(text, place.q, place.points)

    def _options(self, at: Place) -> Iterator[str]:
        for shown in _shown_options(self.kind, at.order, len(self.options)):
            known = self._known.get(shown)
            if known is None:
                place, letter = shown
                known = self._known[shown] = self.options[place].replace("@L@", letter)
            yield known


def _numbered(text: str, q: str, worth: int) -> str:
    return text.replace("@N@", q).replace("@P@", points(worth))


@lru_cache(maxsize=1024)
def _shown_options(kind: str, order: str, count: int) -> list[tuple[int, str]]:
    """The bank's place of each option that a paper shows, and its letter there."""
    letters = "TF" if kind == "judge" else LETTERS
    places = [LETTERS.index(x) for x in order] or range(count)
    return list(zip(places, letters, strict=False))


def fragment_of(version_id: int) -> Fragment:
    """The rendered parts of a question version; made once per process."""
    fragment = known.fragments.get(version_id)
    if fragment is None:
        content = known.contents([version_id])[version_id]
        fragment = known.fragments[version_id] = Fragment(content)
    return fragment


def questions_html(items: Sequence[Item]) -> Markup:
    """The questions of a paper, in order."""
    known.contents([item.version_id for item in items])  # one query for all
    parts = [
        fragment_of(item.version_id).render(n, item) for n, item in enumerate(items, 1)
    ]
    return Markup("".join(parts))  # noqa: S704 - made by autoescaping templates


def state_of(
    opened: Opened, holder: int, saved: Mapping[str, Saved], moment: datetime
) -> dict[str, Any]:
    """What the phone needs to go on: GET /s/<token>/state. Never a key."""
    places = places_on(items_of(opened.items))
    ends = shown_deadline(opened.deadline, moment, opened.paused_at)
    contents = known.contents([place.version_id for place in places])
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
        "count": len(places),
        "answers": {
            q: {"seq": answer.seq, "value": json.loads(answer.value)}
            for q, answer in saved.items()
        },
        "kinds": [
            part_of(contents[place.version_id], place.part).kind for place in places
        ],
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
