"""Sittings and papers as those who run an exam take them in hand."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import sqlalchemy as sa

from quiz.models import Candidate, Paper, Sitting
from quiz.rules.fresh import Spare


@dataclass(frozen=True)
class Attempt:
    """A sitting with who sits."""

    sitting_id: int
    token: str
    candidate_id: int
    unit_id: int
    name: str
    unit_name: str
    attempt: int
    generation: int
    state: str
    started_at: datetime
    deadline: datetime
    closed_at: datetime | None


_attempts = (
    sa.select(
        Sitting.id.label("sitting_id"),
        Sitting.token,
        Candidate.id.label("candidate_id"),
        Candidate.unit_id,
        Candidate.name,
        Candidate.unit_name,
        Sitting.attempt,
        Sitting.generation,
        Sitting.state,
        Sitting.started_at,
        Sitting.deadline,
        Sitting.closed_at,
    )
    .join(Candidate, Candidate.id == Sitting.candidate_id)
    .order_by(Sitting.id)
)


def attempts_where(*conditions: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """Sittings with who sits, as ``Attempt`` takes them."""
    return cast("sa.Select[Any]", _attempts.where(*conditions))


def started_between(
    connection: sa.Connection, exam_id: int, begin: datetime, end: datetime
) -> list[Attempt]:
    """The sittings started from a moment to another, void ones left out. One query.

    For a wrong paper that was out for some minutes.
    """
    query = _attempts.where(
        Sitting.exam_id == exam_id,
        Sitting.state != "void",
        Sitting.started_at >= begin,
        Sitting.started_at <= end,
    )
    return [Attempt(**row._mapping) for row in connection.execute(query)]


def attempts_to_end(
    connection: sa.Connection, exam_id: int, sitting_ids: Collection[int]
) -> list[Attempt]:
    """These sittings of an exam, locked. One query."""
    query = _attempts.where(
        Sitting.exam_id == exam_id, Sitting.id.in_(sitting_ids)
    ).with_for_update(of=Sitting.__table__)
    return [Attempt(**row._mapping) for row in connection.execute(query)]


def attempts_of(connection: sa.Connection, candidate_id: int) -> list[Attempt]:
    """All sittings of somebody, locked. One query."""
    query = _attempts.where(Sitting.candidate_id == candidate_id).with_for_update(
        of=Sitting.__table__
    )
    return [Attempt(**row._mapping) for row in connection.execute(query)]


def spares_of(connection: sa.Connection, exam_id: int) -> list[Spare]:
    """The papers of an exam that nobody has, locked, by number. One query."""
    query = (
        sa.select(Paper.id, Paper.number, Paper.items)
        .where(Paper.exam_id == exam_id, Paper.candidate_id.is_(None))
        .order_by(Paper.number)
        .with_for_update()
    )
    return [
        Spare(row.id, row.number, versions_of(row._mapping["items"]))
        for row in connection.execute(query)
    ]


def versions_of(items: str) -> frozenset[int]:
    """The question versions on a paper."""
    return frozenset(item[0] for item in json.loads(items))


def papers_dealt(connection: sa.Connection, exam_id: int) -> tuple[int, int]:
    """How many papers an exam has, and how many of them nobody has. One query."""
    query = sa.select(
        sa.func.count(), sa.func.count() - sa.func.count(Paper.candidate_id)
    ).where(Paper.exam_id == exam_id)
    total, spare = connection.execute(query).one()
    return total, spare


def versions_seen(
    connection: sa.Connection, candidates: Mapping[int, int]
) -> tuple[dict[int, set[int]], dict[int, set[int]]]:
    """What candidates, and what their colleagues, have on their papers. One query.

    :param candidates: Their units.
    :return: Versions by candidate: on the own papers, on those of the unit's others.
    """
    exam_of = sa.select(Candidate.exam_id).where(Candidate.id.in_(candidates))
    query = (
        sa.select(Candidate.id, Candidate.unit_id, Paper.items)
        .join(Paper, Paper.candidate_id == Candidate.id)
        .where(Candidate.exam_id.in_(exam_of))
        .where(Candidate.unit_id.in_(set(candidates.values())))
    )
    own: dict[int, set[int]] = defaultdict(set)
    by_unit: dict[int, dict[int, set[int]]] = defaultdict(lambda: defaultdict(set))
    for candidate, unit, items in connection.execute(query):
        versions = versions_of(items)
        own[candidate] |= versions
        by_unit[unit][candidate] |= versions
    near: dict[int, set[int]] = {
        candidate: set().union(
            *(seen for other, seen in by_unit[unit].items() if other != candidate)
        )
        for candidate, unit in candidates.items()
    }
    return own, near


def last_attempts(
    connection: sa.Connection, candidates: Collection[int]
) -> dict[int, int]:
    """The highest attempt dealt to each candidate. One query."""
    query = (
        sa.select(Candidate.id, sa.func.max(Paper.attempt))
        .join(Paper, Paper.candidate_id == Candidate.id)
        .where(Candidate.id.in_(candidates))
        .group_by(Candidate.id)
    )
    return {row[0]: row[1] for row in connection.execute(query)}
