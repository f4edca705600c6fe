"""Reads of papers that are printed and of answers that were written by pen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import sqlalchemy as sa

from core.access import Scope
from core.db import db
from quiz.models import Candidate, Paper, Sitting
from quiz.rules.on_paper import Hold, paper_in_turn
from units.queries.units import inside


@dataclass(frozen=True)
class Printable:
    """A paper that may be printed, with whom it belongs to."""

    paper_id: int
    number: int
    digest: str
    items: str
    candidate_id: int
    unit_id: int
    unit_name: str
    name: str
    room: str | None


def papers_to_print(
    exam_id: int,
    scope: Scope,
    *,
    unit_id: int | None = None,
    candidate_id: int | None = None,
) -> list[Printable]:
    """For each person due the paper that is their turn, unit by unit. One query.

    Who is exempt, or has handed in and has no further attempt, gets none.
    """
    query = (
        sa.select(Paper, Candidate, Sitting.state)
        .join(Candidate, Candidate.id == Paper.candidate_id)
        .outerjoin(Sitting, Sitting.paper_id == Paper.id)
        .where(Paper.exam_id == exam_id, Candidate.exempt_reason.is_(None))
        .where(inside(Candidate.unit_id, scope))
        .order_by(Candidate.unit_id, Candidate.id, Paper.attempt)
    )
    if unit_id is not None:
        query = query.where(Candidate.unit_id == unit_id)
    if candidate_id is not None:
        query = query.where(Candidate.id == candidate_id)
    rows = db.session.execute(query).all()
    found = []
    for _, own in groupby(rows, key=lambda row: row[1].id):
        held = list(own)
        turn = paper_in_turn([Hold(p.id, p.attempt, state) for p, _, state in held])
        found += [
            _printable(paper, person)
            for paper, person, _ in held
            if turn and paper.id == turn.paper_id
        ]
    return found


def _printable(paper: Paper, person: Candidate) -> Printable:
    return Printable(
        paper_id=paper.id,
        number=paper.number,
        digest=paper.digest,
        items=paper.items,
        candidate_id=person.id,
        unit_id=person.unit_id,
        unit_name=person.unit_name,
        name=person.name,
        room=person.room,
    )


def by_unit(papers: Sequence[Printable]) -> list[list[Printable]]:
    """Papers in their order, cut where the unit changes."""
    return [list(own) for _, own in groupby(papers, key=lambda one: one.unit_id)]
