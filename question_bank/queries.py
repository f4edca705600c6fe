"""Reads of the bank."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased, joinedload, selectinload

from core.db import db
from core.errors import Missing
from question_bank.models import Question, QuestionUse, QuestionVersion
from question_bank.rules.content import read_parts, unstored_key
from question_bank.rules.intake import Kept, Plan, Typed, sort_out
from question_bank.rules.validity import Draft


@dataclass(frozen=True)
class Content:
    """What a question version asks and what is right: never changes."""

    version_id: int
    kind: str
    stem: str
    options: list[str]
    key: list[Any]
    analysis: str
    citations: list[str]
    parts: list[Any]  # of a case, as stored


@dataclass(frozen=True)
class Item:
    """An approved question in its newest version, as the draw of papers needs it."""

    version_id: int
    question_id: int
    kind: str
    topic_id: int
    difficulty: str
    options: int
    pinned: bool
    papers_used: int  # papers of all exams so far, in any version


_is_newest = Question.current == QuestionVersion.number


def contents(
    version_ids: Sequence[int], connection: sa.Connection | None = None
) -> dict[int, Content]:
    """The contents of versions, by id. One query.

    :param connection: Of a copy of the database; by default this application's.
    """
    query = sa.select(
        QuestionVersion.id,
        QuestionVersion.kind,
        QuestionVersion.stem,
        QuestionVersion.options,
        QuestionVersion.key,
        QuestionVersion.analysis,
        QuestionVersion.citations,
        QuestionVersion.parts,
    ).where(QuestionVersion.id.in_(version_ids))
    found = (connection or db.session).execute(query)
    return {row.id: Content(*row) for row in found}


def approved_items() -> list[Item]:
    """All questions that exams may use, by version id. One query."""
    asked = aliased(QuestionVersion)
    used = (
        sa.select(asked.question_id, sa.func.sum(QuestionUse.papers).label("papers"))
        .join(QuestionUse, QuestionUse.version_id == asked.id)
        .group_by(asked.question_id)
        .subquery()
    )
    query = (
        sa.select(QuestionVersion, sa.func.coalesce(used.c.papers, 0))
        .join(Question, Question.id == QuestionVersion.question_id)
        .outerjoin(used, used.c.question_id == Question.id)
        .where(_is_newest, Question.state == "approved")
        .order_by(QuestionVersion.id)
    )
    return [
        Item(
            version_id=version.id,
            question_id=version.question_id,
            kind=version.kind,
            topic_id=version.topic_id,
            difficulty=version.difficulty,
            options=len(version.options),
            pinned=version.pinned,
            papers_used=int(papers),
        )
        for version, papers in db.session.execute(query)
    ]


def known_digests() -> dict[str, int]:
    """The question of every content the bank has or had, by digest. One query."""
    query = sa.select(QuestionVersion.digest, QuestionVersion.question_id)
    # A question that was corrected and one that was added since may be alike: the
    # older one counts.
    found: dict[str, int] = {}
    for digest, question_id in db.session.execute(
        query.order_by(QuestionVersion.question_id)
    ):
        found.setdefault(digest, question_id)
    return found


def examine(typed: Sequence[Typed]) -> Plan:
    """What importing these would do. One query."""
    return sort_out(typed, known_digests())


def find_twin(digest: str, question_id: int | None) -> int | None:
    """Another question that has or had a content, or None. One query."""
    query = sa.select(sa.func.min(QuestionVersion.question_id)).where(
        QuestionVersion.digest == digest
    )
    if question_id is not None:
        query = query.where(QuestionVersion.question_id != question_id)
    return db.session.scalar(query)


def counts() -> dict[tuple[str, str], int]:
    """How many approved questions there are of each kind and difficulty. One query."""
    query = (
        sa.select(QuestionVersion.kind, QuestionVersion.difficulty, sa.func.count())
        .join(Question, Question.id == QuestionVersion.question_id)
        .where(_is_newest, Question.state == "approved")
        .group_by(QuestionVersion.kind, QuestionVersion.difficulty)
    )
    rows = db.session.execute(query)
    return {(kind, difficulty): count for kind, difficulty, count in rows}


def state_counts() -> dict[str, int]:
    """How many questions there are in each state. One query."""
    query = sa.select(Question.state, sa.func.count()).group_by(Question.state)
    return dict(db.session.execute(query).all())


def question(question_id: int) -> Question:
    """A question with its versions, oldest first, and their topics. Two queries.

    :raises Missing: If there is none.
    """
    found = db.session.scalar(
        sa.select(Question)
        .where(Question.id == question_id)
        .options(selectinload(Question.versions).joinedload(QuestionVersion.topic))
    )
    if found is None:
        raise Missing("没有这道题")
    found.versions.sort(key=lambda version: version.number)
    return found


def outcomes(
    question_ids: Sequence[int] | None = None,
) -> dict[int, list[tuple[int, int, int]]]:
    """What came of questions in all exams, by question. One query.

    :param question_ids: Of these alone.
    """
    found: dict[int, list[tuple[int, int, int]]] = {}
    query = (
        sa.select(
            QuestionVersion.question_id,
            QuestionUse.answers,
            QuestionUse.earned,
            QuestionUse.possible,
        )
        .join(QuestionVersion, QuestionVersion.id == QuestionUse.version_id)
        .where(QuestionUse.answers > 0)
    )
    if question_ids is not None:
        query = query.where(QuestionVersion.question_id.in_(question_ids))
    for id, *outcome in db.session.execute(query):
        found.setdefault(id, []).append((outcome[0], outcome[1], outcome[2]))
    return found


def enemies_of(question: Question) -> list[int]:
    """The questions that never stand on one paper with it. One query at most."""
    if question.enemies is None:
        return []
    query = sa.select(Question.id).where(Question.enemies == question.enemies)
    return [
        id
        for id in db.session.scalars(query.order_by(Question.id))
        if id != question.id
    ]


def uses(question_id: int) -> list[tuple[int, QuestionUse]]:
    """The exams that had a question, latest first, each with the number of the
    version it had. One query.
    """
    query = (
        sa.select(QuestionVersion.number, QuestionUse)
        .join(QuestionVersion, QuestionVersion.id == QuestionUse.version_id)
        .where(QuestionVersion.question_id == question_id)
        .order_by(QuestionUse.id.desc())
    )
    return [(number, use) for number, use in db.session.execute(query)]


def draft_of(version: QuestionVersion) -> Draft:
    """A version as somebody would type it. Reads the topic, if it is not loaded."""
    return Draft(
        kind=version.kind,
        stem=version.stem,
        options=tuple(version.options),
        key=unstored_key(version.kind, version.key),
        topic=version.topic.name,
        difficulty=version.difficulty,
        citations=tuple(version.citations),
        analysis=version.analysis,
        parts=read_parts(version.parts),
        tags=tuple(version.tags),
        source=version.source,
    )


def kept_questions(states: Sequence[str] = ("approved",)) -> list[Kept]:
    """All questions in some states as drafts, in the order they came. One query."""
    query = (
        sa.select(QuestionVersion)
        .join(Question, Question.id == QuestionVersion.question_id)
        .where(_is_newest, Question.state.in_(states))
        .options(joinedload(QuestionVersion.topic))
        .order_by(Question.id)
    )
    return [
        Kept(version.question_id, version.number, draft_of(version))
        for version in db.session.scalars(query)
    ]
