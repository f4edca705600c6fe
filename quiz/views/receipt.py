"""The receipt: a page to show at the door and to keep."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.db import read_core
from core.moulds import moulded
from core.pages import clock, points
from quiz.queries.entry import Card
from quiz.queries.opened import find_sheet_counts
from quiz.queries.sittings import Handed
from quiz.rules.scoring import total_points
from quiz.views.result import result_of


@dataclass(frozen=True)
class Shown:
    """A score as its owner reads it."""

    points: str
    max: str
    level: str  # excellent, passed, failed


def shown_score(
    exam: Card, sitting: Handed, items: str, moment: datetime
) -> Shown | None:
    """The score with its meaning, if it is shown yet.

    :param items: The sitting's paper.
    """
    result = result_of(exam, sitting, moment)
    if result is None:
        return None
    level = "passed" if result.passed else "failed"
    if result.excellent:
        level = "excellent"
    return Shown(points(result.points), points(total_points(items)), level)


def receipt_page(exam: Card, person: Any, sitting: Handed, moment: datetime) -> str:
    """The receipt of a closed sitting. One query.

    :param person: Anything with ``name`` and ``unit_name``.
    """
    with read_core() as connection:
        answered, items = find_sheet_counts(connection, sitting.sitting_id)
    score = shown_score(exam, sitting, items, moment)
    holes = {
        "candidate.name": person.name,
        "candidate.unit_name": person.unit_name,
        "receipt.handed_in_at": clock(sitting.closed_at, "%Y-%m-%d %H:%M:%S"),
        "receipt.check_word": sitting.check_word,
        "receipt.answers_digest": sitting.answers_digest,
        "receipt.audit_n": sitting.audit_n,
        "receipt.audit_hash": (sitting.audit_hash or "")[:16],
        "receipt.answered": answered,
        "receipt.count": len(json.loads(items)),
    }
    if score is not None:
        holes |= {"score.points": score.points, "score.max": score.max}
    return moulded(
        "phone/receipt.html",
        holes,
        exam=exam,
        state=sitting.state,
        level=score.level if score else "",
    )
