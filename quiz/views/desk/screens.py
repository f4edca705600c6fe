"""大屏: the addresses of the hall's screens, …/desk/screens."""

from __future__ import annotations

from flask import Blueprint, current_app, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from core.access import granted, needs
from core.clock import now
from core.db import read_core
from core.pages import base_address
from quiz.desk_forms import ActForm
from quiz.models import Exam
from quiz.operations.halls import renew_hall_links
from quiz.queries.desk import whole_exam_for
from quiz.queries.entry import rooms_of_exam
from quiz.rules.presence import MODES, link_key
from quiz.views.addresses import only_this_computer
from quiz.views.desk.acting import Act, acted, asked

blueprint = Blueprint(
    "desk_screens", __name__, url_prefix="/console/exams/<int:exam_id>/desk/screens"
)


@blueprint.get("")
@needs("organizer", "invigilator")
def index(exam_id: int) -> ResponseReturnValue:
    """A screen for everybody, and one for each room, with the address of each."""
    exam = whole_exam_for(granted(), exam_id)
    with read_core() as connection:
        rooms = rooms_of_exam(connection, exam.id)
    secret = str(current_app.secret_key)
    screens = []
    for room in ("", *rooms):
        key = link_key(secret, exam.code, exam.hall_issue, room)
        path = url_for("hall.show", code=exam.code, key=key)
        screens.append((room, _spaced(key), path, base_address() + path))
    return render_template(
        "quiz/console/desk/screens.html",
        exam=exam,
        screens=screens,
        plain=f"{base_address()}{url_for('hall.show', code=exam.code)}",
        mode=MODES[exam.presence],
        only_here=only_this_computer(),
    )


def _spaced(key: str) -> str:
    return f"{key[:4]}-{key[4:7]}-{key[7:]}"


@blueprint.get("/renew")
@needs("organizer")
def ask_renew(exam_id: int) -> ResponseReturnValue:
    """Asks why the addresses given out shall open nothing more."""
    exam = whole_exam_for(granted(), exam_id)
    return asked(exam, _renew(exam), ActForm(formdata=None))


@blueprint.post("/renew")
@needs("organizer")
def renew(exam_id: int) -> ResponseReturnValue:
    """Make new addresses."""
    exam = whole_exam_for(granted(), exam_id)
    form = ActForm()

    def do() -> None:
        renew_hall_links(
            exam_id=exam.id,
            reason=form.reason.data or "",
            account_id=current_user.account_id,
            now=now(),
        )

    said = gettext("旧的大屏地址都已停用，下面是新的")
    return acted(exam, _renew(exam), form, do, said)


def _renew(exam: Exam) -> Act:
    return Act(
        title=gettext("停用旧的大屏地址"),
        who=exam.title,
        lines=[
            gettext("已经打开的大屏会在几秒内停止更新，要用新地址重新打开。"),
            gettext("地址被发到考场以外时才需要这样做：有地址的人能看到现场口令。"),
            gettext("考生的签到、作答都不受影响。"),
        ],
        submit=gettext("停用并换新"),
        back=url_for("desk_screens.index", exam_id=exam.id),
        danger=True,
        reasons=(gettext("大屏地址被转发到考场以外"),),
    )
