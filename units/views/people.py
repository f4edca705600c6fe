"""People: /console/people, and adding them to a unit."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from core.access import granted, needs
from core.clock import now
from core.errors import Refused
from units.forms import LeaveForm, MoveForm, PersonForm
from units.models import Person
from units.operations.people import (
    TypedPerson,
    add_person,
    edit_person,
    move_person,
    put_back,
    stamp_of,
    take_off,
)
from units.queries.exemptions import exemptions_of
from units.queries.history import history_of_person
from units.queries.people import people_named, person_for
from units.queries.rosters import rights_on
from units.queries.units import reached, unit_choices, unit_for, unit_meant
from units.rules.changes import PERSON_FIELDS
from units.views.editor import editor, said
from units.views.exemptions import listed
from units.views.units import CHOICES, person_form, unit_page

blueprint = Blueprint("people", __name__, url_prefix="/console")


@blueprint.post("/units/<int:unit_id>/people")
@needs("organizer", "liaison")
def add(unit_id: int) -> ResponseReturnValue:
    """Put one person on the roster of a unit."""
    unit_for(granted(), unit_id)
    form = person_form()
    problem = ""
    if form.validate_on_submit():
        try:
            add_person(
                unit_id=unit_id,
                typed=_typed(form),
                namesake=bool(form.namesake.data),
                editor=editor(),
                now=now(),
            )
        except Refused as refusal:
            problem = said(refusal)
        else:
            flash(gettext("%(name)s 已列入名册", name=form.name.data), "success")
            return redirect(url_for("units.unit", unit_id=unit_id), 303)
    return unit_page(unit_id, form, problem), 400


# /console/people


@blueprint.get("/people")
@needs("organizer", "liaison", "auditor")
def search() -> str:
    """People by part of their name."""
    typed = request.args.get("q", "").strip()[:50]
    page = request.args.get("page", 1, type=int)
    listing = people_named(granted(), typed, page)
    return render_template(
        "units/people.html",
        typed=typed,
        listing=listing if typed else None,
        sees=reached(editor().reach),
    )


@blueprint.get("/people/<int:person_id>")
@needs("organizer", "liaison", "auditor")
def show(person_id: int) -> str:
    """One person, with everything that changed."""
    return _page(_person(person_id))


@blueprint.get("/people/<int:person_id>/edit")
@needs("organizer", "liaison")
def edit(person_id: int) -> str:
    """A form to correct what is written of a person."""
    person = _person(person_id)
    form = person_form(person)
    form.phone.data = person.phone_tail
    form.seen.data = stamp_of(person)
    return render_template("units/person_edit.html", person=person, form=form)


@blueprint.post("/people/<int:person_id>/edit")
@needs("organizer", "liaison")
def change(person_id: int) -> ResponseReturnValue:
    """Save what was corrected."""
    person = _person(person_id)
    form = person_form(person)
    status = 400
    if form.validate_on_submit():
        try:
            edit_person(
                person_id=person_id,
                typed=_typed(form),
                seen=form.seen.data or "",
                editor=editor(),
                now=now(),
            )
        except Refused as refusal:
            form.form_errors.append(said(refusal))
            status = refusal.status
        else:
            flash(gettext("已保存"), "success")
            return redirect(url_for("people.show", person_id=person_id), 303)
    page = render_template("units/person_edit.html", person=person, form=form)
    return page, status


@blueprint.post("/people/<int:person_id>/move")
@needs("organizer", "liaison")
def move(person_id: int) -> ResponseReturnValue:
    """Move a person to another unit."""
    scope = granted()
    person = _person(person_id)
    form = MoveForm()
    if form.validate_on_submit():
        try:
            unit = unit_meant(scope, form.unit.data or "")
            move_person(
                person_id=person_id,
                unit_id=unit.id,
                reason=form.reason.data or "",
                editor=editor(),
                now=now(),
            )
        except Refused as refusal:
            form.form_errors.append(said(refusal))
        else:
            values = {"name": person.name, "unit": unit.name}
            flash(gettext("%(name)s 已调入“%(unit)s”", **values), "success")
            return redirect(url_for("people.show", person_id=person_id), 303)
    return _page(person, move=form), 400


@blueprint.post("/people/<int:person_id>/remove")
@needs("organizer", "liaison")
def remove(person_id: int) -> ResponseReturnValue:
    """Take a person off the roster."""
    person = _person(person_id)
    form = LeaveForm()
    reason = form.why.data if form.validate_on_submit() else ""
    name = take_off(
        person_id=person_id,
        reason=reason or "",
        editor=editor(),
        now=now(),
    )
    flash(gettext("%(name)s 已移出名册", name=name), "success")
    return redirect(url_for("units.unit", unit_id=person.unit_id), 303)


@blueprint.post("/people/<int:person_id>/return")
@needs("organizer", "liaison")
def bring_back(person_id: int) -> ResponseReturnValue:
    """Put a person who left back on the roster."""
    _person(person_id)
    try:
        name = put_back(person_id=person_id, editor=editor(), now=now())
    except Refused as refusal:
        flash(said(refusal), "warning")
    else:
        flash(gettext("%(name)s 已重新列入名册", name=name), "success")
    return redirect(url_for("people.show", person_id=person_id), 303)


def _person(person_id: int) -> Person:
    return person_for(granted(), person_id)


def _typed(form: PersonForm) -> TypedPerson:
    return TypedPerson(
        name=form.name.data or "",
        phone=form.phone.data or "",
        staff_number=form.staff_number.data or "",
        rank=form.rank.data or "",
    )


def _page(person: Person, move: MoveForm | None = None) -> str:
    return render_template(
        "units/person.html",
        person=person,
        changes=history_of_person(person.id),
        fields=PERSON_FIELDS,
        rights=rights_on(editor(), person.unit_id, now()),
        sees=reached(editor().reach),
        exemptions=listed(exemptions_of(person.id), now()),
        move=move or MoveForm(formdata=None),
        leave=LeaveForm(formdata=None),
        choices=unit_choices(granted())[:CHOICES],
    )
