"""Closing a sitting: handed in by the candidate or swept when time is over.

Closing, scoring, digest, receipt and audit entry are one transaction.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa

from core.audit import lock_chain, record_audit
from core.db import read_core, write_core
from core.errors import Missing
from quiz.models import Exam, Score, Sitting
from quiz.operations.answers import Closed, keep_late, store, why_closed
from quiz.operations.away import record_absences
from quiz.queries.cards import cards_on, fields_on
from quiz.queries.sittings import (
    Desk,
    answers_as_lists,
    find_desk_to_close,
    overdue_count,
    overdue_desks,
    saved_answers,
)
from quiz.rules.away import read_absences
from quiz.rules.receipt import check_word
from quiz.rules.scoring import answers_digest, score_sheet
from quiz.rules.sheet import Message, read_message

SWEEP_AT_ONCE = 50  # sittings closed in one transaction: saves wait for no more


def submit_sitting(
    *,
    token: str,
    device: str,
    body: object,
    now: datetime,
    key: str,
) -> None:
    """Hand in: merge the whole sheet, close, score, digest, audit; or nothing.

    Six queries. Handing in again finds it done.

    :param key: The server's secret, for the check word.
    :raises Missing, Malformed, Closed: As ``save_answers``.
    """
    with write_core() as connection:
        lock_chain(connection)
        desk = find_desk_to_close(connection, token)
        if desk is None:
            raise Missing("没有找到这份试卷，请重新扫码")
        message = read_message(body, fields_on(desk.items))
        why = why_closed(desk, device, message.generation, message.holder, now)
        if why is None:
            store(connection, desk, message.entries, now)
            record_absences(connection, desk.sitting_id, read_absences(body), now)
            record_close(connection, desk, "submitted", closed_at=now, now=now, key=key)
            return
        if why == "submitted" and desk.device == device:
            if _holds_newer(connection, desk, message):
                keep_late(connection, desk, why, body, now)
            return
        keep_late(connection, desk, why, body, now)
    raise Closed(why)


def _holds_newer(connection: sa.Connection, desk: Desk, message: Message) -> bool:
    stored = saved_answers(connection, desk.sitting_id, desk.generation)
    return any(
        entry.q not in stored or entry.seq > stored[entry.q].seq
        for entry in message.entries
    )


def record_close(
    connection: sa.Connection,
    desk: Desk,
    state: str,
    *,
    closed_at: datetime,
    now: datetime,
    key: str,
    head: tuple[int | None, str | None] | None = None,
) -> tuple[int, str]:
    """Close a locked sitting: score, digest, receipt and audit entry together.

    :return: The head of the audit chain after it.
    """
    saved = saved_answers(connection, desk.sitting_id, desk.generation)
    answers = answers_as_lists(saved)
    digest = answers_digest(desk.paper_digest, answers)
    detail = _score(desk, answers)
    n, hashed = record_audit(
        connection,
        f"sitting.{state}",
        f"sitting:{desk.sitting_id}",
        actor="system" if state == "auto" else f"candidate:{desk.candidate_id}",
        now=now,
        facts={
            "answers": digest,
            "generation": desk.generation,
            "points": sum(detail),
        },
        head=head or desk.head,
    )
    connection.execute(
        sa.update(Sitting)
        .where(Sitting.id == desk.sitting_id)
        .values(
            state=state,
            closed_at=closed_at,
            claim=None,
            answers_digest=digest,
            check_word=check_word(key, desk.sitting_id, desk.generation, digest),
            audit_n=n,
        )
    )
    connection.execute(
        sa.insert(Score),
        {
            "sitting_id": desk.sitting_id,
            "generation": desk.generation,
            "key_revision": 0,
            "points": sum(detail),
            "detail": json.dumps(detail, separators=(",", ":")),
            "scored_at": now,
        },
    )
    return n, hashed


def _score(desk: Desk, answers: Mapping[str, str]) -> list[int]:
    values = {q: json.loads(value) for q, value in answers.items()}
    return score_sheet(cards_on(desk.items), values, desk.multi_rule)


def sweep_exam(*, exam_id: int, now: datetime, key: str, limit: int = 200) -> int:
    """Close and score the sittings whose time is over.

    Whoever looks at a board or a report sweeps first. The closing time is the
    deadline, not now: a server that was down gives nobody more time.

    :param limit: How many to close at the most.
    :return: How many are still to be closed.
    """
    with read_core() as connection:
        grace_s = connection.execute(
            sa.select(Exam.grace_s).where(Exam.id == exam_id)
        ).scalar_one()
        before = now - timedelta(seconds=grace_s)
        if not overdue_count(connection, exam_id, before):
            return 0  # looking costs no writer's turn
    left = limit
    while left > 0:
        wanted = min(left, SWEEP_AT_ONCE)
        closed = _sweep_some(exam_id, before, wanted, now, key)
        left -= closed
        if closed < wanted:
            return 0
    with read_core() as connection:
        return overdue_count(connection, exam_id, before)


def _sweep_some(
    exam_id: int, before: datetime, most: int, now: datetime, key: str
) -> int:
    with write_core() as connection:
        lock_chain(connection)
        desks = overdue_desks(connection, exam_id, before, most)
        head = None
        for desk in desks:
            head = record_close(
                connection, desk, "auto",
                closed_at=desk.deadline, now=now, key=key, head=head,
            )  # fmt: skip
        return len(desks)
