"""Who is where: the desk of an exam, its people, one of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, current_app, render_template, request
from flask_login import current_user

from core.access import granted, needs
from core.clock import now
from core.db import read_core
from quiz.models import Exam
from quiz.operations.closing import sweep_exam
from quiz.queries.away import absences, absences_of
from quiz.queries.board import (
    Seat,
    board_of,
    counted,
    found,
    rooms_of,
    shared_phones,
    silent_first,
)
from quiz.queries.desk import (
    askings,
    candidate_for,
    claims,
    desk_for,
    desks_listed,
    incidents_of,
    is_whole,
)
from quiz.queries.joining import joinings_waiting
from quiz.queries.person import grants_to, late_of, presence_of, sheets_of
from quiz.queries.running import last_closing
from quiz.rules.early import can_undo
from quiz.rules.incidents import KINDS
from quiz.rules.lifecycle import state_of
from quiz.rules.whereabouts import Where

blueprint = Blueprint("desk", __name__, url_prefix="/console")

LISTED_AFTER = timedelta(days=1)  # how long a closed exam stays on the list
AT_ONCE = 60  # people on one page


@blueprint.get("/desk")
@needs("organizer", "invigilator", "auditor")
def exams() -> str:
    """The exams whose people one looks after, today's and those to come."""
    moment = now()
    listed = desks_listed(granted(), since=moment - LISTED_AFTER)
    return render_template(
        "quiz/console/desk/exams.html",
        exams=[(exam, state_of(exam, moment)) for exam in listed],
    )


def _looked_at(exam_id: int, moment: datetime) -> Exam:
    """The exam, sittings whose time is over closed: whoever looks sweeps."""
    exam = desk_for(granted(), exam_id)
    sweep_exam(exam_id=exam.id, now=moment, key=str(current_app.secret_key))
    return desk_for(granted(), exam_id)


# /console/exams/<id>/desk


@blueprint.get("/exams/<int:exam_id>/desk")
@needs("organizer", "invigilator", "auditor")
def index(exam_id: int) -> str:
    """What wants somebody's hand on top, then everybody by where they stand."""
    moment = now()
    exam = _looked_at(exam_id, moment)
    seats = board_of(exam.id, granted(), moment)
    return render_template(
        "quiz/console/desk/index.html",
        exam=exam,
        state=state_of(exam, moment),
        moment=moment,
        whole=is_whole(granted(), exam.id),
        counts=counted(seats),
        rooms=rooms_of(seats),
        claims=claims(exam.id, granted()),
        joinings=joinings_waiting(exam.id, granted()),
        askings=askings(exam.id, granted()),
        silent=silent_first(seats),
        shared=shared_phones(seats),
        undo=_can_undo(exam, moment),
    )


def _can_undo(exam: Exam, moment: datetime) -> bool:
    with read_core() as connection:
        closing = last_closing(connection, exam.id)
    return (
        closing is not None
        and closing.undone_at is None
        and can_undo(closing.closed_at, moment)
    )


@blueprint.get("/exams/<int:exam_id>/desk/people")
@needs("organizer", "invigilator", "auditor")
def people(exam_id: int) -> str:
    """People by search, by where they stand, by room."""
    moment = now()
    exam = _looked_at(exam_id, moment)
    seats = board_of(exam.id, granted(), moment)
    typed = request.args.get("q", "").strip()[:60]
    room = request.args.get("room", "")
    where = _where(request.args.get("where", ""))
    listed = [
        seat
        for seat in found(seats, typed)
        if (where is None or seat.where is where) and room in ("", seat.room)
    ]
    page = max(request.args.get("page", 1, type=int), 1)
    return render_template(
        "quiz/console/desk/people.html",
        exam=exam,
        moment=moment,
        typed=typed,
        where=where,
        room=room,
        rooms=rooms_of(seats),
        wheres=list(Where),
        total=len(listed),
        page=page,
        pages=max(-(-len(listed) // AT_ONCE), 1),
        seats=listed[(page - 1) * AT_ONCE : page * AT_ONCE],
    )


@blueprint.get("/exams/<int:exam_id>/desk/away")
@needs("organizer", "invigilator", "auditor")
def away(exam_id: int) -> str:
    """Who left the page, by what the phones tell."""
    exam = desk_for(granted(), exam_id)
    return render_template(
        "quiz/console/desk/away.html", exam=exam, absences=absences(exam.id, granted())
    )


def _where(text: str) -> Where | None:
    return Where(text) if text in list(Where) else None


@blueprint.get("/exams/<int:exam_id>/desk/people/<int:candidate_id>")
@needs("organizer", "invigilator", "auditor")
def person(exam_id: int, candidate_id: int) -> str:
    """All that is known of one person here, and what can be done."""
    moment = now()
    exam = _looked_at(exam_id, moment)
    whole = is_whole(granted(), exam.id)
    candidate = candidate_for(granted(), exam.id, candidate_id)
    seats = board_of(exam.id, granted(), moment)
    seat = next(one for one in seats if one.candidate_id == candidate.id)
    return render_template(
        "quiz/console/desk/person.html",
        exam=exam,
        state=state_of(exam, moment),
        moment=moment,
        candidate=candidate,
        seat=seat,
        sheets=sheets_of(candidate.id),
        late=late_of(candidate.id),
        absences=absences_of(candidate.id),
        grants=grants_to(candidate),
        presence=presence_of(candidate.id),
        askings=askings(exam.id, granted(), candidate_id=candidate.id),
        together=_together(seats, seat),
        incidents=incidents_of(
            exam.id,
            granted(),
            whole=whole,
            account_id=current_user.account_id,
            candidate_id=candidate.id,
        ),
        whole=whole,
        kinds=KINDS,
    )


def _together(seats: list[Seat], seat: Seat) -> list[Any]:
    """The others who sit, or sat, with this person's phone."""
    for group in shared_phones(seats):
        if seat in group:
            return [one for one in group if one != seat]
    return []
