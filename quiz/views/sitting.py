"""Answering: /s/<token>. The save protocol, and the plain form beside it.

The token in the path works only with the device cookie: a link forwarded in a
chat opens nothing. Nothing here ever holds a key.
"""

from __future__ import annotations

import json
from datetime import datetime
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
from core.errors import Conflict, Missing, Refused
from core.pages import refusal
from quiz.operations.answers import Closed, save_plain_answer
from quiz.operations.closing import submit_sitting
from quiz.operations.entry import release_sitting
from quiz.queries.cards import items_of, places_on
from quiz.queries.opened import Opened, find_opened
from quiz.queries.sittings import Saved, saved_answers
from quiz.rules.sheet import Malformed
from quiz.views.device import (
    AGAIN,
    check_form_token,
    device_digest,
    form_token,
    own_sitting,
)
from quiz.views.heard import hear
from quiz.views.paper import fragment_of, paper_page, state_of
from quiz.views.protocol import JSON, answer_save, read_body, remaining_ms, written
from quiz.views.trouble import note_trouble

blueprint = Blueprint("sitting", __name__, url_prefix="/s")

BODY_LIMIT = 1024 * 1024  # bytes; a whole sheet of long texts is half of it


def _reply(text: str, status: int = 200) -> Response:
    return Response(text, status=status, mimetype=JSON)


def _json(value: object, status: int = 200) -> Response:
    return _reply(written(value), status)


def _speaks_json() -> bool:
    return request.endpoint in ("sitting.answers", "sitting.submit", "sitting.release")


@blueprint.errorhandler(Closed)
def _closed(error: Closed) -> Response:
    if _speaks_json():
        return _json({"why": error.why}, error.status)
    return refusal(Conflict(CLOSED[error.why]))


CLOSED = {
    "submitted": "这份试卷已经交卷，不能再修改",
    "deadline": "作答时间已到，这次提交没有计入；已保存的答案不受影响",
    "moved": "这份试卷已在另一页面或另一部手机上作答",
    "void": "这次作答已作废，请联系监考员",
    "generation": "这份试卷已重新开启，请刷新页面后继续",
}


@blueprint.errorhandler(Malformed)
def _malformed(error: Malformed) -> Response:
    current_app.logger.warning("malformed message: %s", error)
    if _speaks_json():
        return _json({"error": str(error)}, 422)
    return refusal(Refused("答案格式有误，请返回重新填写（每空不超过 200 字）"))


@blueprint.get("/<token>")
@public("works only with the device cookie")
def paper(token: str) -> Any:
    """The paper; this page owns the sheet from now on."""
    opened = own_sitting(token)
    if opened.state != "open":
        return redirect(url_for("mine.receipt", token=token), 303)
    moment = now()
    hear(opened.sitting_id, moment)
    return paper_page(opened, moment)


@blueprint.get("/<token>/state")
@public("works only with the device cookie")
def state(token: str) -> Response:
    """Everything saved, the time and who owns the sheet: after sleep or a gap."""
    with read_core() as connection:
        opened = find_opened(connection, token)
        if opened is None:
            raise Missing(AGAIN)
        if opened.device != device_digest():
            return _json({"why": "moved"}, 409)
        if opened.state != "open":
            closed = Closed("submitted" if opened.state != "void" else "void")
            return _json({"why": closed.why}, 409)
        saved = saved_answers(connection, opened.sitting_id, opened.generation)
    moment = now()
    hear(opened.sitting_id, moment)
    return _json(state_of(opened, opened.holder, saved, moment))


def _body() -> object:
    if not request.is_json:
        raise Malformed("the body is not JSON")
    request.max_content_length = BODY_LIMIT
    return read_body(request.get_data(cache=False))


@blueprint.put("/<token>/answers")
@public("works only with the device cookie")
def answers(token: str) -> Response:
    """Save what a phone sent; nearly all saves take the short way of direct.py."""
    return _reply(answer_save(token, device_digest(), _body(), now()))


def _hand_in(token: str, body: object, moment: datetime) -> None:
    submit_sitting(
        token=token,
        device=device_digest(),
        body=body,
        now=moment,
        key=str(current_app.secret_key),
    )


@blueprint.post("/<token>/submit")
@public("works only with the device cookie")
def submit(token: str) -> Response:
    """Hand in the whole sheet; again gives the same receipt."""
    _hand_in(token, _body(), now())
    return _json({"receipt": url_for("mine.receipt", token=token)})


