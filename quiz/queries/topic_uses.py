"""Which exams name a topic in their blueprints."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from core.db import db
from quiz.models import BlueprintRow, Exam


@dataclass(frozen=True)
class TopicUses:
    """The exams that name a topic."""

    drafts: list[tuple[int, str]]  # id and title
    published: int


def topic_uses(topic_id: int) -> TopicUses:
    """The exams that name a topic. One query."""
    query = (
        sa.select(Exam.id, Exam.title, Exam.published_at)
        .where(
            Exam.id.in_(
                sa.select(BlueprintRow.exam_id).where(BlueprintRow.topic_id == topic_id)
            )
        )
        .order_by(Exam.id)
    )
    found = db.session.execute(query).all()
    return TopicUses(
        [(row.id, row.title) for row in found if row.published_at is None],
        sum(row.published_at is not None for row in found),
    )
