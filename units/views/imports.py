"""Importing units and rosters: /console/units/import and /console/people/import."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

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
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from core.access import granted, needs
from core.clock import now
from core.errors import Refused
from core.uploads import Upload, drop_upload, find_upload, keep_upload
from units.files import (
    XLSX,
    people_template,
    read_people_file,
    read_units_file,
    units_template,
)
from units.forms import DecisionForm, RosterUploadForm, UploadForm
from units.operations.intake import Wish, import_people
from units.operations.results import ImportResult, Stale, digest_of
from units.operations.units import import_units
from units.queries.people import preview_people
from units.queries.units import counts, preview_units, unit_choices
from units.rules.changes import PERSON_FIELDS, UNIT_FIELDS
from units.rules.people_merge import PeoplePlan
from units.views.editor import editor, said

blueprint = Blueprint("imports", __name__, url_prefix="/console")

SHOWN = 300  # rows of each list of a preview; the rest is counted


# /console/units/import


@blueprint.get("/units/template.xlsx")
@needs("organizer")
def units_file() -> Response:
    """The file to fill in with units."""
    return _file(units_template(), "单位导入模板.xlsx")


@blueprint.get("/units/import")
@needs("organizer")
def units() -> str:
    """Choose a file of units."""
    return _units_page(UploadForm())


@blueprint.post("/units/import")
@needs("organizer")
def send_units() -> ResponseReturnValue:
    """Keep the file and show what it would do."""
    form = UploadForm()
    if not form.validate_on_submit():
        return _units_page(form), 400
    token = _keep("units", form)
    return redirect(url_for("imports.preview_of_units", token=token), 303)


@blueprint.get("/units/import/<token>")
@needs("organizer")
def preview_of_units(token: str) -> ResponseReturnValue:
    """What an import of units would do; nothing is written."""
    return _units_preview(_kept("units", token))


@blueprint.post("/units/import/<token>")
@needs("organizer")
def decide_on_units(token: str) -> ResponseReturnValue:
    """Import what was shown, or its good rows, or give it up."""
    kept = _kept("units", token)
    form = DecisionForm()
    if form.cancel.data:
        return _given_up(token)
    try:
        result = import_units(
            reading=read_units_file(kept.path, filename=kept.filename),
            accept_good=bool(form.good.data),
            stamp=form.stamp.data or "",
            source=digest_of(kept.path),
            filename=kept.filename,
            editor=editor(),
            now=now(),
        )
    except Stale as stale:
        return _units_preview(kept, said(stale), stale.status)
    if not result.done:
        flash(_told(result), "warning")
        return redirect(url_for("imports.preview_of_units", token=token), 303)
    return _done(token, result)


def _units_page(form: UploadForm, problem: str = "") -> str:
    return render_template("units/upload_units.html", form=form, problem=problem)


def _units_preview(kept: Upload, stale: str = "", status: int = 200) -> tuple[str, int]:
    try:
        reading = read_units_file(kept.path, filename=kept.filename)
    except Refused as refusal:
        drop_upload(_folder(), kept.token)
        return _units_page(UploadForm(formdata=None), said(refusal)), 400
    plan = preview_units(reading.lines, editor().scope)
    form = DecisionForm(formdata=None, stamp=plan.stamp)
    page = render_template(
        "units/preview_units.html",
        form=form,
        upload=kept,
        plan=plan,
        stale=stale,
        notes=reading.notes,
        bad=reading.all_bad(plan.bad),
        shown=SHOWN,
        fields=UNIT_FIELDS,
    )
    return page, status


# /console/people/import


@blueprint.get("/people/template.xlsx")
@needs("organizer", "liaison")
def people_file() -> Response:
    """The file to fill in with people."""
    return _file(people_template(), "人员导入模板.xlsx")


@blueprint.get("/people/import")
@needs("organizer", "liaison")
def people() -> str:
    """Choose a roster."""
    return _people_page(RosterUploadForm())


@blueprint.post("/people/import")
@needs("organizer", "liaison")
def send_people() -> ResponseReturnValue:
    """Keep the file and show what it would do."""
    form = RosterUploadForm()
    if not form.validate_on_submit():
        return _people_page(form), 400
    token = _keep("people", form)
    complete = 1 if form.complete.data == "yes" else None
    address = url_for("imports.preview_of_people", token=token, complete=complete)
    return redirect(address, 303)


@blueprint.get("/people/import/<token>")
@needs("organizer", "liaison")
def preview_of_people(token: str) -> ResponseReturnValue:
    """The difference a roster would make; nothing is written."""
    complete = request.args.get("complete") == "1"
    return _people_preview(_kept("people", token), complete)


@blueprint.post("/people/import/<token>")
@needs("organizer", "liaison")
def decide_on_people(token: str) -> ResponseReturnValue:
    """Apply exactly the difference that was shown, or give it up."""
    kept = _kept("people", token)
    form = DecisionForm()
    if form.cancel.data:
        return _given_up(token)
    complete = form.complete.data == "1"
    wish = Wish(
        complete=complete,
        accept_good=bool(form.good.data),
        stamp=form.stamp.data or "",
        same=_answers(),
        adopt_ranks=request.form.get("adopt") == "1",
        all_same={"same": True, "other": False}.get(request.form.get("all-of", "")),
    )
    try:
        result = import_people(
            reading=read_people_file(kept.path, filename=kept.filename),
            wish=wish,
            source=digest_of(kept.path),
            filename=kept.filename,
            editor=editor(),
            now=now(),
        )
    except Stale as stale:
        return _people_preview(kept, complete, said(stale), stale.status)
    if not result.done:
        return _people_preview(kept, complete, _told(result), 400)
    return _done(token, result)


def _answers() -> Sequence[bool] | None:
    """For each doubt whether the row means who stands; None if one has no answer."""
    answers = []
    for n in range(request.form.get("doubts", 0, type=int)):
        answer = request.form.get(f"row-{n}")
        if answer not in ("same", "other"):
            return None
        answers.append(answer == "same")
    return answers


def _people_page(form: RosterUploadForm, problem: str = "") -> str:
    size = counts(granted())
    return render_template(
        "units/upload_people.html", form=form, counts=size, problem=problem
    )


def _people_preview(
    kept: Upload, complete: bool, problem: str = "", status: int = 200
) -> tuple[str, int]:
    try:
        reading = read_people_file(kept.path, filename=kept.filename)
    except Refused as refusal:
        drop_upload(_folder(), kept.token)
        return _people_page(RosterUploadForm(formdata=None), said(refusal)), 400
    me = editor()
    plan = preview_people(reading.lines, me, complete=complete, now=now())
    bad = reading.all_bad(plan.bad)
    page = render_template(
        "units/preview_people.html",
        form=DecisionForm(
            formdata=None, stamp=plan.stamp, complete="1" if complete else ""
        ),
        upload=kept,
        plan=plan,
        problem=problem,
        notes=reading.notes,
        doubts=list(enumerate(plan.doubts[:SHOWN])),
        bad=bad,
        bad_rows=len({(cell.sheet, cell.row) for cell in bad}),
        shown=SHOWN,
        fields=PERSON_FIELDS,
        names={unit.id: unit.name for unit in unit_choices(me.reach)},
        shrinks=_shrinks(plan),
        may_adopt=me.scope.everywhere,
        answers=request.form,
    )
    return page, status


def _shrinks(plan: PeoplePlan) -> bool:
    """Whether a complete file is so short that it is likely the wrong one."""
    stay = len(plan.unchanged) + len(plan.changed) + len(plan.doubts)
    return len(plan.left) > stay


# Both


def _file(content: bytes, name: str) -> Response:
    return send_file(
        io.BytesIO(content), mimetype=XLSX, as_attachment=True, download_name=name
    )


def _keep(kind: str, form: UploadForm) -> str:
    file = form.file.data
    return keep_upload(
        _folder(),
        file.stream,
        filename=file.filename,
        kind=kind,
        account_id=current_user.account_id,
        now=now(),
    )


def _kept(kind: str, token: str) -> Upload:
    return find_upload(
        _folder(), token, kind=kind, account_id=current_user.account_id, now=now()
    )


def _given_up(token: str) -> ResponseReturnValue:
    drop_upload(_folder(), token)
    flash(gettext("已取消导入，没有改动任何内容"), "success")
    return redirect(url_for("units.index"), 303)


def _done(token: str, result: ImportResult) -> ResponseReturnValue:
    drop_upload(_folder(), token)
    flash(_told(result), "warning" if result.bad else "success")
    return redirect(url_for("units.index"), 303)


def _told(result: ImportResult) -> str:
    return "；".join(gettext(one.message, **one.values) for one in result.sentences())


def _folder() -> Path:
    return Path(current_app.instance_path, "uploads")
