"""The candidate's device: one cookie, and the tokens tied to it.

Candidates have no session and no account. The cookie names the phone; a sitting's
address works only together with it.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from datetime import UTC, datetime
from functools import lru_cache

from flask import Response, current_app, g, request
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.wrappers import Response as Reply

from core.db import read_core
from core.errors import Forbidden, Missing, Refused
from quiz.queries.opened import Opened, find_opened

COOKIE = "lawgauge_device"
COOKIE_AGE = 30 * 24 * 3600  # seconds: as long as an appeal may take
WHO = "lawgauge_who"  # who was identified on this phone, for as long as a ticket
HANDED_ON = "lawgauge_handed_on"  # when the phone was given to somebody else
AGAIN = "请重新扫码，确认本人后继续作答"
TICKET_AGE = 30 * 60  # seconds between "that is me" and "start"


def device_secret() -> str:
    """The value of the device cookie; a new one is set with the response."""
    known = request.cookies.get(cookie_name(secure=request.is_secure), "")
    if is_device(known):
        return known
    if "new_device" not in g:
        g.new_device = secrets.token_hex(16)
    fresh: str = g.new_device
    return fresh


def cookie_name(name: str = COOKIE, *, secure: bool) -> str:
    """What a cookie of ours is called: over https no other host can plant it."""
    return f"__Host-{name}" if secure else name


def is_device(cookie: str) -> bool:
    """Whether a cookie looks like one of ours."""
    return len(cookie) == 32 and cookie.isalnum()


def digest_of(cookie: str) -> str:
    """What is stored of a device, by its cookie."""
    return hashlib.sha256(cookie.encode()).hexdigest()


def device_digest() -> str:
    """What is stored of the device behind this request."""
    return digest_of(device_secret())


def own_sitting(token: str) -> Opened:
    """The sitting of a token. One query.

    :raises Missing: If there is none, or this device does not own it.
    """
    with read_core() as connection:
        opened = find_opened(connection, token)
    if opened is None or opened.device != device_digest():
        raise Missing(AGAIN)
    return opened


def own_sheet(token: str) -> Opened:
    """A sitting of this device, or a closed one of whom it has just identified.

    One query.

    :raises Missing: If it is neither.
    """
    with read_core() as connection:
        opened = find_opened(connection, token)
    if opened is None:
        raise Missing(AGAIN)
    own = opened.device == device_digest()
    if own and opened.state != "open" and opened.started_at < _handed_on_at():
        own = False
    if not own and (
        opened.state == "open" or not _is_known(opened.code, opened.candidate_id)
    ):
        raise Missing(AGAIN)
    return opened


def hand_on(response: Reply, moment: datetime) -> None:
    """换人作答: what was closed on this phone so far opens by identifying alone.

    The device keeps its name: sittings under way go on, and that several people sat
    on one phone is still to be seen in the hall.
    """
    response.set_cookie(
        cookie_name(HANDED_ON, secure=request.is_secure),
        str(int(moment.timestamp())),
        max_age=COOKIE_AGE,
        httponly=True,
        samesite="Lax",
        secure=request.is_secure,
    )
    forget_who(response)


def _handed_on_at() -> datetime:
    said = request.cookies.get(cookie_name(HANDED_ON, secure=request.is_secure), "")
    seconds = int(said) if re.fullmatch(r"[0-9]{1,10}", said) else 0
    return datetime.fromtimestamp(seconds, UTC)


def remember_who(response: Reply, code: str, candidate_id: int) -> None:
    """Let this phone read, for half an hour, closed sheets of whom it identified."""
    response.set_cookie(
        cookie_name(WHO, secure=request.is_secure),
        make_ticket(code, candidate_id),
        max_age=TICKET_AGE,
        httponly=True,
        samesite="Lax",
        secure=request.is_secure,
    )


def forget_who(response: Reply) -> None:
    """The phone may be somebody else's now."""
    name = cookie_name(WHO, secure=request.is_secure)
    if name in request.cookies:
        response.delete_cookie(
            name, httponly=True, samesite="Lax", secure=request.is_secure
        )


def _is_known(code: str, candidate_id: int) -> bool:
    ticket = request.cookies.get(cookie_name(WHO, secure=request.is_secure), "")
    try:
        return read_ticket(ticket, code) == candidate_id
    except Refused:
        return False


def keep_device(response: Response) -> Response:
    """After a request: hand the new cookie out."""
    if "new_device" in g:
        response.set_cookie(
            cookie_name(secure=request.is_secure),
            g.new_device,
            max_age=COOKIE_AGE,
            httponly=True,
            samesite="Lax",
            secure=request.is_secure,
        )
    return response


def form_token() -> str:
    """The CSRF token of a candidate's form: tied to the device cookie."""
    key = str(current_app.secret_key).encode()
    text = f"form|{device_secret()}"
    return hmac.digest(key, text.encode(), "sha256").hex()


def check_form_token() -> None:
    """Refuse a form that did not come from a page this device was given.

    :raises Forbidden: Also when the phone keeps no cookies: it is told so.
    """
    if not hmac.compare_digest(request.form.get("csrf", ""), form_token()):
        raise Forbidden("页面已失效，请返回重新扫码；如仍不行，请允许浏览器保存 Cookie")


@lru_cache(maxsize=1)
def _tickets(key: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(key, salt="entry-ticket")


def make_ticket(code: str, candidate_id: int) -> str:
    """What says for half an hour that this device was identified as a candidate.

    :param code: Of the exam.
    """
    tickets = _tickets(str(current_app.secret_key))
    return str(tickets.dumps([code, candidate_id, device_digest()]))


def read_ticket(text: str, code: str, age: int = TICKET_AGE) -> int:
    """The candidate of a ticket.

    :param age: Seconds it may have.

    :raises Refused: If it is old, of another exam or of another device.
    """
    tickets = _tickets(str(current_app.secret_key))
    try:
        exam, candidate, device = tickets.loads(text, max_age=age)
    except BadSignature:
        raise Refused("停留时间过长，请重新填写身份信息") from None
    if exam != code or device != device_digest():
        raise Refused("停留时间过长，请重新填写身份信息")
    return int(candidate)
