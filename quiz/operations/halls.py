"""大屏: the addresses of the hall's screens."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from core import seals
from core.audit import lock_chain, record_audit
from core.db import write_core
from quiz.models import Exam
from quiz.operations.exams import actor_of
from quiz.queries.running import exam_to_run
from quiz.rules.reasons import given_reason


def renew_hall_links(
    *, exam_id: int, reason: str, account_id: int, now: datetime
) -> None:
    """Let the addresses given out so far open nothing more.

    :raises Refused: Without a reason, or if the exam is a draft or archived.
    """
    reason = given_reason(reason)
    with write_core() as connection:
        lock_chain(connection)
        exam_to_run(connection, exam_id)
        connection.execute(
            sa.update(Exam)
            .where(Exam.id == exam_id)
            .values(hall_issue=Exam.hall_issue + 1)
        )
        record_audit(
            connection,
            "exam.hall",
            f"exam:{exam_id}",
            actor=actor_of(account_id),
            now=now,
            rows=[seals.ids(Exam, [exam_id])],
            personal={"reason": reason},
        )
