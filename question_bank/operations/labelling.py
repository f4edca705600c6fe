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
from question_bank.rules.validity import DIFFICULTIES, TOPIC_LIMIT, Draft


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
        changed = [
            (version, draft)
            for version in _newest(session, question_ids)
            for draft in [draft_of(version)]
            if (topic or draft.topic, difficulty or draft.difficulty)
            != (draft.topic, draft.difficulty)
        ]
        if not changed:
            raise Refused("选中的题已经是这样，没有改动")
        names = [topic or draft.topic for _, draft in changed]
        topics = record_topics(session, names)
        values = [
            version_values(
                Accepted(
                    replace(
                        draft, topic=name, difficulty=difficulty or draft.difficulty
                    ),
                    version.digest,
                ),
                question_id=version.question_id,
                number=version.number + 1,
                topic_id=topics[name],
                actor=version.created_by,  # what is asked is still its author's
                now=now,
            )
            for (version, draft), name in zip(changed, names, strict=True)
        ]
        made = session.scalars(
            sa.insert(QuestionVersion).returning(QuestionVersion.id), values
        ).all()
        ids = [version.question_id for version, _ in changed]
        session.execute(
            sa.update(Question)
            .where(Question.id.in_(ids))
            .values(current=Question.current + 1)
        )
        record_audit(
            session,
            "bank.label",
            "bank",
            actor=actor,
            now=now,
            facts={"questions": len(ids)},
            rows=[
                seals.ids(Question, ids),
                seals.ids(QuestionVersion, made),
                seals.ids(Topic, topics.made),
            ],
        )
    return len(ids)


def _labelled(draft: Draft, topic: str, difficulty: str) -> Draft:
    return replace(draft, topic=topic, difficulty=difficulty or draft.difficulty)


def _newest(session: Session, question_ids: Sequence[int]) -> list[QuestionVersion]:
    query = (
        sa.select(QuestionVersion)
        .join(Question, Question.id == QuestionVersion.question_id)
        .where(
            Question.current == QuestionVersion.number, Question.id.in_(question_ids)
        )
        .options(joinedload(QuestionVersion.topic))
        .order_by(Question.id)
    )
    return list(session.scalars(query))
