"""Questions that leave the bank: /console/bank/export."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import parse_qsl, quote, urlencode

from flask import (
    Blueprint,
    Response,
    current_app,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user
from werkzeug.datastructures import MultiDict

from core.access import needs
from core.aside import aside
from core.clock import now
from core.errors import Refused
from core.forms import said_on
from core.jobs.starting import start_job
from core.pages import clock
from question_bank.export_forms import ExportForm
from question_bank.export_queries import exports_lately, selected_questions
from question_bank.forms import FilterForm
from question_bank.jobs import EXPORT, arguments_of
from question_bank.list_queries import ids_listed, questions_listed
from question_bank.operations.exporting import note_export
from question_bank.rules.exporting import (
    AN_HOUR,
    LARGE,
    MOST_FOUND,
    Layout,
    Selection,
    found_by,
    given_purpose,
)
from question_bank.rules.printed import Stamp
from question_bank.topic_queries import topics_listed
from question_bank.views.bank import XLSX

blueprint = Blueprint("exporting", __name__)

TYPES = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "json": "application/json",
    "pdf": "application/pdf",
    "xlsx": XLSX,
}


@blueprint.get("/console/bank/export")
@needs("author", proof=True)
def choose() -> str:
    """Which questions, in which form, and what for.

    With a search of the bank's list in the address: what it finds.
    """
    form, found = _form(), FilterForm(request.args, topics_listed())
    if found.wanted():
        form.search.data = urlencode(found.query())
    return _page(form)


@blueprint.post("/console/bank/export")
@needs("author", proof=True)
def export() -> ResponseReturnValue:
    """Write down who takes what out, then make the file: a large one by a job."""
    form, moment = _form(), now()
    if not form.validate_on_submit():
        return _page(form), 400
    purpose = given_purpose(form.purpose.data or "")
    stamp = Stamp(current_user.display_name, clock(moment), purpose)
    selection, layout = form.selection(), form.layout(stamp)
    count = 0
    with said_on(form):
        if form.search.data:
            selection = _searched(form)
        count = note_export(
            selection=selection,
            layout=layout,
            purpose=purpose,
            actor=f"account:{current_user.account_id}",
            now=moment,
        )
    if not count:
        return _page(form), 400
    # Those who keep the server see it in their log and may have it ring.
    current_app.logger.warning(
        "bank_exported: account %d, %s, %d questions",
        current_user.account_id,
        layout.form,
        count,
    )
    name = _name(layout, moment)
    if count >= LARGE:
        return _by_job(selection, layout, name, moment)
    return _at_once(selection, layout, name)


def _at_once(selection: Selection, layout: Layout, name: str) -> Response:
    questions = selected_questions(selection)
    content = aside("question_bank.formats.exporting", "export_file", questions, layout)
    told = f"attachment; filename=\"questions.{layout.form}\"; filename*=UTF-8''"
    return Response(
        content,
        mimetype=TYPES[layout.form],
        headers={"Content-Disposition": told + quote(name, safe="")},
    )


def _by_job(
    selection: Selection, layout: Layout, name: str, moment: datetime
) -> ResponseReturnValue:
    account_id = current_user.account_id
    job_id = start_job(
        kind=EXPORT.name,
        arguments=arguments_of(selection, layout, name, account_id),
        about=name,
        account_id=account_id,
        now=moment,
    )
    return redirect(url_for("jobs.job", job_id=job_id), 303)


def _name(layout: Layout, moment: datetime) -> str:
    at = clock(moment, "%Y%m%d-%H%M")
    return f"{gettext('题目')} {at}.{layout.form}"


def _form() -> ExportForm:
    return ExportForm(topics_listed())


def _searched(form: ExportForm) -> Selection:
    """What the search finds that the form was opened with.

    :raises Refused: If it would find something else: its topic may be gone.
    """
    found = _found(form)
    if found is None or urlencode(found.query()) != form.search.data:
        raise Refused("检索条件里的知识点刚有变化，请回到题库重新检索")
    return found_by(found.words(), ids_listed(found.wanted(), MOST_FOUND + 1))


def _found(form: ExportForm) -> FilterForm | None:
    """The search whose questions are meant; None: there is none."""
    sent = MultiDict(parse_qsl(form.search.data or ""))
    found = FilterForm(sent, topics_listed())
    return found if found.wanted() else None


def _page(form: ExportForm) -> str:
    found = _found(form)
    return render_template(
        "question_bank/export.html",
        form=form,
        found=found,
        total=questions_listed(found.wanted(), 1).total if found else 0,
        lately=exports_lately(now()),
        an_hour=AN_HOUR,
    )
