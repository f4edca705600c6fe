"""Drawing the papers from a page: at once, or of a large exam by a job."""

from __future__ import annotations

from datetime import datetime

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from core.jobs.starting import start_job
from quiz.jobs import DRAW, LARGE
from quiz.operations.draw import check_drawable, draw_exam
from quiz.queries.exams import exam_by_id, exam_figures


def draw_now_or_later(
    exam_id: int, public_value: str, account_id: int, moment: datetime
) -> ResponseReturnValue:
    """Draw, and lead to the exam; or to the page of the job that draws.

    :raises Refused: As ``draw_exam``, before a job is begun.
    """
    if exam_figures(exam_id).due < LARGE:
        papers = draw_exam(
            exam_id=exam_id,
            public_value=public_value,
            account_id=account_id,
            now=moment,
        )
        flash(gettext("%(n)d 份试卷已抽好", n=papers), "success")
        return redirect(url_for("exams.show", exam_id=exam_id), 303)
    exam = exam_by_id(exam_id)
    check_drawable(exam, public_value, moment)
    job_id = start_job(
        kind=DRAW.name,
        arguments={"exam_id": exam_id, "public_value": public_value},
        about=exam.title,
        account_id=account_id,
        now=moment,
    )
    return redirect(url_for("jobs.job", job_id=job_id), 303)
