"""Whether sheets and scores still follow from the answers, the key and the rule.

Reads everything afresh; what this process has kept of questions is not asked.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from itertools import groupby
from operator import itemgetter
from typing import Any

import sqlalchemy as sa

from core.chain import STREAMED, Break, Why
from core.entries import AuditEntry
from quiz.models import Answer, Exam, Paper, Score, Sitting
from quiz.queries.cards import Cards, cards_on
from quiz.queries.keys import all_changes
from quiz.rules.rekeying import Change, in_force, score_rekeyed
from quiz.rules.scoring import answers_digest

CLOSINGS = ("sitting.submitted", "sitting.auto", "sitting.admit", "sitting.paper")
_STREAM = {"yield_per": STREAMED}

_answers = sa.select(
    Answer.sitting_id, Answer.generation, Answer.q, Answer.value
).order_by(Answer.sitting_id, Answer.generation)
_scores = (
    sa.select(
        Score.id,
        Score.sitting_id,
        Score.generation,
        Score.key_revision,
        Score.points,
        Score.detail,
        Paper.items,
        Paper.digest,
        Exam.id.label("exam_id"),
        Exam.multi_rule,
    )
    .join(Sitting, Score.sitting_id == Sitting.id)
    .join(Paper, Sitting.paper_id == Paper.id)
    .join(Exam, Sitting.exam_id == Exam.id)
    .order_by(Score.sitting_id, Score.generation, Score.key_revision)
)


def open_sheets(connection: sa.Connection) -> set[str]:
    """Sheets that may still change, as ``sitting.generation``. One query."""
    query = sa.select(Sitting.id, Sitting.generation).where(Sitting.state == "open")
    return {f"{row.id}.{row.generation}" for row in connection.execute(query)}


def sheet_breaks(
    connection: sa.Connection, erased: Collection[str] = ()
) -> Iterator[Break]:
    """Sheets whose answers do not give the digest of their closing, or the score.

    Four queries, streamed side by side.

    :param erased: Sheets whose answers an act has erased, as ``sitting.generation``:
        nothing can be counted again from them.
    """
    closings = _closings(connection)
    revisions = all_changes(connection)
    kept = Cards(connection)
    with closing(_sheets(connection)) as sheets:
        sheet = next(sheets, None)
        for row in connection.execute(_scores, execution_options=_STREAM):
            own = (row.sitting_id, row.generation)
            while sheet is not None and sheet[0] < own:
                sheet = next(sheets, None)
            if f"{own[0]}.{own[1]}" in erased:
                continue
            answers = sheet[1] if sheet is not None and sheet[0] == own else {}
            digest, n = closings.get(own, ("", 0))
            if _digest(row.digest, answers) != digest:
                yield Break(n, Why.SHEET, "answer", f"{own[0]}.{own[1]}")
            elif not _scored(row, answers, revisions, kept):
                yield Break(n, Why.SCORE, "score", str(row.id))


def _digest(paper: str, answers: Mapping[str, str]) -> str:
    try:
        return answers_digest(paper, answers)
    except (ValueError, TypeError):
        return "unreadable"  # a question that has no number


def _scored(
    row: Any,
    answers: Mapping[str, str],
    revisions: Mapping[int, Sequence[Sequence[Change]]],
    kept: Cards,
) -> bool:
    try:
        # One text for the whole sheet: reading fifty costs as much as all else.
        read = json.loads(f"[{','.join(answers.values())}]")
        values = dict(zip(answers, read, strict=True))
        changes = in_force(revisions.get(row.exam_id, ())[: row.key_revision])
        cards = cards_on(row.items, kept)
        detail = score_rekeyed(cards, values, row.multi_rule, changes)
        return bool(json.loads(row.detail) == detail and row.points == sum(detail))
    except (ValueError, LookupError, TypeError):
        return False  # the paper or the detail was changed beyond reading


def _closings(connection: sa.Connection) -> dict[tuple[int, int], tuple[str, int]]:
    """(sitting, generation) → the digest its closing entry names, and its number."""
    query = sa.select(AuditEntry.n, AuditEntry.object, AuditEntry.facts)
    query = query.where(AuditEntry.action.in_(CLOSINGS)).order_by(AuditEntry.n)
    found = {}
    for row in connection.execute(query, execution_options=_STREAM):
        try:
            facts = json.loads(row.facts)
            sitting = int(row.object.removeprefix("sitting:"))
            found[sitting, int(facts["generation"])] = (str(facts["answers"]), row.n)
        except (ValueError, LookupError, TypeError):
            continue  # a changed entry, which the chain names
    return found


def _sheets(
    connection: sa.Connection,
) -> Generator[tuple[tuple[int, int], dict[str, str]]]:
    with connection.execute(_answers, execution_options=_STREAM) as rows:
        for own, group in groupby(rows, key=itemgetter(0, 1)):
            if all(isinstance(part, int) for part in own):  # SQLite takes texts
                yield own, {row.q: row.value for row in group if row.value != "[]"}
