"""Who is there, and whose sitting it is: …/desk/present, …/sittings/<id>/reassign."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from core.access import granted, needs
from core.clock import now
from core.pages import clock
from quiz.desk_forms import ActForm
from quiz.models import Candidate, Exam
from quiz.operations.presence import admit_candidates
from quiz.operations.voiding import reassign_sitting
from quiz.queries.attempts import Attempt
from quiz.queries.board import board_of, found
from quiz.queries.desk import attempt_for, candidate_for, desk_for
from quiz.queries.person import presence_of
from quiz.rules.presence import lets_start
from quiz.rules.whereabouts import Where
from quiz.views.desk.acting import Act, acted, asked, named, to_person
from quiz.views.desk.reach import Meant, meant

blueprint = Blueprint(
    "desk_people", __name__, url_prefix="/console/exams/<int:exam_id>/desk"
)

FOUND_AT_ONCE = 30  # people a search for the right name shows


# …/present?candidate=…, ?unit=…, ?room=…; without any: everybody


@blueprint.get("/present")
@needs("organizer", "invigilator")
def ask_present(exam_id: int) -> ResponseReturnValue:
    """Asks why people are taken for present."""
    them = meant(exam_id)
    act = _present(them)
    form = ActForm(formdata=None)
    if them.exam.presence == "invigilator" and them.reach.candidate_id is not None:
        form.reason.data = act.reasons[0]  # the usual one, so that it is one tap
    return asked(them.exam, act, form)


@blueprint.post("/present")
@needs("organizer", "invigilator")
def present(exam_id: int) -> ResponseReturnValue:
    """Say that people are there."""
    them = meant(exam_id)
    form = ActForm()

    def do() -> None:
        admit_candidates(
            exam_id=them.exam.id,
            candidate_ids=_unseen(them),
            reason=form.reason.data or "",
            account_id=current_user.account_id,
            now=now(),
        )

    said = gettext("已确认 %(who)s 到场", who=them.who)
    return acted(them.exam, _present(them), form, do, said)


def _unseen(them: Meant) -> list[int]:
    """One person in any case; of many those whom nothing lets in yet."""
    if them.reach.candidate_id is not None:
        return [them.reach.candidate_id]
    return [
        seat.candidate_id
        for seat in them.seats
        if seat.where is Where.ABSENT
        or (seat.where is Where.HERE and not lets_start(them.exam.presence, seat.seen))
    ]


def _present(them: Meant) -> Act:
    lines = [
        gettext("请当面核对本人后再确认。确认人、时间和原因会记入日志。"),
        gettext("确认之后不再需要现场口令，可以直接开始作答。"),
    ]
    if them.reach.candidate_id is None:
        n = len(_unseen(them))
        lines.insert(0, gettext("其中还没签到的 %(n)d 人都记为已到场。", n=n))
    else:
        known = presence_of(them.reach.candidate_id)
        if known is not None:
            at = clock(known.at, "%H:%M")
            lines.append(gettext("%(at)s 已经签到过，这次确认会代替它。", at=at))
    return Act(
        title=gettext("确认到场"),
        who=them.who,
        lines=lines,
        submit=gettext("确认到场"),
        back=them.back,
        reasons=(
            gettext("本人到场，已核对工作证"),
            gettext("手机扫不了大屏上的码"),
            gettext("大屏故障，已逐个核对"),
            gettext("迟到，已核对本人"),
        ),
    )


# …/sittings/<id>/reassign: first who it really is, then why


@blueprint.get("/sittings/<int:sitting_id>/reassign")
@needs("organizer", "invigilator")
def choose_right(exam_id: int, sitting_id: int) -> ResponseReturnValue:
    """Find whom a sitting under a wrong name belongs to."""
    exam = desk_for(granted(), exam_id)
    sitting = attempt_for(granted(), exam.id, sitting_id)
    typed = request.args.get("q", "").strip()[:60]
    seats = found(board_of(exam.id, granted(), now()), typed) if typed else []
    others = [seat for seat in seats if seat.candidate_id != sitting.candidate_id]
    return render_template(
        "quiz/console/desk/reassign.html",
        exam=exam,
        sitting=sitting,
        typed=typed,
        total=len(others),
        seats=others[:FOUND_AT_ONCE],
    )


@blueprint.get("/sittings/<int:sitting_id>/reassign/<int:candidate_id>")
@needs("organizer", "invigilator")
def ask_reassign(
    exam_id: int, sitting_id: int, candidate_id: int
) -> ResponseReturnValue:
    """Asks why a sitting goes to another person."""
    exam = desk_for(granted(), exam_id)
    sitting = attempt_for(granted(), exam.id, sitting_id)
    right = candidate_for(granted(), exam.id, candidate_id)
    return asked(exam, _reassign(exam, sitting, right), ActForm(formdata=None))


@blueprint.post("/sittings/<int:sitting_id>/reassign/<int:candidate_id>")
@needs("organizer", "invigilator")
def reassign(exam_id: int, sitting_id: int, candidate_id: int) -> ResponseReturnValue:
    """Give a sitting to whom it belongs."""
    exam = desk_for(granted(), exam_id)
    sitting = attempt_for(granted(), exam.id, sitting_id)
    right = candidate_for(granted(), exam.id, candidate_id)
    form = ActForm()

    def do() -> None:
        reassign_sitting(
            sitting_id=sitting.sitting_id,
            candidate_id=right.id,
            reason=form.reason.data or "",
            account_id=current_user.account_id,
            now=now(),
        )

    said = gettext("这份作答已改到 %(name)s 名下", name=right.name)
    return acted(exam, _reassign(exam, sitting, right), form, do, said)


def _reassign(exam: Exam, sitting: Attempt, right: Candidate) -> Act:
    who = named(right.unit_name, right.name)
    return Act(
        title=gettext("把作答改到另一个人名下"),
        who=named(sitting.unit_name, sitting.name),
        lines=[
            gettext("改到：%(who)s。请当面核对坐在这里的就是此人。", who=who),
            gettext("作答的人手里的题目和已保存的答案都不变，成绩记到此人名下。"),
            gettext("原来那个名字得到另一份没有用过的试卷，本人仍可以开始作答。"),
        ],
        submit=gettext("改到此人名下"),
        back=to_person(exam.id, right.id),
        danger=True,
        reasons=(gettext("开始时选错了名字"),),
    )
