"""What came of each question of an exam: for the bank, which learns from it."""

from __future__ import annotations

import json

import sqlalchemy as sa

from question_bank.usage import Outcome
from quiz.models import Paper, Score, Sitting
from quiz.queries.cards import items_of, places_on


def outcomes_of(connection: sa.Connection, exam_id: int) -> dict[int, Outcome]:
    """For each version the closed sheets that asked it and what they earned.

    One query, streamed. A case counts as one; its parts are added up. Of a sheet that
    was scored again the newest score counts.
    """
    newest = sa.select(sa.func.max(Score.key_revision)).where(
        Score.sitting_id == Sitting.id, Score.generation == Sitting.generation
    )
    query = (
        sa.select(Paper.items, Score.detail)
        .join(Sitting, Sitting.paper_id == Paper.id)
        .join(
            Score,
            sa.and_(
                Score.sitting_id == Sitting.id,
                Score.generation == Sitting.generation,
                Score.key_revision == newest.correlate(Sitting).scalar_subquery(),
            ),
        )
        .where(Sitting.exam_id == exam_id, Sitting.state.in_(("submitted", "auto")))
    )
    found: dict[int, list[int]] = {}
    rows = connection.execute(query, execution_options={"yield_per": 200})
    for items, detail in rows:
        points = json.loads(detail)
        asked = items_of(items)
        earned: dict[int, int] = {}
        for place, got in zip(places_on(asked), points, strict=True):
            earned[place.version_id] = earned.get(place.version_id, 0) + got
        for item in asked:
            sums = found.setdefault(item.version_id, [0, 0, 0])
            sums[0] += 1
            sums[1] += earned[item.version_id]
            sums[2] += item.points
    return {version: Outcome(*sums) for version, sums in found.items()}
