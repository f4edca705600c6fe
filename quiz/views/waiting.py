"""Waiting: for the opening, for somebody who confirms, for another phone to agree.

The page for the opening starts the paper by itself. It asks now and then whether
anything has changed, and a last time a few seconds after the opening, each phone at
its own moment: two queries and no page each time.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, Response, redirect, render_template, url_for
from flask_babel import gettext

from core.access import public
from core.clock import now
from core.db import read_core
from core.errors import Missing, Refused
from core.moulds import moulded
from core.pages import clock
from quiz.operations.presence import check_in
from quiz.queries.entry import Card, Due, Seen, find_card, find_due
from quiz.queries.sittings import find_waiting
from quiz.views.confirming import door_of
from quiz.views.device import (
    check_form_token,
    device_digest,
    form_token,
    keep_device,
    make_ticket,
    read_ticket,
)
from quiz.views.presence import is_let_start, try_digits, wants_code
from quiz.views.protocol import JSON, milliseconds, written

blueprint = Blueprint("waiting", __name__, url_prefix="/e")
blueprint.after_request(keep_device)

WAIT_AGE = 4 * 3600  # seconds somebody may sit before the doors open


def begin_waiting(code: str, candidate_id: int, moment: datetime) -> Any:
    """From the confirm page to the page that waits for the opening.

    Where nothing is asked for, the phone itself says that somebody is there.
    """
    exam, due = _who(code, candidate_id)
    if exam.presence == "none" and due.seen is None and due.exempt_reason is None:
        check_in(candidate_id=due.id, how="phone", room=None, now=moment)
    ticket = make_ticket(exam.code, due.id)
    return redirect(url_for("waiting.ready", code=exam.code, ticket=ticket), 303)


def _who(code: str, candidate_id: int) -> tuple[Card, Due]:
    with read_core() as connection:
        exam = find_card(connection, code)
        due = find_due(connection, exam.id, candidate_id) if exam else None
    if exam is None or due is None or exam.published_at is None:
        raise Missing("没有这场考试，请核对二维码或考试代码")
    return exam, due


def _door(exam: Card, moment: datetime) -> str:
    """What is being waited for; ``open``: nothing any more."""
    door = door_of(exam, moment)
    return "paused" if door == "open" and exam.paused_at is not None else door


# /e/<code>/ready/<ticket>


@blueprint.get("/<code>/ready/<ticket>")
@public("the ticket works only with the device cookie")
def ready(code: str, ticket: str) -> Response:
    """The page that waits for the opening. Two queries."""
    exam, due = _who(code, read_ticket(ticket, code.upper(), WAIT_AGE))
    return _ready_page(exam, due, ticket)


@blueprint.post("/<code>/ready/<ticket>")
@public("the ticket works only with the device cookie")
def digits(code: str, ticket: str) -> Any:
    """The six digits of the hall's screen, while waiting."""
    check_form_token()
    exam, due = _who(code, read_ticket(ticket, code.upper(), WAIT_AGE))
    error = try_digits(exam, due, now()) if wants_code(exam, due.seen) else ""
    if error:
        return _ready_page(exam, due, ticket, error)
    return redirect(url_for("waiting.ready", code=exam.code, ticket=ticket), 303)


@blueprint.get("/<code>/ready/<ticket>/state")
@public("the ticket works only with the device cookie")
def state(code: str, ticket: str) -> Response:
    """What has changed, for the page's script. Two queries."""
    exam, due = _who(code, read_ticket(ticket, code.upper(), WAIT_AGE))
    moment = now()
    body = {
        "server_now": milliseconds(moment),
        "opens_ms": milliseconds(exam.opens_at),
        "door": _door(exam, moment),
        "drawn": exam.drawn_at is not None,
        "seen": _seen_words(due.seen) if is_let_start(exam, due.seen) else "",
        "may": is_let_start(exam, due.seen),
        "exempt": due.exempt_reason is not None,
        "ticket": make_ticket(exam.code, due.id),  # the old one is soon too old
    }
    return Response(written(body), mimetype=JSON)


def _seen_words(seen: Seen | None) -> str:
    if seen is None:
        return ""
    at = clock(seen.at, "%H:%M")
    if seen.room:
        return str(gettext("已签到 %(room)s %(at)s", room=seen.room, at=at))
    return str(gettext("已签到 %(at)s", at=at))


def _ready_page(exam: Card, due: Due, ticket: str, error: str = "") -> Response:
    moment = now()
    let = is_let_start(exam, due.seen)
    page = moulded(
        "phone/ready.html",
        {
            "candidate.name": due.name,
            "candidate.unit_name": due.unit_name,
            "ticket": make_ticket(exam.code, due.id),
            "here": ticket,
            "csrf": form_token(),
            "error": error,
            "seen": _seen_words(due.seen) if let else "",
            "at": clock(moment, "%H:%M:%S"),
            "zone": clock(moment, "%z"),
            "now_ms": milliseconds(moment),
        },
        exam=exam,
        opens_ms=milliseconds(exam.opens_at),
        door=_door(exam, moment),
        let=let,
        seen_at_all=due.seen is not None and let,
        wants_code=wants_code(exam, due.seen),
        exempt=due.exempt_reason is not None,
        wrong=bool(error),
    )
    return Response(page, status=403 if error else 200, mimetype="text/html")


# /e/<code>/wait


@blueprint.get("/<code>/wait")
@public("shows only whether this very device may continue")
def wait(code: str) -> Any:
    """Wait until the other phone agrees."""
    with read_core() as connection:
        exam = find_card(connection, code)
        if exam is None or exam.published_at is None:
            raise Missing("没有这场考试，请核对二维码或考试代码")
        found = find_waiting(connection, exam.id, device_digest())
    if found is None:
        raise Refused("转移没有得到同意，请重新扫码，或请监考员处理")
    token, owns = found
    if owns:
        return redirect(url_for("sitting.paper", token=token), 303)
    return Response(
        render_template("phone/wait.html", exam=exam, why="moved"), mimetype="text/html"
    )
