"""The organizer's desk during an exam: /console/exams/<id>/desk."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext
from flask_login import current_user

from core.access import needs
from core.clock import now
from core.db import db
from core.errors import Missing
from quiz.models import Exam
from quiz.operations.entry import allow_move
from quiz.queries.away import absences
from quiz.queries.desk import claims, find_token

blueprint = Blueprint("desk", __name__, url_prefix="/console/exams/<int:exam_id>/desk")


def _exam(exam_id: int) -> Exam:
    exam = db.session.get(Exam, exam_id)
    if exam is None:
        raise Missing("没有这场考试")
    return exam


@blueprint.get("")
@needs("organizer")
def index(exam_id: int) -> str:
    """Who waits to go on with another phone, and who left the page."""
    return render_template(
        "quiz/console/desk.html",
        exam=_exam(exam_id),
        claims=claims(exam_id),
        absences=absences(exam_id),
    )


@blueprint.post("/move/<int:sitting_id>")
@needs("organizer")
def move(exam_id: int, sitting_id: int) -> Any:
    """Let the other phone take over."""
    exam = _exam(exam_id)
    token = find_token(exam.id, sitting_id)
    if token is None:
        raise Missing("没有这份作答")
    allow_move(token=token, account_id=current_user.account_id, now=now())
    flash(gettext("已同意换机，考生的新手机会在几秒内进入试卷"), "success")
    return redirect(url_for("desk.index", exam_id=exam.id), 303)
