"""What is done to one sitting: …/desk/sittings/<id>/move, reopen, void."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from core.access import granted, needs
from core.clock import now
from core.pages import clock
from quiz.desk_forms import ActForm, MinutesForm
from quiz.models import Exam
from quiz.operations.entry import allow_move
from quiz.operations.reopening import propose_reopen
from quiz.operations.voiding import void_sittings
from quiz.queries.attempts import Attempt
from quiz.queries.desk import attempt_for, desk_for
from quiz.views.desk.acting import Act, acted, asked, named, to_person

blueprint = Blueprint(
    "desk_sittings",
    __name__,
    url_prefix="/console/exams/<int:exam_id>/desk/sittings/<int:sitting_id>",
)


def _loaded(exam_id: int, sitting_id: int) -> tuple[Exam, Attempt]:
    exam = desk_for(granted(), exam_id)
    return exam, attempt_for(granted(), exam.id, sitting_id)


# …/move


@blueprint.get("/move")
@needs("organizer", "invigilator")
def ask_move(exam_id: int, sitting_id: int) -> ResponseReturnValue:
    """Asks why another phone takes over."""
    exam, sitting = _loaded(exam_id, sitting_id)
    return asked(exam, _move(exam, sitting), ActForm(formdata=None))


@blueprint.post("/move")
@needs("organizer", "invigilator")
def move(exam_id: int, sitting_id: int) -> ResponseReturnValue:
    """Let the other phone take over."""
    exam, sitting = _loaded(exam_id, sitting_id)
    form = ActForm()

    def do() -> None:
        allow_move(
            token=sitting.token,
            reason=form.reason.data or "",
            account_id=current_user.account_id,
            now=now(),
        )

    said = gettext("已同意换机，考生的新手机会在几秒内进入试卷")
    return acted(exam, _move(exam, sitting), form, do, said)


def _move(exam: Exam, sitting: Attempt) -> Act:
    return Act(
        title=gettext("同意换机"),
        who=named(sitting.unit_name, sitting.name),
        lines=[
            gettext("请当面核对本人，再看一眼新手机上是不是“等待换机”的页面。"),
            gettext("已保存的答案都会到新手机上，计时不停。"),
            gettext("原手机从此不能再答；它上面还没送到服务器的答案会另行留存。"),
        ],
        submit=gettext("同意换机"),
        back=to_person(exam.id, sitting.candidate_id),
        reasons=(
            gettext("手机没电"),
            gettext("手机故障"),
            gettext("清除了微信缓存"),
        ),
    )


# …/reopen


@blueprint.get("/reopen")
@needs("organizer", "invigilator")
def ask_reopen(exam_id: int, sitting_id: int) -> ResponseReturnValue:
    """Asks why a closed sitting is to be opened again, and for how long."""
    exam, sitting = _loaded(exam_id, sitting_id)
    return asked(exam, _reopen(exam, sitting), MinutesForm(formdata=None))


@blueprint.post("/reopen")
@needs("organizer", "invigilator")
def reopen(exam_id: int, sitting_id: int) -> ResponseReturnValue:
    """Propose that a closed sitting be opened again."""
    exam, sitting = _loaded(exam_id, sitting_id)
    form = MinutesForm()

    def do() -> None:
        propose_reopen(
            sitting_id=sitting.sitting_id,
            seconds=form.seconds,
            reason=form.reason.data or "",
            key=form.tap,
            account_id=current_user.account_id,
            now=now(),
        )

    said = gettext("已提请重新开启，请另一位监考员或组织者确认")
    return acted(exam, _reopen(exam, sitting), form, do, said)


def _reopen(exam: Exam, sitting: Attempt) -> Act:
    return Act(
        title=gettext("提请重新开启"),
        who=named(sitting.unit_name, sitting.name),
        lines=[
            gettext("需要另一个人在他自己的账号上确认，提请的人不能自己确认。"),
            gettext("确认之后考生接着原来的答案作答，从确认那一刻起算下面的分钟数。"),
            gettext("原来的答卷和回执原样保留；再交卷时会有新的回执。"),
        ],
        submit=gettext("提请重新开启"),
        back=to_person(exam.id, sitting.candidate_id),
        reasons=(gettext("误点了交卷"), gettext("时间到时断网，没有交上")),
    )


# …/void


@blueprint.get("/void")
@needs("organizer", "invigilator")
def ask_void(exam_id: int, sitting_id: int) -> ResponseReturnValue:
    """Asks why a sitting is declared void."""
    exam, sitting = _loaded(exam_id, sitting_id)
    return asked(exam, _void(exam, sitting), ActForm(formdata=None))


@blueprint.post("/void")
@needs("organizer", "invigilator")
def void(exam_id: int, sitting_id: int) -> ResponseReturnValue:
    """Declare a sitting void and give a fresh attempt."""
    exam, sitting = _loaded(exam_id, sitting_id)
    form = ActForm()

    def do() -> None:
        void_sittings(
            exam_id=exam.id,
            sitting_ids=[sitting.sitting_id],
            reason=form.reason.data or "",
            fresh=True,
            account_id=current_user.account_id,
            now=now(),
        )

    said = gettext("这次作答已作废，%(name)s 可以重新扫码开始", name=sitting.name)
    return acted(exam, _void(exam, sitting), form, do, said)


def _void(exam: Exam, sitting: Attempt) -> Act:
    return Act(
        title=gettext("作废这次作答，另给一次机会"),
        who=named(sitting.unit_name, sitting.name),
        lines=[
            gettext("这次作答的答案、成绩和回执都留着，但不再计数，不能恢复。"),
            gettext("此人得到一份新试卷，题目尽量与原来的不重复，重新扫码即可开始。"),
            time_for_another(exam),
        ],
        submit=gettext("作废并另给机会"),
        back=to_person(exam.id, sitting.candidate_id),
        danger=True,
        reasons=(gettext("试卷发错"), gettext("题目显示不全"), gettext("他人代答")),
    )


def time_for_another(exam: Exam) -> str:
    """How much time somebody has who begins now, in a sentence."""
    left = max(exam.closes_at - now(), timedelta())
    minutes = min(left, timedelta(seconds=exam.duration_s)) // timedelta(minutes=1)
    return str(
        gettext(
            "考试 %(at)s 结束，现在重新开始最多有 %(n)d 分钟；不够时请另外补时。",
            at=clock(exam.closes_at, "%H:%M"),
            n=minutes,
        )
    )
