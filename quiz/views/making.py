"""The three steps of a new exam: settings, blueprint, publishing."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

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
from core.errors import Refused
from core.forms import said_on
from question_bank.topic_queries import topics_listed
from quiz.forms import BlueprintForm, DetailsForm, PublishForm
from quiz.models import Exam
from quiz.operations.draw import publish_exam
from quiz.operations.exams import change_blueprint, change_exam, create_exam
from quiz.queries.exams import exam_for
from quiz.queries.stock import (
    details_of,
    outlook_of,
    roster_people,
    rows_of,
    units_with_people,
)
from quiz.rules.blueprint import cell_name, maximum, row_name
from quiz.rules.details import stamp_of
from quiz.rules.presets import PRESETS, preset_named
from quiz.rules.presets import rows_of as preset_rows
from quiz.tokens import new_code, new_secret
from quiz.views.addresses import only_this_computer
from quiz.views.drawing import draw_now_or_later
from units.queries.exemptions import exempt_from
from units.queries.units import unit_choices

blueprint = Blueprint("making", __name__, url_prefix="/console/exams")

BLANK_LINES = 2  # free lines at the end of the blueprint's table


# /console/exams/new, /console/exams/<id>/edit: step 1


@blueprint.get("/new")
@needs("organizer")
def new() -> ResponseReturnValue:
    """Step 1 of a new exam, filled from a preset."""
    preset = preset_named(request.args.get("preset") or PRESETS[0].name)
    form = DetailsForm(formdata=None)
    form.offer_units(_owners())
    form.fill_preset(preset)
    opens = _next_morning(now())
    form.opens_at.data = opens
    form.closes_at.data = opens + timedelta(minutes=preset.minutes + 30)
    return _details_page(form, preset=preset)


@blueprint.post("/new")
@needs("organizer")
def create() -> ResponseReturnValue:
    """Make the draft and go on to its blueprint."""
    preset = preset_named(request.args.get("preset") or PRESETS[0].name)
    form = DetailsForm()
    owners = _owners()
    form.offer_units(owners)
    if form.validate_on_submit():
        with said_on(form):
            exam = create_exam(
                details=form.details(current_app.config["TIMEZONE"]),
                preset=preset.name,
                rows=preset_rows(preset),
                code=new_code(),
                account_id=current_user.account_id,
                now=now(),
                unit_id=form.unit.data if form.unit else _only(owners),
            )
            return redirect(url_for("making.blueprint_page", exam_id=exam.id), 303)
    return _details_page(form, preset=preset), 400


@blueprint.get("/<int:exam_id>/edit")
@needs("organizer")
def edit(exam_id: int) -> ResponseReturnValue:
    """Step 1 of a draft."""
    exam = _draft(exam_id)
    form = DetailsForm(formdata=None)
    form.offer_units(())
    form.fill(details_of(exam), current_app.config["TIMEZONE"])
    form.seen.data = _stamp(exam)
    return _details_page(form, exam=exam)


@blueprint.post("/<int:exam_id>/edit")
@needs("organizer")
def change(exam_id: int) -> ResponseReturnValue:
    """Change a draft's settings."""
    exam = _draft(exam_id)
    form = DetailsForm()
    form.offer_units(())
    if form.validate_on_submit():
        with said_on(form):
            change_exam(
                exam_id=exam_id,
                details=form.details(current_app.config["TIMEZONE"]),
                seen=form.seen.data or None,
                account_id=current_user.account_id,
                now=now(),
            )
            return redirect(url_for("making.blueprint_page", exam_id=exam_id), 303)
    return _details_page(form, exam=exam), 400


# /console/exams/<id>/blueprint: step 2


@blueprint.get("/<int:exam_id>/blueprint")
@needs("organizer")
def blueprint_page(exam_id: int) -> ResponseReturnValue:
    """Step 2: what is asked, and what the bank says to it."""
    exam = _draft(exam_id)
    form = BlueprintForm(formdata=None)
    form.seen.data = _stamp(exam)
    form.offer(rows_of(exam), BLANK_LINES)
    return _blueprint_page(exam, form, fresh=True)


@blueprint.post("/<int:exam_id>/blueprint")
@needs("organizer")
def change_blueprint_lines(exam_id: int) -> ResponseReturnValue:
    """Save the lines; then the same page with new figures, or step 3."""
    exam = _draft(exam_id)
    form = BlueprintForm()
    form.choose_from(topics_listed())
    if form.validate_on_submit():
        with said_on(form):
            change_blueprint(
                exam_id=exam_id,
                rows=form.rows(),
                seen=form.seen.data or None,
                account_id=current_user.account_id,
                now=now(),
            )
            step = "publish_page" if "next" in request.form else "blueprint_page"
            return redirect(url_for(f"making.{step}", exam_id=exam_id), 303)
    return _blueprint_page(exam, form, fresh=False), 400


