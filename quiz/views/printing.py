"""Papers for people without a phone: /console/exams/<id>/print."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from core.access import granted, needs
from core.clock import now
from core.forms import said_on
from core.jobs.starting import start_job
from core.pages import clock
from quiz.desk_forms import PrintForm
from quiz.models import Candidate, Exam
from quiz.operations.printing import note_printing
from quiz.papers_job import PAPERS, plain
from quiz.queries.desk import candidate_for
from quiz.queries.exams import exam_for, roster_units
from quiz.queries.on_paper import papers_to_print

blueprint = Blueprint(
    "printing", __name__, url_prefix="/console/exams/<int:exam_id>/print"
)


@blueprint.get("")
@needs("organizer", proof=True)
def choose(exam_id: int) -> str:
    """Whose papers, and what for; ?candidate=… for one person."""
    exam = exam_for(granted(), exam_id)
    return _page(exam, _person(exam), _form(exam))


@blueprint.post("")
@needs("organizer", proof=True)
def start(exam_id: int) -> ResponseReturnValue:
    """Write down who prints what, and have it made by a job."""
    exam = exam_for(granted(), exam_id)
    person, form = _person(exam), _form(exam)
    if form.validate_on_submit():
        moment, reason = now(), ""
        unit_id = None if person else form.unit_id
        candidate_id = person.id if person else None
        papers = papers_to_print(
            exam.id, granted(), unit_id=unit_id, candidate_id=candidate_id
        )
        with said_on(form):
            reason = note_printing(
                exam=exam,
                papers=len(papers),
                unit_id=unit_id,
                candidate_id=candidate_id,
                reason=form.reason.data or "",
                account_id=current_user.account_id,
                now=moment,
            )
        if reason:
            asked = {"unit_id": unit_id, "candidate_id": candidate_id}
            return redirect(url_for("jobs.job", job_id=_job(exam, asked, moment)), 303)
    return _page(exam, person, form), 400


def _job(exam: Exam, asked: dict[str, int | None], moment: datetime) -> int:
    scope, by = granted(), current_user.display_name
    at = clock(moment)
    return start_job(
        kind=PAPERS.name,
        arguments={
            "exam_id": exam.id,
            "account_id": current_user.account_id,
            "everywhere": scope.everywhere,
            "units": sorted(scope.units),
            "printed": gettext("%(by)s %(at)s 打印", by=by, at=at),
            "filename": f"{plain(exam.title)} {gettext('纸质试卷')}",
            **asked,
        },
        about=exam.title,
        account_id=current_user.account_id,
        now=moment,
    )


def _person(exam: Exam) -> Candidate | None:
    candidate_id = request.args.get("candidate", type=int)
    if candidate_id is None:
        return None
    return candidate_for(granted(), exam.id, candidate_id)


def _form(exam: Exam) -> PrintForm:
    units = roster_units(exam.id) if exam.published_at else []
    return PrintForm([(one.id, one.name, one.people - one.exempt) for one in units])


def _page(exam: Exam, person: Candidate | None, form: PrintForm) -> str:
    values: dict[str, Any] = {"exam": exam, "person": person, "form": form}
    return render_template("quiz/console/printing.html", **values)
