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
    render_template,
    request,
    url_for,
)
from flask_babel import gettext

from core.access import public
from core.clock import now
from core.db import read_core
from core.errors import Missing, Refused
from core.pages import compressed
from quiz.models import Candidate, Exam
from quiz.operations.entry import note_wrong_identification, start_sitting
from quiz.queries.entry import (
    candidates_by_digest,
    find_candidate,
    find_exam_by_code,
    paper_rows,
    units_of_exam,
    wrong_tries,
)
from quiz.queries.sittings import Handed, find_waiting, handed_in
from quiz.rules.guessing import wait_left
from quiz.views.device import (
    check_form_token,
    device_digest,
    form_token,
    keep_device,
    make_ticket,
    read_ticket,
)
from quiz.views.paper import paper_page
from quiz.views.receipt import receipt_page, shown_score
from units.rules.identity import match_digest, normal_name
from units.rules.search import Named, matching_units

blueprint = Blueprint("entry", __name__, url_prefix="/e")
blueprint.after_request(keep_device)

KINDS = {"single": "单选题", "multi": "多选题", "judge": "判断题", "fill": "填空题"}
WRONG = "信息不符。请核对单位、姓名和手机号后四位（或工号）；仍不行请找监考员"


def _exam(code: str) -> Exam:
    exam = find_exam_by_code(code)
    if exam is None or exam.published_at is None:
        raise Missing("没有这场考试，请核对二维码或考试代码")
    return exam


def _door(exam: Exam, moment: datetime) -> str:
    if moment < exam.opens_at:
        return "early"
    if moment >= exam.closes_at:
        return "closed"
    return "open" if exam.drawn_at else "undrawn"


def _entry_page(
    exam: Exam, *, error: str = "", choices: Sequence[str] = (), status: int = 200
) -> Response:
    form = {name: request.form.get(name, "") for name in ("unit", "name", "number")}
    page = render_template(
        "phone/entry.html",
        exam=exam,
        units=[
            {"name": unit.name, "category": category}
            for unit, category in units_of_exam(exam.id)
        ],
        form=form,
        error=error,
        unit_choices=choices,
        state=_door(exam, now()),
        csrf=form_token(),
    )
    return Response(page, status=status, mimetype="text/html")


@blueprint.get("/<code>")
@public("the QR code opens it")
def card(code: str) -> Response:
    """The exam's card and the question who you are."""
    return compressed(_entry_page(_exam(code)))  # nothing typed is on it yet


def _key() -> str:
    return str(current_app.secret_key)


def _identified(exam: Exam, moment: datetime) -> int | Response:
    """The candidate somebody says they are, or the page that asks again."""
    typed = {
        name: request.form.get(name, "").strip()[:60]
        for name in ("unit", "name", "number")
    }
    if not all(typed.values()):
        return _entry_page(
            exam,
            error=gettext("请把单位、姓名、手机号后四位（或工号）填完整"),
            status=400,
        )
    units = matching_units(typed["unit"], [unit for unit, _ in units_of_exam(exam.id)])
    who = match_digest(_key(), _unit_key(units, typed["unit"]), typed["name"], "")
    failures, failed_at = wrong_tries(exam.id, who)
    left = wait_left(failures, failed_at, moment)
    if left > timedelta():
        seconds = ceil(left.total_seconds())
        return _entry_page(
            exam,
            error=gettext("尝试次数过多，请 %(n)d 秒后再试，或请监考员协助", n=seconds),
            status=429,
        )
    digests = [
        match_digest(_key(), unit.code, typed["name"], typed["number"])
        for unit in units
    ]
    found = candidates_by_digest(exam.id, digests)
    if len(found) == 1:
        return found[0].id
    note_wrong_identification(exam_id=exam.id, who=who, now=moment)
    if len(found) > 1:
        names = sorted({one.unit_name for one in found})
        if len(names) > 1:
            return _entry_page(
                exam, error=gettext("请选择您的单位"), choices=names, status=400
            )
        return _entry_page(
            exam,
            error=gettext("本单位有同名且尾号相同的人员，请改填工号"),
            status=400,
        )
    return _entry_page(exam, error=gettext(WRONG), status=403)


