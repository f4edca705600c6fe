"""How often somebody may get their identification wrong.

Four digits have 10,000 endings, soon tried; so wrong tries are counted for each
name at each exam, never for an address: a hall full of phones shares one.
"""

from __future__ import annotations

from datetime import datetime, timedelta

FREE_TRIES = 5
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=10)
FORGET_AFTER = timedelta(hours=2)


def wait_after(failures: int) -> timedelta:
    """How long to wait after so many wrong tries: 0 for the first five, then
    30 s, 1, 2, 4, 8, 10 minutes."""
    if failures < FREE_TRIES:
        return timedelta()
    doublings = min(failures - FREE_TRIES, 10)
    return min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)


def wait_left(failures: int, failed_at: datetime | None, now: datetime) -> timedelta:
    """What is left of the wait; zero when a try is allowed."""
    if failed_at is None or now - failed_at >= FORGET_AFTER:
        return timedelta()
    return max(failed_at + wait_after(failures) - now, timedelta())
