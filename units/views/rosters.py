"""How far the rosters are, their deadlines and checks: /console/units/roster."""

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

from core.access import granted, needs
from core.clock import now
from core.errors import Refused
from units.forms import WindowForm
from units.operations.rosters import check_roster, drop_window, set_window
from units.queries.rosters import RosterState, roster_states, twins, windows_set
from units.queries.units import unit_choices, unit_for, unit_meant
from units.rules.windows import Checked
from units.views.editor import editor, said
from units.views.units import CHOICES, LISTED, page_within

blueprint = Blueprint("rosters", __name__, url_prefix="/console")

#: What the overview can be narrowed to, in the order it is offered.
FILTERS = ("all", "open", "old", "checked", "empty")


@blueprint.get("/units/roster")
@needs("organizer", "liaison", "auditor")
def overview() -> str:
    """For an organizer who has checked; for a liaison the own rosters."""
    me, moment = editor(), now()
    states = roster_states(granted(), me, moment)
    if me.scope.empty and not me.limited.empty:
        return render_template("units/rosters_mine.html", states=states)
    shown = request.args.get("show", "all")
    counted = {name: sum(_fits(one, name) for one in states) for name in FILTERS}
    fitting = [one for one in states if _fits(one, shown)]
    page, pages = page_within(
        request.args.get("page", 1, type=int), len(fitting), LISTED
    )
    return render_template(
        "units/rosters.html",
        states=fitting[(page - 1) * LISTED : page * LISTED],
        page=page,
        pages=pages,
        counted=counted,
        shown=shown if shown in FILTERS else "all",
        twins=twins(granted()),
    )


def _fits(state: RosterState, shown: str) -> bool:
    if not state.people:
        return shown in ("all", "empty")
    return {
        "open": state.checked is Checked.NO,
        "old": state.checked is Checked.OLD,
        "checked": state.checked is Checked.YES,
        "empty": False,
    }.get(shown, True)


@blueprint.post("/units/<int:unit_id>/check")
@needs("organizer", "liaison")
def check(unit_id: int) -> ResponseReturnValue:
    """已核对无误."""
    unit = unit_for(granted(), unit_id)
    back = url_for("units.unit", unit_id=unit_id, _anchor="check")
    if request.form.get("sure") != "1":
        flash(gettext("请先勾选“已逐一核对”再提交"), "warning")
        return redirect(back, 303)
    try:
        people = check_roster(
            unit_id=unit_id,
            seen=request.form.get("seen", -1, type=int),
            editor=editor(),
            now=now(),
        )
    except Refused as refusal:
        flash(said(refusal), "warning")
    else:
        values = {"name": unit.name, "n": people}
        flash(gettext("“%(name)s”的名册已核对无误，共 %(n)d 人", **values), "success")
    return redirect(back, 303)


# /console/units/roster/deadline


@blueprint.get("/units/roster/deadline")
@needs("organizer")
def deadline() -> str:
    """Until when liaisons keep their rosters."""
    return _deadline_page(WindowForm(formdata=None))


@blueprint.post("/units/roster/deadline")
@needs("organizer")
def set_deadline() -> ResponseReturnValue:
    """Set the deadline of all units or of one."""
    me = editor()
    form = WindowForm()
    if form.validate_on_submit():
        typed = (form.unit.data or "").strip()
        closes = form.closes_at.moment(current_app.config["TIMEZONE"])
        try:
            unit_id = unit_meant(me.scope, typed).id if typed else None
            set_window(unit_id=unit_id, closes_at=closes, editor=me, now=now())
        except Refused as refusal:
            form.form_errors.append(said(refusal))
        else:
            flash(gettext("名册维护期限已保存"), "success")
            return redirect(url_for("rosters.deadline"), 303)
    return _deadline_page(form), 400


@blueprint.post("/units/roster/deadline/end")
@needs("organizer")
def end_deadline() -> ResponseReturnValue:
    """Take a deadline back."""
    unit_id = request.form.get("unit", type=int)
    try:
        drop_window(unit_id=unit_id, editor=editor(), now=now())
    except Refused as refusal:
        flash(said(refusal), "warning")
    else:
        flash(gettext("已取消这项期限"), "success")
    return redirect(url_for("rosters.deadline"), 303)


def _deadline_page(form: WindowForm) -> str:
    me = editor()
    choices = unit_choices(me.scope)
    return render_template(
        "units/deadline.html",
        form=form,
        windows=windows_set(),
        mine={one.id for one in choices},
        whole=me.scope.everywhere,
        choices=choices[:CHOICES],
        moment=now(),
    )
