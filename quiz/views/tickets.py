"""准考凭证: printed for the organizer, scanned by whom it belongs to."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, render_template, request
from flask.typing import ResponseReturnValue

from core.access import granted, needs, public
from core.clock import now
from core.db import read_core
from core.errors import Missing, Refused
from core.qr import qr_line
from quiz.models import Exam
from quiz.queries.entry import find_card, find_due, paper_rows
from quiz.queries.exams import exam_for
from quiz.queries.handed import handed_in
from quiz.queries.tickets import holders, ticket_groups
from quiz.rules.tickets import candidate_of, ticket_of
from quiz.views.addresses import entry_address, only_this_computer
from quiz.views.confirming import confirm_page
from quiz.views.device import keep_device

MOST = 1000  # tickets of one print: 100 sheets

phone = Blueprint("ticket", __name__, url_prefix="/e/<code>/ticket")
phone.after_request(keep_device)
console = Blueprint("tickets", __name__, url_prefix="/console/exams/<int:exam_id>")


@phone.get("/<ticket>")
@public("the ticket says who; nothing begins but by a button on the page")
def scan(code: str, ticket: str) -> Response:
    """Is that you: as if one had typed who one is. Four queries."""
    key = str(current_app.secret_key)
    with read_core() as connection:
        exam = find_card(connection, code)
        known = candidate_of(key, code.upper(), ticket)
        if exam is None or exam.published_at is None or known is None:
            raise Missing("这张准考凭证不能用，请扫考场的二维码，填写本人信息进入")
        due = find_due(connection, exam.id, known)
        rows = paper_rows(connection, exam.id)
        sittings = handed_in(connection, known)
    if due is None:
        raise Missing("这张准考凭证不能用，请扫考场的二维码，填写本人信息进入")
    return confirm_page(exam, due, sittings, rows, now())


# /console/exams/<id>/tickets


def _published(exam_id: int) -> Exam:
    exam = exam_for(granted(), exam_id)
    if exam.published_at is None:
        raise Refused("考试发布后才有准考凭证，请先发布")
    return exam


@console.get("/tickets")
@needs("organizer")
def index(exam_id: int) -> ResponseReturnValue:
    """Which ones to print: all, a unit's, a room's."""
    exam = _published(exam_id)
    units, rooms = ticket_groups(exam.id)
    return render_template(
        "quiz/console/tickets.html",
        exam=exam,
        units=units,
        rooms=rooms,
        people=sum(unit.people for unit in units),
        most=MOST,
        only_here=only_this_computer(),
    )


@console.get("/tickets/sheets")
@needs("organizer")
def sheets(exam_id: int) -> ResponseReturnValue:
    """Ten to a page of A4, to be cut."""
    exam = _published(exam_id)
    people = holders(
        exam.id,
        request.args.get("unit", type=int),
        request.args.get("room") or None,
        MOST,
    )
    key = str(current_app.secret_key)
    before = f"{entry_address(exam.code)}/ticket/"
    tickets = [
        (one, *qr_line(before + ticket_of(key, exam.code, one.id))) for one in people
    ]
    return render_template(
        "quiz/console/ticket_sheets.html",
        exam=exam,
        tickets=tickets,
        only_here=only_this_computer(),
    )
