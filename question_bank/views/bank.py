"""The bank: /console/bank."""

from __future__ import annotations

import io
from typing import Any

from flask import (
    Blueprint,
    Response,
    flash,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask_babel import gettext
from flask_login import current_user

from core.access import check_proof, may, needs
from core.clock import now
from core.errors import Refused
from question_bank.forms import FilterForm, RemarkForm, SettleForm, StateForm
from question_bank.history import history_of
from question_bank.list_queries import questions_listed
from question_bank.operations.editing import revise_question
from question_bank.operations.intake import add_question
from question_bank.queries import (
    counts,
    draft_of,
    enemies_of,
    outcomes,
    question,
    state_counts,
    uses,
)
from question_bank.question_form import QuestionForm, filled_form
from question_bank.rules.ease import disagrees, learned, level_of
from question_bank.rules.lifecycle import AUTHORS, NEXT, STATES, obstacle
from question_bank.rules.validity import (
    DIFFICULTIES,
    KINDS,
    LETTERS,
    PART_KINDS,
    typed_key,
    warnings,
)
from question_bank.topic_queries import topic_names, topics_listed

blueprint = Blueprint("bank", __name__)
words = {
    "KINDS": KINDS,
    "PART_KINDS": PART_KINDS,
    "DIFFICULTIES": DIFFICULTIES,
    "STATES": STATES,
    "LETTERS": LETTERS,
    "typed_key": typed_key,
}

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@blueprint.context_processor
def _words() -> dict[str, Any]:
    return words


@blueprint.get("/console/bank")
@needs("author", "reviewer", "auditor")
def index() -> str:
    """How many questions there are, and the list of them."""
    form = FilterForm(request.args, topics_listed())
    wanted = form.wanted()
    page = request.args.get("page", 1, type=int)
    return render_template(
        "question_bank/index.html",
        form=form,
        listing=questions_listed(wanted, page, form.sort.data or "new"),
        filtered=bool(wanted),
        query=form.query(),
        counts=counts(),
        states=state_counts(),
    )


@blueprint.get("/console/bank/template.xlsx")
@needs("author")
def template() -> Response:
    """The workbook to fill in."""
    # Only here: the writer of workbooks is not needed by any other page.
    from question_bank.formats.template import write_template  # noqa: PLC0415

    out = io.BytesIO()
    write_template(out)
    out.seek(0)
    return send_file(
        out, mimetype=XLSX, as_attachment=True, download_name="题目导入模板.xlsx"
    )


# /console/bank/<id>


@blueprint.get("/console/bank/<int:question_id>")
@needs("author", "reviewer")
def show(question_id: int) -> str:
    """One question with its key, its versions and the exams that had it."""
    found = question(question_id)
    used = uses(question_id)
    if used:  # its key is worth something to somebody
        check_proof()
    newest = found.versions[-1]
    return render_template(
        "question_bank/question.html",
        question=found,
        version=newest,
        warnings=warnings(draft_of(newest)),
        uses=used,
        enemies=enemies_of(found),
        data=_data(newest.difficulty, question_id),
        form=StateForm(formdata=None),
        ways=_ways(found.state, newest.created_by),
        own=newest.created_by == _actor(),
        history=history_of(found),
        remark_form=RemarkForm(formdata=None),
        settle_form=SettleForm(formdata=None),
    )


def _data(difficulty: str, question_id: int) -> dict[str, Any] | None:
    """What people earned of a question in exams; None before there were any."""
    came = outcomes([question_id]).get(question_id)
    if not came:
        return None
    share, answers = learned(difficulty, came)
    return {
        "share": share,
        "answers": answers,
        "level": level_of(share),
        "disagrees": disagrees(difficulty, share, answers),
    }


def _ways(state: str, author: str) -> list[str]:
    """Into which states this account may bring a question."""
    return [
        wanted
        for wanted in NEXT[state]
        if may("reviewing.submit" if (state, wanted) in AUTHORS else "reviewing.decide")
        and obstacle(state, wanted, actor=_actor(), author=author) is None
    ]


@blueprint.get("/console/bank/<int:question_id>/edit")
@needs("author")
def edit(question_id: int) -> str:
    """The form with what the question holds now."""
    newest = question(question_id).versions[-1]
    if uses(question_id):
        check_proof()
    form = filled_form(draft_of(newest), newest.number)
    return _form_page(form, question_id)


@blueprint.post("/console/bank/<int:question_id>/edit")
@needs("author")
def revise(question_id: int) -> Any:
    """Make a new version."""
    question(question_id)  # a question that is not there answers 404
    if uses(question_id):
        check_proof()
    form = QuestionForm()
    if not form.validate_on_submit():
        return _form_page(form, question_id), 400
    base = form.base.data or ""
    try:
        number = revise_question(
            question_id=question_id,
            base=int(base) if base.isascii() and base.isdigit() else 0,
            draft=form.draft(),
            actor=_actor(),
            now=now(),
        )
    except Refused as refusal:
        # What was typed must not be lost.
        form.form_errors.append(gettext(refusal.message, **refusal.values))
        return _form_page(form, question_id), refusal.status
    flash(gettext("已保存为第 %(n)d 版", n=number), "success")
    return redirect(url_for("bank.show", question_id=question_id))


# /console/bank/new


@blueprint.get("/console/bank/new")
@needs("author")
def new() -> str:
    """An empty form."""
    return _form_page(QuestionForm(formdata=None), None)


@blueprint.post("/console/bank/new")
@needs("author")
def add() -> Any:
    """Add one question."""
    form = QuestionForm()
    if not form.validate_on_submit():
        return _form_page(form, None), 400
    try:
        question_id = add_question(
            draft=form.draft(),
            actor=_actor(),
            now=now(),
            ready=not form.as_draft.data,
        )
    except Refused as refusal:
        form.form_errors.append(gettext(refusal.message, **refusal.values))
        return _form_page(form, None), refusal.status
    if form.as_draft.data:
        flash(gettext("已存为草稿，改好后请送审"), "success")
    else:
        flash(gettext("已新增这道题，等另一位审题人审核后可用"), "success")
    return redirect(url_for("bank.show", question_id=question_id))


def _form_page(form: QuestionForm, question_id: int | None) -> str:
    return render_template(
        "question_bank/form.html",
        form=form,
        question_id=question_id,
        topics=topic_names(),
    )


def _actor() -> str:
    return f"account:{current_user.account_id}"
