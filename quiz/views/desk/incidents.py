"""情况记录: what happened in the hall, …/desk/incidents."""

from __future__ import annotations

from flask import (
    Blueprint,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from core.access import granted, needs
from core.clock import now
from core.forms import said_on
from quiz.desk_forms import IncidentForm
from quiz.models import Candidate, Exam
from quiz.operations.incidents import note_incident
from quiz.queries.board import board_of, rooms_of
from quiz.queries.desk import candidate_for, desk_for, incidents_of, is_whole
from quiz.rules.incidents import KINDS
from quiz.tokens import new_key
from quiz.views.desk.acting import to_person

blueprint = Blueprint(
    "desk_incidents", __name__, url_prefix="/console/exams/<int:exam_id>/desk/incidents"
)


@blueprint.get("")
@needs("organizer", "invigilator", "auditor")
def index(exam_id: int) -> ResponseReturnValue:
    """What was written down so far."""
    exam = desk_for(granted(), exam_id)
    return render_template(
        "quiz/console/desk/incidents.html",
        exam=exam,
        kinds=KINDS,
        incidents=incidents_of(
            exam.id,
            granted(),
            whole=is_whole(granted(), exam.id),
            account_id=current_user.account_id,
        ),
    )


# …/incidents/new, ?candidate=… about somebody


@blueprint.get("/new")
@needs("organizer", "invigilator")
def ask(exam_id: int) -> ResponseReturnValue:
    """A blank record."""
    exam = desk_for(granted(), exam_id)
    form = IncidentForm(formdata=None)
    form.happened_at.data = now().astimezone(current_app.config["TIMEZONE"])
    return _page(exam, _about(exam), form)


@blueprint.post("/new")
@needs("organizer", "invigilator")
def note(exam_id: int) -> ResponseReturnValue:
    """Write it down."""
    exam = desk_for(granted(), exam_id)
    about = _about(exam)
    about_id = about.id if about else None
    form = IncidentForm()
    if form.validate_on_submit():
        with said_on(form):
            note_incident(
                exam_id=exam.id,
                kind=form.kind.data,
                candidate_id=about_id,
                room=None if about_id else form.room.data or None,
                text=form.text.data or "",
                happened_at=form.happened(current_app.config["TIMEZONE"]),
                key=form.tap,
                account_id=current_user.account_id,
                now=now(),
            )
            flash(gettext("已记下"), "success")
            back = url_for("desk_incidents.index", exam_id=exam.id)
            return redirect(to_person(exam.id, about_id) if about_id else back, 303)
    return _page(exam, about, form, 400)


def _about(exam: Exam) -> Candidate | None:
    candidate_id = request.args.get("candidate", type=int)
    if candidate_id is None:
        return None
    return candidate_for(granted(), exam.id, candidate_id)


def _page(
    exam: Exam, about: Candidate | None, form: IncidentForm, status: int = 200
) -> ResponseReturnValue:
    rooms = rooms_of(board_of(exam.id, granted(), now()))
    form.room.choices = [("", gettext("全场")), *((room, room) for room in rooms)]
    if not form.key.data:
        form.key.data = new_key()
    page = render_template(
        "quiz/console/desk/incident.html",
        exam=exam,
        about=about,
        form=form,
        rooms=rooms,
    )
    return page, status
