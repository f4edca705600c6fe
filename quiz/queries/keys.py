"""The keys an exam is scored with, and what their revisions still ask for."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from quiz.acts import KeyChange, KeyRevision, Proposal
from quiz.models import Answer, Exam, Paper, PoolItem, Score, Sitting
from quiz.queries.cards import known
from quiz.rules.rekeying import Change, Changes, in_force, read_changes


@dataclass(frozen=True)
class Revision:
    """A revision of an exam's keys, for lists."""

    number: int
    changes: tuple[Change, ...]
    reason: str
    proposed_by: int
    confirmed_by: int
    made_at: datetime
    scored_at: datetime | None


@dataclass(frozen=True)
class Sheet:
    """A closed sheet as scoring needs it."""

    sitting_id: int
    generation: int
    items: str
    multi_rule: str


def newest_revision(connection: sa.Connection, exam_id: int) -> int:
    """The number of the keys in force; 0: as published. One query."""
    query = sa.select(sa.func.coalesce(sa.func.max(KeyRevision.number), 0))
    return connection.execute(query.where(KeyRevision.exam_id == exam_id)).scalar_one()


_changes = (
    sa.select(KeyChange.version_id, KeyChange.kind, KeyChange.keys, KeyChange.part)
    .join(KeyRevision, KeyRevision.id == KeyChange.revision_id)
    .where(KeyRevision.exam_id == sa.bindparam("exam_id"))
    .where(KeyRevision.number <= sa.bindparam("number"))
    .order_by(KeyRevision.number)
)


def changes_until(connection: sa.Connection, exam_id: int, number: int) -> Changes:
    """What counts with a revision, by question version.

    No query for 0 or once known, else one: a revision never changes.
    """
    if not number:
        return {}
    changes = known.keys.get((exam_id, number))
    if changes is None:
        found = connection.execute(_changes, {"exam_id": exam_id, "number": number})
        changes = in_force([read_changes(found)])
        known.keys[exam_id, number] = changes
    return changes


def changes_in_force(connection: sa.Connection, exam_id: int) -> Changes:
    """What counts now, by question version: what a page shows as the key must agree.

    Two queries.
    """
    number = newest_revision(connection, exam_id)
    return changes_until(connection, exam_id, number)


def revisions_of(connection: sa.Connection, exam_id: int) -> list[Revision]:
    """All revisions of an exam's keys, oldest first. Two queries."""
    query = (
        sa.select(
            KeyRevision.id,
            KeyRevision.number,
            KeyRevision.made_at,
            KeyRevision.scored_at,
            Proposal.reason,
            Proposal.proposed_by,
            Proposal.decided_by,
        )
        .join(Proposal, Proposal.id == KeyRevision.proposal_id)
        .where(KeyRevision.exam_id == exam_id)
        .order_by(KeyRevision.number)
    )
    rows = connection.execute(query).all()
    changes: dict[int, list[Change]] = {row.id: [] for row in rows}
    for revision_id, *stored in connection.execute(
        sa.select(
            KeyChange.revision_id,
            KeyChange.version_id,
            KeyChange.kind,
            KeyChange.keys,
            KeyChange.part,
        )
        .where(KeyChange.revision_id.in_(changes))
        .order_by(KeyChange.version_id, KeyChange.part)
    ):
        changes[revision_id] += read_changes([stored])
    return [
        Revision(
            number=row.number,
            changes=tuple(changes[row.id]),
            reason=row.reason,
            proposed_by=row.proposed_by,
            confirmed_by=row.decided_by,
            made_at=row.made_at,
            scored_at=row.scored_at,
        )
        for row in rows
    ]


def all_changes(connection: sa.Connection) -> dict[int, list[list[Change]]]:
    """The revisions of every exam, in order, read afresh. One query."""
    found: dict[int, dict[int, list[Change]]] = {}
    query = (
        sa.select(
            KeyRevision.exam_id,
            KeyRevision.number,
            KeyChange.version_id,
            KeyChange.kind,
            KeyChange.keys,
            KeyChange.part,
        )
        .join(KeyChange, KeyChange.revision_id == KeyRevision.id)
        .order_by(
            KeyRevision.exam_id,
            KeyRevision.number,
            KeyChange.version_id,
            KeyChange.part,
        )
    )
    for exam_id, number, *stored in connection.execute(query):
        revision = found.setdefault(exam_id, {}).setdefault(number, [])
        revision += read_changes([stored])
    return {exam_id: list(numbers.values()) for exam_id, numbers in found.items()}


def unscored_revision(connection: sa.Connection, exam_id: int) -> int | None:
    """The newest revision, if sheets still wait for their scores by it. One query."""
    query = (
        sa.select(KeyRevision.number, KeyRevision.scored_at)
        .where(KeyRevision.exam_id == exam_id)
        .order_by(KeyRevision.number.desc())
        .limit(1)
    )
    row = connection.execute(query).first()
    return row.number if row is not None and row.scored_at is None else None


_CLOSED = Sitting.state.in_(("submitted", "auto"))


def _unscored(exam_id: int, number: int) -> sa.Select[int]:
    """Closed sheets of an exam without a score by a revision."""
    return (
        sa.select(Sitting.id)
        .outerjoin(
            Score,
            sa.and_(
                Score.sitting_id == Sitting.id,
                Score.generation == Sitting.generation,
                Score.key_revision == number,
            ),
        )
        .where(Sitting.exam_id == exam_id, _CLOSED, Score.id.is_(None))
    )


def count_unscored(connection: sa.Connection, exam_id: int, number: int) -> int:
    """How many closed sheets wait for their score by a revision. One query."""
    waiting = _unscored(exam_id, number).subquery()
    query = sa.select(sa.func.count()).select_from(waiting)
    return connection.execute(query).scalar_one()


def unscored_sheets(
    connection: sa.Connection, exam_id: int, number: int, after: int, most: int
) -> list[Sheet]:
    """Some of them, by ascending sitting from one on. One query."""
    query = (
        _unscored(exam_id, number)
        .join(Paper, Paper.id == Sitting.paper_id)
        .join(Exam, Exam.id == Sitting.exam_id)
        .where(Sitting.id > after)
        .order_by(Sitting.id)
        .limit(most)
        .with_only_columns(
            Sitting.id, Sitting.generation, Paper.items, Exam.multi_rule,
            maintain_column_froms=True,
        )
    )  # fmt: skip
    return [Sheet(*row) for row in connection.execute(query)]


def answers_of(
    connection: sa.Connection, sheets: Iterable[tuple[int, int]]
) -> dict[int, dict[str, list[str]]]:
    """The answers of sheets, by sitting and question. One query.

    :param sheets: Sitting and generation.
    """
    generations = dict(sheets)
    found: dict[int, dict[str, list[str]]] = {sitting: {} for sitting in generations}
    query = sa.select(Answer.sitting_id, Answer.generation, Answer.q, Answer.value)
    query = query.where(Answer.sitting_id.in_(generations))
    for sitting, generation, q, value in connection.execute(query):
        if generation == generations[sitting]:
            found[sitting][q] = json.loads(value)
    return found


def versions_in_pool(
    connection: sa.Connection, exam_id: int, versions: Collection[int]
) -> set[int]:
    """Which of these versions an exam may have asked. One query."""
    query = sa.select(PoolItem.version_id).where(
        PoolItem.exam_id == exam_id, PoolItem.version_id.in_(versions)
    )
    return set(connection.execute(query).scalars())
