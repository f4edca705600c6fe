"""The tree of units: /console/units."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from core.access import granted, needs
from core.clock import now
from core.errors import Conflict, Refused
from units.forms import PersonForm, UnitForm, UnitPlaceForm
from units.models import Person, Unit
from units.operations.tree import (
    TypedUnit,
    change_unit,
    close_unit,
    make_unit,
    move_unit,
    reopen_unit,
    shift_unit,
    stamp_of,
)
from units.queries.history import history_of_roster
from units.queries.people import gone_from_unit, people_of_unit
from units.queries.ranks import rank_words
from units.queries.rosters import newest_change_of, rights_on, roster_states
from units.queries.units import (
    all_units,
    categories,
    counts,
    forest,
    reached,
    unit_choices,
    unit_for,
    unit_meant,
)
from units.rules.changes import PERSON_FIELDS, UNIT_FIELDS
from units.views.editor import editor, said

blueprint = Blueprint("units", __name__, url_prefix="/console/units")

ROOTS, UNITS, LEVELS = 200, 500, 6  # what one page of the tree shows
LISTED = 100  # units on a page of a list
CHOICES = 1000  # names a field proposes


# /console/units


@blueprint.get("")
@needs("organizer", "liaison", "auditor")
def index() -> str:
    """The tree, or the units a word finds."""
    scope = granted()
    search = request.args.get("q", "").strip()[:100]
    page = request.args.get("page", 1, type=int)
    woods = forest(scope)
    if search:
        found = all_units(search, scope)
        page, pages = page_within(page, len(found), LISTED)
        shown = found[(page - 1) * LISTED : page * LISTED]
        return render_template(
            "units/found.html",
            search=search,
            forest=woods,
            units=shown,
            total=len(found),
            page=page,
            pages=pages,
        )
    roots = woods.tree.children(None)
    page, pages = page_within(page, len(roots), ROOTS)
    shown_roots = roots[(page - 1) * ROOTS : page * ROOTS]
    everything = all_units(scope=scope, closed=True)
    return render_template(
        "units/index.html",
        forest=woods,
        roots=shown_roots,
        unfolded=woods.tree.unfolded(shown_roots, most=UNITS, deep=LEVELS),
        counts=counts(scope),
        closed=[unit for unit in everything if unit.closed_at],
        rights=editor().scope,
        page=page,
        pages=pages,
    )


@blueprint.get("/new")
@needs("organizer")
def new() -> str:
    """A form for a unit below another one, or at the top."""
    return _new_page(UnitForm(formdata=None), request.args.get("parent", type=int))


@blueprint.post("/new")
@needs("organizer")
def make() -> ResponseReturnValue:
    """Make a unit."""
    form = UnitForm()
    parent_id = request.form.get("parent", type=int)
    if form.validate_on_submit():
        try:
            made = make_unit(
                typed=_typed(form, form.code.data or ""),
                parent_id=parent_id,
                editor=editor(),
                now=now(),
            )
        except Refused as refusal:
            form.form_errors.append(said(refusal))
        else:
            flash(gettext("已新增“%(name)s”", name=form.name.data), "success")
            return redirect(url_for("units.unit", unit_id=made), 303)
    return _new_page(form, parent_id), 400


# /console/units/<id>


@blueprint.get("/<int:unit_id>")
@needs("organizer", "liaison", "auditor")
def unit(unit_id: int) -> str:
    """A unit: what is below it, and its people."""
    return unit_page(unit_id, person_form())


def person_form(person: Person | None = None) -> PersonForm:
    """The form for one person: as sent, or filled with somebody's data."""
    form = PersonForm(obj=person)
    form.choose_from(rank_words())
    return form


def unit_page(unit_id: int, form: PersonForm, problem: str = "") -> str:
    """The page of a unit with the form for one more person."""
    me, moment = editor(), now()
    found = unit_for(granted(), unit_id)
    woods = forest(granted(), closed=found.closed_at is not None)
    states = roster_states(granted(), me, moment, unit_id)
    return render_template(
        "units/unit.html",
        unit=found,
        forest=woods,
        above=woods.above(unit_id),
        below=woods.children(unit_id),
        listing=people_of_unit(unit_id, request.args.get("page", 1, type=int)),
        gone=gone_from_unit(unit_id),
        rights=rights_on(me, unit_id, moment),
        sees=reached(me.reach),
        state=states[0] if states else None,
        seen=newest_change_of(unit_id),
        form=form,
        problem=problem,
    )


@blueprint.get("/<int:unit_id>/edit")
@needs("organizer")
def edit(unit_id: int) -> str:
    """Forms for name, category and level, and for the unit above."""
    found = unit_for(editor().scope, unit_id)
    form = UnitForm(formdata=None, obj=found)
    form.seen.data = stamp_of(found)
    return _edit_page(found, form, UnitPlaceForm(formdata=None))


