"""The page of a result: what the exam's policy lets its owner see, and since when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from flask import render_template

from core.db import read_core
from question_bank.queries import Content
from quiz.queries.cards import items_of, known, part_of
from quiz.queries.entry import Card
from quiz.queries.handed import Handed
from quiz.queries.objections import objections_of
from quiz.queries.opened import Opened
from quiz.queries.review import Review, ground_of, paper_of, review_of, topics_of
from quiz.rules.objections import LONGEST, OUTCOMES
from quiz.rules.revealing import Ground, Hold, hold, reveals_from
from quiz.rules.reviewing import wrong_topics
from quiz.rules.scoring import total_points
from quiz.views.device import form_token
from quiz.views.result import is_shown, result_of


def result_page(
    exam: Card,
    opened: Opened,
    sheet: Handed,
    attempts: Sequence[Handed],
    moment: datetime,
) -> str:
    """What is shown of a closed sheet now. At most nine queries."""
    items, ground = _ground(exam, sheet, moment)
    held = hold(ground, moment)
    review = None
    topics: list[tuple[str, int]] = []
    with read_core() as connection:
        if _speaks_of_questions(exam, sheet, held, moment):
            review = review_of(connection, exam.id, sheet)
            wrong = [one.version_id for one in review.questions if one.wrong]
            topics = wrong_topics(wrong, topics_of(connection, wrong))
        said = objections_of(connection, sheet.sitting_id, sheet.generation)
    whole = review is not None and exam.show_what == "all"
    return render_template(
        "phone/result.html",
        exam=exam,
        candidate=opened,
        sheet=sheet,
        result=result_of(exam, sheet, moment),
        most=total_points(items),
        attempts=[
            (one, result_of(exam, one, moment)) for one in attempts if one.closed
        ],
        held=held,
        reveals_from=reveals_from(ground),
        review=review,
        topics=topics,
        contents=_contents(review) if whole else None,
        part_of=part_of,
        certifiable=held in (None, Hold.ELSEWHERE),
        said=said,
        outcomes=OUTCOMES,
        longest=LONGEST,
        csrf=form_token(),
    )


def may_object(exam: Card, sheet: Handed, q: str, moment: datetime) -> bool:
    """Whether its owner sees the question, or the score, that is meant.

    :param q: The question's number; empty: the score as a whole.
    """
    if not q:
        return result_of(exam, sheet, moment) is not None
    held = hold(_ground(exam, sheet, moment)[1], moment)
    return exam.show_what == "all" and _speaks_of_questions(exam, sheet, held, moment)


def _ground(exam: Card, sheet: Handed, moment: datetime) -> tuple[str, Ground]:
    """A sheet's paper, and what decides whether it may be spoken of. Three queries."""
    with read_core() as connection:
        items = paper_of(connection, sheet.sitting_id)
        versions = [item.version_id for item in items_of(items)]
        return items, ground_of(connection, exam.id, versions, moment)


def _speaks_of_questions(
    exam: Card, sheet: Handed, held: Hold | None, moment: datetime
) -> bool:
    """Whether anything of the questions is shown to its owner now."""
    shown = sheet.closed and is_shown(exam, moment)
    return shown and held is None and exam.show_what in ("topics", "all")


def _contents(review: Review | None) -> dict[int, Content]:
    """Explanations and citations; read only where they are shown."""
    versions = [one.version_id for one in review.questions] if review else []
    return known.contents(versions)
