"""What the organizer's desk sees of a running exam."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from core.db import db
from quiz.models import Candidate, Sitting


@dataclass(frozen=True)
class Claim:
    """Somebody who wants to go on with another phone."""

    sitting_id: int
    name: str
    unit_name: str
    started_at: datetime
    deadline: datetime


def claims(exam_id: int) -> list[Claim]:
    """Open sittings another phone has asked for, longest running first. One query."""
    query = (
        sa.select(
            Sitting.id,
            Candidate.name,
            Candidate.unit_name,
            Sitting.started_at,
            Sitting.deadline,
        )
        .join(Candidate, Sitting.candidate_id == Candidate.id)
        .where(Sitting.exam_id == exam_id)
        .where(Sitting.state == "open")
        .where(Sitting.claim.is_not(None))
        .order_by(Sitting.started_at)
    )
    return [Claim(*row) for row in db.session.execute(query)]


def find_token(exam_id: int, sitting_id: int) -> str | None:
    """The token of a sitting of this exam."""
    return db.session.scalar(
        sa.select(Sitting.token)
        .where(Sitting.id == sitting_id)
        .where(Sitting.exam_id == exam_id)
    )
