"""情况记录: writing down what happened in a hall."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from core import seals
from core.audit import lock_chain, record_audit
from core.db import write_core
from core.errors import Conflict, Missing, Refused
from quiz.acts import Incident
from quiz.operations.exams import actor_of
from quiz.queries.running import exam_to_run, reaches_anybody
from quiz.rules.grants import Reach
from quiz.rules.incidents import check_incident


def note_incident(
    *,
    exam_id: int,
    kind: str,
    candidate_id: int | None,
    room: str | None,
    text: str,
    happened_at: datetime,
    key: str,
    account_id: int,
    now: datetime,
) -> int:
    """Write down what happened: to a person, in a room, or in the whole exam.

    :param key: Made by the page; the same key again is the same record.
    :return: The record's id.
    :raises Refused: If it cannot be meant, or the exam is a draft or archived.
    :raises Missing: If the exam has no such person or room.
    :raises Conflict: If the key was used for something else.
    """
    text = check_incident(kind, text, happened_at, now)
    if candidate_id is not None and room is not None:
        raise Refused("请只选一个人或一个考场")
    with write_core() as connection:
        lock_chain(connection)
        exam_to_run(connection, exam_id, after_results=True)
        if not reaches_anybody(connection, exam_id, Reach(candidate_id, None, room)):
            raise Missing("这场考试里没有这个人或这个考场")
        row = {
            "exam_id": exam_id,
            "key": key,
            "kind": kind,
            "candidate_id": candidate_id,
            "room": room,
            "text": text,
            "happened_at": happened_at,
        }
        known = _known(connection, row)
        if known is not None:
            return known
        row |= {"noted_at": now, "noted_by": account_id}
        incident_id = connection.execute(
            sa.insert(Incident).returning(Incident.id), row
        ).scalar_one()
        # What is about somebody goes when they are erased: it is found by its object.
        about = f"candidate:{candidate_id}" if candidate_id else f"exam:{exam_id}"
        record_audit(
            connection,
            "exam.incident",
            about,
            actor=actor_of(account_id),
            now=now,
            facts={
                "exam": exam_id,
                "incident": incident_id,
                "category": kind,
                "room": room,
            },
            rows=[seals.ids(Incident, [incident_id])],
            personal={"note": text},
        )
    return incident_id


def _known(connection: sa.Connection, row: dict[str, object]) -> int | None:
    """The record that was made with this key."""
    table = Incident.__table__
    found = connection.execute(
        sa.select(table).where(
            table.c.exam_id == row["exam_id"], table.c.key == row["key"]
        )
    ).first()
    if found is None:
        return None
    if any(found._mapping[name] != value for name, value in row.items()):
        raise Conflict("这条记录已经提交过，内容不同；请刷新页面后重新填写")
    return int(found.id)
