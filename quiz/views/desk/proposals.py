"""What one person asks for and a second one confirms: …/desk/proposals/<id>, and late
messages that may be counted: …/desk/late/<id>.
"""

from __future__ import annotations

from flask import Blueprint, current_app, flash, redirect, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from core.access import granted, needs
from core.clock import now
from quiz.desk_forms import ActForm, SureForm
from quiz.models import Exam
from quiz.operations.proposals import drop_proposal
from quiz.operations.reopening import (
    confirm_admission,
    confirm_reopen,
    propose_admission,
)
from quiz.queries.attempts import Attempt
from quiz.queries.desk import Asking, asking_for, desk_for, late_for
from quiz.views.desk.acting import Act, acted, asked, named, to_person

blueprint = Blueprint(
    "desk_proposals", __name__, url_prefix="/console/exams/<int:exam_id>/desk"
)


# …/proposals/<id>


@blueprint.get("/proposals/<int:proposal_id>")
@needs("organizer", "invigilator")
def show(exam_id: int, proposal_id: int) -> ResponseReturnValue:
    """What is asked for, by whom and why; the second person decides."""
    exam = desk_for(granted(), exam_id)
    asking = asking_for(granted(), exam.id, proposal_id)
    return _page(exam, asking, SureForm(formdata=None))


@blueprint.post("/proposals/<int:proposal_id>/confirm")
@needs("organizer", "invigilator")
def confirm(exam_id: int, proposal_id: int) -> ResponseReturnValue:
    """Do what was asked for: the second person's word."""
    exam = desk_for(granted(), exam_id)
    asking = asking_for(granted(), exam.id, proposal_id)
    form = SureForm()

    def do() -> str:
        if asking.kind == "reopen":
            confirm_reopen(
                proposal_id=asking.id, account_id=current_user.account_id, now=now()
            )
            return str(gettext("已重新开启，考生刷新页面即可接着作答"))
        confirm_admission(
            proposal_id=asking.id,
            account_id=current_user.account_id,
            now=now(),
            key=str(current_app.secret_key),
        )
        return str(gettext("已补收，这份答卷重新评了分"))

    return acted(
        exam, _confirm(exam, asking), form, do, "",
        again=lambda: _page(exam, asking_for(granted(), exam.id, asking.id), form, 400),
    )  # fmt: skip


@blueprint.post("/proposals/<int:proposal_id>/drop")
@needs("organizer", "invigilator")
def drop(exam_id: int, proposal_id: int) -> ResponseReturnValue:
    """Decline what somebody asks for, or take one's own back."""
    exam = desk_for(granted(), exam_id)
    asking = asking_for(granted(), exam.id, proposal_id)
    drop_proposal(proposal_id=asking.id, account_id=current_user.account_id, now=now())
    own = asking.proposed_by == current_user.account_id
    flash(gettext("申请已撤回") if own else gettext("已不同意这项申请"), "success")
    return redirect(to_person(exam.id, asking.candidate_id), 303)


def _confirm(exam: Exam, asking: Asking) -> Act:
    minutes = asking.asked.get("seconds", 0) // 60
    if asking.kind == "reopen":
        title = gettext("重新开启")
        lines = [
            gettext("确认后从此刻起再给 %(n)d 分钟，接着原来的答案作答。", n=minutes),
            gettext("原来的答卷和回执原样保留；再交卷时会有新的回执。"),
        ]
    else:
        title = gettext("补收迟到的答案")
        lines = [
            gettext("确认后这条消息里比答卷更新的答案计入，立即重新评分。"),
            gettext("交卷时间不变；原来的答卷和回执原样保留。"),
        ]
    return Act(
        title=title,
        who=named(asking.unit_name, asking.name),
        lines=lines,
        submit=gettext("确认"),
        back=to_person(exam.id, asking.candidate_id),
    )


def _page(
    exam: Exam, asking: Asking, form: SureForm, status: int = 200
) -> ResponseReturnValue:
    page = render_template(
        "quiz/console/desk/proposal.html",
        exam=exam,
        asking=asking,
        act=_confirm(exam, asking),
        own=asking.proposed_by == current_user.account_id,
        form=form,
    )
    return page, status


# …/late/<id>


@blueprint.get("/late/<int:late_id>")
@needs("organizer", "invigilator")
def ask_admit(exam_id: int, late_id: int) -> ResponseReturnValue:
    """Asks why a message that came too late is to be counted."""
    exam = desk_for(granted(), exam_id)
    sitting, late = late_for(granted(), exam.id, late_id)
    return asked(exam, _admit(exam, sitting, late.why), ActForm(formdata=None))


@blueprint.post("/late/<int:late_id>")
@needs("organizer", "invigilator")
def admit(exam_id: int, late_id: int) -> ResponseReturnValue:
    """Propose that a late message be counted."""
    exam = desk_for(granted(), exam_id)
    sitting, late = late_for(granted(), exam.id, late_id)
    form, number, why = ActForm(), late.id, late.why

    def do() -> None:
        propose_admission(
            late_id=number,
            reason=form.reason.data or "",
            key=form.tap,
            account_id=current_user.account_id,
            now=now(),
        )

    said = gettext("已提请补收，请另一位监考员或组织者确认")
    return acted(exam, _admit(exam, sitting, why), form, do, said)


WHYS = {
    "deadline": "截止时间和宽限期之后才送到",
    "submitted": "交卷之后才送到",
    "moved": "从换下来的手机或旧页面送来",
    "generation": "从重新开启之前的页面送来",
    "void": "作答作废之后送到",
}


def _admit(exam: Exam, sitting: Attempt, why: str) -> Act:
    return Act(
        title=gettext("提请补收"),
        who=named(sitting.unit_name, sitting.name),
        lines=[
            gettext("这条消息%(why)s，没有计入。", why=gettext(WHYS[why])),
            gettext("需要另一个人在他自己的账号上确认，提请的人不能自己确认。"),
            gettext(
                "确认后，比答卷更新的答案计入并重新评分；交卷时间和原来的回执不变。"
            ),
        ],
        submit=gettext("提请补收"),
        back=to_person(exam.id, sitting.candidate_id),
        reasons=(gettext("考场断网，答案确在时间内作出"),),
    )
