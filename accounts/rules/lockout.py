"""How long an account waits after wrong passwords.

By account, never by address: a whole office stands behind one address. Never for
good: otherwise anybody could lock everybody out. Browsers an account has signed in
with count for themselves, so that guesses from elsewhere do not keep its owner out. A
sign-in link needs no waiting.
"""

from __future__ import annotations

from datetime import datetime, timedelta

FREE = 5  # wrong passwords in a row without waiting
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=15)
FORGET = timedelta(hours=24)  # after so long without a failure, counting starts anew


def standing(failures: int, failed_at: datetime | None, now: datetime) -> int:
    """The failures that still count."""
    if failed_at is None or now - failed_at >= FORGET:
        return 0
    return failures


def wait(failures: int, failed_at: datetime | None, now: datetime) -> timedelta:
    """How long until the account may try again; zero if at once.

    Doubles from 30 seconds at the fifth failure in a row up to 15 minutes.
    """
    count = standing(failures, failed_at, now)
    if failed_at is None or count < FREE:
        return timedelta(0)
    doublings = min(count - FREE, 10)
    until = failed_at + min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)
    return max(until - now, timedelta(0))
