"""Giving many questions another topic or difficulty: a new version of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from core import seals
from core.audit import record_audit
from core.db import write
from core.errors import Refused
from question_bank.models import Question, QuestionVersion, Topic
from question_bank.operations.intake import lock_bank, version_values
from question_bank.operations.reviewing import MOST
from question_bank.operations.topics import record_topics
from question_bank.queries import draft_of
from question_bank.rules.intake import Accepted
from question_bank.rules.validity import DIFFICULTIES, TOPIC_LIMIT


def label_questions(
    *,
    question_ids: Sequence[int],
    topic: str,
    difficulty: str,
    actor: str,
    now: datetime,
) -> int:
    """Give questions a topic, a difficulty, or both; their states stay.

    :param topic: Made if there is none of that name; empty: left as it is.
    :param difficulty: Empty: left as it is.
    :return: How many have a new version; the others had both already.
    :raises Refused: If nothing is given, or nothing would change.
    """
    if len(question_ids) > MOST:
        raise Refused("一次最多处理 %(most)d 题，请缩小范围", most=MOST)
    if len(topic) > TOPIC_LIMIT:
        raise Refused("知识点最多 %(most)d 个字", most=TOPIC_LIMIT)
    if difficulty and difficulty not in DIFFICULTIES:
        raise Refused("没有这种难度")
    if not (topic or difficulty):
        raise Refused("请填写知识点，或选择难度")
    with write() as session:
        lock_bank(session)
        topics = record_topics(session, [topic] if topic else [])
        changed = [
            (version, topic_id, level)
            for version in _newest(session, question_ids)
            for topic_id in [topics[topic] if topic else version.topic_id]
            for level in [difficulty or version.difficulty]
            if (topic_id, level) != (version.topic_id, version.difficulty)
        ]
        if not changed:
            raise Refused("选中的题已经是这样，没有改动")
        record_audit(
            session,
            "bank.label",
            "bank",
            actor=actor,
            now=now,
            facts={"questions": len(changed)},
            rows=[
                *record_labels(session, changed, now=now),
                seals.ids(Topic, topics.made),
            ],
        )
    return len(changed)


def record_labels(
    session: Session,
    changed: Sequence[tuple[QuestionVersion, int, str]],
    *,
    now: datetime,
) -> list[seals.Rows]:
    """Make a version of each with another topic or difficulty, within an operation.

    :param changed: Newest versions with their topics loaded, each with the topic and
        the difficulty it is to have.
    :return: What was written, to be sealed.
    """
    values = [
        version_values(
            Accepted(replace(draft_of(version), difficulty=level), version.digest),
            question_id=version.question_id,
            number=version.number + 1,
            topic_id=topic_id,
            actor=version.created_by,  # what is asked is still its author's
            now=now,
        )
        for version, topic_id, level in changed
    ]
    made = session.scalars(
        sa.insert(QuestionVersion).returning(QuestionVersion.id), values
    ).all()
    ids = [version.question_id for version, *_ in changed]
    session.execute(
        sa.update(Question)
        .where(Question.id.in_(ids))
        .values(current=Question.current + 1)
    )
    return [seals.ids(Question, ids), seals.ids(QuestionVersion, made)]


def _newest(session: Session, question_ids: Sequence[int]) -> list[QuestionVersion]:
    query = newest_versions().where(Question.id.in_(question_ids))
    return list(session.scalars(query))


def newest_versions() -> sa.Select[QuestionVersion]:
    """Every question's newest version with its topic."""
    return (
        sa.select(QuestionVersion)
        .join(Question, Question.id == QuestionVersion.question_id)
        .where(Question.current == QuestionVersion.number)
        .options(joinedload(QuestionVersion.topic))
        .order_by(Question.id)
    )
