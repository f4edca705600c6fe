"""申请加入: people who are there and on no roster.

They ask on their own phone; an invigilator who has seen them decides. Whoever is let
in is a candidate who stands apart (``walk_in``), with one paper of the draw's spares.
Where the exam says so they may begin before the decision; one against them makes
what they did void.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core import seals
from core.audit import lock_chain, record_audit
from core.db import read_core, write_core
from core.errors import Missing, Refused
from quiz.models import Candidate, Exam, Paper
from quiz.operations.exams import actor_of
from quiz.operations.further import further_papers, record_fresh, record_further
from quiz.operations.presence import record_present
from quiz.operations.voiding import record_voids
from quiz.queries.attempts import attempts_of
from quiz.queries.joining import (
    is_on_roster,
    wish_again,
    wish_to_decide,
    wishes_waiting,
)
from quiz.queries.running import Running, exam_to_run
from quiz.rules.draw import DrawnPaper, one_field
from quiz.rules.reasons import given_reason
from quiz.traces import Joining, Presence
from units.models import Unit

MOST_WAITING = 200  # of one exam; more is no queue but a nuisance


@dataclass(frozen=True)
class Asked:
    """A wish, and who may sit already because of it."""

    id: int
    candidate_id: int | None


def ask_to_join(
    *,
    exam_id: int,
    unit_id: int,
    name: str,
    number_digest: str,
    device: str,
    now: datetime,
) -> Asked:
    """Somebody asks to be let in. Again from the same phone: the same wish.

    :param number_digest: As candidates are found by.
    :raises Refused: If the exam is over, or too many wait.
    """
    with read_core() as connection:
        lets_begin = connection.execute(
            sa.select(Exam.provisional).where(Exam.id == exam_id)
        ).scalar_one()
    further = further_papers(exam_id, 1) if lets_begin else []
    with write_core() as connection:
        lock_chain(connection)
        exam = exam_to_run(connection, exam_id)
        if now >= exam.closes_at:
            raise Refused("考试已经结束，不能再申请加入")
        known = wish_again(connection, exam_id, device, number_digest)
        if known is not None:
            return Asked(*known)
        if wishes_waiting(connection, exam_id) >= MOST_WAITING:
            raise Refused("等待审核的申请太多了，请直接找监考员")
        row: dict[str, Any] = {
            "exam_id": exam_id,
            "unit_id": unit_id,
            "name": name,
            "number_digest": number_digest,
        }
        candidate_id = None
        if lets_begin:
            candidate_id = _let_in(connection, exam, row, further, None, now)
        joining_id = connection.execute(
            sa.insert(Joining).returning(Joining.id),
            {**row, "device": device, "asked_at": now, "candidate_id": candidate_id},
        ).scalar_one()
        if candidate_id is not None:
            _record(connection, "candidate.begin", candidate_id, None, now)
    return Asked(joining_id, candidate_id)


def accept_joining(
    *, exam_id: int, joining_id: int, reason: str, account_id: int, now: datetime
) -> int:
    """Let somebody in whom the invigilator has seen.

    :return: The candidate.
    :raises Refused: Without a reason, before the papers are drawn, or if the person
        is on the roster after all.
    :raises Missing: If there is no such wish, or it was decided.
    """
    reason = given_reason(reason)
    further = further_papers(exam_id, 1)
    with write_core() as connection:
        lock_chain(connection)
        exam = exam_to_run(connection, exam_id)
        wish = wish_to_decide(connection, exam_id, joining_id)
        if wish is None:
            raise Missing("没有这份申请，或已经处理过")
        if is_on_roster(connection, exam_id, wish.number_digest, wish.candidate_id):
            raise Refused("此人已在应考名单里，请让本人重新扫码填写，不用申请")
        candidate_id = wish.candidate_id
        if candidate_id is None:
            row = {
                "exam_id": exam_id,
                "unit_id": wish.unit_id,
                "name": wish.name,
                "number_digest": wish.number_digest,
            }
            candidate_id = _let_in(connection, exam, row, further, account_id, now)
        seen = {
            "candidate_id": candidate_id,
            "how": "invigilator",
            "at": now,
            "room": None,
            "reason": reason,
            "account_id": account_id,
        }
        record_present(connection, seen)
        _settle(connection, joining_id, candidate_id, now, accepted=True)
        _record(connection, "candidate.join", candidate_id, account_id, now, reason)
    return candidate_id


def decline_joining(
    *, exam_id: int, joining_id: int, reason: str, account_id: int, now: datetime
) -> int:
    """Do not let somebody in; what they did meanwhile is void.

    :return: How many sittings were declared void.
    :raises Refused: Without a reason.
    :raises Missing: If there is no such wish, or it was decided.
    """
    reason = given_reason(reason)
    with write_core() as connection:
        lock_chain(connection)
        exam_to_run(connection, exam_id)
        wish = wish_to_decide(connection, exam_id, joining_id)
        if wish is None:
            raise Missing("没有这份申请，或已经处理过")
        who = wish.candidate_id
        _settle(connection, joining_id, who, now, accepted=False)
        if who is None:
            _record_declined(connection, exam_id, wish.name, reason, account_id, now)
            return 0
        connection.execute(
            sa.update(Candidate)
            .where(Candidate.id == who)
            .values(exempt_reason=reason, tail_digest=None)
        )
        ending = [one for one in attempts_of(connection, who) if one.state != "void"]
        record_voids(connection, ending, {}, reason, account_id, now)
        _record(connection, "candidate.decline", who, account_id, now, reason)
    return len(ending)


def _let_in(
    connection: sa.Connection,
    exam: Running,
    wish: dict[str, Any],
    further: Sequence[DrawnPaper],
    account_id: int | None,
    now: datetime,
) -> int:
    """A candidate with a paper, to be recorded by who calls."""
    if exam.drawn_at is None:
        raise Refused("试卷还没有抽好，抽好之后才能加入")
    unit = connection.execute(
        sa.select(Unit.name, Unit.category, Unit.level).where(
            Unit.id == wish["unit_id"]
        )
    ).one()
    if further:
        record_further(connection, exam, further, account_id, now)
    candidate_id: int = connection.execute(
        sa.insert(Candidate).returning(Candidate.id),
        {
            "exam_id": exam.id,
            "person_id": None,
            "unit_id": wish["unit_id"],
            "unit_name": unit.name,
            "category": one_field(unit.category),
            "level": one_field(unit.level),
            "rank": None,
            "name": wish["name"],
            "tail_digest": wish["number_digest"],
            "staff_digest": None,
            "exempt_reason": None,
            "walk_in": True,
            "room": None,
        },
    ).scalar_one()
    record_fresh(connection, exam, {candidate_id: wish["unit_id"]}, further)
    return candidate_id


def _settle(
    connection: sa.Connection,
    joining_id: int,
    candidate_id: int | None,
    now: datetime,
    *,
    accepted: bool,
) -> None:
    connection.execute(
        sa.update(Joining)
        .where(Joining.id == joining_id)
        .values(
            candidate_id=candidate_id,
            accepted=accepted,
            decided_at=now,
            name="",
            number_digest="",
        )
    )


def _record(
    connection: sa.Connection,
    action: str,
    candidate_id: int,
    account_id: int | None,
    now: datetime,
    reason: str | None = None,
) -> None:
    own = Paper.candidate_id == candidate_id
    actor = f"candidate:{candidate_id}" if reason is None else actor_of(account_id)
    record_audit(
        connection,
        action,
        f"candidate:{candidate_id}",
        actor=actor,
        now=now,
        rows=[
            seals.ids(Candidate, [candidate_id]),
            seals.where(Paper, own),
            seals.where(Presence, Presence.candidate_id == candidate_id),
        ],
        personal=None if reason is None else {"reason": reason},
    )


def _record_declined(
    connection: sa.Connection,
    exam_id: int,
    name: str,
    reason: str,
    account_id: int,
    now: datetime,
) -> None:
    record_audit(
        connection,
        "exam.decline",
        f"exam:{exam_id}",
        actor=actor_of(account_id),
        now=now,
        rows=(),
        personal={"reason": reason, "name": name},
    )
