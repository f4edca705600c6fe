"""Starting a sitting, opening it again, and moving it to another phone.

Each function is one transaction on a bare connection: this is the path 600 phones
take at once. What is refused is refused inside the transaction, after the sitting
has been locked, so that no check can be overtaken.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from core import seals
from core.audit import lock_chain, record_audit
from core.db import write_core, write_together
from core.errors import Conflict, Missing, Refused
from core.statements import Statement
from quiz.models import EntryTry, Sitting
from quiz.queries.opened import Opened, opened_now
from quiz.queries.sittings import (
    Desk,
    Hand,
    Place,
    find_desk_to_close,
    find_place,
    hands_of,
    sitting_row,
)
from quiz.rules.guessing import FORGET_AFTER
from quiz.rules.presence import lets_start
from quiz.rules.reasons import given_reason
from quiz.rules.timing import Phase, deadline, phase

_insert = Statement(
    sa.insert(Sitting).returning(Sitting.id),
    columns=(
        "token", "exam_id", "candidate_id", "paper_id", "attempt", "state",
        "generation", "holder", "device", "started_at", "deadline",
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Started:
    """What POST start found or made."""

    token: str
    resumed: bool
    waiting: bool  # another phone has to agree first
    opened: Opened | None = None  # what its page shows, if it was begun just now


def start_sitting(*, candidate_id: int, device: str, now: datetime) -> Started:
    """Give a candidate the paper that was drawn for them and start the clock.

    Again from the same device: the running sitting. From another device: a claim
    that the first phone or the organizer has to agree to.

    :param device: SHA-256 of the device cookie.
    :raises Refused: If the exam is not open, not drawn, or all attempts are used.
    """
    with write_together() as connection:
        lock_chain(connection)
        place = find_place(connection, candidate_id)
        if place is None:
            raise Missing("没有找到您的考试信息，请重新填写")
        if place.exempt_reason is not None:
            raise Refused("您已被列为免考人员。如有疑问，请联系监考员")
        if place.drawn_at is None:
            raise Refused("试卷还没有抽好，请稍候或联系监考员")
        hands = hands_of(connection, candidate_id)
        running = next((hand for hand in hands if hand.state == "open"), None)
        if running is not None:
            return _resume(connection, place, running, device, now)
        if place.paused_at is not None:
            raise Refused("考试暂停中，请听监考员的安排，恢复后再开始")
        return _begin(connection, place, hands, device, now)


def _begin(
    connection: sa.Connection,
    place: Place,
    hands: Sequence[Hand],
    device: str,
    now: datetime,
) -> Started:
    if not lets_start(place.presence, place.seen):
        raise Refused("请先签到再开始：填写大屏上的现场口令，或请监考员确认到场")
    extra = timedelta(seconds=place.extra_s)
    where = phase(place.window, now, None, extra)
    if where is Phase.EARLY:
        raise Refused("考试还没有开始，请在开考后再进入")
    if where is not Phase.READY:
        raise Refused("考试已经结束，不能再开始作答")
    fresh = next((hand for hand in hands if hand.sitting_id is None), None)
    if fresh is None:
        raise Refused("您已完成本次考试，作答机会已用完")
    token = secrets.token_urlsafe(16)
    row = {
        "token": token,
        "exam_id": place.exam_id,
        "candidate_id": place.candidate_id,
        "paper_id": fresh.paper_id,
        "attempt": fresh.attempt,
        "state": "open",
        "generation": 1,
        "holder": 1,
        "device": device,
        "started_at": now,
        "deadline": deadline(place.window, now, [extra]),
    }
    [(sitting_id,)] = _insert.run(connection, row)
    record_audit(
        connection,
        "sitting.start",
        f"sitting:{sitting_id}",
        actor=f"candidate:{place.candidate_id}",
        now=now,
        facts={"attempt": fresh.attempt, "paper": fresh.paper_id},
        rows=[seals.values(Sitting, {"id": sitting_id, **row})],
        head=place.head,
    )
    opened = opened_now(place, fresh, {"sitting_id": sitting_id, **row})
    return Started(token, resumed=False, waiting=False, opened=opened)


def _resume(
    connection: sa.Connection, place: Place, hand: Hand, device: str, now: datetime
) -> Started:
    assert hand.token is not None
    if hand.device == device:
        return Started(hand.token, resumed=True, waiting=False)
    if hand.claim != device:
        connection.execute(
            sa.update(Sitting).where(Sitting.id == hand.sitting_id).values(claim=device)
        )
        record_audit(
            connection,
            "sitting.claim",
            f"sitting:{hand.sitting_id}",
            actor=f"candidate:{place.candidate_id}",
            now=now,
            rows=(),
            head=place.head,
        )
    return Started(hand.token, resumed=True, waiting=True)


_take = Statement(
    sa.update(Sitting)
    .where(Sitting.token == sa.bindparam("of_token"))
    .where(Sitting.device == sa.bindparam("of_device"))
    .where(Sitting.state == "open")
    .values(holder=Sitting.holder + 1)
    .returning(Sitting.holder)
)


def take_sheet(*, token: str, device: str) -> int:
    """A page has been opened on the sitting: it owns the sheet from now on.

    An older page of the same sitting is told that it has moved.

    :return: The new holder number.
    :raises Missing: If the device does not own the sitting.
    """
    with write_core() as connection:
        raised = _take.first(connection, {"of_token": token, "of_device": device})
    if raised is None:
        raise Missing("请重新扫码，确认本人后继续作答")
    (holder,) = raised
    return int(holder)


def _move(
    connection: sa.Connection,
    desk: Desk,
    *,
    actor: str,
    now: datetime,
    reason: str | None = None,
) -> None:
    connection.execute(
        sa.update(Sitting)
        .where(Sitting.id == desk.sitting_id)
        .values(device=desk.claim, claim=None, holder=Sitting.holder + 1)
    )
    record_audit(
        connection,
        "sitting.move",
        f"sitting:{desk.sitting_id}",
        actor=actor,
        now=now,
        facts={"holder": desk.holder + 1},
        rows=[sitting_row(desk, device=desk.claim)],
        personal=None if reason is None else {"reason": reason},
        head=desk.head,
    )


def release_sitting(*, token: str, device: str, agree: bool, now: datetime) -> None:
    """The phone that owns a sitting agrees, or not, that another takes it over.

    :raises Conflict: If nobody has asked.
    """
    with write_core() as connection:
        lock_chain(connection)
        desk = find_desk_to_close(connection, token)
        if desk is None or desk.device != device:
            raise Missing("请重新扫码，确认本人后继续作答")
        if desk.claim is None or desk.state != "open":
            raise Conflict("没有等待转移的请求")
        actor = f"candidate:{desk.candidate_id}"
        if agree:
            _move(connection, desk, actor=actor, now=now)
            return
        connection.execute(
            sa.update(Sitting).where(Sitting.id == desk.sitting_id).values(claim=None)
        )


def allow_move(*, token: str, reason: str, account_id: int, now: datetime) -> None:
    """An invigilator lets another phone take over: the first one is broken or lost.

    :raises Refused: Without a reason.
    :raises Conflict: If nobody has asked.
    """
    reason = given_reason(reason)
    with write_core() as connection:
        lock_chain(connection)
        desk = find_desk_to_close(connection, token)
        if desk is None or desk.claim is None or desk.state != "open":
            raise Conflict("没有等待转移的请求")
        actor = f"account:{account_id}"
        _move(connection, desk, actor=actor, now=now, reason=reason)


def note_wrong_identification(*, exam_id: int, who: str, now: datetime) -> None:
    """Count one wrong identification of a name at an exam.

    :param who: Keyed digest of what was typed as unit and name.
    """
    with write_core() as connection:
        row = connection.execute(
            sa.select(EntryTry.id, EntryTry.failures, EntryTry.failed_at)
            .where(EntryTry.exam_id == exam_id)
            .where(EntryTry.who == who)
            .with_for_update()
        ).first()
        if row is None:
            connection.execute(
                sa.insert(EntryTry),
                {"exam_id": exam_id, "who": who, "failures": 1, "failed_at": now},
            )
            return
        stale = now - row.failed_at >= FORGET_AFTER
        connection.execute(
            sa.update(EntryTry)
            .where(EntryTry.id == row.id)
            .values(failures=1 if stale else EntryTry.failures + 1, failed_at=now)
        )
