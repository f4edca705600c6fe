"""The sheets of a sitting, one a generation: their receipts, and what waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from quiz.acts import PastSheet, Proposal
from quiz.models import Answer, Candidate, LateMessage, Paper, Sitting
from quiz.queries.sittings import answers_as_lists, saved_answers
from quiz.rules.receipt import Receipt, is_genuine


@dataclass(frozen=True)
class Late:
    """A message that came when it no longer counted."""

    id: int
    sitting_id: int
    candidate_id: int
    name: str
    unit_name: str
    received_at: datetime
    why: str
    body: str


@dataclass(frozen=True)
class Waiting:
    """A proposal that waits for a second person."""

    id: int
    kind: str
    sitting_id: int | None
    late_id: int | None
    reason: str
    proposed_at: datetime
    proposed_by: int
    name: str | None  # of the candidate, where it speaks of one
    unit_name: str | None


def receipts_of(connection: sa.Connection, sitting_id: int) -> list[Receipt]:
    """Every receipt a sitting ever had, oldest sheet first. Two queries."""
    past = PastSheet.__table__.c
    columns = (
        past.sitting_id,
        past.generation,
        past.state,
        past.closed_at,
        past.answers_digest,
        past.check_word,
        past.audit_n,
    )
    query = sa.select(*columns).where(past.sitting_id == sitting_id)
    found = [*connection.execute(query.order_by(past.generation))]
    now = sa.select(
        Sitting.id,
        Sitting.generation,
        Sitting.state,
        Sitting.closed_at,
        Sitting.answers_digest,
        Sitting.check_word,
        Sitting.audit_n,
    ).where(Sitting.id == sitting_id, Sitting.answers_digest.is_not(None))
    return [Receipt(*row) for row in (*found, *connection.execute(now))]


def false_receipts(
    connection: sa.Connection, sitting_id: int, key: str
) -> list[Receipt]:
    """The receipts of a sitting that do not hold for the answers stored.

    Three queries, and one a receipt.
    """
    paper_digest = connection.execute(
        sa.select(Paper.digest)
        .join(Sitting, Sitting.paper_id == Paper.id)
        .where(Sitting.id == sitting_id)
    ).scalar_one()
    return [
        receipt
        for receipt in receipts_of(connection, sitting_id)
        if not is_genuine(
            receipt,
            key=key,
            paper_digest=paper_digest,
            answers=answers_as_lists(
                saved_answers(connection, sitting_id, receipt.generation)
            ),
        )
    ]


def received_in_grace(connection: sa.Connection, sitting_id: int) -> list[str]:
    """The questions of the newest sheet whose answers came after the deadline.

    They count: 在宽限期内收到. One query.
    """
    query = (
        sa.select(Answer.q)
        .join(
            Sitting,
            sa.and_(
                Sitting.id == Answer.sitting_id,
                Sitting.generation == Answer.generation,
            ),
        )
        .where(Sitting.id == sitting_id, Answer.received_at > Sitting.deadline)
    )
    return sorted(connection.execute(query).scalars())


def copied_answers(sitting_id: int, generation: int) -> sa.Select[tuple[object, ...]]:
    """The rows of a sheet as those of the next one."""
    c = Answer.__table__.c
    return sa.select(
        c.sitting_id, c.generation + 1, c.q, c.seq, c.value, c.at_ms, c.received_at
    ).where(c.sitting_id == sitting_id, c.generation == generation)


def late_messages(connection: sa.Connection, exam_id: int) -> list[Late]:
    """What came too late in an exam, oldest first. One query."""
    query = (
        sa.select(
            LateMessage.id,
            LateMessage.sitting_id,
            Candidate.id,
            Candidate.name,
            Candidate.unit_name,
            LateMessage.received_at,
            LateMessage.why,
            LateMessage.body,
        )
        .join(Sitting, Sitting.id == LateMessage.sitting_id)
        .join(Candidate, Candidate.id == Sitting.candidate_id)
        .where(Sitting.exam_id == exam_id)
        .order_by(LateMessage.id)
    )
    return [Late(*row) for row in connection.execute(query)]


def waiting_proposals(connection: sa.Connection, exam_id: int) -> list[Waiting]:
    """What waits for a second person in an exam, oldest first. One query."""
    query = (
        sa.select(
            Proposal.id,
            Proposal.kind,
            Proposal.sitting_id,
            Proposal.late_id,
            Proposal.reason,
            Proposal.proposed_at,
            Proposal.proposed_by,
            Candidate.name,
            Candidate.unit_name,
        )
        .outerjoin(Sitting, Sitting.id == Proposal.sitting_id)
        .outerjoin(Candidate, Candidate.id == Sitting.candidate_id)
        .where(Proposal.exam_id == exam_id, Proposal.decision.is_(None))
        .order_by(Proposal.id)
    )
    return [Waiting(*row) for row in connection.execute(query)]
