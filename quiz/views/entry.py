"""From the QR code to the start: /e/<code>.

Four requests before the first question: this page, its style sheet, who you are,
start. Nothing here tells who is on the roster: a wrong name and a wrong number
get the same answer after the same work.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from flask import (
    Blueprint,
    Response,
    current_app,
    redirect,
    request,
    url_for,
)
from flask_babel import gettext

from core.access import public
from core.clock import now
from core.db import read_core
from core.errors import Missing, Refused
from core.moulds import moulded
from core.pages import compressed
from quiz.operations.entry import note_wrong_identification, start_sitting
from quiz.queries.entry import (
    Card,
    Due,
    Units,
    candidates_by_digest,
    find_card,
    find_due,
    paper_rows,
    units_of_exam,
    wrong_tries,
)
from quiz.queries.handed import handed_in
from quiz.rules.guessing import wait_left
from quiz.views.confirming import confirm_page, door_of
from quiz.views.device import (
    check_form_token,
    device_digest,
    forget_who,
    form_token,
    hand_on,
    keep_device,
    own_sitting,
    read_ticket,
    remember_who,
)
from quiz.views.paper import fresh_paper, paper_page
from quiz.views.presence import scanned, try_digits, wants_code
from quiz.views.waiting import begin_waiting
from units.rules.identity import match_digest, normal_name
from units.rules.search import Named, matching_units

blueprint = Blueprint("entry", __name__, url_prefix="/e")
blueprint.after_request(keep_device)

WRONG = "信息不符。请核对单位、姓名和手机号后四位（或工号）；仍不行请找监考员"


def _published(card: Card | None) -> Card:
    if card is None or card.published_at is None:
        raise Missing("没有这场考试，请核对二维码或考试代码")
    return card


def _entry_page(
    exam: Card,
    units: Units,
    *,
    error: str = "",
    choices: Sequence[str] = (),
    status: int = 200,
    scan: str = "",
) -> Response:
    form = request.form if error else {}  # to look for one costs as much as its page
    typed = {f"form.{name}": form.get(name, "") for name in ("unit", "name", "number")}
    page = moulded(
        "phone/entry.html",
        {"csrf": form_token(), "error": error, "scan": scan, **typed},
        exam=exam,
        units=units,
        scanned=bool(scan),
        stale=not scan and bool(request.args.get("p")),
        wrong=bool(error),
        unit_choices=tuple(choices),
        state=door_of(exam, now()),
    )
    return Response(page, status=status, mimetype="text/html")


@blueprint.get("/<code>")
@public("the QR code opens it")
def card(code: str) -> Response:
    """The exam's card and the question who you are."""
    with read_core() as connection:
        exam = _published(find_card(connection, code))
        units = units_of_exam(connection, exam.id)
    # Nothing typed is on it yet.
    response = compressed(_entry_page(exam, units, scan=scanned(exam, now())))
    forget_who(response)
    return response


@blueprint.get("/<code>/next")
@public("forgets who this phone belonged to, and opens nothing")
def next_person(code: str) -> Any:
    """换人作答: the next person on this phone finds nothing of the last."""
    with read_core() as connection:
        exam = _published(find_card(connection, code))
    response = redirect(url_for("entry.card", code=exam.code), 303)
    hand_on(response, now())
    return response


def _key() -> str:
    return str(current_app.secret_key)


def _unit_key(units: Sequence[Named], typed: str) -> str:
    """What wrong tries are counted under: the unit meant, however it was typed."""
    return "+".join(sorted(unit.code for unit in units)) or normal_name(typed)


