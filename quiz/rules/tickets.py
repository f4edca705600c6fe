"""准考凭证: a QR code of one's own, which says who one is. Pure.

A ticket is the candidate's number and a keyed mark, ``1043-K7MPX4QW2B``: nothing is
stored, and whoever has none cannot make one (48 bits). It identifies and does nothing
else: being there, one phone at a time and the time are asked for as of everybody.
One that got into wrong hands is replaced: the next one's mark is another.
"""

from __future__ import annotations

import hmac

from quiz.rules.marks import keyed_mark

LENGTH = 10  # characters of the mark


def ticket_of(key: str, exam: str, candidate_id: int, nth: int = 1) -> str:
    """The ticket of a candidate.

    :param key: The server's secret.
    :param exam: Its code.
    :param nth: The first, or one that replaced those before it.
    """
    said = f"ticket|{exam}|{candidate_id}" + (f"|{nth}" if nth > 1 else "")
    return f"{candidate_id}-{keyed_mark(key, said, LENGTH)}"


def owner_of(typed: str) -> int | None:
    """Whose it says it is; ``nth_of`` tells whether it speaks the truth."""
    number, _, _ = typed.partition("-")
    if not (number.isascii() and number.isdecimal() and len(number) <= 18):
        return None
    return int(number)


def nth_of(
    key: str, exam: str, candidate_id: int, typed: str, newest: int
) -> int | None:
    """Which ticket of a candidate it is, up to the newest; None: it is none."""
    given = typed.upper().encode()
    for nth in range(newest, 0, -1):
        right = ticket_of(key, exam, candidate_id, nth).encode()
        if hmac.compare_digest(given, right):
            return nth
    return None
