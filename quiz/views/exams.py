"""All exams, and one exam through its life: /console/exams."""

from __future__ import annotations

import io

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    redirect,
    render_template,
    send_file,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from core.access import granted, needs
from core.clock import now
from core.db import read_core
from core.forms import said_on
from quiz.draw_proof import draw_proof, proof_name
from quiz.forms import DrawForm
from quiz.models import Exam
from quiz.operations.closing import sweep_exam
from quiz.operations.draw import note_proof
from quiz.operations.exams import discard_exam, publish_results
from quiz.queries.exams import exam_figures, exam_for, exams_listed
from quiz.queries.objections import count_waiting
from quiz.queries.stock import outlook_of, rows_of
from quiz.rules.blueprint import cell_name, maximum, row_name
from quiz.rules.details import MULTI_RULES, SHOW_SCORES, SHOW_WHATS
from quiz.rules.lifecycle import reveals_draw, state_of
from quiz.rules.presence import MODES
from quiz.views.addresses import entry_address, only_this_computer
from quiz.views.drawing import draw_now_or_later

blueprint = Blueprint("exams", __name__, url_prefix="/console/exams")


# /console/exams


@blueprint.get("")
@needs("organizer", "auditor")
def index() -> ResponseReturnValue:
    """The exams one may see, newest first."""
    moment = now()
    exams = [
        (exam, people, state_of(exam, moment))
        for exam, people in exams_listed(granted())
    ]
    return render_template("quiz/console/index.html", exams=exams)


# /console/exams/<id>


@blueprint.get("/<int:exam_id>")
@needs("organizer", "auditor")
def show(exam_id: int) -> ResponseReturnValue:
    """The exam as it stands, sittings whose time is over closed."""
    _sweep(exam_id)
    return _exam_page(exam_for(granted(), exam_id), DrawForm(formdata=None))


@blueprint.post("/<int:exam_id>/draw")
@needs("organizer")
def draw(exam_id: int) -> ResponseReturnValue:
    """Draw the papers of a published exam."""
    exam = exam_for(granted(), exam_id)
    form = DrawForm()
    if not exam.public_source or form.validate_on_submit():
        with said_on(form):
            value = form.public_value.data or ""
            return draw_now_or_later(exam_id, value, current_user.account_id, now())
    return _exam_page(exam_for(granted(), exam_id), form), 400


@blueprint.post("/<int:exam_id>/discard")
@needs("organizer")
def discard(exam_id: int) -> ResponseReturnValue:
    """Throw a draft away."""
    exam = exam_for(granted(), exam_id)
    discard_exam(exam_id=exam.id, account_id=current_user.account_id, now=now())
    flash(gettext("草稿已删除"), "success")
    return redirect(url_for("exams.index"), 303)


@blueprint.post("/<int:exam_id>/results")
@needs("organizer")
def results(exam_id: int) -> ResponseReturnValue:
    """Publish the results."""
    _sweep(exam_id)
    publish_results(exam_id=exam_id, account_id=current_user.account_id, now=now())
    flash(gettext("成绩已公布"), "success")
    return redirect(url_for("exams.show", exam_id=exam_id), 303)


@blueprint.get("/<int:exam_id>/draw.zip")
@needs("organizer", "auditor")
def proof(exam_id: int) -> Response:
    """What lets anybody draw the papers again."""
    exam = exam_for(granted(), exam_id)
    content = draw_proof(exam)
    note_proof(exam_id=exam.id, account_id=current_user.account_id, now=now())
    return send_file(
        io.BytesIO(content),
        mimetype="application/zip",
        as_attachment=True,
        download_name=proof_name(exam.code),
    )


def _sweep(exam_id: int) -> None:
    exam = exam_for(granted(), exam_id)
    sweep_exam(exam_id=exam.id, now=now(), key=str(current_app.secret_key))


def _exam_page(exam: Exam, form: DrawForm) -> str:
    state = state_of(exam, now())
    return render_template(
        "quiz/console/exam.html",
        exam=exam,
        form=form,
        state=state,
        revealed=reveals_draw(exam),
        proof_name=proof_name(exam.code),
        figures=exam_figures(exam.id),
        rows=rows_of(exam),
        outlook=outlook_of(exam),
        maximum=maximum(rows_of(exam)),
        cell_name=cell_name,
        row_name=row_name,
        address=entry_address(exam.code),
        only_here=only_this_computer(),
        multi_rules=MULTI_RULES,
        show_scores=SHOW_SCORES,
        show_whats=SHOW_WHATS,
        objections=_objections_waiting(exam.id),
        presences=MODES,
    )


def _objections_waiting(exam_id: int) -> int:
    with read_core() as connection:
        return count_waiting(connection, exam_id)
