"""The receipt: a page to show at the door and to keep."""

from __future__ import annotations

import json
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from flask import render_template
from flask_babel import gettext

from core.db import read_core
from quiz.models import Exam
from quiz.queries.opened import find_sheet_counts
from quiz.queries.sittings import Handed
from quiz.rules.scoring import total_points
from quiz.views.result import result_of


def shown_score(exam: Exam, sitting: Handed, moment: datetime) -> Any:
    """The score with its meaning, or one sentence saying when it will be shown."""
    result = result_of(exam, sitting, moment)
    if result is not None:
        with read_core() as connection:
            _, points = find_sheet_counts(connection, sitting.sitting_id)
        return {
            "points": result.points,
            "max": total_points(points),
            "passed": result.passed,
            "excellent": result.excellent,
        }
    if sitting.state not in ("submitted", "auto"):
        return None
    if exam.show_score == "after_close":
        return gettext("考试结束后可查")
    return gettext("公布成绩后可查")


def receipt_page(exam: Exam, person: Any, sitting: Handed, moment: datetime) -> str:
    """The receipt of a closed sitting.

    :param person: Anything with ``name`` and ``unit_name``.
    """
    with read_core() as connection:
        answered, items = find_sheet_counts(connection, sitting.sitting_id)
    receipt = SimpleNamespace(
        state=sitting.state,
        handed_in_at=sitting.closed_at,
        check_word=sitting.check_word,
        answers_digest=sitting.answers_digest,
        audit_n=sitting.audit_n,
        audit_hash=(sitting.audit_hash or "")[:16],
        answered=answered,
        count=len(json.loads(items)),
    )
    return render_template(
        "phone/receipt.html",
        exam=exam,
        candidate=person,
        sitting=sitting,
        receipt=receipt,
        score=shown_score(exam, sitting, moment),
    )
