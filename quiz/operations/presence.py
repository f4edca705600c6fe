"""签到: writing down that somebody is there."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core import seals
from core.audit import lock_chain, record_audit
from core.db import write_core
from core.errors import Missing, Refused
from quiz.models import Candidate
from quiz.operations.exams import actor_of
from quiz.queries.running import exam_to_run
from quiz.rules.reasons import given_reason
from quiz.traces import Presence


def admit_candidates(
    *,
    exam_id: int,
    candidate_ids: Collection[int],
    reason: str,
    account_id: int,
    now: datetime,
) -> None:
    """An invigilator says that people are there, whatever else says so or not.

    :raises Refused: Without a reason or people, or if the exam is a draft or its
        results are published.
    :raises Missing: If the exam has no such person.
    """
    reason = given_reason(reason)
    wanted = sorted(set(candidate_ids))
    if not wanted:
        raise Refused("没有需要确认到场的人")
    with write_core() as connection:
        lock_chain(connection)
        exam_to_run(connection, exam_id)
        people = connection.execute(
            sa.select(Candidate.id, Candidate.room)
            .where(Candidate.id.in_(wanted), Candidate.exam_id == exam_id)
            .order_by(Candidate.id)
            .with_for_update()
        ).all()
        if len(people) != len(wanted):
            raise Missing("应考名单里没有这个人")
        for one in people:
            record_present(
                connection,
                {
                    "candidate_id": one.id,
                    "how": "invigilator",
                    "at": now,
                    "room": one.room,
                    "reason": reason,
                    "account_id": account_id,
                },
            )
        alone = len(wanted) == 1
        record_audit(
            connection,
            "candidate.present",
            f"candidate:{wanted[0]}" if alone else f"exam:{exam_id}",
            actor=actor_of(account_id),
            now=now,
            facts={"exam": exam_id} if alone else {"candidates": wanted},
            rows=[seals.ids(Presence, wanted)],
            personal={"reason": reason},
        )


def check_in(*, candidate_id: int, how: str, room: str | None, now: datetime) -> bool:
    """Somebody says with the own phone that they are there.

    What stands already stays, except that a code seen takes the place of a phone that
    said nothing but who it is.

    :param how: scan, digits or phone.
    :param room: Whose screen it was; None: as the roster has it.
    :return: Whether it was written down.
    :raises Missing: If there is no such person.
    """
    with write_core() as connection:
        lock_chain(connection)
        person = connection.execute(
            sa.select(Candidate.exam_id, Candidate.room, Presence.how)
            .outerjoin(Presence, Presence.candidate_id == Candidate.id)
            .where(Candidate.id == candidate_id)
            .with_for_update(of=Candidate.__table__)
        ).first()
        if person is None:
            raise Missing("没有找到您的考试信息，请重新填写")
        if person.how is not None and (person.how != "phone" or how == "phone"):
            return False
        row = {
            "candidate_id": candidate_id,
            "how": how,
            "at": now,
            "room": room or person.room,
            "reason": None,
            "account_id": None,
        }
        record_present(connection, row)
        record_audit(
            connection,
            "candidate.check_in",
            f"candidate:{candidate_id}",
            actor=f"candidate:{candidate_id}",
            now=now,
            facts={"exam": person.exam_id, "how": how, "room": row["room"]},
            rows=[seals.values(Presence, row)],
        )
    return True


def record_present(connection: sa.Connection, row: dict[str, Any]) -> None:
    """Somebody is there, in the place of what stands; the candidate is locked."""
    own = Presence.candidate_id == row["candidate_id"]
    changed = connection.execute(sa.update(Presence).where(own).values(**row)).rowcount
    if not changed:
        connection.execute(sa.insert(Presence), row)
