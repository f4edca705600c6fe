"""The candidate's device: one cookie, and the tokens tied to it.

Candidates have no session and no account. The cookie names the phone; a sitting's
address works only together with it.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from functools import lru_cache

from flask import Response, current_app, g, request
from itsdangerous import BadSignature, URLSafeTimedSerializer

from core.db import read_core
from core.errors import Forbidden, Missing, Refused
from quiz.queries.opened import Opened, find_opened

COOKIE = "lawgauge_device"
#: Over https: no other host of the domain can plant a cookie of this name.
SECURE_COOKIE = f"__Host-{COOKIE}"
COOKIE_AGE = 30 * 24 * 3600  # seconds: as long as an appeal may take
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


def cookie_name(*, secure: bool) -> str:
    """What the device cookie is called."""
    return SECURE_COOKIE if secure else COOKIE


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
