"""准考凭证: printed for the organizer, scanned by whom it belongs to."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from core.access import granted, needs, public
from core.clock import now
from core.db import read_core
from core.errors import Missing, Refused
from core.qr import qr_line
from quiz.desk_forms import ActForm
from quiz.models import Candidate, Exam
from quiz.operations.tickets import note_tickets, replace_ticket
from quiz.queries.entry import find_card, find_due, paper_rows
from quiz.queries.exams import candidate_in, exam_for
from quiz.queries.handed import handed_in
from quiz.queries.tickets import holders, ticket_groups
from quiz.rules.tickets import nth_of, owner_of, ticket_of
from quiz.views.addresses import entry_address, only_this_computer
from quiz.views.confirming import confirm_page
from quiz.views.desk.acting import Act, acted, asked, named, to_person
from quiz.views.device import keep_device

MOST = 1000  # tickets of one print: 100 sheets
NONE = "这张准考凭证不能用，请扫考场的二维码，填写本人信息进入"
REPLACED = (
    "这张准考凭证已经换发，不能再用。请扫新的凭证，或者扫考场的二维码，填写本人信息进入"
)

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
        owner = owner_of(ticket)
        if exam is None or exam.published_at is None or owner is None:
            raise Missing(NONE)
        due = find_due(connection, exam.id, owner)
        nth = nth_of(key, exam.code, owner, ticket, due.ticket) if due else None
        if due is None or nth is None:
            raise Missing(NONE)
        if nth < due.ticket:
            raise Refused(REPLACED)
        rows = paper_rows(connection, exam.id)
        sittings = handed_in(connection, owner)
    return confirm_page(exam, due, sittings, rows, now())


# /console/exams/<id>/tickets


def _published(exam_id: int) -> Exam:
    exam = exam_for(granted(), exam_id)
    if exam.published_at is None:
        raise Refused("考试发布后才有准考凭证，请先发布")
    return exam


@console.get("/tickets")
@needs("organizer", proof=True)
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
@needs("organizer", proof=True)
def sheets(exam_id: int) -> ResponseReturnValue:
    """Ten to a page of A4, to be cut; that they were shown is written down."""
    exam = _published(exam_id)
    unit_id = request.args.get("unit", type=int)
    room = request.args.get("room") or None
    candidate_id = request.args.get("candidate", type=int)
    people = holders(
        exam.id, unit_id=unit_id, room=room, candidate_id=candidate_id, most=MOST
    )
    if people:
        note_tickets(
            exam_id=exam.id,
            tickets=len(people),
            unit_id=unit_id,
            room=room,
            candidate_id=candidate_id,
            account_id=current_user.account_id,
            now=now(),
        )
    key = str(current_app.secret_key)
    before = f"{entry_address(exam.code)}/ticket/"
    tickets = [
        (one, *qr_line(before + ticket_of(key, exam.code, one.id, one.ticket)))
        for one in people
    ]
    return render_template(
        "quiz/console/ticket_sheets.html",
        exam=exam,
        tickets=tickets,
        back=_back(exam, candidate_id),
        only_here=only_this_computer(),
    )


def _back(exam: Exam, candidate_id: int | None) -> str:
    if candidate_id is not None:
        return to_person(exam.id, candidate_id)
    return url_for("tickets.index", exam_id=exam.id)


# /console/exams/<id>/tickets/<candidate>/replace


@console.get("/tickets/<int:candidate_id>/replace")
@needs("organizer", proof=True)
def ask_replace(exam_id: int, candidate_id: int) -> ResponseReturnValue:
    """Asks why somebody's ticket is to count no more."""
    exam = _published(exam_id)
    person = candidate_in(exam.id, candidate_id)
    return asked(exam, _replace(exam, person), ActForm(formdata=None))


@console.post("/tickets/<int:candidate_id>/replace")
@needs("organizer", proof=True)
def replace(exam_id: int, candidate_id: int) -> ResponseReturnValue:
    """Let the old ticket count no more."""
    exam = _published(exam_id)
    person = candidate_in(exam.id, candidate_id)
    act, form = _replace(exam, person), ActForm()

    def do() -> None:
        replace_ticket(
            exam_id=exam.id,
            candidate_id=candidate_id,
            reason=form.reason.data or "",
            account_id=current_user.account_id,
            now=now(),
        )

    said = gettext("旧的准考凭证已经不能用。请打印新的，当面交给本人")
    return acted(exam, act, form, do, said)


def _replace(exam: Exam, person: Candidate) -> Act:
    return Act(
        title=gettext("换发准考凭证"),
        who=named(person.unit_name, person.name),
        lines=[
            gettext("旧凭证从此不能用，扫它的人会看到“已经换发”。"),
            gettext("已经用旧凭证进入的手机不受影响；不是本人的，到现场页处理。"),
        ],
        submit=gettext("换发"),
        back=to_person(exam.id, person.id),
        reasons=(
            gettext("凭证遗失"),
            gettext("凭证照片流传出去了"),
            gettext("发错了人"),
        ),
    )
