"""准考凭证: a QR code of one's own, which says who one is. Pure.

A ticket is the candidate's number and a keyed mark, ``1043-K7MPX4QW2B``: nothing is
stored, and whoever has none cannot make one (48 bits). It identifies and does nothing
else: being there, one phone at a time and the time are asked for as of everybody.
"""

from __future__ import annotations

import hmac

from quiz.rules.marks import keyed_mark

LENGTH = 10  # characters of the mark


def ticket_of(key: str, exam: str, candidate_id: int) -> str:
    """The ticket of a candidate.

    :param key: The server's secret.
    :param exam: Its code.
    """
    mark = keyed_mark(key, f"ticket|{exam}|{candidate_id}", LENGTH)
    return f"{candidate_id}-{mark}"


def candidate_of(key: str, exam: str, typed: str) -> int | None:
    """Whose ticket it is; None: it is none of this exam."""
    number, _, _ = typed.partition("-")
    if not (number.isascii() and number.isdecimal() and len(number) <= 18):
        return None
    right = ticket_of(key, exam, int(number))
    if not hmac.compare_digest(typed.upper().encode(), right.encode()):
        return None
    return int(number)
