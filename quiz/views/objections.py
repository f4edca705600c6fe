"""The organizers' inbox of objections: /console/exams/<id>/objections."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from accounts.queries import display_names
from core.access import granted, needs
from core.clock import now
from core.db import read_core
from core.errors import Refused
from quiz.models import Exam
from quiz.operations.objections import answer_objection
from quiz.queries.exams import exam_for
from quiz.queries.handed import handed_now
from quiz.queries.objections import objection_for, objections_in
from quiz.queries.review import review_of
from quiz.rules.objections import LONGEST, OUTCOMES
from quiz.rules.reviewing import Reviewed

blueprint = Blueprint(
    "objections", __name__, url_prefix="/console/exams/<int:exam_id>/objections"
)


@blueprint.get("")
@needs("organizer", proof=True)
def index(exam_id: int) -> str:
    """What candidates say against questions and scores; what waits comes first."""
    exam = exam_for(granted(), exam_id)
    with read_core() as connection:
        found = objections_in(connection, exam.id)
    return render_template(
        "quiz/console/objections/index.html",
        exam=exam,
        objections=found,
        outcomes=OUTCOMES,
    )


@blueprint.get("/<int:objection_id>")
@needs("organizer", proof=True)
def show(exam_id: int, objection_id: int) -> str:
    """One of them with the question, what was answered and what is right."""
    return _page(exam_for(granted(), exam_id), objection_id)


@blueprint.post("/<int:objection_id>")
@needs("organizer", proof=True)
def answer(exam_id: int, objection_id: int) -> ResponseReturnValue:
    """Answer it; the answer stands on the candidate's page."""
    exam = exam_for(granted(), exam_id)
    try:
        answer_objection(
            exam_id=exam.id,
            objection_id=objection_id,
            outcome=request.form.get("outcome", ""),
            answer=request.form.get("answer", ""),
            account_id=current_user.account_id,
            now=now(),
        )
    except Refused as refused:
        error = gettext(refused.message, **refused.values)
        return _page(exam, objection_id, error), refused.status
    flash(gettext("已答复，考生在成绩页上可以看到"), "success")
    return redirect(url_for("objections.index", exam_id=exam.id), 303)


def _page(exam: Exam, objection_id: int, error: str = "") -> str:
    question: Reviewed | None = None
    with read_core() as connection:
        one = objection_for(connection, exam.id, objection_id)
        sheet = handed_now(connection, one.sitting_id)
        if one.q and sheet is not None and sheet.key_revision is not None:
            review = review_of(connection, exam.id, sheet)
            question = next(each for each in review.questions if each.q == one.q)
    by = {one.answered_by} if one.answered_by else set()
    return render_template(
        "quiz/console/objections/show.html",
        exam=exam,
        one=one,
        question=question,
        sheet=sheet,
        error=error,
        typed=request.form,
        names=display_names(by),
        outcomes=OUTCOMES,
        longest=LONGEST,
    )