# /console/exams/<id>/publish: step 3


@blueprint.get("/<int:exam_id>/publish")
@needs("organizer")
def publish_page(exam_id: int) -> ResponseReturnValue:
    """Step 3: the checklist, the guarantee card, who is due."""
    return _publish_page(_draft(exam_id), PublishForm(formdata=None), None)


@blueprint.post("/<int:exam_id>/publish")
@needs("organizer")
def publish(exam_id: int) -> ResponseReturnValue:
    """Freeze the exam; draw at once unless a public value is awaited."""
    exam = _draft(exam_id)
    form = PublishForm()
    units = set(request.form.getlist("unit", type=int))
    account_id, moment = current_user.account_id, now()
    if form.validate_on_submit():
        with said_on(form):
            publish_exam(
                exam_id=exam_id,
                unit_ids=units,
                public_source=form.public_source.data or "",
                secret=new_secret(),
                key=current_app.config["SECRET_KEY"],
                account_id=account_id,
                now=moment,
            )
            return _published(exam_id, form.public_source.data, account_id, moment)
    return _publish_page(exam, form, units), 400


def _published(
    exam_id: int, public_source: str | None, account_id: int, moment: datetime
) -> ResponseReturnValue:
    if (public_source or "").strip():
        flash(gettext("考试已发布。公开值公布后，请在本页填写并抽卷"), "success")
        return redirect(url_for("exams.show", exam_id=exam_id), 303)
    flash(gettext("考试已发布"), "success")
    return draw_now_or_later(exam_id, "", account_id, moment)


# What the pages show


def _next_morning(moment: datetime) -> datetime:
    """Nine o'clock of the next day, where the organizer is."""
    today = moment.astimezone(current_app.config["TIMEZONE"])
    return (today + timedelta(days=1)).replace(
        hour=9, minute=0, second=0, microsecond=0
    )


def _draft(exam_id: int) -> Exam:
    """A draft; what is published cannot be edited."""
    exam = exam_for(granted(), exam_id)
    if exam.published_at is not None:
        raise Refused("考试已经发布，不能再修改；需要不同的设置，请另建一场")
    return exam


def _owners() -> list[tuple[int, str]]:
    """The units in whose name one may hold an exam; none: in the name of all."""
    scope = granted()
    if scope.everywhere:
        return []
    return [(u.id, u.name) for u in unit_choices(scope) if u.id in scope.units]


def _only(owners: list[tuple[int, str]]) -> int | None:
    return owners[0][0] if owners else None


def _stamp(exam: Exam) -> str:
    return stamp_of(details_of(exam), rows_of(exam))


def _details_page(form: DetailsForm, **values: Any) -> str:
    values = {"exam": None, "preset": None} | values
    return render_template(
        "quiz/console/details.html", form=form, presets=PRESETS, **values
    )


def _blueprint_page(exam: Exam, form: BlueprintForm, *, fresh: bool) -> str:
    """:param fresh: The lines are those that are saved, so figures stand beside."""
    form.choose_from(topics_listed())
    rows = rows_of(exam)
    saved = dict(enumerate(rows)) if fresh else {}
    return render_template(
        "quiz/console/blueprint.html",
        exam=exam,
        form=form,
        lines=[(n + 1, line, saved.get(n)) for n, line in enumerate(form.lines)],
        fresh=fresh,
        rows=rows,
        outlook=outlook_of(exam),
        maximum=maximum(rows),
        cell_name=cell_name,
        row_name=row_name,
    )


def _publish_page(exam: Exam, form: PublishForm, chosen: set[int] | None) -> str:
    units = units_with_people(exam.scope)
    exempt = exempt_from(exam.code, exam.opens_at)
    return render_template(
        "quiz/console/publish.html",
        exam=exam,
        exempt=sum(
            person.person_id in exempt for person in roster_people(None, exam.scope)
        ),
        form=form,
        units=units,
        chosen={unit.id for unit in units} if chosen is None else chosen,
        outlook=outlook_of(exam),
        maximum=maximum(rows_of(exam)),
        cell_name=cell_name,
        row_name=row_name,
        late=exam.closes_at <= now(),
        only_here=only_this_computer(),
    )
