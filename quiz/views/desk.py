"""The desk of the day: /console/desk and /console/exams/<id>/desk."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext
from flask_login import current_user

from core.access import granted, needs
from core.clock import now
from quiz.operations.entry import allow_move
from quiz.queries.desk import claims, desk_for, desks_listed, token_for
from quiz.rules.lifecycle import state_of

blueprint = Blueprint("desk", __name__, url_prefix="/console")

LISTED_AFTER = timedelta(days=1)  # how long a closed exam stays on the list


@blueprint.get("/desk")
@needs("organizer", "invigilator", "auditor")
def exams() -> str:
    """The exams whose people one looks after, today's and those to come."""
    moment = now()
    found = desks_listed(granted(), since=moment - LISTED_AFTER)
    listed = [(exam, state_of(exam, moment)) for exam in found]
    return render_template("quiz/console/desks.html", exams=listed)


# /console/exams/<id>/desk


@blueprint.get("/exams/<int:exam_id>/desk")
@needs("organizer", "invigilator", "auditor")
def index(exam_id: int) -> str:
    """Who waits to go on with another phone."""
    exam = desk_for(granted(), exam_id)
    return render_template(
        "quiz/console/desk.html", exam=exam, claims=claims(exam.id, granted())
    )


@blueprint.post("/exams/<int:exam_id>/desk/move/<int:sitting_id>")
@needs("organizer", "invigilator")
def move(exam_id: int, sitting_id: int) -> Any:
    """Let the other phone take over."""
    exam = desk_for(granted(), exam_id)
    token = token_for(granted(), exam.id, sitting_id)
    allow_move(token=token, account_id=current_user.account_id, now=now())
    flash(gettext("已同意换机，考生的新手机会在几秒内进入试卷"), "success")
    return redirect(url_for("desk.index", exam_id=exam.id), 303)
