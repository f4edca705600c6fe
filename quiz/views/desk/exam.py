"""What is done to all, or to many: …/desk/time, pause, resume, close, undo-close."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from core.access import granted, needs
from core.clock import now
from core.db import read_core
from core.pages import clock
from quiz.desk_forms import ActForm, MinutesForm, SureForm
from quiz.models import Exam
from quiz.operations.early import close_early, undo_close
from quiz.operations.grants import give_time, pause_exam, resume_exam
from quiz.queries.board import board_of
from quiz.queries.desk import whole_exam_for
from quiz.queries.running import find_pause
from quiz.rules.early import UNDO_WITHIN
from quiz.rules.whereabouts import Where
from quiz.views.desk.acting import Act, acted, asked, to_desk
from quiz.views.desk.reach import Meant, meant

blueprint = Blueprint(
    "desk_exam", __name__, url_prefix="/console/exams/<int:exam_id>/desk"
)

RUNNING = (Where.WRITING, Where.SILENT)
WAITING = (Where.ABSENT, Where.HERE)


# …/time?candidate=…, ?unit=…, ?room=…; without any: everybody


@blueprint.get("/time")
@needs("organizer", "invigilator")
def ask_time(exam_id: int) -> ResponseReturnValue:
    """Asks how much time is given back, and why."""
    them = meant(exam_id)
    return asked(them.exam, _time(them), MinutesForm(formdata=None))


@blueprint.post("/time")
@needs("organizer", "invigilator")
def give(exam_id: int) -> ResponseReturnValue:
    """Give time back to somebody, a unit, a room or everybody."""
    them = meant(exam_id)
    form = MinutesForm()

    def do() -> str:
        came = give_time(
            exam_id=them.exam.id,
            reach=them.reach,
            seconds=form.seconds,
            reason=form.reason.data or "",
            key=form.tap,
            account_id=current_user.account_id,
            now=now(),
        )
        if came.again:
            return str(gettext("这次补时已经给过了，没有重复补"))
        return str(
            gettext(
                "已补时 %(minutes)d 分钟，%(moved)d 份作答的截止时间顺延",
                minutes=form.minutes.data,
                moved=came.moved,
            )
        )

    return acted(them.exam, _time(them), form, do, "")


def _time(them: Meant) -> Act:
    running = sum(seat.where in RUNNING for seat in them.seats)
    later = sum(seat.where in WAITING for seat in them.seats)
    closed = sum(seat.where is Where.DONE for seat in them.seats)
    lines = []
    if running:
        lines.append(gettext("正在作答的 %(n)d 份，截止时间各延后这么多。", n=running))
    if later:
        lines.append(gettext("还没开始的 %(n)d 人，开始时同样多出这么多。", n=later))
    if closed:
        lines.append(
            gettext("已交卷的 %(n)d 份不变；需要接着答的，另行重新开启。", n=closed)
        )
    lines.append(gettext("手机在下一次保存或同步时得到新的截止时间，页面上会提示。"))
    return Act(
        title=gettext("补时"),
        who=them.who,
        lines=lines,
        submit=gettext("补时"),
        back=them.back,
        reasons=(
            gettext("考场断网"),
            gettext("手机故障，换机耽误"),
            gettext("考务原因晚开始"),
        ),
    )


# …/pause, …/resume


@blueprint.get("/pause")
@needs("organizer", "invigilator")
def ask_pause(exam_id: int) -> ResponseReturnValue:
    """Asks why the exam stands still."""
    exam = whole_exam_for(granted(), exam_id)
    return asked(exam, _pause(exam), ActForm(formdata=None))


@blueprint.post("/pause")
@needs("organizer", "invigilator")
def pause(exam_id: int) -> ResponseReturnValue:
    """Stop the exam's clock."""
    exam = whole_exam_for(granted(), exam_id)
    form = ActForm()

    def do() -> None:
        pause_exam(
            exam_id=exam.id,
            reason=form.reason.data or "",
            key=form.tap,
            account_id=current_user.account_id,
            now=now(),
        )

    return acted(exam, _pause(exam), form, do, gettext("考试已暂停，全场停表"))


def _pause(exam: Exam) -> Act:
    return Act(
        title=gettext("暂停考试"),
        who=exam.title,
        lines=[
            gettext("全场停表：谁的剩余时间都不再减少，谁也不能开始，也不收卷。"),
            gettext("手机上显示“考试已暂停”；考生还在点的答案照样保存。"),
            gettext("恢复时，停了多久，所有截止时间和考试结束时间就顺延多久。"),
        ],
        submit=gettext("暂停考试"),
        back=to_desk(exam.id),
        danger=True,
        reasons=(gettext("消防警报"), gettext("停电"), gettext("全场断网")),
    )


