"""What a candidate finds after handing in: /s/<token>/receipt and what follows.

These pages open on the phone that answered, and for half an hour on a phone that has
just identified the same person at /e/<code>.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, request, url_for

from core.access import public
from core.clock import now
from core.db import read_core
from core.errors import Missing, Refused
from quiz.operations.certificates import issue_certificate
from quiz.operations.objections import make_objection
from quiz.queries.certificates import certificates_of
from quiz.queries.entry import Card, find_card
from quiz.queries.handed import Handed, handed_before, handed_in
from quiz.queries.opened import Opened
from quiz.views.afterwards import may_object, result_page
from quiz.views.certificate import certificate_page
from quiz.views.device import check_form_token, own_sheet
from quiz.views.receipt import receipt_page
from quiz.views.result import result_of

blueprint = Blueprint("mine", __name__, url_prefix="/s")

OWN = "works only for whom it belongs to: by the device cookie, or just identified"


@blueprint.get("/<token>/receipt")
@public(OWN)
def receipt(token: str) -> Any:
    """The receipt to show at the door; the score, once it is shown. Four queries."""
    opened = own_sheet(token)
    if opened.state == "open":
        return redirect(url_for("sitting.paper", token=token), 303)
    exam, attempts = _handed(opened)
    [sheet] = [one for one in attempts if one.sitting_id == opened.sitting_id]
    return receipt_page(exam, opened, sheet, attempts, now())


@blueprint.get("/<token>/result")
@public(OWN)
def result(token: str) -> Any:
    """The score and what else the exam's policy shows, as soon as it may be."""
    opened = own_sheet(token)
    if opened.state == "open":
        return redirect(url_for("sitting.paper", token=token), 303)
    exam, attempts = _handed(opened)
    [sheet] = [one for one in attempts if one.sitting_id == opened.sitting_id]
    return result_page(exam, opened, sheet, attempts, now())


@blueprint.post("/<token>/objection")
@public(OWN)
def object_to(token: str) -> Any:
    """Say that a question that is shown, or the score, is not right."""
    opened = own_sheet(token)
    check_form_token()
    exam, attempts = _handed(opened)
    [sheet] = [one for one in attempts if one.sitting_id == opened.sitting_id]
    q = request.form.get("q", "")[:9]
    if not may_object(exam, sheet, q, now()):
        raise Refused("还没有给您看的题目和成绩，不能提出异议")
    text = request.form.get("text", "")
    make_objection(sitting_id=opened.sitting_id, q=q, text=text, now=now())
    place = url_for("mine.result", token=token, _anchor=f"r{q}" if q else "review")
    return redirect(place, 303)


@blueprint.post("/<token>/certificate")
@public(OWN)
def issue(token: str) -> Any:
    """Issue the certificate of a result that its owner sees and that is good enough."""
    opened = own_sheet(token)
    check_form_token()
    exam, attempts = _handed(opened)
    [sheet] = [one for one in attempts if one.sitting_id == opened.sitting_id]
    if result_of(exam, sheet, now()) is None:
        raise Refused("成绩还没有公布，公布之后再来生成证书")
    issue_certificate(sitting_id=opened.sitting_id, now=now())
    return redirect(url_for("mine.certificate", token=token), 303)


@blueprint.get("/<token>/certificate")
@public(OWN)
def certificate(token: str) -> Any:
    """The newest certificate of a sitting."""
    opened = own_sheet(token)
    with read_core() as connection:
        found = certificates_of(connection, opened.sitting_id)
        exam = find_card(connection, opened.code)
    if not found or exam is None:
        raise Missing("还没有证书。成绩合格的，可以在成绩页上生成")
    return certificate_page(exam, found[0], token, now())


@blueprint.get("/<token>/receipt/<int:generation>")
@public(OWN)
def past_receipt(token: str, generation: int) -> Any:
    """The receipt of a sheet that was opened again: it says what took its place."""
    opened = own_sheet(token)
    with read_core() as connection:
        sheet = handed_before(connection, opened.sitting_id, generation)
    if sheet is None:
        raise Missing("没有这张回执")
    exam, attempts = _handed(opened)
    return receipt_page(exam, opened, sheet, attempts, now())


def _handed(opened: Opened) -> tuple[Card, list[Handed]]:
    """The exam of a sitting, and the attempts of who sat. Two queries."""
    with read_core() as connection:
        exam = find_card(connection, opened.code)
        attempts = handed_in(connection, opened.candidate_id)
    assert exam is not None
    return exam, attempts
