"""The big screen of a hall: /hall/<exam code>?key=…

Time, code and how many are where; nothing of anybody. It opens with a screen's key,
which opens nothing else, or for an account that runs the exam.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Blueprint, Response, current_app, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user
from markupsafe import Markup

from core.access import EVERYWHERE, Scope, public
from core.clock import now
from core.db import read_core
from core.errors import Missing
from core.qr import qr_svg
from quiz.models import Exam
from quiz.queries.board import Seat, board_of, counted
from quiz.queries.desk import desk_for
from quiz.queries.entry import rooms_of_exam
from quiz.queries.exams import exam_by_code
from quiz.rules.lifecycle import State, state_of
from quiz.rules.presence import STEP, hall_code, link_lives, room_of_link, step_of
from quiz.rules.whereabouts import Where
from quiz.views.addresses import entry_address, only_this_computer
from quiz.views.protocol import milliseconds

blueprint = Blueprint("hall", __name__, url_prefix="/hall")

UNITS_AT_ONCE = 7  # of a size that is read from the last row
TURN = timedelta(seconds=10)  # how long some units are shown before the next ones
SHOWN = (Where.HERE, Where.WRITING, Where.SILENT, Where.DONE)
ROLES = ("organizer", "invigilator", "admin")


@dataclass(frozen=True)
class UnitLine:
    """A unit with how many of its people are where."""

    name: str
    due: int
    counts: Counter[Where]


@blueprint.get("/<code>")
@public("needs a screen's key, or an account that runs the exam")
def show(code: str) -> ResponseReturnValue:
    """The screen; the same again is 304, for the page asks every few seconds."""
    moment = now()
    exam = exam_by_code(code)
    key = request.args.get("key", "")[:60]
    if exam.published_at is None or not (key or current_user.is_authenticated):
        return render_template("hall/key.html", code=exam.code)
    scope, room = _let_in(exam, key, moment)
    seats = [
        seat
        for seat in board_of(exam.id, scope, moment)
        if room in ("", seat.room) and seat.where is not Where.EXEMPT
    ]
    lines = _lines(seats)
    pages = max(-(-len(lines) // UNITS_AT_ONCE), 1)
    page = (milliseconds(moment) // (TURN // timedelta(milliseconds=1))) % pages
    state = state_of(exam, moment)
    shown = {
        "room": room,
        "state": state,
        "counts": counted(seats),
        "due": _due(seats),
        "wheres": SHOWN,
        "lines": lines[page * UNITS_AT_ONCE : (page + 1) * UNITS_AT_ONCE],
        "page": page + 1,
        "pages": pages,
        **_code(exam, room, state, moment),
    }
    said = (exam.title, exam.opens_at, exam.closes_at, exam.paused_at, exam.contact)
    mark = hashlib.sha256(repr((said, shown)).encode()).hexdigest()[:16]
    if request.if_none_match.contains_weak(mark):  # its clock apart, it shows just that
        return Response(status=304, headers={"ETag": f'W/"{mark}"'})
    text = render_template(
        "hall/screen.html",
        **shown,
        exam=exam,
        moment=moment,
        now_ms=milliseconds(moment),
        only_here=only_this_computer(),
    )
    response = Response(text, mimetype="text/html")
    response.set_etag(mark, weak=True)
    return response


def _let_in(exam: Exam, key: str, moment: datetime) -> tuple[Scope, str]:
    """Whose numbers are shown, and which room's screen it is.

    :raises Missing: If neither the key nor the account opens it.
    """
    with read_core() as connection:
        rooms = rooms_of_exam(connection, exam.id)
    secret = str(current_app.secret_key)
    if key:
        room = room_of_link(secret, exam.code, exam.hall_issue, rooms, key)
        if room is not None and link_lives(exam.closes_at, moment):
            return EVERYWHERE, room
    elif current_user.is_authenticated:
        scope: Scope = current_user.scope(*ROLES)
        if not scope.empty:
            desk_for(scope, exam.id)
            room = request.args.get("room", "")
            return scope, room if room in rooms else ""
    raise Missing(
        "这个大屏地址不能打开：已经停用，或考试已结束两小时以上，请向组织者要新的"
    )


def _lines(seats: list[Seat]) -> list[UnitLine]:
    units: dict[int, list[Seat]] = {}
    for seat in seats:
        units.setdefault(seat.unit_id, []).append(seat)
    return [
        UnitLine(people[0].unit_name, _due(people), counted(people))
        for people in units.values()
    ]


def _due(seats: list[Seat]) -> int:
    """应考: those let in on the day stand apart, here as in the reports."""
    return sum(not seat.walk_in for seat in seats)


def _code(exam: Exam, room: str, state: State, moment: datetime) -> dict[str, object]:
    """What is scanned and read aloud, while anybody may still come in."""
    address = entry_address(exam.code)
    if state not in (State.PUBLISHED, State.DRAWN, State.OPEN):
        return {"address": address, "digits": "", "qr": "", "until_ms": 0}
    if exam.presence != "code":
        return {
            "address": address, "digits": "", "qr": _drawn(address), "until_ms": 0,
        }  # fmt: skip
    step = step_of(moment)
    code = hall_code(str(current_app.secret_key), exam.code, room, step)
    return {
        "address": address,
        "digits": code.digits,
        "qr": _drawn(f"{address}?p={code.mark}"),
        "until_ms": (step + 1) * (STEP // timedelta(milliseconds=1)),
    }


def _drawn(address: str) -> Markup:
    named = f'<svg role="img" aria-label="{gettext("进入考试的二维码")}"'
    text = qr_svg(address).replace("<svg", named, 1)
    return Markup(text)  # noqa: S704 - bars and words of our own