@blueprint.get("/resume")
@needs("organizer", "invigilator")
def ask_resume(exam_id: int) -> ResponseReturnValue:
    """Asks whether the exam goes on."""
    exam = whole_exam_for(granted(), exam_id)
    return asked(exam, _resume(exam), SureForm(formdata=None))


@blueprint.post("/resume")
@needs("organizer", "invigilator")
def resume(exam_id: int) -> ResponseReturnValue:
    """Let the exam's clock run again."""
    exam = whole_exam_for(granted(), exam_id)
    form = SureForm()

    def do() -> str:
        with read_core() as connection:
            pause_id = find_pause(connection, exam.id)
        stood = resume_exam(
            exam_id=exam.id,
            pause_id=pause_id or 0,
            account_id=current_user.account_id,
            now=now(),
        )
        minutes, seconds = divmod(stood // timedelta(seconds=1), 60)
        return str(
            gettext(
                "考试已恢复，截止时间顺延 %(minutes)d 分 %(seconds)d 秒",
                minutes=minutes,
                seconds=seconds,
            )
        )

    return acted(exam, _resume(exam), form, do, "")


def _resume(exam: Exam) -> Act:
    return Act(
        title=gettext("恢复考试"),
        who=exam.title,
        lines=[
            gettext("考试从 %(at)s 起停表。", at=clock(exam.paused_at, "%H:%M:%S")),
            gettext("所有还没到的截止时间和考试结束时间顺延停表的时间，只顺延一次。"),
            gettext("还没开始的人可以开始。"),
        ],
        submit=gettext("恢复考试"),
        back=to_desk(exam.id),
    )


# …/close, …/undo-close


@blueprint.get("/close")
@needs("organizer")
def ask_close(exam_id: int) -> ResponseReturnValue:
    """Asks why the exam ends before its time."""
    exam = whole_exam_for(granted(), exam_id)
    return asked(exam, _close(exam), ActForm(formdata=None))


@blueprint.post("/close")
@needs("organizer")
def close(exam_id: int) -> ResponseReturnValue:
    """Close the exam before its time."""
    exam = whole_exam_for(granted(), exam_id)
    form = ActForm()

    def do() -> str:
        ended = close_early(
            exam_id=exam.id,
            reason=form.reason.data or "",
            account_id=current_user.account_id,
            now=now(),
        )
        return str(gettext("考试已提前结束，%(n)d 份作答到此为止", n=ended))

    return acted(exam, _close(exam), form, do, "")


def _close(exam: Exam) -> Act:
    seats = board_of(exam.id, granted(), now())
    running = sum(seat.where in RUNNING for seat in seats)
    absent = sum(seat.where in WAITING for seat in seats)
    return Act(
        title=gettext("提前结束考试"),
        who=exam.title,
        lines=[
            gettext(
                "正在作答的 %(n)d 份到此为止，%(s)d 秒宽限期后收卷评分。",
                n=running,
                s=exam.grace_s,
            ),
            gettext("还没开始的 %(n)d 人不能再开始，算缺考。", n=absent),
            gettext(
                "%(n)d 分钟之内可以撤销，谁也不损失时间；之后只能逐份重新开启。",
                n=UNDO_WITHIN // timedelta(minutes=1),
            ),
        ],
        submit=gettext("提前结束考试"),
        back=to_desk(exam.id),
        danger=True,
        reasons=(gettext("所有人都已交卷"),),
    )


@blueprint.get("/undo-close")
@needs("organizer")
def ask_undo_close(exam_id: int) -> ResponseReturnValue:
    """Asks whether the early closing is taken back."""
    exam = whole_exam_for(granted(), exam_id)
    return asked(exam, _undo_close(exam), SureForm(formdata=None))


@blueprint.post("/undo-close")
@needs("organizer")
def reopen(exam_id: int) -> ResponseReturnValue:
    """Take the early closing back."""
    exam = whole_exam_for(granted(), exam_id)
    form = SureForm()

    def do() -> str:
        reopened = undo_close(
            exam_id=exam.id, account_id=current_user.account_id, now=now()
        )
        return str(gettext("已撤销提前结束，%(n)d 份已收的作答重新开启", n=reopened))

    return acted(exam, _undo_close(exam), form, do, "")


def _undo_close(exam: Exam) -> Act:
    return Act(
        title=gettext("撤销提前结束"),
        who=exam.title,
        lines=[
            gettext("结束时间和每份作答的截止时间都恢复，并补回这段时间。"),
            gettext("还没收的接着答；已经收的、这期间交的，作为新的一代答卷重新开启。"),
        ],
        submit=gettext("撤销提前结束"),
        back=to_desk(exam.id),
    )
