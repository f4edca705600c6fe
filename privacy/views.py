"""Personal data in the console: what is kept how long, copies, erasing."""

from __future__ import annotations

from pathlib import Path

from flask import (
    Blueprint,
    Response,
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

from audit.names import ACTIONS
from core.access import granted, needs
from core.clock import now
from core.config import Settings
from core.errors import Busy, Missing, Refused
from privacy.forms import EraseForm
from privacy.operations.erasing import erase_person
from privacy.operations.exporting import note_copy
from privacy.operations.sweeping import sweep
from privacy.queries.due import counted
from privacy.queries.person import Record, all_about
from privacy.rules.periods import WORDS
from privacy.settings import periods_of
from units.operations.erasing import ERASED
from units.queries.people import person_for

blueprint = Blueprint("privacy", __name__, url_prefix="/console/privacy")


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings


def _actor() -> str:
    return f"account:{current_user.account_id}"


# /console/privacy


@blueprint.get("")
@needs("organizer", "auditor")
def index() -> str:
    """What is kept, how long, and what is past its time."""
    periods = periods_of(_settings())
    due = counted(periods, now(), ERASED)
    return render_template(
        "privacy/index.html",
        lines=[
            (gettext(name), gettext(since), getattr(periods, kind), due[kind])
            for kind, (name, since) in WORDS.items()
        ],
        due=sum(due.values()),
        settings=_settings(),
    )


@blueprint.post("/sweep")
@needs("admin")
def submit_sweep() -> ResponseReturnValue:
    """Erase what is past its period."""
    done = sweep(
        periods=periods_of(_settings()),
        uploads=Path(current_app.instance_path, "uploads"),
        actor=_actor(),
        now=now(),
    )
    flash(gettext("已删除 %(n)d 项到期的个人信息", n=sum(done.values())), "success")
    return redirect(url_for("privacy.index"), 303)


# /console/privacy/people/<person>


@blueprint.get("/people/<int:person_id>")
@needs("organizer", proof=True)
def person(person_id: int) -> str:
    """How much is kept of somebody; copies; erasing."""
    return _person_page(person_id, EraseForm())


def _person_page(person_id: int, form: EraseForm, problem: str = "") -> str:
    found = person_for(granted(), person_id)
    if problem:
        form.form_errors.append(problem)
    return render_template(
        "privacy/person.html",
        person=found,
        counts=_counts(all_about(person_id)),
        erased=found.name == ERASED,
        form=form,
    )


def _counts(record: Record) -> dict[str, int]:
    sittings = [one for exam in record["exams"] for one in exam["sittings"]]
    return {
        "exams": len(record["exams"]),
        "sittings": len(sittings),
        "answers": sum(len(one["answers"]) for one in sittings),
        "changes": len(record["roster_changes"]) + len(record["exemptions"]),
        "log": len(record["log"]),
    }


@blueprint.get("/people/<int:person_id>/copy")
@needs("organizer", proof=True)
def copy(person_id: int) -> Response:
    """All that is kept of somebody, as a file; that is written down, too."""
    # XlsxWriter is loaded only where a file is wanted.
    from privacy.copies import FORMS, copy_as  # noqa: PLC0415

    person_for(granted(), person_id)
    form = request.args.get("form", "json")
    if form not in FORMS:
        raise Refused("可以导出为 xlsx、html 或 json")
    moment = now()
    content = copy_as(form, all_about(person_id), ACTIONS, moment)
    note_copy(person_id=person_id, form=form, actor=_actor(), now=moment)
    name = f"person-{person_id}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, mimetype=FORMS[form], headers=headers)


@blueprint.post("/people/<int:person_id>/erase")
@needs("organizer", proof=True)
def submit_erase(person_id: int) -> ResponseReturnValue:
    """Erase somebody, for good."""
    person_for(granted(), person_id)
    form = EraseForm()
    problem, moment = "", now()
    if form.validate_on_submit():
        try:
            erase_person(
                person_id=person_id,
                reason=form.reason.data or "",
                since=periods_of(_settings()).before("answers", moment),
                actor=_actor(),
                now=moment,
            )
        except (Busy, Missing):
            raise
        except Refused as refusal:
            problem = gettext(refusal.message, **refusal.values)
        else:
            flash(gettext("已删除，只留下编号和去掉姓名的成绩"), "success")
            return redirect(url_for("privacy.person", person_id=person_id), 303)
    return _person_page(person_id, form, problem), 400
