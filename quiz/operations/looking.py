"""Who looked at people's scores, where that is not a report: noted, as reports are."""

from __future__ import annotations

from datetime import datetime

from core.audit import record_audit
from core.db import write_core
from quiz.operations.exams import actor_of


def note_scores_seen(
    *, exam_id: int, revision: int, account_id: int, now: datetime
) -> None:
    """Note that somebody saw whose scores a change of keys moves.

    :param revision: Its number; of one that is only thought of, the next.
    """
    with write_core() as connection:
        record_audit(
            connection,
            "exam.moved_scores",
            f"exam:{exam_id}",
            actor=actor_of(account_id),
            now=now,
            facts={"revision": revision},
            rows=[],
        )
