"""考场: who sits in which room, …/desk/rooms."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from core.access import granted, needs
from core.clock import now
from core.forms import said_on
from quiz.desk_forms import RoomForm
from quiz.models import Exam
from quiz.operations.rooms import assign_room
from quiz.queries.board import Seat, board_of, rooms_of
from quiz.queries.desk import desk_for
from quiz.rules.rooms import Seated, Unclear, read_room_list

blueprint = Blueprint(
    "desk_rooms", __name__, url_prefix="/console/exams/<int:exam_id>/desk/rooms"
)


@blueprint.get("")
@needs("organizer", "invigilator")
def index(exam_id: int) -> ResponseReturnValue:
    """The rooms so far, and a form that puts units and people into one."""
    exam = desk_for(granted(), exam_id)
    form = RoomForm(formdata=None)
    form.room.data = request.args.get("room", "")[:40]
    return _page(exam, board_of(exam.id, granted(), now()), form)


@blueprint.post("")
@needs("organizer", "invigilator")
def assign(exam_id: int) -> ResponseReturnValue:
    """Put whole units, and people by name, into a room; or out of any."""
    exam = desk_for(granted(), exam_id)
    seats = board_of(exam.id, granted(), now())
    form = RoomForm()
    chosen = set(request.form.getlist("unit", type=int))
    named = read_room_list(
        form.people.data or "",
        [Seated(one.candidate_id, one.name, one.unit_name) for one in seats],
    )
    out = "out" in request.form
    if form.validate_on_submit() and not named.unclear:
        with said_on(form):
            people = {one.candidate_id for one in seats if one.unit_id in chosen}
            people |= set(named.candidates)
            room = (form.room.data or "").strip()
            assign_room(
                exam_id=exam.id,
                candidate_ids=people,
                room=None if out else room,
                account_id=current_user.account_id,
                now=now(),
            )
            flash(
                gettext("%(n)d 人不再安排考场", n=len(people))
                if out
                else gettext("%(room)s：已安排 %(n)d 人", room=room, n=len(people)),
                "success",
            )
            return redirect(url_for("desk_rooms.index", exam_id=exam.id), 303)
    return _page(exam, seats, form, chosen, named.unclear, 400)


def _page(
    exam: Exam,
    seats: list[Seat],
    form: RoomForm,
    chosen: set[int] | None = None,
    unclear: list[Unclear] | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    units: dict[int, list[Seat]] = {}
    for seat in seats:
        units.setdefault(seat.unit_id, []).append(seat)
    page = render_template(
        "quiz/console/desk/rooms.html",
        exam=exam,
        form=form,
        rooms=rooms_of(seats),
        without=sum(seat.room is None for seat in seats),
        units=[
            (unit_id, people[0].unit_name, len(people), list(rooms_of(people)))
            for unit_id, people in units.items()
        ],
        chosen=chosen or set(),
        unclear=unclear or [],
    )
    return page, status
