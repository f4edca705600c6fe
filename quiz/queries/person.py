"""One person of an exam as the invigilator sees them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core.db import db
from quiz.models import Answer, Candidate, LateMessage, Paper, Sitting, TimeGrant
from quiz.traces import Heard, Presence


@dataclass(frozen=True)
class Sheet:
    """One sitting of the person."""

    sitting_id: int
    attempt: int
    state: str
    generation: int
    started_at: datetime
    deadline: datetime
    closed_at: datetime | None
    check_word: str | None
    claimed: bool
    heard_at: datetime
    answered: int
    saved_at: datetime | None  # the newest answer
    questions: int


@dataclass(frozen=True)
class Late:
    """A message to one of their sittings that came when it no longer counted."""

    id: int
    sitting_id: int
    received_at: datetime
    why: str
    answers: int


@dataclass(frozen=True)
class Given:
    """Time that reaches the person."""

    seconds: int
    reason: str
    granted_at: datetime
    to: str  # person, unit, room, exam


_OWN = (Answer.sitting_id == Sitting.id) & (Answer.generation == Sitting.generation)
_ANSWERED = (
    sa.select(sa.func.count())
    .where(_OWN, Answer.value != "[]")
    .correlate(Sitting)
    .scalar_subquery()
)
_SAVED = (
    sa.select(sa.func.max(Answer.received_at))
    .where(_OWN)
    .correlate(Sitting)
    .scalar_subquery()
)


def sheets_of(candidate_id: int) -> list[Sheet]:
    """All sittings of somebody, the newest first. One query."""
    query = (
        sa.select(
            Sitting.id,
            Sitting.attempt,
            Sitting.state,
            Sitting.generation,
            Sitting.started_at,
            Sitting.deadline,
            Sitting.closed_at,
            Sitting.check_word,
            Sitting.claim,
            Heard.heard_at,
            _ANSWERED.label("answered"),
            _SAVED.label("saved_at"),
            Paper.items,
        )
        .join(Paper, Paper.id == Sitting.paper_id)
        .outerjoin(Heard, Heard.sitting_id == Sitting.id)
        .where(Sitting.candidate_id == candidate_id)
        .order_by(Sitting.attempt.desc())
    )
    return [_sheet(row) for row in db.session.execute(query)]


def _sheet(row: Any) -> Sheet:
    started = row.started_at
    return Sheet(
        sitting_id=row.id,
        attempt=row.attempt,
        state=row.state,
        generation=row.generation,
        started_at=started,
        deadline=row.deadline,
        closed_at=row.closed_at,
        check_word=row.check_word,
        claimed=row.claim is not None and row.state == "open",
        heard_at=max(started, row.heard_at or started, row.saved_at or started),
        answered=row.answered,
        saved_at=row.saved_at,
        questions=len(json.loads(row._mapping["items"])),
    )


def late_of(candidate_id: int) -> list[Late]:
    """What came too late to somebody's sittings, oldest first. One query."""
    query = (
        sa.select(
            LateMessage.id,
            LateMessage.sitting_id,
            LateMessage.received_at,
            LateMessage.why,
            LateMessage.body,
        )
        .join(Sitting, Sitting.id == LateMessage.sitting_id)
        .where(Sitting.candidate_id == candidate_id)
        .order_by(LateMessage.id)
    )
    return [
        Late(row.id, row.sitting_id, row.received_at, row.why, _answers_in(row.body))
        for row in db.session.execute(query)
    ]


def _answers_in(body: str) -> int:
    read = json.loads(body or "null")  # empty: its period is over
    answers = read.get("answers") if isinstance(read, dict) else None
    return len(answers) if isinstance(answers, list) else 0


def grants_to(candidate: Candidate) -> list[Given]:
    """The time that reaches somebody, oldest first. One query."""
    one_kind = (TimeGrant.candidate_id, TimeGrant.unit_id, TimeGrant.room)
    reaches: list[sa.ColumnElement[bool]] = [
        sa.and_(*(column.is_(None) for column in one_kind)),  # everybody
        TimeGrant.candidate_id == candidate.id,
        TimeGrant.unit_id == candidate.unit_id,
    ]
    if candidate.room is not None:
        reaches.append(TimeGrant.room == candidate.room)
    query = (
        sa.select(TimeGrant)
        .where(TimeGrant.exam_id == candidate.exam_id, sa.or_(*reaches))
        .order_by(TimeGrant.id)
    )
    return [
        Given(one.seconds, one.reason, one.granted_at, _reach_of(one))
        for one in db.session.scalars(query)
    ]


def _reach_of(grant: TimeGrant) -> str:
    if grant.candidate_id is not None:
        return "person"
    if grant.unit_id is not None:
        return "unit"
    return "exam" if grant.room is None else "room"


def presence_of(candidate_id: int) -> Presence | None:
    """What says that somebody is there. One query."""
    return db.session.get(Presence, candidate_id)
