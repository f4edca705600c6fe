"""Units and people: /console/units and /console/people."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask_babel import gettext
from flask_login import current_user

from core.access import Scope, granted, needs
from core.clock import now
from core.errors import Forbidden, Refused
from core.uploads import drop_upload, find_upload, keep_upload
from units.files import (
    XLSX,
    people_template,
    read_people_file,
    read_units_file,
    units_template,
)
from units.forms import DecisionForm, PersonForm, UploadForm
from units.operations.people import add_person, import_people, remove_person
from units.operations.results import ImportResult, digest_of
from units.operations.units import import_units
from units.queries import (
    all_units,
    counts,
    person_for,
    preview_people,
    preview_units,
    unit_with_people,
)

blueprint = Blueprint("units", __name__)

SHOWN = 300  # bad cells and changes of a preview; the rest is counted


@dataclass(frozen=True)
class Roster:
    """One of the two things that are imported, and how."""

    read: Callable[..., Any]
    preview: Callable[..., Any]
    take: Callable[..., ImportResult]
    template: Callable[[], bytes]
    template_name: str


ROSTERS = {
    "units": Roster(
        read_units_file,
        preview_units,
        import_units,
        units_template,
        "单位导入模板.xlsx",
    ),
    "people": Roster(
        *(read_people_file, preview_people, import_people, people_template),
        "人员导入模板.xlsx",
    ),
}
KIND = "<any(units, people):kind>"


@blueprint.get("/console/units")
@needs("organizer", "liaison", "auditor")
def index() -> str:
    """The units one may see, or those of them a word finds."""
    search = request.args.get("q", "").strip()[:100]
    return render_template(
        "units/index.html",
        units=all_units(search, granted()),
        counts=counts(granted()),
        search=search,
        may_import_units=_may_import_units(),
    )


@blueprint.get("/console/units/<int:unit_id>")
@needs("organizer", "liaison", "auditor")
def unit(unit_id: int) -> str:
    """A unit and its people."""
    found, people = unit_with_people(granted(), unit_id)
    return render_template(
        "units/unit.html", unit=found, people=people, form=PersonForm()
    )


@blueprint.post("/console/units/<int:unit_id>/people")
@needs("organizer", "liaison")
def add(unit_id: int) -> Any:
    """Put one person on the roster."""
    found, people = unit_with_people(granted(), unit_id)
    form = PersonForm()
    problem = ""
    if form.validate_on_submit():
        try:
            add_person(
                unit_code=found.code,
                name=form.name.data or "",
                phone=form.phone.data or "",
                staff_number=form.staff_number.data or "",
                rank=form.rank.data or "",
                actor=_actor(),
                now=now(),
            )
        except Refused as refusal:
            problem = gettext(refusal.message, **refusal.values)
        else:
            flash(gettext("%(name)s 已列入名册", name=form.name.data), "success")
            return redirect(url_for("units.unit", unit_id=unit_id))
    page = render_template(
        "units/unit.html", unit=found, people=people, form=form, problem=problem
    )
    return page, 400


@blueprint.post("/console/units/<int:unit_id>/people/<int:person_id>/remove")
@needs("organizer", "liaison")
def remove(unit_id: int, person_id: int) -> Any:
    """Take somebody off the roster."""
    person = person_for(granted(), unit_id, person_id)
    name = remove_person(person_id=person.id, actor=_actor(), now=now())
    flash(gettext("%(name)s 已移出名册", name=name), "success")
    return redirect(url_for("units.unit", unit_id=unit_id))


@blueprint.get(f"/console/{KIND}/template.xlsx")
@needs("organizer", "liaison")
def template(kind: str) -> Response:
    """The file to fill in."""
    roster = _roster(kind)
    return send_file(
        io.BytesIO(roster.template()),
        mimetype=XLSX,
        as_attachment=True,
        download_name=roster.template_name,
    )


@blueprint.get(f"/console/{KIND}/import")
@needs("organizer", "liaison")
def upload(kind: str) -> str:
    """Choose a file."""
    _roster(kind)
    return _upload_page(kind, UploadForm())


@blueprint.post(f"/console/{KIND}/import")
@needs("organizer", "liaison")
def send(kind: str) -> Any:
    """Keep the file and show what it would do."""
    _roster(kind)
    form = UploadForm()
    if not form.validate_on_submit():
        return _upload_again(kind, form)
    file = form.file.data
    token = keep_upload(
        _folder(),
        file.stream,
        filename=file.filename,
        kind=kind,
        account_id=current_user.account_id,
        now=now(),
    )
    return redirect(url_for("units.preview", kind=kind, token=token))


@blueprint.get(f"/console/{KIND}/import/<token>")
@needs("organizer", "liaison")
def preview(kind: str, token: str) -> Any:
    """What an import would do; nothing is written."""
    roster = _roster(kind)
    kept = _kept(kind, token)
    try:
        reading = roster.read(kept.path, filename=kept.filename)
    except Refused as refusal:
        drop_upload(_folder(), token)
        problem = gettext(refusal.message, **refusal.values)
        return _upload_again(kind, UploadForm(), problem)
    plan = roster.preview(reading.lines)
    bad = reading.all_bad(plan.bad)
    return render_template(
        "units/preview.html",
        kind=kind,
        form=DecisionForm(),
        upload=kept,
        plan=plan,
        notes=reading.notes,
        bad=bad[:SHOWN],
        bad_cells=len(bad),
        bad_rows=len({(cell.sheet, cell.row) for cell in bad}),
        changes=plan.changes[:SHOWN],
    )


@blueprint.post(f"/console/{KIND}/import/<token>")
@needs("organizer", "liaison")
def decide(kind: str, token: str) -> Any:
    """Import the file, or its good rows, or give it up."""
    roster = _roster(kind)
    kept = _kept(kind, token)
    form = DecisionForm()
    if form.cancel.data:
        drop_upload(_folder(), token)
        flash(gettext("已取消导入，没有改动任何内容"), "success")
        return redirect(url_for("units.index"))
    result = roster.take(
        reading=roster.read(kept.path, filename=kept.filename),
        accept_good=bool(form.good.data),
        source=digest_of(kept.path),
        actor=_actor(),
        now=now(),
    )
    if not result.done:
        flash(_said(result), "warning")
        return redirect(url_for("units.preview", kind=kind, token=token))
    drop_upload(_folder(), token)
    flash(_said(result), "warning" if result.bad else "success")
    return redirect(url_for("units.index"))


def _said(result: ImportResult) -> str:
    return "；".join(gettext(one.message, **one.values) for one in result.sentences())


def _roster(kind: str) -> Roster:
    """How this kind is imported, within the units one may change.

    :raises Forbidden: For the tree itself, without a role over all of it.
    """
    roster = ROSTERS[kind]
    if kind == "units":
        if not _may_import_units():
            raise Forbidden("导入单位需要全部单位的组织者权限，请联系系统管理员")
        return roster
    scope = granted()
    return replace(
        roster,
        preview=partial(roster.preview, scope=scope),
        take=partial(roster.take, scope=scope),
    )


def _may_import_units() -> bool:
    scope: Scope = current_user.scope("organizer")
    return scope.everywhere


def _upload_page(kind: str, form: UploadForm, problem: str = "") -> str:
    return render_template(
        "units/upload.html",
        kind=kind,
        form=form,
        counts=counts(granted()),
        problem=problem,
        may_import_units=_may_import_units(),
    )


def _upload_again(kind: str, form: UploadForm, problem: str = "") -> tuple[str, int]:
    return _upload_page(kind, form, problem), 400


def _kept(kind: str, token: str) -> Any:
    return find_upload(
        _folder(), token, kind=kind, account_id=current_user.account_id, now=now()
    )


def _folder() -> Path:
    return Path(current_app.instance_path, "uploads")


def _actor() -> str:
    return f"account:{current_user.account_id}"
