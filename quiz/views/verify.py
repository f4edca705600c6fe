"""Checking a voucher: /v/<code>, for everybody who has it before them.

Of a receipt no name, no unit, and a score only where the exam shows scores; of a
certificate what it says itself, the name by its first character.
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
from core.errors import Missing, Refused
from core.signing import FORMAT, BadToken, keys, read_token
from quiz.queries.certificates import find_certificate
from quiz.queries.entry import find_card
from quiz.queries.handed import Handed
from quiz.queries.opened import find_sheet_counts
from quiz.queries.vouchers import find_receipt, proof_of
from quiz.rules.vouchers import (
    Status,
    normal_code,
    read_line,
    receipt_status,
    spaced,
)
from quiz.views.certificate import checked_page
from quiz.views.receipt import receipt_line, shown_score

blueprint = Blueprint("verify", __name__, url_prefix="/v")

ANYBODY = "whoever has the code of a voucher may check it"
NONE = "没有编号为 %(code)s 的凭证。请核对编号；扫二维码到这里的，凭证是伪造的"
FORGED = "这段签名不是本系统签发的，或者内容被改动过，不能作为凭证"
LONGEST = 5000  # characters typed


@blueprint.get("/")
@public(ANYBODY)
def index() -> str:
    """Type a code, or paste a signed text."""
    return render_template("phone/verify.html", typed="", error="")


@blueprint.post("/")
@public("reads what anybody may read; changes nothing")
def check() -> Any:
    """On to the code's page, or say what a signed text is worth."""
    typed = request.form.get("text", "").strip()[:LONGEST]
    if typed.startswith(f"{FORMAT}."):
        return _signed(typed)
    code = normal_code(typed)
    if not code.isascii() or not code.isalnum():
        error = gettext("请输入凭证上的 12 位编号，或粘贴“服务器签名”的全文")
        page = render_template("phone/verify.html", typed=typed, error=error)
        return Response(page, status=400)
    return redirect(url_for("verify.show", code=code), 303)


@blueprint.get("/keys.json")
@public("public keys are for everybody")
def public_keys() -> Response:
    """The public halves of all keys that ever signed: for checking without us."""
    text = json.dumps([vars(key) for key in keys().public()], indent=1)
    return Response(text + "\n", mimetype="application/json")


@blueprint.get("/<code>")
@public(ANYBODY)
def show(code: str) -> str:
    """Whether a voucher holds, and what it says."""
    plain = normal_code(code)
    with read_core() as connection:
        found = find_receipt(connection, plain)
        certificate = None if found else find_certificate(connection, plain)
    if certificate is not None:
        return checked_page(certificate, now())
    if found is None:
        raise Missing(NONE, code=spaced(plain)[:20])
    return _receipt(*found, now())


def _receipt(exam_code: str, sheet: Handed, moment: datetime) -> str:
    with read_core() as connection:
        exam = find_card(connection, exam_code)
        answered, items, _ = find_sheet_counts(
            connection, sheet.sitting_id, sheet.generation
        )
        proof = proof_of(connection, sheet, str(current_app.secret_key))
    assert exam is not None
    return render_template(
        "phone/voucher.html",
        exam=exam,
        sheet=sheet,
        status=receipt_status(sheet.state, newest=sheet.newest),
        code=spaced(sheet.receipt_code or ""),
        answered=answered,
        count=len(json.loads(items)),
        score=shown_score(exam, sheet, items, moment) if sheet.newest else None,
        proof=proof,
        moment=moment,
    )


def _signed(token: str) -> Response:
    """What a pasted text says, if we have signed it."""
    public = {key.id: key.public for key in keys().public()}
    try:
        told = read_token(token, public)
    except BadToken:
        raise Refused(FORGED) from None
    fields = read_line(told.text)
    if fields is None:
        raise Refused(FORGED)
    page = render_template(
        "phone/signed.html",
        fields=list(fields.items())[1:],
        status=_status_of(fields["编号"]),
        differing=_differing(fields),
        key_id=told.key_id,
    )
    return Response(page, mimetype="text/html")


def _differing(fields: dict[str, str]) -> list[str]:
    """What a signed receipt says otherwise than the database does now.

    It was signed when the sheet was closed, so this finds a log that was cut off or
    written anew since (FAULTS M2, M3), as long as somebody kept the receipt. Not
    compared: the program, which may be newer, and the count of answers, which are
    deleted when their time is over.
    """
    with read_core() as connection:
        found = find_receipt(connection, fields["编号"])
        if found is None:
            return []
        exam_code, sheet = found
        _, items, _ = find_sheet_counts(connection, sheet.sitting_id, sheet.generation)
    line = receipt_line(exam_code, sheet, 0, len(json.loads(items)))
    now = read_line(line) or {}
    return [
        name
        for name, said in fields.items()
        if name not in ("程序摘要", "已答题数") and now.get(name) != said
    ]


def _status_of(code: str) -> Status | None:
    """Whether what was signed still holds; None: nothing is known of it here."""
    with read_core() as connection:
        found = find_receipt(connection, code)
        if found is not None:
            return receipt_status(found[1].state, newest=found[1].newest)
        certificate = find_certificate(connection, code)
    return certificate.status if certificate else None
