"""What pages show of changes of keys: what was asked, what may be asked, what moved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from core.errors import Missing
from question_bank.models import QuestionUse, QuestionVersion
from quiz.acts import Proposal
from quiz.afterwards import Certificate
from quiz.models import Candidate, Exam, PoolItem, Score, Sitting
from quiz.rules.rekeying import Change, read_changes


@dataclass(frozen=True)
class Askable:
    """A question an exam may have asked, or a part of a case."""

    version_id: int
    kind: str
    stem: str
    options: list[str]
    key: list[Any]
    papers: int  # of the exam that hold it
    part: int = 0  # of a case, from 1

    @property
    def id(self) -> str:
        """What pages call it: "7", a part of a case "7-2"."""
        return f"{self.version_id}-{self.part}" if self.part else str(self.version_id)


@dataclass(frozen=True)
class Asked:
    """A proposal to change keys, as it stands."""

    id: int
    base: int
    changes: tuple[Change, ...]
    reason: str
    proposed_at: datetime
    proposed_by: int
    decision: str | None
    decided_at: datetime | None
    decided_by: int | None


@dataclass(frozen=True)
class Moved:
    """A sheet whose points a revision changed: old and new side by side."""

    candidate_id: int
    name: str
    unit_name: str
    attempt: int
    state: str
    old: int
    new: int
    certificate: bool  # one had been issued for the old points


@dataclass(frozen=True)
class Movement:
    """How far a revision has come, and what it moved."""

    scored: int
    moved: int
    up: int
    listed: list[Moved]  # the largest change first


def questions_to_change(
    connection: sa.Connection,
    exam_id: int,
    *,
    text: str = "",
    versions: Sequence[int] = (),
    most: int,
) -> list[Askable]:
    """Questions an exam may have asked, those on most papers first. One query.

    :param text: Words that the stem has; with ``versions`` only those.
    """
    query = (
        sa.select(
            QuestionVersion.id,
            QuestionVersion.kind,
            QuestionVersion.stem,
            QuestionVersion.options,
            QuestionVersion.key,
            sa.func.coalesce(QuestionUse.papers, 0).label("papers"),
            QuestionVersion.parts,
        )
        .join(PoolItem, PoolItem.version_id == QuestionVersion.id)
        .join(Exam, Exam.id == PoolItem.exam_id)
        .outerjoin(
            QuestionUse,
            sa.and_(
                QuestionUse.version_id == QuestionVersion.id,
                QuestionUse.exam_code == Exam.code,
            ),
        )
        .where(PoolItem.exam_id == exam_id)
        .order_by(sa.func.coalesce(QuestionUse.papers, 0).desc(), QuestionVersion.id)
        .limit(most)
    )
    if versions:
        query = query.where(QuestionVersion.id.in_(versions))
    for word in text.split():
        query = query.where(QuestionVersion.stem.icontains(word, autoescape=True))
    return [one for row in connection.execute(query) for one in _askable(row)]


def _askable(row: Any) -> Iterator[Askable]:
    """A question, or each part of a case below what its parts share."""
    if not row.parts:
        yield Askable(*row[:6])
    for n, part in enumerate(row.parts or (), 1):
        yield Askable(
            version_id=row.id,
            kind=part["kind"],
            stem=f"{row.stem}\n{part['stem']}",
            options=part["options"],
            key=part["key"],
            papers=row.papers,
            part=n,
        )


def asked_of(connection: sa.Connection, exam_id: int, proposal_id: int) -> Asked:
    """A proposal to change an exam's keys. One query.

    :raises Missing: If there is none in this exam.
    """
    row = connection.execute(
        sa.select(Proposal.__table__)
        .where(Proposal.id == proposal_id)
        .where(Proposal.exam_id == exam_id, Proposal.kind == "rekey")
    ).first()
    if row is None:
        raise Missing("没有这项改键申请")
    return Asked(
        id=row.id,
        base=row.asked["base"],
        changes=tuple(read_changes(row.asked["changes"])),
        reason=row.reason,
        proposed_at=row.proposed_at,
        proposed_by=row.proposed_by,
        decision=row.decision,
        decided_at=row.decided_at,
        decided_by=row.decided_by,
    )


def movement_of(
    connection: sa.Connection, exam_id: int, number: int, most: int
) -> Movement:
    """What a revision changed, against the scores before it. Two queries."""
    both = _old_and_new(exam_id, number)
    moved, up = both.c.was != both.c.now, both.c.was < both.c.now
    counted = connection.execute(
        sa.select(
            sa.func.count(),
            sa.func.count(sa.case((moved, 1))),
            sa.func.count(sa.case((up, 1))),
        ).select_from(both)
    ).one()
    certified = sa.exists().where(
        Certificate.sitting_id == both.c.sitting_id,
        Certificate.generation == both.c.generation,
        Certificate.key_revision < number,
    )
    query = (
        sa.select(
            Candidate.id,
            Candidate.name,
            Candidate.unit_name,
            Sitting.attempt,
            Sitting.state,
            both.c.was,
            both.c.now,
            certified,
        )
        .select_from(both)
        .join(Sitting, Sitting.id == both.c.sitting_id)
        .join(Candidate, Candidate.id == Sitting.candidate_id)
        .where(moved)
        .order_by(sa.func.abs(both.c.now - both.c.was).desc(), Sitting.id)
        .limit(most)
    )
    rows: list[Any] = list(connection.execute(query))
    return Movement(*counted, [Moved(*row) for row in rows])


def _old_and_new(exam_id: int, number: int) -> sa.Subquery:
    """The newest sheets a revision scored, each with its points before and now."""
    new, old, older = aliased(Score), aliased(Score), aliased(Score)
    before = (
        sa.select(sa.func.max(older.key_revision))
        .where(older.sitting_id == new.sitting_id)
        .where(older.generation == new.generation)
        .where(older.key_revision < number)
        .correlate(new)
        .scalar_subquery()
    )
    same = sa.and_(
        old.sitting_id == new.sitting_id,
        old.generation == new.generation,
        old.key_revision == before,
    )
    return (
        sa.select(
            new.sitting_id,
            new.generation,
            old.points.label("was"),
            new.points.label("now"),
        )
        .join(Sitting, Sitting.id == new.sitting_id)
        .join(old, same)
        .where(Sitting.exam_id == exam_id, new.key_revision == number)
        .where(Sitting.generation == new.generation)
        .subquery()
    )
