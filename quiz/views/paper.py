"""The paper as a page: fragments rendered once per question version and joined."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from flask import Response, current_app, redirect, render_template, url_for
from flask_babel import gettext
from markupsafe import Markup, escape

from core.db import read_core
from core.errors import Missing
from core.pages import compressed, points
from question_bank.queries import Content
from quiz.operations.entry import take_sheet
from quiz.queries.cards import Item, blanks_in, items_of, known
from quiz.queries.opened import Opened, find_opened
from quiz.queries.sittings import Saved, saved_answers
from quiz.rules.scoring import LETTERS
from quiz.rules.timing import shown_deadline
from quiz.views.device import device_digest


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

    def render(self, n: int, item: Item) -> str:
        """The question as the n-th of a paper."""
        return _numbered(self.start + self._options(item, ()) + self.end, n, item)

    def render_filled(self, n: int, item: Item, value: Sequence[str]) -> Markup:
        """The question alone in a plain form, with its saved value."""
        text = self.start + self._options(item, value) + self.end
        field = 'name="q@N@"'
        if self.kind == "fill":
            first, *rest = text.split(field)
            typed = [*value, *[""] * len(rest)]
            text = first + "".join(
                f'name="value" value="{escape(typed[i])}"{part}'
                for i, part in enumerate(rest)
            )
        text = text.replace(field, 'name="value"')
        return Markup(_numbered(text, n, item))  # noqa: S704 - typed text is escaped

    def _options(self, item: Item, chosen: Sequence[str]) -> str:
        letters = "TF" if self.kind == "judge" else LETTERS
        order = [LETTERS.index(x) for x in item.order] or range(len(self.options))
        shown = []
        for letter, place in zip(letters, order, strict=False):
            option = self.options[place].replace("@L@", letter)
            if letter in chosen:
                mark = f'value="{letter}"'
                option = option.replace(mark, mark + " checked")
            shown.append(option)
        return "".join(shown)


def _numbered(text: str, n: int, item: Item) -> str:
    return text.replace("@N@", str(n)).replace("@P@", points(item.points))


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


def milliseconds(moment: datetime) -> int:
    """Since 1970, for the phone."""
    return int(moment.timestamp() * 1000)


def remaining_ms(deadline: datetime, moment: datetime) -> int:
    """Until the deadline, never negative."""
    return max(0, int((deadline - moment) / timedelta(milliseconds=1)))


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
        "grace_ms": opened.grace_s * 1000,
        "count": len(items),
        "answers": {
            q: {"seq": answer.seq, "value": json.loads(answer.value)}
            for q, answer in saved.items()
        },
        "kinds": [contents[item.version_id].kind for item in items],
        "claim": opened.claim is not None,
    }


def paper_page(token: str, moment: datetime, *, fresh: bool) -> Any:
    """The paper with all questions.

    :param fresh: Just started: nothing is saved yet and no other page has it.
    """
    device = device_digest()
    holder = 1 if fresh else take_sheet(token=token, device=device)
    with read_core() as connection:
        opened = find_opened(connection, token)
        if opened is None or opened.device != device:
            raise Missing("请重新扫码，确认本人后继续作答")
        saved = (
            {}
            if fresh
            else saved_answers(connection, opened.sitting_id, opened.generation)
        )
    if opened.state != "open":
        return redirect(url_for("sitting.receipt", token=token), 303)
    state = state_of(opened, holder, saved, moment)
    page = render_template(
        "phone/paper.html",
        exam=opened,
        candidate=opened,
        sitting=opened,
        token=token,
        questions_html=questions_html(items_of(opened.items)),
        state_json=json_block(state),
    )
    return compressed(Response(page, mimetype="text/html"))


def json_block(value: object) -> Markup:
    """JSON for a data block: nothing in it can end the script element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c").replace("&", "\\u0026"))  # noqa: S704 -
    # the characters that could leave the block are written as escapes.
