"""What is decided and said about a question: /console/bank/<id>/…."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, url_for
from flask_babel import gettext
from flask_login import current_user

from core.access import needs
from core.clock import now
from core.errors import Refused
from question_bank.forms import RemarkForm, SettleForm, StateForm
from question_bank.operations.remarks import remark_on_question, settle_remark
from question_bank.operations.reviewing import set_state
from question_bank.queries import question
from question_bank.rules.lifecycle import AUTHORS, STATES

blueprint = Blueprint("reviewing", __name__)


@blueprint.post("/console/bank/<int:question_id>/submit")
@needs("author")
def submit(question_id: int) -> Any:
    """Give a draft to review, or take it back."""
    form = StateForm()
    if (form.expected.data, form.state.data) not in AUTHORS:
        raise Refused("这道题现在不能这样操作，请刷新后再试")
    return _set_state(question_id, form, reason="")


@blueprint.post("/console/bank/<int:question_id>/state")
@needs("reviewer")
def decide(question_id: int) -> Any:
    """Approve, return, park or retire a question."""
    form = StateForm()
    reason = form.reason.data or ""
    if (form.expected.data, form.state.data) == ("review", "draft"):
        if not reason.strip():
            raise Refused("请写出退回的原因")
    elif form.state.data == "review":
        raise Refused("这道题现在不能这样操作，请刷新后再试")
    return _set_state(question_id, form, reason=reason)


def _set_state(question_id: int, form: StateForm, *, reason: str) -> Any:
    if not form.validate_on_submit():
        raise Refused("这道题现在不能这样操作，请刷新后再试")
    wanted = form.state.data or ""
    set_state(
        question_id=question_id,
        expected=form.expected.data or "",
        state=wanted,
        actor=_actor(),
        now=now(),
        reason=reason,
    )
    flash(gettext("这道题现在是“%(state)s”", state=gettext(STATES[wanted])), "success")
    return redirect(url_for("bank.show", question_id=question_id))


@blueprint.post("/console/bank/<int:question_id>/remarks")
@needs("author", "reviewer")
def remark(question_id: int) -> Any:
    """Say something about the newest version."""
    newest = question(question_id).versions[-1]
    text = RemarkForm().text.data or ""
    remark_on_question(version_id=newest.id, text=text, actor=_actor(), now=now())
    flash(gettext("已记下这条意见"), "success")
    return redirect(url_for("bank.show", question_id=question_id, _anchor="remarks"))


@blueprint.post("/console/bank/remarks/<int:remark_id>/settle")
@needs("author", "reviewer")
def settle(remark_id: int) -> Any:
    """Say that a remark was dealt with, and how."""
    outcome = SettleForm().outcome.data or ""
    question_id = settle_remark(
        remark_id=remark_id, outcome=outcome, actor=_actor(), now=now()
    )
    flash(gettext("这条意见已处理"), "success")
    return redirect(url_for("bank.show", question_id=question_id, _anchor="remarks"))


def _actor() -> str:
    return f"account:{current_user.account_id}"
