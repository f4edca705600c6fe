"""签到: writing down that somebody is there."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core import seals
from core.audit import lock_chain, record_audit
from core.db import write_core
from core.errors import Missing
from quiz.models import Candidate
from quiz.operations.exams import actor_of
from quiz.queries.running import exam_to_run
from quiz.rules.reasons import given_reason
from quiz.traces import Presence


def admit_candidate(
    *, exam_id: int, candidate_id: int, reason: str, account_id: int, now: datetime
) -> None:
    """An invigilator says that somebody is there, whatever else says so or not.

    :raises Refused: Without a reason, or if the exam is a draft or its results are
        published.
    :raises Missing: If the exam has no such person.
    """
    reason = given_reason(reason)
    with write_core() as connection:
        lock_chain(connection)
        exam_to_run(connection, exam_id)
        person = connection.execute(
            sa.select(Candidate.room)
            .where(Candidate.id == candidate_id, Candidate.exam_id == exam_id)
            .with_for_update()
        ).first()
        if person is None:
            raise Missing("应考名单里没有这个人")
        record_presence(
            connection,
            {
                "candidate_id": candidate_id,
                "how": "invigilator",
                "at": now,
                "room": person.room,
                "reason": reason,
                "account_id": account_id,
            },
        )
        record_audit(
            connection,
            "candidate.present",
            f"candidate:{candidate_id}",
            actor=actor_of(account_id),
            now=now,
            facts={"exam": exam_id},
            rows=[seals.ids(Presence, [candidate_id])],
            personal={"reason": reason},
        )


def record_presence(connection: sa.Connection, row: dict[str, Any]) -> None:
    """Put a presence in the place of one that stands; the candidate is locked."""
    own = Presence.candidate_id == row["candidate_id"]
    changed = connection.execute(sa.update(Presence).where(own).values(**row)).rowcount
    if not changed:
        connection.execute(sa.insert(Presence), row)