def _unit_key(units: Sequence[Named], typed: str) -> str:
    """What wrong tries are counted under: the unit meant, however it was typed."""
    return "+".join(sorted(unit.code for unit in units)) or normal_name(typed)


@blueprint.post("/<code>")
@public("says who one is; tries are counted for each name")
def identify(code: str) -> Response:
    """Find the candidate; show the notice and the rules."""
    exam = _exam(code)
    check_form_token()
    moment = now()
    found = _identified(exam, moment)
    if isinstance(found, Response):
        return found
    candidate = find_candidate(found)
    assert candidate is not None
    with read_core() as connection:
        sittings = handed_in(connection, candidate_id=candidate.id)
    return _confirm_page(exam, candidate, sittings, moment)


def _confirm_page(
    exam: Exam, candidate: Candidate, sittings: Sequence[Handed], moment: datetime
) -> Response:
    last = sittings[-1] if sittings else None
    ends = min(moment + timedelta(seconds=exam.duration_s), exam.closes_at)
    page = render_template(
        "phone/confirm.html",
        exam=exam,
        candidate=candidate,
        ticket=make_ticket(exam.id, candidate.id),
        csrf=form_token(),
        state=_door(exam, moment),
        sitting=last,
        may_start=_may_start(exam, candidate, sittings, moment),
        result=_shown(exam, last, moment),
        rows=[
            {"label": gettext(KINDS[kind]), "count": count, "points": points}
            for kind, count, points in paper_rows(exam.id)
        ],
        deadline_if_started=ends,
    )
    return Response(page, mimetype="text/html")


def _shown(exam: Exam, last: Handed | None, moment: datetime) -> Any:
    score = shown_score(exam, last, moment) if last else None
    return score if isinstance(score, dict) else None


def _may_start(
    exam: Exam, candidate: Candidate, sittings: Sequence[Handed], moment: datetime
) -> bool:
    if any(one.state == "open" for one in sittings):
        return True
    return (
        _door(exam, moment) == "open"
        and candidate.exempt_reason is None
        and len(sittings) < exam.attempts
    )


@blueprint.post("/<code>/start")
@public("the ticket from the step before says who")
def start(code: str) -> Any:
    """Start the clock, or come back to the running sitting."""
    exam = _exam(code)
    check_form_token()
    candidate_id = read_ticket(request.form.get("ticket", ""), exam.id)
    moment = now()
    done = _nothing_to_start(exam, candidate_id, moment)
    if done is not None:
        return done
    begun = start_sitting(candidate_id=candidate_id, device=device_digest(), now=moment)
    if begun.waiting:
        return redirect(url_for("entry.wait", code=exam.code), 303)
    return paper_page(begun.token, moment, fresh=not begun.resumed)


def _nothing_to_start(exam: Exam, candidate_id: int, moment: datetime) -> str | None:
    """The newest receipt, where that is what was asked for.

    It is shown on any phone: one has just been identified.
    """
    if request.form.get("receipt") != "1":
        return None
    with read_core() as connection:
        closed = [
            one
            for one in handed_in(connection, candidate_id=candidate_id)
            if one.state in ("submitted", "auto")
        ]
    if not closed:
        return None
    return receipt_page(exam, find_candidate(candidate_id), closed[-1], moment)


@blueprint.get("/<code>/wait")
@public("shows only whether this very device may continue")
def wait(code: str) -> Any:
    """Wait until the other phone agrees."""
    exam = _exam(code)
    with read_core() as connection:
        found = find_waiting(connection, exam.id, device_digest())
    if found is None:
        raise Refused("转移没有得到同意，请重新扫码，或请监考员处理")
    token, owns = found
    if owns:
        return redirect(url_for("sitting.paper", token=token), 303)
    return Response(
        render_template("phone/wait.html", exam=exam, why="moved"), mimetype="text/html"
    )
