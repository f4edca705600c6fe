"""The list of questions: what it is narrowed to, sorted by, and how often each was
used."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import aliased

from core.db import db
from core.errors import Refused
from question_bank.models import (
    Question,
    QuestionRemark,
    QuestionUse,
    QuestionVersion,
    Topic,
)
from question_bank.queries import outcomes
from question_bank.rules.ease import ENOUGH, LABELS, LOWEST, WEIGHT, learned, strays
from question_bank.topic_queries import topics_listed
from statutes.rules.references import read_reference, write_reference

PAGE_SIZE = 50

#: How the list may be sorted, with words (gettext ids); the first is the usual.
SORTS = {
    "new": "最新的在前",
    "old": "最早的在前",
    "topic": "按知识点",
    "kind": "按题型",
    "easy": "由易到难",
    "low": "得分率低的在前",
    "high": "得分率高的在前",
    "used": "用得最多的在前",
    "unused": "用得最少的在前",
}
#: What may have happened to a question.
PASTS = {
    "never": "没有考试用过",
    "used": "考试用过",
    "remarks": "有未处理的意见",
    "edited": "改过的",
}


#: What exams have shown of a question, beside its label.
EASES = {
    "harder": "比标注的难",
    "easier": "比标注的易",
    "agrees": "和标注的差不多",
    "unknown": "作答还太少",
}


@dataclass(frozen=True)
class Wanted:
    """What the list of questions is narrowed to; empty: not by this."""

    kind: str = ""
    topic_id: int | None = None
    state: str = ""
    text: str = ""
    difficulty: str = ""
    citation: str = ""
    past: str = ""  # of PASTS
    ease: str = ""  # of EASES
    below: int | None = None  # percent of the points that people earn less than

    def __bool__(self) -> bool:
        """Whether it is narrowed at all."""
        return self != Wanted()


@dataclass(frozen=True)
class Listed:
    """One line in the list of questions."""

    question_id: int
    state: str
    number: int
    kind: str
    stem: str
    topic: str
    difficulty: str
    citations: list[str]
    papers: int  # that held it, in any version
    remarks: int  # that wait to be settled
    #: As ``rules.ease.learned``: thousandths, and from how many answers.
    share: int
    answers: int

    @property
    def strays(self) -> str:
        """Whether it is harder or easier than its label, as far as exams have shown."""
        return strays(self.difficulty, self.share, self.answers)


@dataclass(frozen=True)
class Listing:
    """One page of the list of questions."""

    items: list[Listed]
    total: int
    page: int  # from 1; the last one where a later one was asked for
    pages: int


_is_newest = Question.current == QuestionVersion.number
_any = aliased(QuestionVersion)
_papers = (
    sa.select(sa.func.coalesce(sa.func.sum(QuestionUse.papers), 0))
    .join(_any, _any.id == QuestionUse.version_id)
    .where(_any.question_id == Question.id)
    .correlate(Question)
    .scalar_subquery()
)
_noted = aliased(QuestionVersion)
_remarks = (
    sa.select(sa.func.count(QuestionRemark.id))
    .join(_noted, _noted.id == QuestionRemark.version_id)
    .where(_noted.question_id == Question.id, QuestionRemark.settled_at.is_(None))
    .correlate(Question)
    .scalar_subquery()
)


def _places(column: Any, words: Sequence[str] | Sequence[int]) -> sa.ColumnElement[int]:
    """A word's place in the order people know, not in the alphabet."""
    return sa.case({word: n for n, word in enumerate(words)}, value=column)


_KINDS = ("single", "multi", "judge", "fill", "case")
_ORDERS: dict[str, tuple[Any, ...]] = {
    "new": (Question.id.desc(),),
    "old": (Question.id,),
    "kind": (_places(QuestionVersion.kind, _KINDS), Question.id),
    "easy": (
        _places(QuestionVersion.difficulty, ("easy", "medium", "hard")),
        Question.id,
    ),
    "used": (_papers.desc(), Question.id),
    "unused": (_papers, Question.id),
}

