"""Leaving the page, as a phone tells it: a hint for people, read without trust."""

from __future__ import annotations

AT_ONCE = 50  # absences of one message
NUMBER_LIMIT = 2**31 - 1
LONGEST_MS = 24 * 3600 * 1000


def read_absences(body: object) -> dict[int, int]:
    """The absences a message tells of: the phone's number of each → milliseconds.

    What cannot be meant is passed over: answers travel in the same message, and
    nothing said here may cost one of them.
    """
    told = body.get("away") if isinstance(body, dict) else None
    found: dict[int, int] = {}
    for item in told[:AT_ONCE] if isinstance(told, list) else ():
        if isinstance(item, list) and len(item) == 2 and all(map(_whole, item)):
            number, duration_ms = item
            if 0 < number <= NUMBER_LIMIT and 0 <= duration_ms <= LONGEST_MS:
                found[number] = duration_ms
    return found


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
