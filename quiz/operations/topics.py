"""Merging topics: the bank's part, and the blueprints that name the topic."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from core import seals
from core.audit import record_audit
from core.db import write
from question_bank.operations.arranging import Merged, record_merge
from quiz.models import BlueprintRow, Exam


def merge_topics(
    *, topic_id: int, into_id: int, seen: int, actor: str, now: datetime
) -> Merged:
    """Let a topic give way to another one, in the bank and in drafts of exams.

    Exams that are published keep their rows, their questions and the name of then: all
    of it stands in their digests.

    :param seen: How many questions the topic had when the consequences were read.
    """
    with write() as session:
        merged = record_merge(
            session, topic_id=topic_id, into_id=into_id, seen=seen, now=now
        )
        # Whoever publishes one of them now has it locked, and it is no draft then.
        drafts = session.scalars(
            sa.select(Exam)
            .where(
                Exam.published_at.is_(None),
                Exam.id.in_(
                    sa.select(BlueprintRow.exam_id).where(
                        BlueprintRow.topic_id == topic_id
                    )
                ),
            )
            .order_by(Exam.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        ).all()
        rows = session.scalars(
            sa.select(BlueprintRow).where(
                BlueprintRow.topic_id == topic_id,
                BlueprintRow.exam_id.in_([exam.id for exam in drafts]),
            )
        ).all()
        for row in rows:
            row.topic_id = into_id
        record_audit(
            session,
            "topic.merge",
            f"topic:{topic_id}",
            actor=actor,
            now=now,
            facts={
                "topic": into_id,
                "questions": merged.questions,
                "drafts": [exam.code for exam in drafts],
            },
            rows=[*merged.rows, seals.these(*rows)],
        )
    return merged
