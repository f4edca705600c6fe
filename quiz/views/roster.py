"""The frozen roster of an exam: /console/exams/<id>/roster."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from core.access import granted, needs
from core.clock import now
from core.forms import said_on
from quiz.forms import ReasonForm
from quiz.operations.exams import end_exemption, exempt_candidate
from quiz.queries.exams import (
    candidate_in,
    departures,
    exam_for,
    roster_of,
    roster_units,
)
from quiz.rules.lifecycle import state_of

blueprint = Blueprint("roster", __name__, url_prefix="/console/exams")


# /console/exams/<id>/roster


@blueprint.get("/<int:exam_id>/roster")
@needs("organizer", "auditor")
def show(exam_id: int) -> ResponseReturnValue:
    """The frozen roster: its units, the exempt, and the people of one unit."""
    exam = exam_for(granted(), exam_id)
    unit_id = request.args.get("unit", type=int)
    units = roster_units(exam_id)
    return render_template(
        "quiz/console/roster.html",
        exam=exam,
        state=state_of(exam, now()),
        units=units,
        unit=next((unit for unit in units if unit.id == unit_id), None),
        people=roster_of(exam_id, unit_id=unit_id) if unit_id else [],
        exempt=roster_of(exam_id, exempt_only=True),
        departures=departures(exam_id),
    )


@blueprint.get("/<int:exam_id>/roster/<int:candidate_id>")
@needs("organizer")
def ask_reason(exam_id: int, candidate_id: int) -> ResponseReturnValue:
    """Asks for the reason of an exemption, or of ending one."""
    return _reason_page(exam_id, candidate_id, ReasonForm(formdata=None))


@blueprint.post("/<int:exam_id>/roster/<int:candidate_id>")
@needs("organizer")
def change_candidate(exam_id: int, candidate_id: int) -> ResponseReturnValue:
    """Exempt a person, or end the exemption."""
    exam = exam_for(granted(), exam_id)
    person = candidate_in(exam.id, candidate_id)
    unit_id, name, exempt = person.unit_id, person.name, person.exempt_reason
    act = exempt_candidate if exempt is None else end_exemption
    form = ReasonForm()
    if form.validate_on_submit():
        with said_on(form):
            act(
                exam_id=exam_id,
                candidate_id=candidate_id,
                reason=form.reason.data or "",
                account_id=current_user.account_id,
                now=now(),
            )
            message = (
                gettext("%(name)s 已列为免考", name=name)
                if exempt is None
                else gettext("%(name)s 已恢复应考", name=name)
            )
            flash(message, "success")
            back = url_for("roster.show", exam_id=exam_id, unit=unit_id)
            return redirect(back, 303)
    return _reason_page(exam_id, candidate_id, form), 400


def _reason_page(exam_id: int, candidate_id: int, form: ReasonForm) -> str:
    exam = exam_for(granted(), exam_id)
    return render_template(
        "quiz/console/candidate.html",
        exam=exam,
        candidate=candidate_in(exam.id, candidate_id),
        form=form,
    )
