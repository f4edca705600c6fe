"""作废 with a fresh attempt, and giving a sitting to whom it belongs.

A fresh attempt is one more paper (``further``).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from core import seals
from core.audit import lock_chain, record_audit
from core.db import write_core
from core.errors import Conflict, Missing, Refused
from quiz.models import Answer, Paper, Sitting
from quiz.operations.exams import actor_of
from quiz.operations.further import further_papers, record_fresh, record_further
from quiz.queries.attempts import (
    Attempt,
    attempts_to_end,
)
from quiz.queries.running import Ends, exam_to_run
from quiz.queries.sittings import (
    Desk,
    Hand,
    Place,
    find_desk_to_run,
    find_place,
    hands_of,
)
from quiz.rules.reasons import given_reason


@dataclass(frozen=True)
class Voided:
    """What came of declaring sittings void."""

    voided: int
    fresh: int  # attempts given
    dealt: int  # papers the draw went on by


def void_sittings(
    *,
    exam_id: int,
    sitting_ids: Collection[int],
    reason: str,
    fresh: bool,
    account_id: int | None,
    now: datetime,
) -> Voided:
    """Declare sittings void, many in one step; each person may begin afresh.

    Answers, scores and receipts stay where they are and count for nothing. Those
    that are void already are left alone, so the same call again does nothing.

    :param fresh: Whether each of the people gets one more attempt.
    :raises Refused: Without a reason, or the results are published.
    :raises Missing: If one of the sittings is not of this exam.
    :raises Conflict: If all are void already, or papers were dealt meanwhile.
    """
    reason = given_reason(reason)
    wanted = set(sitting_ids)
    further = further_papers(exam_id, len(wanted)) if fresh else []
    with write_core() as connection:
        lock_chain(connection)
        exam = exam_to_run(connection, exam_id)
        found = attempts_to_end(connection, exam_id, wanted)
        if len(found) != len(wanted) or not wanted:
            raise Missing("没有这份作答")
        ending = [one for one in found if one.state != "void"]
        if not ending:
            raise Conflict("这些作答已经作废")
        papers: dict[int, int] = {}
        if fresh:
            if further:
                record_further(connection, exam, further, account_id, now)
            papers = record_fresh(
                connection,
                exam,
                {one.candidate_id: one.unit_id for one in ending},
                further,
            )
        record_voids(connection, ending, papers, reason, account_id, now)
    return Voided(len(ending), len(papers), len(further))


def record_voids(
    connection: sa.Connection,
    ending: Sequence[Attempt],
    papers: Mapping[int, int],
    reason: str,
    account_id: int | None,
    now: datetime,
) -> None:
    """Declare sittings void.

    :param papers: The fresh one of each candidate who gets one.
    """
    connection.execute(
        sa.update(Sitting)
        .where(Sitting.id.in_([one.sitting_id for one in ending]))
        .values(
            state="void",
            claim=None,
            closed_at=sa.func.coalesce(Sitting.closed_at, now),
        )
    )
    for one in ending:
        _record_void(connection, one, papers, reason, account_id, now)


def _record_void(
    connection: sa.Connection,
    one: Attempt,
    papers: Mapping[int, int],
    reason: str,
    account_id: int | None,
    now: datetime,
) -> None:
    rows = [seals.ids(Sitting, [one.sitting_id])]
    if one.state == "open":  # its answers were never sealed by a closing
        own = sa.and_(
            Answer.sitting_id == one.sitting_id, Answer.generation == one.generation
        )
        rows.append(seals.where(Answer, own))
    paper = papers.get(one.candidate_id)
    if paper is not None:
        rows.append(seals.ids(Paper, [paper]))
    record_audit(
        connection,
        "sitting.void",
        f"sitting:{one.sitting_id}",
        actor=actor_of(account_id),
        now=now,
        facts={"was": one.state, "fresh": paper},
        rows=rows,
        personal={"reason": reason},
    )


def reassign_sitting(
    *,
    sitting_id: int,
    candidate_id: int,
    reason: str,
    account_id: int | None,
    now: datetime,
) -> datetime:
    """Give a sitting that was started under a wrong name to whom it belongs.

    The two exchange papers: the one who sits keeps the questions, the other gets the
    unused paper. While it is open, time given to the one no longer counts and time
    given to the other does.

    :param candidate_id: Who is really sitting there.
    :return: The deadline from now on.
    :raises Refused: Without a reason, if the sitting is void, or the right person is
        exempt, sits already or has no attempt left.
    """
    reason = given_reason(reason)
    with write_core() as connection:
        lock_chain(connection)
        desk = find_desk_to_run(connection, sitting_id)
        if desk is None:
            raise Missing("没有这份作答")
        exam_to_run(connection, desk.exam_id)
        right = find_place(connection, candidate_id)
        if right is None or right.exam_id != desk.exam_id:
            raise Missing("应考名单里没有这个人")
        hand = _unused_hand(connection, desk, right)
        wrong = find_place(connection, desk.candidate_id)
        assert wrong is not None
        ends = Ends(sitting_id, desk.deadline, desk.deadline_before)
        if desk.state == "open":
            ends = ends.later(timedelta(seconds=right.extra_s - wrong.extra_s))
        _exchange(connection, desk, right.candidate_id, hand)
        connection.execute(
            sa.update(Sitting)
            .where(Sitting.id == sitting_id)
            .values(
                candidate_id=candidate_id,
                attempt=hand.attempt,
                deadline=ends.deadline,
                deadline_before=ends.before,
            )
        )
        record_audit(
            connection,
            "sitting.reassign",
            f"sitting:{sitting_id}",
            actor=actor_of(account_id),
            now=now,
            facts={
                "from": desk.candidate_id,
                "to": candidate_id,
                "paper": desk.paper_id,
                "for": hand.paper_id,
            },
            rows=[
                seals.ids(Sitting, [sitting_id]),
                seals.ids(Paper, [desk.paper_id, hand.paper_id]),
            ],
            personal={"reason": reason, "from": wrong.name, "to": right.name},
        )
    return ends.deadline


def _unused_hand(connection: sa.Connection, desk: Desk, right: Place) -> Hand:
    """The attempt of the right person that the sitting becomes."""
    if desk.state == "void":
        raise Refused("这份作答已作废，不能改到别人名下")
    if right.candidate_id == desk.candidate_id:
        raise Refused("这份作答本来就在此人名下")
    if right.exempt_reason is not None:
        raise Refused("此人已列为免考，请先恢复应考")
    hands = hands_of(connection, right.candidate_id)
    if any(hand.state == "open" for hand in hands):
        raise Refused("此人正在作答自己的试卷，请先核实")
    unused = next((hand for hand in hands if hand.sitting_id is None), None)
    if unused is None:
        raise Refused("此人的作答机会已用完，不能再改到名下")
    return unused


def _exchange(
    connection: sa.Connection, desk: Desk, candidate_id: int, hand: Hand
) -> None:
    """Swap two papers between two people, past the uniqueness of each attempt."""
    attempt = connection.execute(
        sa.select(Paper.attempt).where(Paper.id == desk.paper_id)
    ).scalar_one()
    for paper_id, who, nth in (
        (hand.paper_id, None, hand.attempt),
        (desk.paper_id, candidate_id, hand.attempt),
        (hand.paper_id, desk.candidate_id, attempt),
    ):
        connection.execute(
            sa.update(Paper)
            .where(Paper.id == paper_id)
            .values(candidate_id=who, attempt=nth)
        )
