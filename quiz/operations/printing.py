"""Noting that the papers of an exam are printed: before they are, or they are not."""

from __future__ import annotations

from datetime import datetime

from core.audit import record_audit
from core.db import write
from core.errors import Refused
from quiz.models import Exam
from quiz.operations.exams import actor_of
from quiz.rules.reasons import given_reason


def note_printing(
    *,
    exam: Exam,
    papers: int,
    unit_id: int | None,
    candidate_id: int | None,
    reason: str,
    account_id: int,
    now: datetime,
) -> str:
    """Write down who prints which papers, and what for.

    :param papers: How many it is about.
    :return: The reason, as it is kept.
    :raises Refused: If they are not drawn, there are none, or without a reason.
    """
    reason = given_reason(reason)
    if exam.drawn_at is None:
        raise Refused("试卷还没有抽好，抽卷之后才能打印")
    if exam.results_at is not None:
        raise Refused("成绩已经公布，不再打印试卷")
    if not papers:
        raise Refused("没有可以打印的试卷：他们都已交卷或免考")
    with write() as session:
        record_audit(
            session,
            "exam.print",
            f"exam:{exam.id}",
            actor=actor_of(account_id),
            now=now,
            facts={"papers": papers, "unit": unit_id, "candidate_id": candidate_id},
            rows=(),
            personal={"reason": reason},
        )
    return reason