@blueprint.post("/<token>/release")
@public("works only with the device cookie")
def release(token: str) -> Response:
    """Agree, or not, that another phone takes the sitting over."""
    body = _body()
    agree = isinstance(body, dict) and body.get("agree", True) is True
    release_sitting(token=token, device=device_digest(), agree=agree, now=now())
    return _json({"released": agree})


@blueprint.post("/<token>/trouble")
@public("works only with the device cookie")
def trouble(token: str) -> Response:
    """The phone's script has failed: note where."""
    own_sitting(token)
    note_trouble(request.get_json(silent=True), request.user_agent.string)
    return _json({})


# --- the plain form, for a phone without JavaScript --------------------------


def _saved(opened: Opened) -> dict[str, Saved]:
    with read_core() as connection:
        return saved_answers(connection, opened.sitting_id, opened.generation)


def _question_page(
    opened: Opened, n: int, error: str = "", status: int = 200
) -> Response:
    places = places_on(items_of(opened.items))
    if not 1 <= n <= len(places):
        raise Missing("试卷里没有这道题")
    place = places[n - 1]
    saved = _saved(opened).get(place.q)
    value = json.loads(saved.value) if saved else []
    page = render_template(
        "phone/question.html",
        exam=opened,
        candidate=opened,
        sitting=opened,
        token=opened.token,
        n=n,
        count=len(places),
        fragment_html=fragment_of(place.version_id).render_filled(place, value),
        saved_at=saved.received_at if saved else None,
        error=error,
        remaining_s=remaining_ms(opened.deadline, now()) // 1000,
        deadline=opened.deadline,
        generation=opened.generation,
        holder=opened.holder,
        csrf=form_token(),
    )
    return Response(page, status=status, mimetype="text/html")


@blueprint.get("/<token>/q/<int:n>")
@public("works only with the device cookie")
def question(token: str, n: int) -> Any:
    """One question as a plain form."""
    opened = own_sitting(token)
    if opened.state != "open":
        return redirect(url_for("mine.receipt", token=token), 303)
    hear(opened.sitting_id, now())
    return _question_page(opened, n)


@blueprint.post("/<token>/q/<int:n>")
@public("works only with the device cookie")
def save_question(token: str, n: int) -> Any:
    """Save one question of the plain form; a form cut on its way is refused."""
    opened = own_sitting(token)
    check_form_token()
    places = places_on(items_of(opened.items))
    if not 1 <= n <= len(places):
        raise Missing("试卷里没有这道题")
    if request.form.get("end") != "1":
        error = gettext("提交不完整（网络中断），本题没有保存，请再提交一次")
        return _question_page(opened, n, error=error, status=422)
    save_plain_answer(
        token=token,
        device=device_digest(),
        q=places[n - 1].q,
        value=request.form.getlist("value"),
        generation=request.form.get("generation", 0, type=int),
        holder=request.form.get("holder", 0, type=int),
        now=now(),
    )
    go = request.form.get("go", "next")
    place = n - 1 if go == "previous" else n + 1
    if go == "hand-in" or not 1 <= place <= len(places):
        return redirect(url_for("sitting.hand_in", token=token), 303)
    return redirect(url_for("sitting.question", token=token, n=place), 303)


@blueprint.get("/<token>/hand-in")
@public("works only with the device cookie")
def hand_in(token: str) -> Any:
    """What is still blank, before handing in."""
    opened = own_sitting(token)
    if opened.state != "open":
        return redirect(url_for("mine.receipt", token=token), 303)
    saved = _saved(opened)
    places = places_on(items_of(opened.items))
    blanks = [
        (n, place.q)
        for n, place in enumerate(places, 1)
        if place.q not in saved or saved[place.q].value == "[]"
    ]
    return render_template(
        "phone/handin.html",
        exam=opened,
        candidate=opened,
        sitting=opened,
        token=token,
        blanks=blanks,
        count=len(places),
        generation=opened.generation,
        holder=opened.holder,
        csrf=form_token(),
    )


@blueprint.post("/<token>/hand-in")
@public("works only with the device cookie")
def confirm_hand_in(token: str) -> Any:
    """Hand in what is saved."""
    check_form_token()
    opened = own_sitting(token)
    body = {
        "generation": request.form.get("generation", 0, type=int),
        "holder": opened.holder,
        "n": 0,
        "answers": [],
    }
    _hand_in(token, body, now())
    return redirect(url_for("mine.receipt", token=token), 303)
