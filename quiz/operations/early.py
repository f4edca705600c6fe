"""提前结束: closing an exam before its time, and taking that back.

Closing moves every running deadline to this moment; phones have the grace to send
what is on its way, and the sweep collects. Taking it back gives the deadlines back,
with the time that was lost, and opens what was collected meanwhile as a new
generation.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from core import seals
from core.audit import lock_chain, record_audit
from core.db import write_core
from core.errors import Conflict, Refused
from quiz.acts import EarlyClosing
from quiz.models import Exam
from quiz.operations.exams import actor_of
from quiz.operations.grants import record_ends, record_exam, sittings_sealed
from quiz.operations.reopening import record_reopen
from quiz.queries.running import (
    Ends,
    collected_early,
    exam_to_run,
    last_closing,
    open_reached,
)
from quiz.queries.sittings import find_desk_to_run
from quiz.rules.early import can_undo
from quiz.rules.grants import Reach
from quiz.rules.lifecycle import State, state_of
from quiz.rules.reasons import given_reason

AT_ONCE = 50  # sittings opened again in one transaction: saves wait for no more


def close_early(
    *, exam_id: int, reason: str, account_id: int | None, now: datetime
) -> int:
    """Close an open exam now. Nobody may start; running sittings end at this moment.

    :return: How many sittings it ends.
    :raises Refused: Without a reason, or if the exam is not open or is paused.
    """
    reason = given_reason(reason)
    with write_core() as connection:
        lock_chain(connection)
        exam = exam_to_run(connection, exam_id)
        if exam.paused_at is not None:
            raise Refused("考试暂停中，请先恢复考试")
        if state_of(exam, now) is not State.OPEN:
            raise Refused("考试没有在进行，不能提前结束")
        closing_id = connection.execute(
            sa.insert(EarlyClosing).returning(EarlyClosing.id),
            {
                "exam_id": exam_id,
                "reason": reason,
                "closed_at": now,
                "closed_by": account_id,
                "closes_before": exam.closes_at,
            },
        ).scalar_one()
        record_exam(connection, exam_id, closes_at=now)
        running = [
            one
            for one in open_reached(connection, exam_id, Reach())
            if one.deadline > now
        ]
        ended = [Ends(one.sitting_id, now, one.deadline) for one in running]
        record_ends(connection, ended)
        record_audit(
            connection,
            "exam.close",
            f"exam:{exam_id}",
            actor=actor_of(account_id),
            now=now,
            facts={"closing": closing_id, "ended": len(ended)},
            rows=[
                seals.ids(EarlyClosing, [closing_id]),
                seals.ids(Exam, [exam_id]),
                sittings_sealed(ended),
            ],
            personal={"reason": reason},
        )
    return len(running)


def undo_close(*, exam_id: int, account_id: int | None, now: datetime) -> int:
    """Take an early closing back, within ten minutes.

    Everybody has the time back that was lost. Whoever was sitting goes on: those not
    yet collected as if nothing had been, those collected or handed in meanwhile on a
    new generation of the sheet. Broken off half-way, the same call finishes.

    :return: How many sittings were opened again.
    :raises Refused: If it is too late: then each sitting is reopened by two persons.
    :raises Conflict: If there is nothing to take back.
    """
    lost = _give_back(exam_id, account_id, now)
    reopened = 0
    while True:
        with write_core() as connection:
            lock_chain(connection)
            some = collected_early(connection, exam_id, AT_ONCE)
            for sitting_id, before in some:
                desk = find_desk_to_run(connection, sitting_id)
                assert desk is not None
                record_reopen(
                    connection,
                    desk,
                    deadline=before + lost,
                    actor=actor_of(account_id),
                    now=now,
                    facts={"closed_early": True},
                    rows=(),
                )
        reopened += len(some)
        if len(some) < AT_ONCE:
            return reopened


def _give_back(exam_id: int, account_id: int | None, now: datetime) -> timedelta:
    """Move closing time and running deadlines back; returns the time that was lost."""
    with write_core() as connection:
        lock_chain(connection)
        exam = exam_to_run(connection, exam_id)
        closing = last_closing(connection, exam_id)
        if closing is None:
            raise Conflict("这场考试没有提前结束")
        if closing.undone_at is not None:
            if not collected_early(connection, exam_id, 1):
                raise Conflict("提前结束已经撤销")
            return closing.undone_at - closing.closed_at
        if not can_undo(closing.closed_at, now):
            raise Refused("提前结束已超过 10 分钟，不能整场撤销；请逐份重新开启")
        lost = max(now - closing.closed_at, timedelta())
        record_exam(connection, exam.id, closes_at=closing.closes_before + lost)
        connection.execute(
            sa.update(EarlyClosing)
            .where(EarlyClosing.id == closing.id)
            .values(undone_at=closing.closed_at + lost, undone_by=account_id)
        )
        running = [
            Ends(one.sitting_id, one.before + lost, None)
            for one in open_reached(connection, exam_id, Reach())
            if one.before is not None
        ]
        record_ends(connection, running)
        record_audit(
            connection,
            "exam.undo_close",
            f"exam:{exam_id}",
            actor=actor_of(account_id),
            now=now,
            facts={
                "closing": closing.id,
                "milliseconds": lost // timedelta(milliseconds=1),
                "running": len(running),
            },
            rows=[
                seals.ids(EarlyClosing, [closing.id]),
                seals.ids(Exam, [exam_id]),
                sittings_sealed(running),
            ],
        )
    return lost
