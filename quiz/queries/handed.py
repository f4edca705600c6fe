"""Closed sheets as those who handed them in see them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core.audit import AuditEntry
from core.statements import Statement
from quiz.acts import PastSheet
from quiz.models import Score, Sitting


@dataclass(frozen=True)
class Handed:
    """A sheet as its receipt shows it: the newest of a sitting, or one before."""

    sitting_id: int
    token: str
    generation: int
    newest: bool  # no sheet of the sitting came after it
    state: str
    device: str
    attempt: int
    started_at: datetime
    closed_at: datetime | None
    answers_digest: str | None
    check_word: str | None
    audit_n: int | None
    audit_hash: str | None
    receipt_code: str | None
    points: int | None
    key_revision: int | None  # of these points

    @property
    def closed(self) -> bool:
        """Whether it was handed in or collected, and counts."""
        return self.state in ("submitted", "auto")


def _newest(column: Any, generation: Any) -> sa.ScalarSelect[Any]:
    """A column of the newest score of a sheet."""
    return (
        sa.select(column)
        .where(Score.sitting_id == Sitting.id)
        .where(Score.generation == generation)
        .order_by(Score.key_revision.desc())
        .limit(1)
        .correlate(Sitting, PastSheet)
        .scalar_subquery()
    )


_handed = sa.select(
    Sitting.id,
    Sitting.token,
    Sitting.generation,
    sa.true(),
    Sitting.state,
    Sitting.device,
    Sitting.attempt,
    Sitting.started_at,
    Sitting.closed_at,
    Sitting.answers_digest,
    Sitting.check_word,
    Sitting.audit_n,
    AuditEntry.hash,
    Sitting.receipt_code,
    _newest(Score.points, Sitting.generation),
    _newest(Score.key_revision, Sitting.generation),
).outerjoin(AuditEntry, AuditEntry.n == Sitting.audit_n)
_handed_by_candidate = Statement(
    _handed.where(Sitting.candidate_id == sa.bindparam("candidate_id")).order_by(
        Sitting.attempt
    ),
    Handed,
)

_handed_now = Statement(_handed.where(Sitting.id == sa.bindparam("sitting_id")), Handed)


def handed_in(connection: sa.Connection, candidate_id: int) -> list[Handed]:
    """The sittings of a candidate, each with its newest sheet and score. One query."""
    return _handed_by_candidate.run(connection, {"candidate_id": candidate_id})


def handed_now(connection: sa.Connection, sitting_id: int) -> Handed | None:
    """The newest sheet of a sitting. One query."""
    return _handed_now.first(connection, {"sitting_id": sitting_id})


_past = PastSheet.__table__.c
_handed_before = Statement(
    sa.select(
        Sitting.id,
        Sitting.token,
        _past.generation,
        sa.false(),
        sa.case((Sitting.state == "void", Sitting.state), else_=_past.state),
        Sitting.device,
        Sitting.attempt,
        Sitting.started_at,
        _past.closed_at,
        _past.answers_digest,
        _past.check_word,
        _past.audit_n,
        AuditEntry.hash,
        _past.receipt_code,
        _newest(Score.points, _past.generation),
        _newest(Score.key_revision, _past.generation),
    )
    .select_from(Sitting)
    .join(PastSheet, _past.sitting_id == Sitting.id)
    .outerjoin(AuditEntry, AuditEntry.n == _past.audit_n)
    .where(Sitting.id == sa.bindparam("sitting_id"))
    .where(_past.generation == sa.bindparam("generation")),
    Handed,
)


def handed_before(
    connection: sa.Connection, sitting_id: int, generation: int
) -> Handed | None:
    """A sheet of a sitting that was closed and opened again. One query."""
    values = {"sitting_id": sitting_id, "generation": generation}
    return _handed_before.first(connection, values)
