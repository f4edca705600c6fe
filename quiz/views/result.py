"""What a candidate may see of the own result, and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from quiz.queries.entry import Card
from quiz.queries.handed import Handed


@dataclass(frozen=True)
class Result:
    """A score as its owner sees it. Never a key, never an explanation."""

    points: int
    passed: bool
    excellent: bool


def is_shown(exam: Card, moment: datetime) -> bool:
    """Whether candidates see their scores yet, or at all."""
    if exam.show_what == "nothing":
        return False
    if exam.show_score == "at_once":
        return True
    if exam.show_score == "after_close":
        return moment >= exam.closes_at
    return exam.results_at is not None and moment >= exam.results_at


def result_of(exam: Card, sitting: Handed, moment: datetime) -> Result | None:
    """The score of a closed sitting, if it is shown yet."""
    if sitting.points is None or not sitting.closed:
        return None
    if not is_shown(exam, moment):
        return None
    return Result(
        points=sitting.points,
        passed=sitting.points >= exam.pass_mark,
        excellent=sitting.points >= exam.excellent_mark,
    )
