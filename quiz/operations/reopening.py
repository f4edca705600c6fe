"""重新开启 and 补收: a closed sheet goes on as a new one; the old one stays.

The answers are copied to the next generation. What was handed in stands under its
own generation with its receipt, so both receipts can be checked for ever.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from core import seals
from core.audit import lock_chain, record_audit
from core.db import write_core
from core.errors import Conflict, Missing, Refused
from quiz.acts import PastSheet
from quiz.models import Answer, LateMessage, Sitting
from quiz.operations.answers import store
from quiz.operations.closing import Act, record_close
from quiz.operations.exams import actor_of
from quiz.operations.proposals import (
    proposal_to_confirm,
    record_decision,
    record_proposal,
)
from quiz.queries.cards import fields_on
from quiz.queries.running import exam_to_run
from quiz.queries.sheets import copied_answers
from quiz.queries.sittings import Desk, find_desk_to_run, saved_answers
from quiz.rules.grants import check_grant
from quiz.rules.reasons import given_reason
from quiz.rules.sheet import Message, read_message


def propose_reopen(
    *,
    sitting_id: int,
    seconds: int,
    reason: str,
    key: str,
    account_id: int,
    now: datetime,
) -> int:
    """Ask that a closed sitting be opened again, with so much time from then on.

    :param key: Made by the page; the same key again is the same proposal.
    :return: The proposal's id, for ``confirm_reopen``.
    :raises Refused: Without a reason or time, or if it is not closed.
    """
    check_grant(seconds)
    reason = given_reason(reason)
    with write_core() as connection:
        lock_chain(connection)
        desk = _closed_desk(connection, sitting_id)
        exam_to_run(connection, desk.exam_id)
        return record_proposal(
            connection,
            exam_id=desk.exam_id,
            kind="reopen",
            sitting_id=sitting_id,
            asked={"generation": desk.generation, "seconds": seconds},
            facts={"sitting": sitting_id, "seconds": seconds},
            reason=reason,
            key=key,
            account_id=account_id,
            now=now,
        )


def confirm_reopen(*, proposal_id: int, account_id: int, now: datetime) -> None:
    """Open a closed sitting again: the second person's word.

    :raises Refused: If it is the person's own proposal, the exam is paused, or the
        candidate sits another attempt.
    :raises Conflict: If it was decided, or the sitting has changed since.
    """
    with write_core() as connection:
        lock_chain(connection)
        proposal = proposal_to_confirm(connection, proposal_id, "reopen", account_id)
        if proposal.decision is not None:
            return
        assert proposal.sitting_id is not None
        exam = exam_to_run(connection, proposal.exam_id)
        if exam.paused_at is not None:
            raise Refused("考试暂停中，请先恢复考试")
        desk = _closed_desk(connection, proposal.sitting_id)
        if desk.generation != proposal.asked["generation"]:
            raise Conflict("这份作答在申请之后又变过，请重新提出申请")
        if _sits(connection, desk.candidate_id):
            raise Refused("此人正在作答另一份试卷，不能再开启这一份")
        decided = record_decision(connection, proposal, "confirmed", account_id, now)
        record_reopen(
            connection,
            desk,
            deadline=now + timedelta(seconds=proposal.asked["seconds"]),
            actor=actor_of(account_id),
            now=now,
            facts={"proposal": proposal.id},
            rows=[decided],
        )


def record_reopen(
    connection: sa.Connection,
    desk: Desk,
    *,
    deadline: datetime,
    actor: str,
    now: datetime,
    facts: Mapping[str, object],
    rows: Sequence[seals.Rows],
) -> None:
    """Open a locked, closed sitting again as the next generation.

    :param rows: What else the act wrote.
    """
    kept = record_turned_page(connection, desk)
    connection.execute(
        sa.update(Sitting)
        .where(Sitting.id == desk.sitting_id)
        .values(
            state="open",
            generation=desk.generation + 1,
            deadline=deadline,
            deadline_before=None,
            closed_at=None,
            answers_digest=None,
            check_word=None,
            audit_n=None,
            receipt_code=None,
        )
    )
    record_audit(
        connection,
        "sitting.reopen",
        f"sitting:{desk.sitting_id}",
        actor=actor,
        now=now,
        facts={"generation": desk.generation + 1, **facts},
        rows=[seals.ids(Sitting, [desk.sitting_id]), kept, *rows],
    )


def propose_admission(
    *, late_id: int, reason: str, key: str, account_id: int, now: datetime
) -> int:
    """Ask that a message which came too late be counted.

    :return: The proposal's id, for ``confirm_admission``.
    :raises Refused: Without a reason, if the sitting is not closed yet, or the
        message holds nothing newer than the sheet.
    """
    reason = given_reason(reason)
    with write_core() as connection:
        lock_chain(connection)
        sitting_id, body = _late_body(connection, late_id)
        desk = _closed_desk(connection, sitting_id)
        exam_to_run(connection, desk.exam_id)
        _newer(connection, desk, body)
        return record_proposal(
            connection,
            exam_id=desk.exam_id,
            kind="admit",
            sitting_id=sitting_id,
            late_id=late_id,
            asked={"generation": desk.generation},
            facts={"sitting": sitting_id, "late": late_id},
            reason=reason,
            key=key,
            account_id=account_id,
            now=now,
        )


def confirm_admission(
    *, proposal_id: int, account_id: int, now: datetime, key: str
) -> None:
    """Count a late message: the second person's word.

    The sheet with it is the next generation, closed and scored at once; the moment
    of closing stays what it was.

    :param key: The server's secret, for the check word.
    :raises Refused: If it is the person's own proposal.
    :raises Conflict: If it was decided, or the sitting has changed since.
    """
    with write_core() as connection:
        lock_chain(connection)
        proposal = proposal_to_confirm(connection, proposal_id, "admit", account_id)
        if proposal.decision is not None:
            return
        assert proposal.late_id is not None
        exam_to_run(connection, proposal.exam_id)
        sitting_id, body = _late_body(connection, proposal.late_id)
        desk = _closed_desk(connection, sitting_id)
        if desk.generation != proposal.asked["generation"]:
            raise Conflict("这份作答在申请之后又变过，请重新提出申请")
        message = _newer(connection, desk, body)
        closed_at = connection.execute(
            sa.select(Sitting.closed_at).where(Sitting.id == sitting_id)
        ).scalar_one()
        assert closed_at is not None
        kept = record_turned_page(connection, desk)
        decided = record_decision(connection, proposal, "confirmed", account_id, now)
        after = replace(desk, generation=desk.generation + 1)
        connection.execute(
            sa.update(Sitting)
            .where(Sitting.id == sitting_id)
            .values(generation=after.generation)
        )
        store(connection, after, message.entries, now)
        facts = {"late": proposal.late_id, "proposal": proposal.id}
        record_close(
            connection, after, desk.state, closed_at=closed_at, now=now, key=key,
            act=Act("sitting.admit", actor_of(account_id), facts, (kept, decided)),
        )  # fmt: skip


def _closed_desk(connection: sa.Connection, sitting_id: int) -> Desk:
    desk = find_desk_to_run(connection, sitting_id)
    if desk is None:
        raise Missing("没有这份作答")
    if desk.state == "void":
        raise Refused("这份作答已作废；需要时请另给一次作答机会")
    if desk.state == "open":
        raise Refused("这份作答还没有交卷；时间已到的请等收卷后再办理")
    return desk


def _sits(connection: sa.Connection, candidate_id: int) -> bool:
    query = sa.select(Sitting.id).where(
        Sitting.candidate_id == candidate_id, Sitting.state == "open"
    )
    return connection.execute(query).first() is not None


def record_turned_page(connection: sa.Connection, desk: Desk) -> seals.Rows:
    """Keep a closed sheet as it is, and copy its answers to the next generation.

    :return: The kept sheet, for the act to seal.
    """
    names = [column.name for column in PastSheet.__table__.c]
    connection.execute(
        sa.insert(PastSheet).from_select(
            names,
            sa.select(
                Sitting.id, *[Sitting.__table__.c[name] for name in names[1:]]
            ).where(Sitting.id == desk.sitting_id),
        )
    )
    connection.execute(
        sa.insert(Answer).from_select(
            [column.name for column in Answer.__table__.c],
            copied_answers(desk.sitting_id, desk.generation),
        )
    )
    return seals.where(
        PastSheet,
        sa.and_(
            PastSheet.sitting_id == desk.sitting_id,
            PastSheet.generation == desk.generation,
        ),
    )


def _late_body(connection: sa.Connection, late_id: int) -> tuple[int, object]:
    row = connection.execute(
        sa.select(LateMessage.sitting_id, LateMessage.body).where(
            LateMessage.id == late_id
        )
    ).first()
    if row is None:
        raise Missing("没有这条迟到的消息")
    return row.sitting_id, json.loads(row.body)


def _newer(connection: sa.Connection, desk: Desk, body: object) -> Message:
    """A late message of this sitting, read; it must hold something newer."""
    message = read_message(body, fields_on(desk.items))
    stored = saved_answers(connection, desk.sitting_id, desk.generation)
    if not any(
        entry.q not in stored or entry.seq > stored[entry.q].seq
        for entry in message.entries
    ):
        raise Refused("这条消息里没有比答卷更新的答案，不需要补收")
    return message
