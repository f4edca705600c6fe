"""What those in the hall may take in hand: bounded by the people they look after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from accounts.models import Account
from core.access import Scope
from core.db import db
from core.errors import Missing
from quiz.acts import Incident, Proposal
from quiz.models import Candidate, Exam, LateMessage, Sitting
from quiz.queries.attempts import Attempt, attempts_where
from units.queries.units import inside


@dataclass(frozen=True)
class Claim:
    """Somebody who wants to go on with another phone."""

    sitting_id: int
    candidate_id: int
    name: str
    unit_name: str
    room: str | None
    started_at: datetime
    deadline: datetime


@dataclass(frozen=True)
class Asking:
    """A proposal about a sitting, with who makes it."""

    id: int
    kind: str
    sitting_id: int
    late_id: int | None
    asked: dict[str, Any]
    reason: str
    proposed_at: datetime
    proposed_by: int
    proposer: str
    decision: str | None
    candidate_id: int
    name: str
    unit_name: str


@dataclass(frozen=True)
class Noted:
    """A record of what happened."""

    id: int
    kind: str
    room: str | None
    text: str
    happened_at: datetime
    noted_at: datetime
    noter: str
    candidate_id: int | None
    name: str | None
    unit_name: str | None


def _reached(scope: Scope) -> sa.ColumnElement[bool]:
    """Published exams that people of a scope sit."""
    if scope.everywhere:
        return Exam.published_at.is_not(None)
    theirs = sa.select(Candidate.id).where(
        Candidate.exam_id == Exam.id, inside(Candidate.unit_id, scope)
    )
    return Exam.published_at.is_not(None) & theirs.exists()


def desk_for(scope: Scope, exam_id: int) -> Exam:
    """A published exam that people of a scope sit. One query.

    :raises Missing: If there is none.
    """
    exam = db.session.scalar(sa.select(Exam).where(Exam.id == exam_id, _reached(scope)))
    if exam is None:
        raise Missing("没有找到这场考试")
    return exam


def whole_exam_for(scope: Scope, exam_id: int) -> Exam:
    """A published exam that belongs to a scope: acts on all its people need that.

    One query.

    :raises Missing: If there is none.
    """
    exam = db.session.scalar(
        sa.select(Exam).where(
            Exam.id == exam_id,
            Exam.published_at.is_not(None),
            inside(Exam.unit_id, scope),
        )
    )
    if exam is None:
        raise Missing("没有找到这场考试")
    return exam


def is_whole(scope: Scope, exam_id: int) -> bool:
    """Whether somebody may act on all people of an exam. One query."""
    query = sa.select(Exam.id).where(Exam.id == exam_id, inside(Exam.unit_id, scope))
    return db.session.scalar(query) is not None


def people_in_room(exam_id: int, room: str) -> int:
    """How many people a room has, whoever looks after them. One query."""
    query = (
        sa.select(sa.func.count())
        .select_from(Candidate)
        .where(Candidate.exam_id == exam_id, Candidate.room == room)
    )
    return db.session.scalar(query) or 0


def desks_listed(scope: Scope, *, since: datetime) -> Sequence[Exam]:
    """Published exams that people of a scope sit and that close after a moment, the
    next one first. One query.
    """
    query = sa.select(Exam).where(_reached(scope), Exam.closes_at >= since)
    return db.session.scalars(query.order_by(Exam.opens_at, Exam.id)).all()


def claims(exam_id: int, scope: Scope) -> list[Claim]:
    """Open sittings of people of a scope that another phone has asked for, longest
    running first. One query.
    """
    query = (
        sa.select(
            Sitting.id,
            Candidate.id,
            Candidate.name,
            Candidate.unit_name,
            Candidate.room,
            Sitting.started_at,
            Sitting.deadline,
        )
        .join(Candidate, Sitting.candidate_id == Candidate.id)
        .where(Sitting.exam_id == exam_id)
        .where(Sitting.state == "open")
        .where(Sitting.claim.is_not(None))
        .where(inside(Candidate.unit_id, scope))
        .order_by(Sitting.started_at)
    )
    return [Claim(*row) for row in db.session.execute(query)]


def candidate_for(scope: Scope, exam_id: int, candidate_id: int) -> Candidate:
    """Somebody of an exam and of a scope. One query.

    :raises Missing: If there is none.
    """
    candidate = db.session.scalar(
        sa.select(Candidate)
        .where(Candidate.id == candidate_id, Candidate.exam_id == exam_id)
        .where(inside(Candidate.unit_id, scope))
    )
    if candidate is None:
        raise Missing("应考名单里没有这个人")
    return candidate


def attempt_for(scope: Scope, exam_id: int, sitting_id: int) -> Attempt:
    """A sitting of this exam by somebody of a scope. One query.

    :raises Missing: If there is none.
    """
    query = attempts_where(
        Sitting.id == sitting_id,
        Sitting.exam_id == exam_id,
        inside(Candidate.unit_id, scope),
    )
    row = db.session.execute(query).first()
    if row is None:
        raise Missing("没有这份作答")
    return Attempt(**row._mapping)


def late_for(scope: Scope, exam_id: int, late_id: int) -> tuple[Attempt, LateMessage]:
    """A late message to a sitting of this exam by somebody of a scope. Two queries.

    :raises Missing: If there is none.
    """
    late = db.session.get(LateMessage, late_id)
    if late is None:
        raise Missing("没有这条迟到的消息")
    return attempt_for(scope, exam_id, late.sitting_id), late


_ASKING = (
    sa.select(
        Proposal.id,
        Proposal.kind,
        Proposal.sitting_id,
        Proposal.late_id,
        Proposal.asked,
        Proposal.reason,
        Proposal.proposed_at,
        Proposal.proposed_by,
        Account.display_name,
        Proposal.decision,
        Candidate.id,
        Candidate.name,
        Candidate.unit_name,
    )
    .join(Sitting, Sitting.id == Proposal.sitting_id)
    .join(Candidate, Candidate.id == Sitting.candidate_id)
    .join(Account, Account.id == Proposal.proposed_by)
    .order_by(Proposal.id)
)


def askings(
    exam_id: int, scope: Scope, *, candidate_id: int | None = None
) -> list[Asking]:
    """What waits for a second person about sittings of a scope; with a candidate:
    all that was ever proposed about them. One query.
    """
    query = _ASKING.where(Proposal.exam_id == exam_id, inside(Candidate.unit_id, scope))
    if candidate_id is None:
        query = query.where(Proposal.decision.is_(None))
    else:
        query = query.where(Candidate.id == candidate_id)
    return [Asking(*row) for row in db.session.execute(query)]


def asking_for(scope: Scope, exam_id: int, proposal_id: int) -> Asking:
    """A proposal about a sitting of this exam by somebody of a scope. One query.

    :raises Missing: If there is none.
    """
    query = _ASKING.where(
        Proposal.id == proposal_id,
        Proposal.exam_id == exam_id,
        inside(Candidate.unit_id, scope),
    )
    row = db.session.execute(query).first()
    if row is None:
        raise Missing("没有这项申请")
    return Asking(*row)


def incidents_of(
    exam_id: int,
    scope: Scope,
    *,
    whole: bool,
    account_id: int,
    candidate_id: int | None = None,
) -> list[Noted]:
    """What was written down in an exam, newest first. One query.

    :param whole: Whether the reader looks after the whole exam; else what is about
        people of the scope, and what they wrote themselves.
    :param candidate_id: About this person alone.
    """
    query: Any = (
        sa.select(
            Incident.id,
            Incident.kind,
            Incident.room,
            Incident.text,
            Incident.happened_at,
            Incident.noted_at,
            Account.display_name,
            Candidate.id,
            Candidate.name,
            Candidate.unit_name,
        )
        .join(Account, Account.id == Incident.noted_by)
        .outerjoin(Candidate, Candidate.id == Incident.candidate_id)
        .where(Incident.exam_id == exam_id)
        .order_by(Incident.happened_at.desc(), Incident.id.desc())
    )
    if not whole:
        own = Incident.noted_by == account_id
        theirs = Incident.candidate_id.is_not(None) & inside(Candidate.unit_id, scope)
        query = query.where(own | theirs)
    if candidate_id is not None:
        query = query.where(Incident.candidate_id == candidate_id)
    return [Noted(*row) for row in db.session.execute(query)]