# ``rules.ease.learned`` once more, for ten thousand questions at a time; a test holds
# one against the other. All of it is counted in the subquery, which is done once.
_asked, _labelled = aliased(QuestionVersion), aliased(QuestionVersion)
_n = sa.func.sum(QuestionUse.answers)
_earned = sa.func.sum(
    sa.cast(QuestionUse.answers * 1000, sa.Double)
    * QuestionUse.earned
    / QuestionUse.possible
)
_label = sa.case(LABELS, value=_labelled.difficulty)
# The rule rounds halves up; binary fractions may lie a little below one.
_share = (WEIGHT * _label + _earned) / (WEIGHT + _n) + 0.5 + 1e-9
_levels = list(LOWEST)
_level = sa.case(*((_share >= LOWEST[level], n) for n, level in enumerate(_levels)))
_outcomes = (
    sa.select(
        _asked.question_id,
        _n.label("answers"),
        _share.label("share"),
        (_level - _places(_labelled.difficulty, _levels)).label("off"),
    )
    .select_from(QuestionUse)
    .join(_asked, _asked.id == QuestionUse.version_id)
    .join(Question, Question.id == _asked.question_id)
    .join(
        _labelled,
        (_labelled.question_id == Question.id) & (_labelled.number == Question.current),
    )
    .where(QuestionUse.answers > 0, QuestionUse.possible > 0)
    .group_by(_asked.question_id, _labelled.difficulty)
    .subquery("outcomes")
)
_is_known = _outcomes.c.answers >= ENOUGH
_EASE_CONDITIONS: dict[str, sa.ColumnElement[bool]] = {
    "harder": _is_known & (_outcomes.c.off > 0),
    "easier": _is_known & (_outcomes.c.off < 0),
    "agrees": _is_known & (_outcomes.c.off == 0),
    "unknown": sa.func.coalesce(_outcomes.c.answers, 0) < ENOUGH,
}
_has_none = _outcomes.c.share.is_(None)
_ORDERS["low"] = (_has_none, _outcomes.c.share, Question.id)
_ORDERS["high"] = (_has_none, _outcomes.c.share.desc(), Question.id)


