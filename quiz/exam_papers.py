"""Drawn papers and their answer sheets for print, for people without a phone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from question_bank.formats.printed_pdf import section_values
from question_bank.queries import Content
from question_bank.rules.printed import (
    Asked,
    Placed,
    Section,
    notes_of,
    sections_of,
    stem_pieces,
    written,
)
from question_bank.rules.validity import LETTERS
from quiz.queries.cards import Item, items_of, known, part_of, places_on_item
from quiz.queries.on_paper import Printable
from quiz.rules.details import MULTI_RULES
from quiz.rules.on_paper import asked_on, paper_mark

TEMPLATE = "quiz/exam_paper.typ"


@dataclass(frozen=True)
class Heading:
    """What stands on every paper of an exam."""

    title: str
    code: str
    minutes: int
    multi_rule: str
    printed: str  # by whom, when


def papers_values(heading: Heading, papers: Sequence[Printable]) -> dict[str, Any]:
    """Papers as ``exam_paper.typ`` reads them, each with its answer sheet at its end.

    No key is in what is handed on. Reads contents that are not known yet: one query.
    """
    return {
        "title": heading.title,
        "code": heading.code,
        "printed": heading.printed,
        "papers": [_paper_values(heading, one) for one in papers],
    }


def _paper_values(heading: Heading, paper: Printable) -> dict[str, Any]:
    items = items_of(paper.items)
    found = known.contents([item.version_id for item in items])
    asked = [_asked(found[item.version_id], item) for item in items]
    rule = MULTI_RULES[heading.multi_rule]
    sections = sections_of(
        asked, tells=lambda kind: rule if kind == "multi" else "", inner=True
    )
    points = sum((one.points or Fraction(0) for one in asked), Fraction(0))
    return {
        "name": paper.name,
        "unit": paper.unit_name,
        "room": paper.room or "",
        "mark": paper_mark(paper.number, paper.digest),
        "points": written(points),
        "notes": [*notes_of(len(asked), points, heading.minutes)[:1], *_NOTES],
        "sections": [section_values(section, key=False) for section in sections],
        "sheet": [_sheet_values(section) for section in sections],
    }


def _asked(content: Content, item: Item) -> Asked:
    if not content.parts:
        return _in_order(content, item.order, item.points)
    parts = [
        _in_order(part_of(content, place.part), place.order, place.points)
        for place in places_on_item(1, item)
    ]
    return replace(_in_order(content, "", item.points), parts=tuple(parts))


def _in_order(content: Content, order: str, points: int) -> Asked:
    return asked_on(content.kind, content.stem, content.options, order, points)


_NOTES = (
    "请先核对每页下方的姓名和卷号；不是自己的试卷请立即告诉监考员。",
    "答案写在最后的答题卡上，写在试卷上的不算。请用黑色签字笔。",
    "单选、判断涂一格，多选涂两格或以上；改动时在涂错的格上画“×”，再涂对的。",
    "考试结束时试卷和答题卡一并交给监考员，答题卡上要签名。",
)


def _sheet_values(section: Section) -> dict[str, Any]:
    questions = [one for placed in section.placed for one in placed.parts or (placed,)]
    return {
        "title": section.title.partition("（")[0],
        "questions": [
            {"label": one.label, "boxes": _boxes(one), "blanks": _blanks(one)}
            for one in questions
        ],
    }


def _boxes(one: Placed) -> list[str]:
    """What is ticked: a letter an option, √ or ×."""
    draft = one.asked.draft
    return ["√", "×"] if draft.kind == "judge" else list(LETTERS[: len(draft.options)])


def _blanks(one: Placed) -> int:
    return len(stem_pieces(one.asked.draft)) - 1