@blueprint.post("/<int:unit_id>/edit")
@needs("organizer")
def change(unit_id: int) -> ResponseReturnValue:
    """Save name, category and level."""
    found = unit_for(editor().scope, unit_id)
    form = UnitForm()
    form.code.data = found.code  # never changes
    status = 400
    if form.validate_on_submit():
        try:
            change_unit(
                unit_id=unit_id,
                typed=_typed(form, found.code),
                seen=form.seen.data or "",
                editor=editor(),
                now=now(),
            )
        except Refused as refusal:
            form.form_errors.append(said(refusal))
            status = refusal.status
            if isinstance(refusal, Conflict):
                found = unit_for(editor().scope, unit_id)
                form.seen.data = stamp_of(found)
        else:
            flash(gettext("已保存"), "success")
            return redirect(url_for("units.unit", unit_id=unit_id), 303)
    return _edit_page(found, form, UnitPlaceForm(formdata=None)), status


@blueprint.post("/<int:unit_id>/move")
@needs("organizer")
def move(unit_id: int) -> ResponseReturnValue:
    """Put the unit below another one, or at the top."""
    scope = editor().scope
    found = unit_for(scope, unit_id)
    form = UnitPlaceForm()
    if form.validate_on_submit():
        typed = (form.parent.data or "").strip()
        try:
            if not typed and not form.top.data:
                raise Refused("请填写新的上级单位，或勾选“移到最上一级”")
            parent = unit_meant(scope, typed).id if typed else None
            move_unit(
                unit_id=unit_id,
                parent_id=parent,
                editor=editor(),
                now=now(),
            )
        except Refused as refusal:
            form.form_errors.append(said(refusal))
        else:
            flash(gettext("“%(name)s”已移动", name=found.name), "success")
            return redirect(url_for("units.unit", unit_id=unit_id), 303)
    edited = UnitForm(formdata=None, obj=found)
    edited.seen.data = stamp_of(found)
    return _edit_page(found, edited, form), 400


@blueprint.post("/<int:unit_id>/shift")
@needs("organizer")
def shift(unit_id: int) -> ResponseReturnValue:
    """Let the unit trade places with its neighbour."""
    found = unit_for(editor().scope, unit_id)
    shift_unit(
        unit_id=unit_id,
        step=-1 if request.form.get("way") == "up" else 1,
        editor=editor(),
        now=now(),
    )
    above = found.parent_id
    back = url_for("units.unit", unit_id=above) if above else url_for("units.index")
    return redirect(f"{back}#unit-{unit_id}", 303)


@blueprint.post("/<int:unit_id>/close")
@needs("organizer")
def close(unit_id: int) -> ResponseReturnValue:
    """停用."""
    found = unit_for(editor().scope, unit_id)
    try:
        close_unit(unit_id=unit_id, editor=editor(), now=now())
    except Refused as refusal:
        flash(said(refusal), "warning")
    else:
        flash(gettext("“%(name)s”已停用，历史记录保留", name=found.name), "success")
    return redirect(url_for("units.unit", unit_id=unit_id), 303)


@blueprint.post("/<int:unit_id>/reopen")
@needs("organizer")
def reopen(unit_id: int) -> ResponseReturnValue:
    """Take a closed unit into use again."""
    found = unit_for(editor().scope, unit_id)
    try:
        reopen_unit(unit_id=unit_id, editor=editor(), now=now())
    except Refused as refusal:
        flash(said(refusal), "warning")
    else:
        flash(gettext("“%(name)s”已恢复使用", name=found.name), "success")
    return redirect(url_for("units.unit", unit_id=unit_id), 303)


@blueprint.get("/<int:unit_id>/history")
@needs("organizer", "liaison", "auditor")
def history(unit_id: int) -> str:
    """What happened to the unit and to its people."""
    return render_template(
        "units/history.html",
        unit=unit_for(granted(), unit_id),
        changes=history_of_roster(unit_id),
        sees=reached(editor().reach),
        fields=PERSON_FIELDS,
        unit_fields=UNIT_FIELDS,
    )


def page_within(page: int, total: int, size: int) -> tuple[int, int]:
    """The page that is shown, and how many there are."""
    pages = max(1, -(-total // size))
    return min(max(1, page), pages), pages


def _typed(form: UnitForm, code: str) -> TypedUnit:
    return TypedUnit(
        code=code,
        name=form.name.data or "",
        category=form.category.data or "",
        level=form.level.data or "",
    )


def _words() -> dict[str, Any]:
    known, levels = categories()
    return {"categories": known, "levels": levels}


def _new_page(form: UnitForm, parent_id: int | None) -> str:
    scope = editor().scope
    parent = unit_for(scope, parent_id) if parent_id else None
    return render_template("units/new.html", form=form, parent=parent, **_words())


def _edit_page(found: Unit, form: UnitForm, place: UnitPlaceForm) -> str:
    scope = editor().scope
    parent = forest(scope, closed=True).units.get(found.parent_id or 0)
    return render_template(
        "units/edit.html",
        unit=found,
        parent=parent,
        form=form,
        place=place,
        choices=unit_choices(scope)[:CHOICES],
        movable=scope.everywhere or parent is not None,
        whole=scope.everywhere,
        **_words(),
    )
