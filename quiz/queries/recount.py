"""Every score counted again from papers, answers and keys, on any connection."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from core.backup.checks import Recount
from question_bank.models import QuestionVersion
from quiz.models import Answer, Exam, Paper, Score, Sitting
from quiz.rules.scoring import Card, answers_digest, score_sheet

AT_ONCE = 500  # sheets in memory
NAMED = 20  # differences spelled out; more are only counted

Keys = Mapping[int, tuple[str, Sequence[object]]]


def recount_scores(connection: sa.Connection) -> Recount:
    """Compare all scores with what the answers are worth by the keys of publishing.

    A score by a later key revision is not counted again here; that every closed
    sitting has a score, and that the answers are those it was closed with, is.
    Three queries, and two for each 500 scores.
    """
    keys: Keys = {
        row.id: (row.kind, row.key)
        for row in connection.execute(
            sa.select(QuestionVersion.id, QuestionVersion.kind, QuestionVersion.key)
        )
    }
    checked, found = 0, list(_unscored(connection))
    for rows in _batches(connection):
        answers = _answers(connection, [row.sitting_id for row in rows])
        checked += len(rows)
        for row in rows:
            sheet = answers.get((row.sitting_id, row.generation), {})
            found += _differences(row, sheet, keys)
    if len(found) > NAMED:
        found = [*found[:NAMED], f"另有 {len(found) - NAMED} 处成绩不符"]
    return Recount(checked, found)


def _unscored(connection: sa.Connection) -> Iterator[str]:
    query = (
        sa.select(Sitting.id)
        .outerjoin(
            Score,
            sa.and_(
                Score.sitting_id == Sitting.id, Score.generation == Sitting.generation
            ),
        )
        .where(Sitting.state.in_(("submitted", "auto")), Score.id.is_(None))
    )
    for number in connection.execute(query).scalars():
        yield f"作答 {number} 已收卷但没有成绩"


def _batches(connection: sa.Connection) -> Iterator[Sequence[Any]]:
    query = (
        sa.select(
            Score.id,
            Score.sitting_id,
            Score.generation,
            Score.points,
            Score.detail,
            Sitting.generation.label("newest"),
            Sitting.state,
            Sitting.answers_digest,
            Paper.items,
            Paper.digest,
            Exam.multi_rule,
        )
        .join(Sitting, Sitting.id == Score.sitting_id)
        .join(Paper, Paper.id == Sitting.paper_id)
        .join(Exam, Exam.id == Sitting.exam_id)
        .where(Score.key_revision == 0)
        .order_by(Score.id)
        .limit(AT_ONCE)
    )
    last = 0
    while rows := connection.execute(query.where(Score.id > last)).all():
        yield rows
        last = rows[-1].id


def _answers(
    connection: sa.Connection, sitting_ids: Sequence[int]
) -> dict[tuple[int, int], dict[str, str]]:
    """The answered questions of sheets, by sitting and generation."""
    sheets: dict[tuple[int, int], dict[str, str]] = defaultdict(dict)
    query = sa.select(Answer.sitting_id, Answer.generation, Answer.q, Answer.value)
    for row in connection.execute(query.where(Answer.sitting_id.in_(sitting_ids))):
        if row.value != "[]":
            sheets[row.sitting_id, row.generation][row.q] = row.value
    return sheets


def _differences(row: Any, sheet: Mapping[str, str], keys: Keys) -> list[str]:
    items = json.loads(row.items)
    if any(version not in keys for version, _, _ in items):
        return [f"作答 {row.sitting_id}：题目不全"]
    cards = [
        Card(version, *keys[version], order=order, points=points)
        for version, order, points in items
    ]
    values = {q: json.loads(value) for q, value in sheet.items()}
    detail = score_sheet(cards, values, row.multi_rule)
    found = []
    if (json.loads(row.detail), row.points) != (detail, sum(detail)):
        found.append(f"作答 {row.sitting_id}：成绩 {row.points}，复核 {sum(detail)}")
    closed = row.generation == row.newest and row.state in ("submitted", "auto")
    if closed and answers_digest(row.digest, sheet) != row.answers_digest:
        found.append(f"作答 {row.sitting_id}：答案与交卷时的摘要不符")
    return found
