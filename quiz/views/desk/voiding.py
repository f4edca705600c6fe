"""A wrong paper was out for some minutes: …/desk/void?begin=…&end=…"""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import Blueprint, current_app, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from core.access import granted, needs
from core.clock import now
from core.db import read_core
from core.errors import Conflict
from quiz.desk_forms import VoidForm, WindowForm
from quiz.forms import aware
from quiz.models import Exam
from quiz.operations.voiding import void_sittings
from quiz.queries.attempts import Attempt, started_between
from quiz.queries.desk import whole_exam_for
from quiz.views.desk.acting import Act, acted, to_desk
from quiz.views.desk.sittings import time_for_another

blueprint = Blueprint(
    "desk_voiding", __name__, url_prefix="/console/exams/<int:exam_id>/desk"
)


@blueprint.get("/void")
@needs("organizer")
def ask(exam_id: int) -> ResponseReturnValue:
    """Which sittings were begun in some minutes; then asks why they are void."""
    exam = whole_exam_for(granted(), exam_id)
    window = WindowForm(request.args or None, meta={"csrf": False})
    if not request.args:
        window.begin.data = exam.opens_at.astimezone(current_app.config["TIMEZONE"])
        window.end.data = window.begin.data + timedelta(minutes=3)
        return _page(exam, window, None, VoidForm(formdata=None))
    if not window.validate():
        return _page(exam, window, None, VoidForm(formdata=None), 400)
    return _page(exam, window, _begun(exam, window), VoidForm(formdata=None))


@blueprint.post("/void")
@needs("organizer")
def void(exam_id: int) -> ResponseReturnValue:
    """Declare all of them void; everybody begins afresh."""
    exam = whole_exam_for(granted(), exam_id)
    window, form = WindowForm(request.args, meta={"csrf": False}), VoidForm()
    if not window.validate():
        return _page(exam, window, None, form, 400)
    begun = _begun(exam, window)

    def do() -> str:
        if form.seen.data != str(len(begun)):
            raise Conflict("这段时间开始的作答有了变化，请重新列出后再作废")
        came = void_sittings(
            exam_id=exam.id,
            sitting_ids=[one.sitting_id for one in begun],
            reason=form.reason.data or "",
            fresh=True,
            account_id=current_user.account_id,
            now=now(),
        )
        return str(gettext("%(n)d 份作答已作废，每人各有一次新的机会", n=came.voided))

    return acted(
        exam, _act(exam, begun), form, do, "",
        again=lambda: _page(exam, window, begun, form, 400),
    )  # fmt: skip


def _begun(exam: Exam, window: WindowForm) -> list[Attempt]:
    """From the beginning of the first minute to the end of the last."""
    zone = current_app.config["TIMEZONE"]
    first: datetime = aware(window.begin.data, zone)
    last = aware(window.end.data, zone) + timedelta(seconds=59, microseconds=999_999)
    with read_core() as connection:
        return started_between(connection, exam.id, first, last)


def _act(exam: Exam, begun: list[Attempt]) -> Act:
    return Act(
        title=gettext("一段时间内开始的作答全部作废"),
        who=exam.title,
        lines=[
            gettext(
                "列出的 %(n)d 份作答不再计数，不能恢复；答案和回执都留着。",
                n=len(begun),
            ),
            gettext("每人得到一份新试卷，重新扫码即可开始。备用卷不够时接着续抽。"),
            time_for_another(exam),
        ],
        submit=gettext("全部作废并另给机会"),
        back=to_desk(exam.id),
        danger=True,
        reasons=(gettext("开考时发错了试卷"),),
    )


def _page(
    exam: Exam,
    window: WindowForm,
    begun: list[Attempt] | None,
    form: VoidForm,
    status: int = 200,
) -> ResponseReturnValue:
    """:param begun: None: not asked for yet."""
    if begun is not None:
        form.seen.data = str(len(begun))
    page = render_template(
        "quiz/console/desk/voiding.html",
        exam=exam,
        window=window,
        begun=begun,
        act=_act(exam, begun or []),
        form=form,
    )
    return page, status
