"""What goes on now, for whoever watches the server."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from core.db import db
from quiz.models import Exam, Sitting


def open_sittings() -> int:
    """How many sittings are open. One query."""
    query = sa.select(sa.func.count()).where(Sitting.state == "open")
    return db.session.scalar(query) or 0


def is_exam_ahead(now: datetime) -> bool:
    """Whether a real exam is published and not over yet. One query."""
    query = (
        sa.select(sa.func.count())
        .select_from(Exam)
        .where(Exam.published_at.is_not(None), Exam.demo.is_(False))
        .where(Exam.closes_at > now)
    )
    return bool(db.session.scalar(query))
