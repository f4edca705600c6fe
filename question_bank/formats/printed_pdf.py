"""A paper as PDF."""

from __future__ import annotations

import re
from typing import Any

from question_bank.formats.typesetting import set_pages
from question_bank.rules.printed import (
    Placed,
    Printed,
    Section,
    is_bracketed,
    lettered,
    stem_pieces,
)
from question_bank.rules.validity import typed_key

TEMPLATE = "question_bank/formats/bank_paper.typ"
LONG = 600  # characters; from there on a question may be cut by the end of a page

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff]")


def write_pdf(paper: Printed) -> bytes:
    """Set a paper, and the page of its keys if it has one."""
    return set_pages(TEMPLATE, paper_values(paper))


def paper_values(paper: Printed) -> dict[str, Any]:
    """A paper as the template reads it."""
    return {
        "title": _plain(paper.title),
        "subtitle": _plain(paper.subtitle),
        "by": _plain(paper.stamp.by) if paper.stamp else "",
        "stamp": _plain(paper.stamp.line) if paper.stamp else "",
        "notes": [_plain(note) for note in paper.notes],
        "fields": [_plain(name) for name in paper.fields],
        "seal": paper.seal,
        "key": paper.key,
        "sections": [section_values(one, key=paper.key) for one in paper.sections],
    }


def section_values(section: Section, *, key: bool) -> dict[str, Any]:
    """A section as the template reads it.

    :param key: Whether the keys go with it; without, none is in what is handed on.
    """
    return {
        "title": section.title,
        "placed": [_placed_values(one, key=key) for one in section.placed],
    }


def _placed_values(placed: Placed, *, key: bool) -> dict[str, Any]:
    draft = placed.asked.draft
    found: dict[str, Any] = {
        "label": placed.label,
        "stem": [_plain(piece) for piece in stem_pieces(draft)],
        "bracket": is_bracketed(draft),
        "options": [_plain(text) for text in lettered(draft.options)],
        "columns": placed.columns,
        "long": len(draft.stem) + sum(map(len, draft.options)) > LONG,
        "parts": [_placed_values(part, key=key) for part in placed.parts],
    }
    if key:
        found["key"] = {
            "answer": "" if placed.parts else _plain(typed_key(draft)),
            "citations": _plain("；".join(draft.citations)),
            "topic": _plain(draft.topic),
            "analysis": _plain(" ".join(draft.analysis.split())),
        }
    return found


def _plain(text: str) -> str:
    return _CONTROL.sub("", text)