def questions_listed(wanted: Wanted, page: int, sort: str = "new") -> Listing:
    """One page of the questions that fit. Three queries, one more with a topic, and
    one more where they are sorted by topics.
    """
    conditions = _conditions(wanted)
    query = _of(
        wanted,
        conditions,
        Question.id,
        Question.state,
        QuestionVersion.number,
        QuestionVersion.kind,
        QuestionVersion.stem,
        Topic.name,
        QuestionVersion.difficulty,
        QuestionVersion.citations,
        _papers,
        _remarks,
    )
    counted = _of(wanted, conditions, Question.id).subquery()
    total = db.session.scalar(sa.select(sa.func.count()).select_from(counted)) or 0
    pages = max(1, -(-total // PAGE_SIZE))
    page = min(max(1, page), pages)
    if sort in ("low", "high") and not _needs_outcomes(wanted):
        query = query.outerjoin(_outcomes, _outcomes.c.question_id == Question.id)
    rows = db.session.execute(
        query.order_by(*_order(sort)).limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)
    ).all()
    came = outcomes([row[0] for row in rows])
    items = []
    for row in rows:
        found: Any = (*row, *learned(row.difficulty, came.get(row[0], ())))
        items.append(Listed(*found))
    return Listing(items, total, page, pages)


def _order(sort: str) -> tuple[Any, ...]:
    if sort == "topic":
        order = [topic for topic, _name in topics_listed()]
        return (_places(Topic.id, order), Question.id) if order else ()
    return _ORDERS[sort if sort in _ORDERS else "new"]


def ids_listed(wanted: Wanted, most: int) -> list[int]:
    """All questions that fit, newest first, up to a number. One or two queries."""
    query = (
        _of(wanted, _conditions(wanted), Question.id)
        .order_by(Question.id.desc())
        .limit(most)
    )
    return list(db.session.scalars(query))


def _of(
    wanted: Wanted, conditions: Sequence[sa.ColumnElement[bool]], *columns: Any
) -> sa.Select[Any]:
    query = (
        sa.select(*columns)
        .join(QuestionVersion, QuestionVersion.question_id == Question.id)
        .join(Topic, Topic.id == QuestionVersion.topic_id)
        .where(_is_newest, *conditions)
    )
    if _needs_outcomes(wanted):
        query = query.outerjoin(_outcomes, _outcomes.c.question_id == Question.id)
    return query


def _needs_outcomes(wanted: Wanted) -> bool:
    return wanted.ease in _EASE_CONDITIONS or wanted.below is not None


def _conditions(wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if wanted.kind:
        found.append(QuestionVersion.kind == wanted.kind)
    if wanted.topic_id is not None:
        found.append(QuestionVersion.topic_id.in_(topics_below(wanted.topic_id)))
    if wanted.state:
        found.append(Question.state == wanted.state)
    if wanted.difficulty:
        found.append(QuestionVersion.difficulty == wanted.difficulty)
    if wanted.past == "never":
        found.append(_papers == 0)
    elif wanted.past == "used":
        found.append(_papers > 0)
    elif wanted.past == "remarks":
        found.append(_remarks > 0)
    elif wanted.past == "edited":
        found.append(Question.current > 1)
    if wanted.ease in _EASE_CONDITIONS:
        found.append(_EASE_CONDITIONS[wanted.ease])
    if wanted.below is not None:
        found.append(_outcomes.c.share < 10 * wanted.below)
    words = wanted.text.split()
    found += [_number_or(word, _holds(word, *_TEXTS)) for word in words]
    if wanted.citation:
        citation = _canonical(wanted.citation)
        found.append(_holds(citation, *_CITATIONS))
    return found


_TEXTS = (
    QuestionVersion.stem,
    QuestionVersion.analysis,
    QuestionVersion.options,
    QuestionVersion.parts,
    QuestionVersion.tags,
    QuestionVersion.source,
)
_CITATIONS = (QuestionVersion.citations, QuestionVersion.parts)


def _holds(text: str, *columns: Any) -> sa.ColumnElement[bool]:
    """Whether one of these holds a text; in JSON, one of its texts."""
    return sa.or_(
        *(
            _json_holds(column, text)
            if isinstance(column.type, sa.JSON)
            else column.icontains(text, autoescape=True)
            for column in columns
        )
    )


def _json_holds(column: Any, text: str) -> sa.ColumnElement[bool]:
    # As it is stored, JSON has Chinese as escapes, in which figures would be found.
    if db.session.get_bind().dialect.name == "postgresql":
        plain = sa.cast(sa.cast(column, postgresql.JSONB), sa.Text)
        return plain.icontains(text, autoescape=True)
    leaf = sa.func.json_tree(column).table_valued(sa.column("atom", sa.Text))
    return sa.exists().where(leaf.c.atom.icontains(text, autoescape=True))


def _number_or(word: str, other: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """A number may be a question's own."""
    if word.isascii() and word.isdigit() and len(word) < 9:
        return sa.or_(Question.id == int(word), other)
    return other


def _canonical(citation: str) -> str:
    """A citation as the bank keeps it; the name of a law alone as it was typed."""
    # In a search people leave out what goes without saying: 行政处罚法60.
    citation = re.sub(r"(?<=\D)(\d+)$", r"第\1条", citation)
    try:
        return write_reference(read_reference(citation))
    except Refused:
        return citation.strip("《》 ")


def topics_below(topic_id: int) -> set[int]:
    """A topic and all topics below it. One query."""
    parents = db.session.execute(sa.select(Topic.id, Topic.parent_id)).all()
    below = {topic_id}
    while True:
        more = {id for id, parent in parents if parent in below} - below
        if not more:
            return below
        below |= more
