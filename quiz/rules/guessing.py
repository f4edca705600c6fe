"""How often somebody may get their identification wrong.

Four digits have 10,000 endings, soon tried; so wrong tries are counted for each
name at each exam, never for an address: a hall full of phones shares one.
"""

from __future__ import annotations

from datetime import datetime, timedelta

FREE_TRIES = 5
FREE_CODES = 10  # of the hall's six digits, which are heard and mistyped
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=10)
FORGET_AFTER = timedelta(hours=2)


def wait_after(failures: int, free: int = FREE_TRIES) -> timedelta:
    """How long to wait after so many wrong tries: 0 for the free ones, then
    30 s, 1, 2, 4, 8, 10 minutes."""
    if failures < free:
        return timedelta()
    doublings = min(failures - free, 10)
    return min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)


def wait_left(
    failures: int, failed_at: datetime | None, now: datetime, free: int = FREE_TRIES
) -> timedelta:
    """What is left of the wait; zero when a try is allowed."""
    if failed_at is None or now - failed_at >= FORGET_AFTER:
        return timedelta()
    return max(failed_at + wait_after(failures, free) - now, timedelta())
