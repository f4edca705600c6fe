"""Reads of papers that are printed and of answers that were written by pen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

import sqlalchemy as sa

from accounts.models import Account
from core.access import Scope
from core.db import db
from quiz.acts import PaperEntry, PaperSheet
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


# What was written by pen


@dataclass(frozen=True)
class Held:
    """A paper with whose it is and how its sitting stands."""

    paper_id: int
    exam_id: int
    candidate_id: int
    attempt: int
    number: int
    digest: str
    items: str
    exempt: bool
    sitting_id: int | None
    state: str | None
    handed_in: bool  # on paper


@dataclass(frozen=True)
class Entered:
    """What one person read on an answer sheet."""

    id: int
    account_id: int
    by: str
    answers: dict[str, list[str]]
    entered_at: datetime


@dataclass(frozen=True)
class EnteredSheet:
    """A line of the list of answer sheets that were entered."""

    paper_id: int
    candidate_id: int
    name: str
    unit_name: str
    number: int
    digest: str
    entries: list[Entered]
    outcome: str | None  # None: it waits
    handed_in_at: datetime | None


_held = (
    sa.select(
        Paper.id.label("paper_id"),
        Paper.exam_id,
        Paper.candidate_id,
        Paper.attempt,
        Paper.number,
        Paper.digest,
        Paper.items,
        Candidate.exempt_reason.is_not(None).label("exempt"),
        Sitting.id.label("sitting_id"),
        Sitting.state,
        PaperSheet.paper_id.is_not(None).label("handed_in"),
    )
    .select_from(Paper)
    .join(Candidate, Candidate.id == Paper.candidate_id)
    .outerjoin(Sitting, Sitting.paper_id == Paper.id)
    .outerjoin(PaperSheet, PaperSheet.paper_id == Paper.id)
)


def paper_held(connection: sa.Connection, paper_id: int) -> Held | None:
    """A paper that somebody has. One query; take the chain's lock first."""
    row = connection.execute(_held.where(Paper.id == paper_id)).first()
    return Held(**row._mapping) if row else None


def papers_held(candidate_id: int) -> list[Held]:
    """All papers of somebody, attempt by attempt. One query."""
    query = _held.where(Paper.candidate_id == candidate_id).order_by(Paper.attempt)
    return [Held(**row._mapping) for row in db.session.execute(query)]


_entered = (
    sa.select(
        PaperEntry.id,
        PaperEntry.account_id,
        Account.display_name,
        PaperEntry.answers,
        PaperEntry.entered_at,
    )
    .join(Account, Account.id == PaperEntry.account_id)
    .order_by(PaperEntry.id)
)


def entries_of(paper_id: int, connection: sa.Connection | None = None) -> list[Entered]:
    """What was read on an answer sheet, first and second. One query.

    :param connection: That of an act; else the session's.
    """
    rows = (connection or db.session).execute(
        _entered.where(PaperEntry.paper_id == paper_id)
    )
    return [Entered(*row) for row in rows]


def sheets_entered(exam_id: int, scope: Scope) -> list[EnteredSheet]:
    """The answer sheets of people of a scope that somebody has entered, those that
    wait first. Two queries.
    """
    query = (
        sa.select(
            Paper.id,
            Candidate.id,
            Candidate.name,
            Candidate.unit_name,
            Paper.number,
            Paper.digest,
            PaperSheet.outcome,
            PaperSheet.handed_in_at,
        )
        .join(Candidate, Candidate.id == Paper.candidate_id)
        .outerjoin(PaperSheet, PaperSheet.paper_id == Paper.id)
        .where(Paper.exam_id == exam_id, inside(Candidate.unit_id, scope))
        .where(Paper.id.in_(sa.select(PaperEntry.paper_id)))
        .order_by(PaperSheet.paper_id.is_not(None), Candidate.unit_id, Candidate.id)
    )
    rows = db.session.execute(query).all()
    mine = _entered.add_columns(PaperEntry.paper_id)
    mine = mine.where(PaperEntry.paper_id.in_([row[0] for row in rows]))
    by_paper: dict[int, list[Entered]] = {}
    for *values, paper_id in db.session.execute(mine):
        by_paper.setdefault(paper_id, []).append(Entered(*values))
    return [EnteredSheet(*row[:6], by_paper[row[0]], row[6], row[7]) for row in rows]
