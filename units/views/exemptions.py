"""免考: /console/units/exemptions, and asking for one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

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
from units.forms import DecideForm, ExemptionForm
from units.models import Exemption
from units.operations.exemptions import (
    TypedExemption,
    decide_exemption,
    request_exemption,
    withdraw_exemption,
)
from units.queries.exemptions import exemption_for, exemptions_within
from units.queries.people import person_for
from units.queries.units import reached
from units.rules.exemptions import State, reason_text, state_of
from units.views.editor import editor, said

blueprint = Blueprint("exemptions", __name__, url_prefix="/console")

SHOWN = 500


@dataclass(frozen=True)
class Listed:
    """A request as it is shown."""

    request: Exemption
    state: State
    reason: str
    last_day: datetime | None  # that it covers


def listed(requests: Iterable[Exemption], moment: datetime) -> list[Listed]:
    """Requests as they are shown."""
    return [
        Listed(
            one,
            state_of(one, moment),
            reason_text(one.kind, one.note),
            one.until and one.until - timedelta(seconds=1),
        )
        for one in requests
    ]


# /console/units/exemptions


@blueprint.get("/units/exemptions")
@needs("organizer", "liaison", "auditor")
def index() -> str:
    """What waits for a decision, and what was decided."""
    me = editor()
    found = listed(exemptions_within(granted()), now())
    return render_template(
        "units/exemptions.html",
        waiting=[one for one in found if one.state is State.PENDING],
        decided=[one for one in found if one.state is not State.PENDING][:SHOWN],
        organizes=reached(me.scope),
        actor=me.actor,
        alone=current_user.stands_alone(),
    )


@blueprint.post("/units/exemptions/<int:exemption_id>")
@needs("organizer")
def decide(exemption_id: int) -> ResponseReturnValue:
    """Approve or refuse."""
    found = exemption_for(granted(), exemption_id)
    name = found.person.name
    form = DecideForm()
    approve = request.form.get("answer") == "yes"
    if form.validate_on_submit():
        try:
            decide_exemption(
                exemption_id=exemption_id,
                approve=approve,
                note=form.note.data or "",
                alone=current_user.stands_alone(),
                editor=editor(),
                now=now(),
            )
        except Refused as refusal:
            flash(said(refusal), "warning")
        else:
            text = (
                gettext("已同意 %(name)s 免考", name=name)
                if approve
                else gettext("未同意 %(name)s 免考", name=name)
            )
            flash(text, "success")
    return redirect(url_for("exemptions.index"), 303)


@blueprint.post("/units/exemptions/<int:exemption_id>/end")
@needs("organizer", "liaison")
def end(exemption_id: int) -> ResponseReturnValue:
    """Take a request back, or end an exemption before its time."""
    exemption_for(granted(), exemption_id)
    try:
        withdraw_exemption(exemption_id=exemption_id, editor=editor(), now=now())
    except Refused as refusal:
        flash(said(refusal), "warning")
    else:
        flash(gettext("已撤回或结束这项免考；已发布的考试不变"), "success")
    return redirect(url_for("exemptions.index"), 303)


# /console/people/<id>/exempt


@blueprint.get("/people/<int:person_id>/exempt")
@needs("organizer", "liaison")
def ask(person_id: int) -> str:
    """A form to ask for an exemption."""
    return _ask_page(person_id, ExemptionForm(formdata=None))


@blueprint.post("/people/<int:person_id>/exempt")
@needs("organizer", "liaison")
def submit(person_id: int) -> ResponseReturnValue:
    """Ask for an exemption."""
    form = ExemptionForm()
    if form.validate_on_submit():
        try:
            request_exemption(
                person_id=person_id,
                typed=_typed(form),
                editor=editor(),
                now=now(),
            )
        except Refused as refusal:
            form.form_errors.append(said(refusal))
        else:
            flash(gettext("免考申请已提交，等待组织者审批"), "success")
            return redirect(url_for("people.show", person_id=person_id), 303)
    return _ask_page(person_id, form), 400


def _typed(form: ExemptionForm) -> TypedExemption:
    until = None
    if form.until.data is not None:  # the whole of that day
        day = form.until.data + timedelta(days=1)
        zone = current_app.config["TIMEZONE"]
        until = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
    return TypedExemption(
        kind=form.kind.data or "",
        note=form.note.data or "",
        until=until,
        exam=form.exam.data or "",
    )


def _ask_page(person_id: int, form: ExemptionForm) -> str:
    person = person_for(granted(), person_id)
    return render_template("units/exempt.html", person=person, form=form)
