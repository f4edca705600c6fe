"""What other keys would do to an exam, without writing anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from quiz.afterwards import Certificate
from quiz.models import Candidate, Exam, Paper, Score, Sitting
from quiz.queries.attempts import versions_of
from quiz.queries.cards import cards_on
from quiz.queries.keys import answers_of, changes_in_force
from quiz.rules.rekeying import Change, Changes, in_force, score_rekeyed
from quiz.rules.sandbox import Outcome, Result, outcome

AT_ONCE = 500  # sheets whose answers are in memory together


@dataclass(frozen=True)
class Preview:
    """改键沙盘: what would move."""

    outcome: Outcome
    closed: int  # sheets that would get a new score
    touched: int  # of them, those that hold a changed question
    running: int  # open sittings that hold one: scored by the new keys at closing
    replaced: int  # certificates that would be replaced by better or worse ones
    revoked: int  # certificates that would not be earned any more


def preview_keys(
    connection: sa.Connection, exam_id: int, changes: Sequence[Change]
) -> Preview:
    """What changes of keys would move. Five queries, and one for 500 sheets touched.

    Counted is the result that counts: of each person the first attempt that is not
    void, as in the unit report.
    """
    exam = connection.execute(
        sa.select(Exam.pass_mark, Exam.excellent_mark, Exam.multi_rule).where(
            Exam.id == exam_id
        )
    ).one()
    after = in_force([changes_in_force(connection, exam_id).values(), changes])
    versions = {one.version_id for one in changes}
    rows = _sheets(connection, exam_id)
    closed = [row for row in rows if row.state != "open" and row.points is not None]
    held = {row.id: versions_of(row._mapping["items"]) for row in rows}
    touched = [row for row in closed if held[row.id] & versions]
    new = _new_points(connection, touched, exam.multi_rule, after)
    holding = _certified(connection, exam_id)
    falls = {row.id for row in touched if new[row.id] < exam.pass_mark}
    shaken = {row.id for row in touched if new[row.id] != row.points} & holding
    first: dict[int, Any] = {}
    for row in rows:  # by attempt: the first one counts
        first.setdefault(row.candidate_id, row)
    results = [
        Result(
            candidate_id=row.candidate_id,
            name=row.name,
            unit_id=row.unit_id,
            unit_name=row.unit_name,
            due=not row.walk_in and row.exempt_reason is None,
            old=row.points,
            new=new.get(row.id, row.points),
        )
        for row in closed
        if first[row.candidate_id] is row
    ]
    return Preview(
        outcome=outcome(results, exam.pass_mark, exam.excellent_mark),
        closed=len(closed),
        touched=len(touched),
        running=sum(
            row.state == "open" and bool(held[row.id] & versions) for row in rows
        ),
        replaced=len(shaken - falls),
        revoked=len(shaken & falls),
    )


def _certified(connection: sa.Connection, exam_id: int) -> set[int]:
    """The sittings of an exam whose newest sheet has a certificate."""
    query = (
        sa.select(Certificate.sitting_id)
        .join(Sitting, Sitting.id == Certificate.sitting_id)
        .where(Sitting.exam_id == exam_id)
        .where(Certificate.generation == Sitting.generation)
    )
    return set(connection.execute(query).scalars())


def _sheets(connection: sa.Connection, exam_id: int) -> list[Any]:
    """Every sitting that is not void, with paper, person and newest score."""
    newest = (
        sa.select(Score.points)
        .where(Score.sitting_id == Sitting.id)
        .where(Score.generation == Sitting.generation)
        .order_by(Score.key_revision.desc())
        .limit(1)
        .correlate(Sitting)
        .scalar_subquery()
    )
    query = (
        sa.select(
            Sitting.id,
            Sitting.generation,
            Sitting.state,
            Sitting.candidate_id,
            Candidate.name,
            Candidate.unit_id,
            Candidate.unit_name,
            Candidate.walk_in,
            Candidate.exempt_reason,
            Paper.items,
            newest.label("points"),
        )
        .join(Candidate, Candidate.id == Sitting.candidate_id)
        .join(Paper, Paper.id == Sitting.paper_id)
        .where(Sitting.exam_id == exam_id, Sitting.state != "void")
        .order_by(Sitting.candidate_id, Sitting.attempt)
    )
    return list(connection.execute(query))


def _new_points(
    connection: sa.Connection,
    touched: Sequence[Any],
    multi_rule: str,
    changes: Changes,
) -> dict[int, int]:
    points = {}
    for start in range(0, len(touched), AT_ONCE):
        some = touched[start : start + AT_ONCE]
        answers = answers_of(connection, [(row.id, row.generation) for row in some])
        for row in some:
            cards = cards_on(row._mapping["items"])
            detail = score_rekeyed(cards, answers[row.id], multi_rule, changes)
            points[row.id] = sum(detail)
    return points
