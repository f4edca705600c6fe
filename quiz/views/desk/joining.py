"""申请加入: letting people in who are on no roster, …/desk/joining/<id>."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from core.access import granted, needs
from core.clock import now
from quiz.desk_forms import ActForm
from quiz.models import Exam
from quiz.operations.joining import accept_joining, decline_joining
from quiz.queries.desk import desk_for
from quiz.queries.joining import Asking, joining_for
from quiz.views.desk.acting import Act, acted, asked, named, to_desk

blueprint = Blueprint(
    "desk_joining",
    __name__,
    url_prefix="/console/exams/<int:exam_id>/desk/joining/<int:joining_id>",
)


def _meant(exam_id: int, joining_id: int) -> tuple[Exam, Asking]:
    exam = desk_for(granted(), exam_id)
    return exam, joining_for(granted(), exam.id, joining_id)


@blueprint.get("/accept")
@needs("organizer", "invigilator")
def ask_accept(exam_id: int, joining_id: int) -> ResponseReturnValue:
    """Says what follows from letting somebody in."""
    exam, wish = _meant(exam_id, joining_id)
    return asked(exam, _accept(exam, wish), ActForm(formdata=None))


@blueprint.post("/accept")
@needs("organizer", "invigilator")
def accept(exam_id: int, joining_id: int) -> ResponseReturnValue:
    """Let them in."""
    exam, wish = _meant(exam_id, joining_id)
    form = ActForm()

    def do() -> None:
        accept_joining(
            exam_id=exam.id,
            joining_id=wish.id,
            reason=form.reason.data or "",
            account_id=current_user.account_id,
            now=now(),
        )

    said = gettext("已同意 %(name)s 加入，其手机几秒内会看到", name=wish.name)
    return acted(exam, _accept(exam, wish), form, do, said)


@blueprint.get("/decline")
@needs("organizer", "invigilator")
def ask_decline(exam_id: int, joining_id: int) -> ResponseReturnValue:
    """Says what follows from not letting somebody in."""
    exam, wish = _meant(exam_id, joining_id)
    return asked(exam, _decline(exam, wish), ActForm(formdata=None))


@blueprint.post("/decline")
@needs("organizer", "invigilator")
def decline(exam_id: int, joining_id: int) -> ResponseReturnValue:
    """Do not let them in."""
    exam, wish = _meant(exam_id, joining_id)
    form = ActForm()

    def do() -> None:
        decline_joining(
            exam_id=exam.id,
            joining_id=wish.id,
            reason=form.reason.data or "",
            account_id=current_user.account_id,
            now=now(),
        )

    said = gettext("没有同意 %(name)s 加入", name=wish.name)
    return acted(exam, _decline(exam, wish), form, do, said)


def _accept(exam: Exam, wish: Asking) -> Act:
    lines = [
        gettext("请先看工作证：姓名、单位与申请一致，本人在场。"),
        gettext("成绩单独统计，不计入该单位的应考、实考和参考率。"),
    ]
    if wish.begun:
        lines.append(gettext("此人已先行作答，同意后成绩有效。"))
    else:
        lines.append(gettext("得到一份备用卷，同时记为已到场，可以直接开始。"))
    return Act(
        title=gettext("同意加入"),
        who=named(wish.unit_name, wish.name),
        lines=lines,
        submit=gettext("同意加入"),
        back=to_desk(exam.id),
        reasons=(
            gettext("名单漏报，已看工作证"),
            gettext("新调入人员，已看工作证"),
            gettext("单位临时增派，已看工作证"),
        ),
    )


def _decline(exam: Exam, wish: Asking) -> Act:
    lines = [gettext("此人的手机会显示“没有通过”，请当面说明原因。")]
    if wish.begun:
        lines.append(gettext("此人已先行作答：作答立即停止并作废，没有成绩。"))
    return Act(
        title=gettext("不同意加入"),
        who=named(wish.unit_name, wish.name),
        lines=lines,
        submit=gettext("不同意"),
        back=to_desk(exam.id),
        danger=True,
        reasons=(
            gettext("不是本次考试的应考人员"),
            gettext("身份核对不上"),
            gettext("已在名单上，本人重新填写即可"),
        ),
    )
