"""提请: one person asks with a reason, a second one confirms.

What is asked for is done by the operation that confirms it, in the transaction that
notes who confirmed. The table itself refuses one person in both places.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core import seals
from core.audit import lock_chain, record_audit
from core.db import write_core
from core.errors import Conflict, Missing, Refused
from quiz.acts import Proposal
from quiz.operations.exams import actor_of


@dataclass(frozen=True)
class Asked:
    """A proposal as it was made."""

    id: int
    exam_id: int
    kind: str
    sitting_id: int | None
    late_id: int | None
    asked: dict[str, Any]
    proposed_by: int
    decision: str | None
    decided_by: int | None


def record_proposal(
    connection: sa.Connection,
    *,
    exam_id: int,
    kind: str,
    asked: Mapping[str, Any],
    facts: Mapping[str, Any],
    reason: str,
    key: str,
    account_id: int,
    now: datetime,
    sitting_id: int | None = None,
    late_id: int | None = None,
) -> int:
    """Write a proposal down; the same key again is the same proposal.

    :param facts: What the audit log says of it; never a key.
    :raises Conflict: If the key was used for something else.
    """
    known = connection.execute(
        sa.select(Proposal.__table__)
        .where(Proposal.exam_id == exam_id)
        .where(Proposal.key == key)
    ).first()
    if known is not None:
        same = (kind, sitting_id, late_id, dict(asked))
        if (known.kind, known.sitting_id, known.late_id, known.asked) != same:
            raise Conflict("这项申请已经提交过，内容不同；请刷新页面后重新填写")
        return int(known.id)
    proposal_id = connection.execute(
        sa.insert(Proposal).returning(Proposal.id),
        {
            "exam_id": exam_id,
            "key": key,
            "kind": kind,
            "sitting_id": sitting_id,
            "late_id": late_id,
            "asked": dict(asked),
            "reason": reason,
            "proposed_at": now,
            "proposed_by": account_id,
        },
    ).scalar_one()
    record_audit(
        connection,
        f"proposal.{kind}",
        f"proposal:{proposal_id}",
        actor=actor_of(account_id),
        now=now,
        facts={"exam": exam_id, **facts},
        rows=[seals.ids(Proposal, [proposal_id])],
        personal={"reason": reason},
    )
    return proposal_id


def proposal_to_confirm(
    connection: sa.Connection, proposal_id: int, kind: str, account_id: int
) -> Asked:
    """A proposal, locked, for the second person.

    One that this very person has confirmed already comes back as it is: the caller
    has nothing more to do.

    :raises Missing: If there is none of this kind.
    :raises Refused: If it is the person's own.
    :raises Conflict: If it was decided by somebody else, or otherwise.
    """
    proposal = _locked(connection, proposal_id)
    if proposal.kind != kind:
        raise Missing("没有这项申请")
    if proposal.proposed_by == account_id:
        raise Refused("需要另一个人确认：提出申请的人不能自己确认")
    if proposal.decision is not None and (
        proposal.decision != "confirmed" or proposal.decided_by != account_id
    ):
        raise Conflict("这项申请已经处理过，请刷新页面")
    return proposal


def record_decision(
    connection: sa.Connection,
    proposal: Asked,
    decision: str,
    account_id: int,
    now: datetime,
) -> seals.Rows:
    """Note who decided; the act itself records it.

    :return: The row, for the act to seal.
    """
    connection.execute(
        sa.update(Proposal)
        .where(Proposal.id == proposal.id)
        .values(decision=decision, decided_at=now, decided_by=account_id)
    )
    return seals.ids(Proposal, [proposal.id])


def drop_proposal(*, proposal_id: int, account_id: int, now: datetime) -> None:
    """Decline what somebody else asks for, or take back what one asked for.

    :raises Missing: If there is none.
    :raises Conflict: If it was decided.
    """
    with write_core() as connection:
        lock_chain(connection)
        proposal = _locked(connection, proposal_id)
        if proposal.decision is not None:
            raise Conflict("这项申请已经处理过，请刷新页面")
        own = proposal.proposed_by == account_id
        decision = "withdrawn" if own else "declined"
        decided = record_decision(connection, proposal, decision, account_id, now)
        record_audit(
            connection,
            f"proposal.{decision}",
            f"proposal:{proposal_id}",
            actor=actor_of(account_id),
            now=now,
            facts={"exam": proposal.exam_id},
            rows=[decided],
        )


def _locked(connection: sa.Connection, proposal_id: int) -> Asked:
    row = connection.execute(
        sa.select(
            Proposal.id,
            Proposal.exam_id,
            Proposal.kind,
            Proposal.sitting_id,
            Proposal.late_id,
            Proposal.asked,
            Proposal.proposed_by,
            Proposal.decision,
            Proposal.decided_by,
        )
        .where(Proposal.id == proposal_id)
        .with_for_update()
    ).first()
    if row is None:
        raise Missing("没有这项申请")
    return Asked(*row)
