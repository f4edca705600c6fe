"""考场: who sits where, as far as grants and boards need it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa

from core import seals
from core.audit import lock_chain, record_audit
from core.db import write_core
from core.errors import Missing, Refused
from quiz.models import Candidate
from quiz.operations.exams import actor_of
from quiz.queries.running import exam_to_run

LONGEST_ROOM = 40


def assign_room(
    *,
    exam_id: int,
    candidate_ids: Collection[int],
    room: str | None,
    account_id: int | None,
    now: datetime,
) -> None:
    """Say in which room candidates sit; None takes them out of any.

    Time given to a room before reaches those who start in it later; a deadline that
    runs already is not moved by changing rooms.

    :raises Refused: If the name is empty or too long, or nobody is named.
    :raises Missing: If one of them is not in the exam.
    """
    room = None if room is None else room.strip()
    if room == "" or (room is not None and len(room) > LONGEST_ROOM):
        raise Refused("请填写考场名称，不超过 %(most)d 个字", most=LONGEST_ROOM)
    wanted = sorted(set(candidate_ids))
    if not wanted:
        raise Refused("请选择要安排考场的人员")
    with write_core() as connection:
        lock_chain(connection)
        exam_to_run(connection, exam_id)
        changed = connection.execute(
            sa.update(Candidate)
            .where(Candidate.exam_id == exam_id, Candidate.id.in_(wanted))
            .values(room=room)
        ).rowcount
        if changed != len(wanted):
            raise Missing("应考名单里没有这个人")
        record_audit(
            connection,
            "exam.room",
            f"exam:{exam_id}",
            actor=actor_of(account_id),
            now=now,
            facts={"room": room, "candidates": wanted},
            rows=[seals.ids(Candidate, wanted)],
        )
