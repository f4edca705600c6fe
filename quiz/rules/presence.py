"""签到: the code of the hall's screen, and who may show it. Pure: the time is given.

A code is right for its thirty seconds and for the thirty after them, for whoever reads
it aloud or scans while it changes. Everybody in the hall has the same one, so it is
evidence that somebody saw the screen, or was told; never the only door.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from quiz.rules.marks import keyed_mark

MODES = {
    "none": "不要求",
    "code": "现场口令（大屏上的二维码或六位数字）",
    "invigilator": "监考员逐个确认到场",
}
STEP = timedelta(seconds=30)
GRACE = 1  # codes before the current one that are still taken
DIGITS = 6
LINK_LENGTH = 10  # characters of the key in a screen's address: 48 bits
LINK_LIVES = timedelta(hours=2)  # after the exam has closed

_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


@dataclass(frozen=True)
class HallCode:
    """What a screen shows for thirty seconds."""

    digits: str  # spoken
    mark: str  # in the address of the QR code


def lets_start(mode: str, seen: str | None) -> bool:
    """Whether somebody may start, as far as being there goes.

    :param mode: What the exam asks for.
    :param seen: What says that they are there (``Presence.how``).
    """
    if mode == "none" or seen == "invigilator":
        return True
    return mode == "code" and seen in ("scan", "digits")


def step_of(now: datetime) -> int:
    """The number of the thirty seconds that a moment is in."""
    return (now - _EPOCH) // STEP


def hall_code(key: str, exam: str, room: str, step: int) -> HallCode:
    """The code of a screen.

    HMAC-SHA-256 of ``hall|exam|step|room``, the room last because it may hold
    anything: the first eight bytes modulo a million are the digits, the next ten
    hexadecimal digits the mark.

    :param key: The server's secret.
    :param exam: Its code.
    :param room: Empty: a screen for everybody.
    """
    text = f"hall|{exam}|{step}|{room}"
    made = hmac.digest(key.encode(), text.encode(), "sha256")
    number = int.from_bytes(made[:8], "big") % 10**DIGITS
    return HallCode(f"{number:0{DIGITS}d}", made[8:13].hex())


def room_of_code(
    key: str, exam: str, rooms: Iterable[str], typed: str, now: datetime
) -> str | None:
    """The room whose screen shows this code, or showed it a moment ago.

    :param rooms: Those of the exam; the screen for everybody is looked at, too.
    :param typed: Six digits or a mark, as normal text.
    :return: None if no screen does.
    """
    current = step_of(now)
    for room in ("", *rooms):
        for step in range(current, current - GRACE - 1, -1):
            code = hall_code(key, exam, room, step)
            if hmac.compare_digest(typed.encode(), code.digits.encode()):
                return room
            if hmac.compare_digest(typed.encode(), code.mark.encode()):
                return room
    return None


def read_digits(typed: str) -> str:
    """Six digits as people type them, with spaces or in full width."""
    return "".join(str(int(one)) for one in typed if one.isdecimal())[: 2 * DIGITS]


def link_key(key: str, exam: str, issue: int, room: str) -> str:
    """The key in the address of a screen: it opens that page and nothing else.

    :param issue: Rises when the addresses given out so far shall open nothing more.
    """
    text = f"hall-link|{exam}|{issue}|{room}"
    return keyed_mark(key, text, LINK_LENGTH)


def room_of_link(
    key: str, exam: str, issue: int, rooms: Iterable[str], typed: str
) -> str | None:
    """The room a screen's key is for; empty: everybody. None: it is no key."""
    plain = "".join(one for one in typed.upper() if one.isalnum())
    for room in ("", *rooms):
        wanted = link_key(key, exam, issue, room)
        if hmac.compare_digest(plain.encode(), wanted.encode()):
            return room
    return None


def link_lives(closes_at: datetime, now: datetime) -> bool:
    """Whether screens may still be opened by their addresses."""
    return now <= closes_at + LINK_LIVES
