"""准考凭证: noting that they are printed, replacing one that got into wrong hands."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from core import seals
from core.audit import record_audit
from core.db import write
from core.errors import Missing, Refused
from quiz.models import Candidate
from quiz.operations.exams import actor_of, exam_to_change
from quiz.rules.lifecycle import State, state_of
from quiz.rules.reasons import given_reason


def note_tickets(
    *,
    exam_id: int,
    tickets: int,
    unit_id: int | None,
    room: str | None,
    candidate_id: int | None,
    account_id: int,
    now: datetime,
) -> None:
    """Write down who was shown which tickets, to print them.

    :param tickets: How many.
    """
    with write() as session:
        record_audit(
            session,
            "exam.tickets",
            f"exam:{exam_id}",
            actor=actor_of(account_id),
            now=now,
            facts={
                "tickets": tickets,
                "unit": unit_id,
                "room": room,
                "candidate_id": candidate_id,
            },
            rows=(),
        )


def replace_ticket(
    *, exam_id: int, candidate_id: int, reason: str, account_id: int, now: datetime
) -> int:
    """Let somebody's ticket count no more; the next one takes its place.

    Phones that are in already stay in: they have shown more than a ticket.

    :return: Which ticket of theirs counts now: the second, the third, …
    :raises Missing: If nobody of that number is in the exam.
    :raises Refused: Without a reason, before publishing or after the results.
    """
    reason = given_reason(reason)
    with write() as session:
        exam = exam_to_change(session, exam_id)
        if state_of(exam, now) in (
            State.DRAFT,
            State.RESULTS_PUBLISHED,
            State.ARCHIVED,
        ):
            raise Refused("考试发布以后、公布成绩以前才能换发准考凭证")
        candidate = session.scalar(
            sa.select(Candidate)
            .where(Candidate.id == candidate_id, Candidate.exam_id == exam_id)
            .with_for_update()
        )
        if candidate is None:
            raise Missing("应考名单里没有这个人")
        candidate.ticket += 1
        record_audit(
            session,
            "candidate.ticket",
            f"candidate:{candidate.id}",
            actor=actor_of(account_id),
            now=now,
            facts={"exam": exam_id, "unit": candidate.unit_id, "nth": candidate.ticket},
            rows=[seals.these(candidate)],
            personal={"reason": reason},
        )
        return candidate.ticket
