"""Closing a sitting: handed in by the candidate or swept when time is over.

Closing, scoring, digest, receipt and audit entry are one transaction.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from core import seals
from core.audit import lock_chain, read_head, record_audit
from core.clock import clock_step
from core.db import read_core, write_core
from core.errors import Missing
from core.statements import Statement
from quiz.models import Answer, Exam, Score, Sitting
from quiz.operations.answers import Closed, keep_late, store, why_closed
from quiz.operations.away import record_absences
from quiz.queries.cards import cards_on, fields_on
from quiz.queries.keys import changes_until
from quiz.queries.sheet_rows import answers_in, sheet_rows
from quiz.queries.sittings import (
    Desk,
    find_desk_to_close,
    overdue_count,
    overdue_desks,
    saved_answers,
    sitting_row,
)
from quiz.rules.away import read_absences
from quiz.rules.receipt import check_word
from quiz.rules.rekeying import score_rekeyed
from quiz.rules.scoring import answers_digest
from quiz.rules.sheet import Message, read_message
from quiz.rules.timing import exam_clock, may_sweep
from quiz.tokens import new_voucher_code

_log = logging.getLogger(__name__)
SWEEP_AT_ONCE = 50  # sittings closed in one transaction: saves wait for no more


_close = Statement(
    sa.update(Sitting).where(Sitting.id == sa.bindparam("sitting_id")),
    columns=(
        "state", "closed_at", "claim", "answers_digest", "check_word", "audit_n",
        "receipt_code",
    ),
)  # fmt: skip
_insert_score = Statement(
    sa.insert(Score).returning(Score.id),
    columns=(
        "sitting_id", "generation", "key_revision", "points", "detail", "scored_at",
    ),
)  # fmt: skip


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


@dataclass(frozen=True)
class Act:
    """What is written down of a closing that nobody handed in and no sweep made."""

    action: str
    actor: str
    facts: Mapping[str, object]
    rows: tuple[seals.Rows, ...]  # what else it wrote


def record_close(
    connection: sa.Connection,
    desk: Desk,
    state: str,
    *,
    closed_at: datetime,
    now: datetime,
    key: str,
    head: tuple[int | None, str | None] | None = None,
    act: Act | None = None,
) -> tuple[int, str]:
    """Close a locked sitting: score, digest, receipt and audit entry together.

    :param act: What somebody did to close it; None: handed in, or swept.
    :return: The head of the audit chain after it.
    """
    head = head or desk.head or read_head(connection)
    sheet = sheet_rows(connection, desk.sitting_id, desk.generation)
    answers = dict(answers_in(sheet))
    digest = answers_digest(desk.paper_digest, answers)
    detail = _score(connection, desk, answers)
    if act is None:
        actor = "system" if state == "auto" else f"candidate:{desk.candidate_id}"
        act = Act(f"sitting.{state}", actor, {}, ())
    closed = {
        "state": state,
        "closed_at": closed_at,
        "claim": None,
        "answers_digest": digest,
        "check_word": check_word(key, desk.sitting_id, desk.generation, digest),
        "audit_n": (head[0] or 0) + 1,
        "receipt_code": new_voucher_code(),
    }
    _close.run(connection, {"sitting_id": desk.sitting_id, **closed})
    score = {
        "sitting_id": desk.sitting_id,
        "generation": desk.generation,
        "key_revision": desk.key_revision,
        "points": sum(detail),
        "detail": json.dumps(detail, separators=(",", ":")),
        "scored_at": now,
    }
    [(score_id,)] = _insert_score.run(connection, score)
    return record_audit(
        connection,
        act.action,
        f"sitting:{desk.sitting_id}",
        actor=act.actor,
        now=now,
        facts={
            "answers": digest,
            "generation": desk.generation,
            "keys": desk.key_revision,
            "points": sum(detail),
            **act.facts,
        },
        rows=[
            sitting_row(desk, **closed),
            seals.as_read(Answer, sheet),
            seals.values(Score, {"id": score_id, **score}),
            *act.rows,
        ],
        head=head,
    )


def _score(
    connection: sa.Connection, desk: Desk, answers: Mapping[str, str]
) -> list[int]:
    """By the newest keys: the chain's lock keeps a revision from coming between."""
    read = json.loads(f"[{','.join(answers.values())}]")
    values = dict(zip(answers, read, strict=True))
    changes = changes_until(connection, desk.exam_id, desk.key_revision)
    return score_rekeyed(cards_on(desk.items), values, desk.multi_rule, changes)


def sweep_exam(
    *,
    exam_id: int,
    now: datetime,
    key: str,
    limit: int = 200,
    confirmed: bool = False,
) -> int:
    """Close and score the sittings whose time is over.

    Whoever looks at a board or a report sweeps first. The closing time is the
    deadline, not now: a server that was down gives nobody more time. While the
    server's clock is in doubt no more than a few are closed without ``confirmed``.

    :param limit: How many to close at the most.
    :param confirmed: Somebody has looked at the clock.
    :return: How many are still to be closed.
    """
    with read_core() as connection:
        exam = connection.execute(
            sa.select(Exam.grace_s, Exam.paused_at).where(Exam.id == exam_id)
        ).one()
        before = exam_clock(now, exam.paused_at) - timedelta(seconds=exam.grace_s)
        due = overdue_count(connection, exam_id, before)
    if not due:
        return 0  # looking costs no writer's turn
    if not may_sweep(due, clock_step(), confirmed=confirmed):
        _log.warning("clock_step: exam %d, %d sittings are not closed", exam_id, due)
        return due
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
