"""Changing what a question holds: a new version."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import seals
from core.audit import record_audit
from core.db import write
from core.errors import Conflict, Missing, Refused
from question_bank.models import Question, QuestionVersion, Topic
from question_bank.operations.intake import lock_bank, refuse_known, version_values
from question_bank.operations.topics import record_topics
from question_bank.queries import draft_of
from question_bank.rules.content import content_digest, in_order
from question_bank.rules.intake import Accepted
from question_bank.rules.lifecycle import after_edit
from question_bank.rules.topics import NO_TOPIC
from question_bank.rules.validity import Draft, problems

CHANGED = "这道题刚被别人修改过，请刷新后再改"


def revise_question(
    *, question_id: int, base: int, draft: Draft, actor: str, now: datetime
) -> int:
    """Give a question a new version; papers keep the old one.

    One that may be used in exams waits for review again; otherwise its state stays.

    :param base: The number of the version the change was made from.
    :return: The number of the new version.
    :raises Conflict: If there is a newer version than ``base``.
    :raises Refused: If the draft has a problem, changes nothing, or is the same as
        another question.
    """
    for problem in problems(draft):
        raise Refused(problem.message, **problem.values)
    draft = replace(draft, topic=draft.topic or NO_TOPIC)
    draft = in_order(draft)
    digest = content_digest(draft)
    with write() as session:
        lock_bank(session)
        old = _newest(session, question_id)
        if old.number != base:
            raise Conflict(CHANGED)
        if draft_of(old) == draft:
            raise Refused("内容没有变化，没有保存新版本")
        refuse_known(digest, but=question_id)
        number = base + 1
        question = session.get_one(Question, question_id)
        state = after_edit(question.state, actor)
        topics = record_topics(session, [draft.topic])
        values = version_values(
            Accepted(draft, digest),
            question_id=question_id,
            number=number,
            topic_id=topics[draft.topic],
            actor=actor,
            now=now,
        )
        version_id = session.execute(
            sa.insert(QuestionVersion).returning(QuestionVersion.id), values
        ).scalar_one()
        question.current, question.state = number, state
        record_audit(
            session,
            "question.revise",
            f"question:{question_id}",
            actor=actor,
            now=now,
            facts={"version": number, "before": old.digest, "after": digest},
            rows=[
                seals.ids(Question, [question_id]),
                seals.ids(QuestionVersion, [version_id]),
                seals.ids(Topic, topics.made),
            ],
        )
    return number


def _newest(session: Session, question_id: int) -> QuestionVersion:
    version = session.scalar(
        sa.select(QuestionVersion)
        .join(Question, Question.id == QuestionVersion.question_id)
        .where(Question.id == question_id, Question.current == QuestionVersion.number)
    )
    if version is None:
        raise Missing("没有这道题")
    return version
