"""What a candidate finds after handing in: /s/<token>/receipt and what follows.

These pages open on the phone that answered, and for half an hour on a phone that has
just identified the same person at /e/<code>.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, url_for

from core.access import public
from core.clock import now
from core.db import read_core
from core.errors import Missing
from quiz.queries.entry import Card, find_card
from quiz.queries.handed import Handed, handed_before, handed_in
from quiz.queries.opened import Opened
from quiz.views.device import own_sheet
from quiz.views.receipt import receipt_page

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