@blueprint.post("/<code>")
@public("says who one is; tries are counted for each name")
def identify(code: str) -> Response:
    """Find the candidate; show the notice and the rules. Six queries."""
    moment = now()
    unit, name, number = (
        request.form.get(field, "").strip()[:60] for field in ("unit", "name", "number")
    )
    with read_core() as connection:
        exam = _published(find_card(connection, code))
        check_form_token()
        units = units_of_exam(connection, exam.id)
        meant = matching_units(unit, units.named)
        who = match_digest(_key(), _unit_key(meant, unit), name, "")
        left = wait_left(*wrong_tries(connection, exam.id, who), moment)
        # A unit nobody knows is looked up as well: the same work for every mistake.
        codes = [one.code for one in meant] or ["#none"]
        digests = [match_digest(_key(), one, name, number) for one in codes]
        found = candidates_by_digest(connection, exam.id, digests)
        rows = paper_rows(connection, exam.id)
        sittings = [handed_in(connection, candidate.id) for candidate in found[:1]]
    if not (unit and name and number):
        error = gettext("请把单位、姓名、手机号后四位（或工号）填完整")
        return _entry_page(exam, units, error=error, status=400)
    if left > timedelta():
        seconds = ceil(left.total_seconds())
        error = gettext("尝试次数过多，请 %(n)d 秒后再试，或请监考员协助", n=seconds)
        return _entry_page(exam, units, error=error, status=429)
    if len(found) == 1:
        return confirm_page(exam, found[0], sittings[0], rows, moment)
    note_wrong_identification(exam_id=exam.id, who=who, now=moment)
    return _not_identified(exam, units, found)


def _not_identified(exam: Card, units: Units, found: Sequence[Due]) -> Response:
    """The page that asks again: nobody was meant, or several."""
    if not found:
        return _entry_page(exam, units, error=gettext(WRONG), status=403)
    names = sorted({one.unit_name for one in found})
    if len(names) > 1:
        error = gettext("请选择您的单位")
        return _entry_page(exam, units, error=error, choices=names, status=400)
    error = gettext("本单位有同名且尾号相同的人员，请改填工号")
    return _entry_page(exam, units, error=error, status=400)


@blueprint.post("/<code>/start")
@public("the ticket from the step before says who")
def start(code: str) -> Any:
    """Start the clock, or come back to the running sitting. Four queries."""
    code = code.upper()
    try:
        check_form_token()
        candidate_id = read_ticket(request.form.get("ticket", ""), code)
    except Refused:
        with read_core() as connection:
            _published(find_card(connection, code))  # no such exam: that comes first
        raise
    moment = now()
    if request.form.get("receipt") == "1":
        done = _nothing_to_start(code, candidate_id)
        if done is not None:
            return done
    if request.form.get("wait") == "1":
        return begin_waiting(code, candidate_id, moment)
    if "digits" in request.form:
        wrong = _wrong_digits(code, candidate_id, moment)
        if wrong is not None:
            return wrong
    begun = start_sitting(candidate_id=candidate_id, device=device_digest(), now=moment)
    if begun.waiting:
        return redirect(url_for("waiting.wait", code=code), 303)
    if begun.opened is not None:
        return fresh_paper(begun.opened, moment)
    return paper_page(own_sitting(begun.token), moment)


def _wrong_digits(code: str, candidate_id: int, moment: datetime) -> Response | None:
    """The confirm page again, if the hall's digits that came along are wrong."""
    with read_core() as connection:
        exam = _published(find_card(connection, code))
        due = find_due(connection, exam.id, candidate_id)
    if due is None or not wants_code(exam, due.seen):
        return None
    error = try_digits(exam, due, moment)
    if not error:
        return None
    with read_core() as connection:
        rows = paper_rows(connection, exam.id)
        sittings = handed_in(connection, due.id)
    return confirm_page(exam, due, sittings, rows, moment, error)


def _nothing_to_start(code: str, candidate_id: int) -> Any | None:
    """On to the newest receipt, where that is what was asked for.

    It is shown on any phone: one has just been identified.
    """
    with read_core() as connection:
        _published(find_card(connection, code))
        closed = [one for one in handed_in(connection, candidate_id) if one.closed]
    if not closed:
        return None
    response = redirect(url_for("mine.receipt", token=closed[-1].token), 303)
    remember_who(response, code, candidate_id)
    return response
