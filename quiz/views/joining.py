"""申请加入 on the phone: /e/<code>/join.

It says nothing of who is on the roster: whoever asks gets the same page, and somebody
who is there decides. Where the exam asks for the hall's code, asking needs it, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, current_app, redirect, request, url_for
from flask_babel import gettext

from core.access import public
from core.clock import now
from core.db import read_core
from core.errors import Missing, Refused
from core.moulds import moulded
from quiz.operations.joining import ask_to_join
from quiz.operations.presence import check_in
from quiz.queries.entry import (
    Card,
    Units,
    find_card,
    find_due,
    paper_rows,
    units_of_exam,
)
from quiz.queries.handed import handed_in
from quiz.queries.joining import find_wish
from quiz.views.confirming import confirm_page, door_of
from quiz.views.device import (
    check_form_token,
    device_digest,
    form_token,
    keep_device,
)
from quiz.views.presence import read_code
from units.rules.identity import match_digest
from units.rules.search import matching_units

blueprint = Blueprint("joining", __name__, url_prefix="/e/<code>/join")
blueprint.after_request(keep_device)


MOST_UNITS = 12  # to choose from; more are not read


def _exam(code: str) -> tuple[Card, Units]:
    with read_core() as connection:
        exam = find_card(connection, code)
        if exam is None or exam.published_at is None:
            raise Missing("没有这场考试，请核对二维码或考试代码")
        units = units_of_exam(connection, exam.id)
    if door_of(exam, now()) == "closed":
        raise Refused("考试已经结束，不能再申请加入")
    return exam, units


@blueprint.get("")
@public("somebody who is on no roster asks; an invigilator decides")
def form(code: str) -> Response:
    """Who one is, for somebody who is on no roster."""
    exam, units = _exam(code)
    return _form_page(exam, units)


@blueprint.post("")
@public("somebody who is on no roster asks; an invigilator decides")
def ask(code: str) -> Any:
    """Ask, and wait. The same phone asks once."""
    check_form_token()
    exam, units = _exam(code)
    moment = now()
    unit, name, number = (
        request.form.get(field, "").strip()[:60] for field in ("unit", "name", "number")
    )
    meant = matching_units(unit, units.named)
    if not (unit and name and number):
        error = gettext("请把单位、姓名、手机号后四位（或工号）填完整")
        return _form_page(exam, units, error)
    if not meant:
        error = gettext("没有找到这个单位，请填名称中的几个字，或找监考员")
        return _form_page(exam, units, error)
    if len(meant) > MOST_UNITS:
        error = gettext("相符的单位太多，请把单位名称多填几个字")
        return _form_page(exam, units, error)
    if len(meant) > 1:
        return _form_page(
            exam, units, gettext("请选择您的单位"), [one.name for one in meant]
        )
    room, error = None, ""
    if exam.presence == "code":
        room, error = read_code(exam, f"device:{device_digest()}", moment)
    if error:
        return _form_page(exam, units, error)
    key = str(current_app.secret_key)
    asked = ask_to_join(
        exam_id=exam.id,
        unit_id=meant[0].id,
        name=name,
        number_digest=match_digest(key, meant[0].code, name, number),
        device=device_digest(),
        now=moment,
    )
    with read_core() as connection:
        mine = find_wish(connection, exam.id, device_digest())
    if mine is None:
        error = gettext(
            "同样的单位、姓名和号码已经在另一部手机上申请过。"
            "请用那部手机等待，或找监考员"
        )
        return _form_page(exam, units, error)
    if asked.candidate_id is not None and room is not None:
        check_in(
            candidate_id=asked.candidate_id, how="digits", room=room or None, now=moment
        )
    return redirect(url_for("joining.wait", code=exam.code), 303)


def _form_page(
    exam: Card, units: Units, error: str = "", choices: Sequence[str] = ()
) -> Response:
    typed = {
        f"form.{name}": request.form.get(name, "")
        for name in ("unit", "name", "number")
    }
    page = moulded(
        "phone/join.html",
        {"csrf": form_token(), "error": error, **typed},
        exam=exam,
        units=units,
        wrong=bool(error),
        unit_choices=tuple(choices),
    )
    return Response(page, status=400 if error else 200, mimetype="text/html")


@blueprint.get("/wait")
@public("shows only what became of this very device's wish")
def wait(code: str) -> Any:
    """Wait for the decision; then the page before the start."""
    exam, _ = _exam(code)
    with read_core() as connection:
        wish = find_wish(connection, exam.id, device_digest())
        if wish is None:
            return redirect(url_for("joining.form", code=exam.code), 303)
        if wish.accepted is not False and wish.candidate_id is not None:
            due = find_due(connection, exam.id, wish.candidate_id)
            rows = paper_rows(connection, exam.id)
            sittings = handed_in(connection, wish.candidate_id)
        else:
            due = None
    if due is not None:
        return confirm_page(exam, due, sittings, rows, now())
    page = moulded("phone/joining.html", {}, exam=exam, declined=wish.accepted is False)
    return Response(page, mimetype="text/html")
