"""补时 and 暂停: time given back while people sit.

Whoever starts, closes or moves a sitting takes the audit chain's lock first, so on
PostgreSQL too these acts and starts come one after the other: a grant misses
nobody who is just starting.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from core import seals
from core.audit import lock_chain, record_audit
from core.db import write_core
from core.errors import Conflict, Refused
from quiz.acts import Pause
from quiz.models import Exam, Sitting, TimeGrant
from quiz.operations.exams import actor_of
from quiz.queries.running import (
    Ends,
    closed_reached,
    exam_to_run,
    open_reached,
    reaches_anybody,
)
from quiz.rules.grants import Reach, check_grant
from quiz.rules.lifecycle import State, state_of
from quiz.rules.reasons import given_reason


@dataclass(frozen=True)
class Granted:
    """What came of giving time."""

    grant_id: int
    again: bool  # this very grant was there already: nothing has moved
    moved: int  # open sittings whose deadline moved
    closed: int  # sittings it would have reached that are closed: reopen them?


def give_time(
    *,
    exam_id: int,
    reach: Reach,
    seconds: int,
    reason: str,
    key: str,
    account_id: int | None,
    now: datetime,
) -> Granted:
    """Give time back. The deadlines of all open sittings it reaches move with it.

    Who starts later gets it at the start. Against a sweep one wins: a sitting that
    was closed first stays closed and is counted in ``closed``.

    :param key: Made by the page that asks; the same key again gives nothing more.
    :raises Refused: Without a reason, for no time or more than a day, if nobody is
        reached, or the exam is a draft or its results are published.
    :raises Conflict: If the key was used for something else.
    """
    check_grant(seconds)
    reason = given_reason(reason)
    with write_core() as connection:
        lock_chain(connection)
        exam = exam_to_run(connection, exam_id)
        known = _known_grant(connection, exam_id, key, reach, seconds)
        if known is not None:
            return Granted(known, again=True, moved=0, closed=0)
        if not reaches_anybody(connection, exam_id, reach):
            raise Refused("这场考试里没有要补时的人，请核对人员、单位或考场")
        grant_id = connection.execute(
            sa.insert(TimeGrant).returning(TimeGrant.id),
            {
                "exam_id": exam_id,
                "key": key,
                **vars(reach),
                "seconds": seconds,
                "reason": reason,
                "granted_at": now,
                "granted_by": account_id,
            },
        ).scalar_one()
        reached = open_reached(connection, exam_id, reach)
        closed = closed_reached(connection, exam_id, reach)
        time = timedelta(seconds=seconds)
        record_ends(connection, [one.later(time) for one in reached])
        record_audit(
            connection,
            "exam.grant",
            f"exam:{exam.id}",
            actor=actor_of(account_id),
            now=now,
            facts={
                "grant": grant_id,
                "seconds": seconds,
                "moved": len(reached),
                **reach.facts(),
            },
            rows=[seals.ids(TimeGrant, [grant_id]), sittings_sealed(reached)],
            personal={"reason": reason},
        )
    return Granted(grant_id, again=False, moved=len(reached), closed=closed)


def _known_grant(
    connection: sa.Connection, exam_id: int, key: str, reach: Reach, seconds: int
) -> int | None:
    """The grant that was made with this key."""
    query = (
        sa.select(TimeGrant.__table__)
        .where(TimeGrant.exam_id == exam_id)
        .where(TimeGrant.key == key)
    )
    row = connection.execute(query).first()
    if row is None:
        return None
    if (Reach(row.candidate_id, row.unit_id, row.room), row.seconds) != (
        reach,
        seconds,
    ):
        raise Conflict("这次补时已经提交过，内容不同；请刷新页面后重新填写")
    return int(row.id)


_MOVE = (
    sa.update(Sitting)
    .where(Sitting.id == sa.bindparam("sitting_id"))
    .values(deadline=sa.bindparam("deadline"), deadline_before=sa.bindparam("before"))
)


def record_ends(connection: sa.Connection, ends: Iterable[Ends]) -> None:
    """Move the deadlines of locked sittings."""
    rows = [vars(one) for one in ends]
    if rows:
        connection.execute(_MOVE, rows)


def sittings_sealed(moved: Iterable[Ends]) -> seals.Rows:
    """The rows of sittings whose deadlines were moved."""
    return seals.ids(Sitting, [one.sitting_id for one in moved])


def pause_exam(
    *, exam_id: int, reason: str, key: str, account_id: int | None, now: datetime
) -> int:
    """Stop an exam's clock: a fire alarm. Nobody may start, nobody's time runs.

    What phones still send is saved; who wants to may hand in. The sweep closes
    nothing whose time was not over before.

    :param key: Made by the page that asks; the same key again changes nothing.
    :return: The pause's id, for ``resume_exam``.
    :raises Refused: Without a reason, or if the exam is not running.
    :raises Conflict: If it is paused already.
    """
    reason = given_reason(reason)
    with write_core() as connection:
        lock_chain(connection)
        exam = exam_to_run(connection, exam_id)
        known = connection.execute(
            sa.select(Pause.id).where(Pause.exam_id == exam_id, Pause.key == key)
        ).scalar()
        if known is not None:
            return known
        if exam.paused_at is not None:
            raise Conflict("考试已经暂停")
        if state_of(exam, now) is not State.OPEN and not open_reached(
            connection, exam_id, Reach()
        ):
            raise Refused("考试没有在进行，不需要暂停")
        pause_id = connection.execute(
            sa.insert(Pause).returning(Pause.id),
            {
                "exam_id": exam_id,
                "key": key,
                "reason": reason,
                "began_at": now,
                "began_by": account_id,
            },
        ).scalar_one()
        record_exam(connection, exam_id, paused_at=now)
        record_audit(
            connection,
            "exam.pause",
            f"exam:{exam_id}",
            actor=actor_of(account_id),
            now=now,
            facts={"pause": pause_id},
            rows=[seals.ids(Pause, [pause_id]), seals.ids(Exam, [exam_id])],
            personal={"reason": reason},
        )
    return pause_id


def resume_exam(
    *, exam_id: int, pause_id: int, account_id: int | None, now: datetime
) -> timedelta:
    """Let an exam's clock run again; every deadline and the closing time move once.

    A sitting whose time was over before the pause gets none. Who starts afterwards
    has the own time in full, up to the closing time, which has moved.

    :return: How long it stood. The same pause ended twice: the same answer.
    :raises Conflict: If the exam was never paused so.
    """
    with write_core() as connection:
        lock_chain(connection)
        exam = exam_to_run(connection, exam_id)
        pause = connection.execute(
            sa.select(Pause.began_at, Pause.ended_at)
            .where(Pause.exam_id == exam_id)
            .where(Pause.id == pause_id)
        ).first()
        if pause is None:
            raise Conflict("考试没有暂停")
        began: datetime = pause.began_at
        if pause.ended_at is not None:
            ended: datetime = pause.ended_at
            return ended - began
        stood = max(now - began, timedelta())
        moved = [
            one.later(stood)
            for one in open_reached(connection, exam_id, Reach())
            if one.deadline + exam.grace >= began
        ]
        record_ends(connection, moved)
        closes = exam.closes_at + stood if exam.closes_at > began else exam.closes_at
        record_exam(connection, exam_id, paused_at=None, closes_at=closes)
        connection.execute(
            sa.update(Pause)
            .where(Pause.id == pause_id)
            .values(ended_at=began + stood, ended_by=account_id)
        )
        record_audit(
            connection,
            "exam.resume",
            f"exam:{exam_id}",
            actor=actor_of(account_id),
            now=now,
            facts={
                "pause": pause_id,
                "milliseconds": stood // timedelta(milliseconds=1),
                "moved": len(moved),
            },
            rows=[
                seals.ids(Pause, [pause_id]),
                seals.ids(Exam, [exam_id]),
                sittings_sealed(moved),
            ],
        )
    return stood


def record_exam(connection: sa.Connection, exam_id: int, **values: object) -> None:
    """Set columns of a locked exam."""
    connection.execute(sa.update(Exam).where(Exam.id == exam_id).values(**values))
