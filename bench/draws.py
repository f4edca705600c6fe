"""The draw alone: so many papers from so many questions, in CPU seconds."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator

from question_bank.rules.ease import LABELS
from quiz.rules.blueprint import Row
from quiz.rules.draw import DrawPlan, PoolCard, RosterEntry, draw

KINDS = (("single", 30, 200, 0.6), ("multi", 10, 300, 0.2), ("judge", 10, 100, 0.2))


def draw_cpu(people: int, questions: int) -> float:
    """CPU seconds to draw a paper of 50 questions for everybody, six a unit."""
    chance = random.Random(1)
    rows = [
        Row(position, kind, None, None, count, points)
        for position, (kind, count, points, _) in enumerate(KINDS, 1)
    ]
    plan = DrawPlan(
        code="BENCH",
        rows=rows,
        pool=list(_pool(rows, questions, chance)),
        roster=[RosterEntry(n, n // 6, f"{n:064d}", "") for n in range(people)],
        attempts=1,
        shuffle=True,
    )
    began = time.process_time()
    papers = draw(plan, "ab" * 32)
    spent = time.process_time() - began
    if len(papers) < people:
        raise RuntimeError("too few papers")
    return spent


def _pool(rows: list[Row], questions: int, chance: random.Random) -> Iterator[PoolCard]:
    version = 0
    for row, (_, _, _, share) in zip(rows, KINDS, strict=True):
        for _ in range(int(questions * share)):
            version += 1
            ease = LABELS[chance.choice(tuple(LABELS))] * row.points // 100
            options = 0 if row.kind == "judge" else 4
            yield PoolCard(version, version, row.position, ease, 0, options, False)
