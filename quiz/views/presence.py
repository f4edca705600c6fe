"""签到 on the phone: the code of the hall's screen, scanned or typed."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from math import ceil

from flask import current_app, request
from flask_babel import gettext
from itsdangerous import BadSignature, URLSafeTimedSerializer

from core.db import read_core
from quiz.operations.entry import note_wrong_identification
from quiz.operations.presence import check_in
from quiz.queries.entry import Card, Due, Seen, rooms_of_exam, wrong_tries
from quiz.rules.guessing import FREE_CODES, wait_left
from quiz.rules.presence import lets_start, read_digits, room_of_code
from quiz.views.device import device_digest
from units.rules.identity import match_digest

SCAN_AGE = 10 * 60  # seconds between scanning the screen and having said who one is


@lru_cache(maxsize=1)
def _scans(key: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(key, salt="hall-scan")


def _key() -> str:
    return str(current_app.secret_key)


def wants_code(exam: Card, seen: Seen | None) -> bool:
    """Whether somebody still has to show that they see the screen."""
    return exam.presence == "code" and not is_let_start(exam, seen)


def is_let_start(exam: Card, seen: Seen | None) -> bool:
    """Whether somebody may start, as far as being there goes."""
    return lets_start(exam.presence, seen.how if seen else None)


def scanned(exam: Card, moment: datetime) -> str:
    """What the form keeps of ?p=… while one says who one is; empty: nothing scanned.

    The code itself is soon replaced; what was right when this phone opened the page
    stays so for ten minutes, on this phone. One query, if there is a code to look at.
    """
    mark = request.args.get("p", "")[:20]
    if exam.presence != "code" or not mark:
        return ""
    with read_core() as connection:
        rooms = rooms_of_exam(connection, exam.id)
    room = room_of_code(_key(), exam.code, rooms, mark, moment)
    if room is None:
        return ""
    return str(_scans(_key()).dumps([exam.code, room, device_digest()]))


def note_scan(exam: Card, due: Due, moment: datetime) -> Seen | None:
    """Write down that somebody just identified has scanned the screen.

    :return: What says, by now, that they are there.
    """
    if due.exempt_reason is not None or not wants_code(exam, due.seen):
        return due.seen
    try:
        code, room, device = _scans(_key()).loads(
            request.form.get("scan", ""), max_age=SCAN_AGE
        )
    except BadSignature:
        return due.seen
    if code != exam.code or device != device_digest():
        return due.seen
    check_in(candidate_id=due.id, how="scan", room=room or None, now=moment)
    return Seen("scan", moment, room or due.room)


def try_digits(exam: Card, due: Due, moment: datetime) -> str:
    """Take the six digits of a form; wrong ones are counted for each person.

    :return: What was wrong, as a sentence; empty: nothing.
    """
    room, error = read_code(exam, str(due.id), moment)
    if not error:
        check_in(candidate_id=due.id, how="digits", room=room or None, now=moment)
    return error


def read_code(exam: Card, whose: str, moment: datetime) -> tuple[str, str]:
    """The room of the six digits in a form, and what was wrong with them.

    :param whose: Under what wrong ones are counted.
    """
    who = match_digest(_key(), "#hall", whose, "")
    with read_core() as connection:
        rooms = rooms_of_exam(connection, exam.id)
        tries = wrong_tries(connection, exam.id, who)
    left = wait_left(*tries, moment, free=FREE_CODES)
    if left > timedelta():
        n = ceil(left.total_seconds())
        said = gettext("口令错了太多次，请 %(n)d 秒后再试，或请监考员协助", n=n)
        return "", str(said)
    typed = read_digits(request.form.get("digits", "")[:20])
    if not typed:
        return "", str(gettext("请填大屏上的六位数字，或请监考员协助"))
    room = room_of_code(_key(), exam.code, rooms, typed, moment)
    if room is None:
        note_wrong_identification(exam_id=exam.id, who=who, now=moment)
        said = gettext("口令不对，或刚刚更换了。请看大屏上现在的六位数字，再填一次")
        return "", str(said)
    return room, ""
