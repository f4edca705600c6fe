"""When a sitting may be written to. No Flask, no database, no clock of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

UNSURE_SWEEP = 10  # sittings closed without a word while the clock is in doubt


class Phase(StrEnum):
    """Where a candidate stands in time."""

    EARLY = "early"  # the exam has not opened
    READY = "ready"  # open, this candidate has not started
    RUNNING = "running"  # answers are accepted
    GRACE = "grace"  # only what was already on its way is accepted
    OVER = "over"  # nothing more is accepted


@dataclass(frozen=True)
class Window:
    """The time an exam gives."""

    opens: datetime
    closes: datetime
    allowed: timedelta  # one sitting's own time
    grace: timedelta  # how late a message may arrive


def deadline(
    window: Window, started: datetime, grants: Sequence[timedelta]
) -> datetime:
    """The last moment an answer counts.

    Own time is up or the exam closes, whichever comes first, plus what was given
    back: each grant that reaches this sitting counts once.
    """
    return min(started + window.allowed, window.closes) + sum(grants, timedelta())


def exam_clock(now: datetime, paused_at: datetime | None) -> datetime:
    """The time an exam goes by: while it is paused its clock stands."""
    return now if paused_at is None else min(now, paused_at)


def shown_deadline(
    ends: datetime, now: datetime, paused_at: datetime | None
) -> datetime:
    """The deadline as a phone is told it.

    While the exam is paused it moves on with the clock on the wall, so that the
    time left stays what it was.
    """
    return ends + (now - exam_clock(now, paused_at))


def may_sweep(due: int, clock_step: timedelta, *, confirmed: bool) -> bool:
    """Whether so many sittings may be closed in one go.

    After the wall clock was set the time that is gone by is the one before, so what
    is due is really due; closing many at once still wants somebody's word.

    :param clock_step: How far the clock was set and is not followed.
    :param confirmed: Somebody has looked at the clock and said so.
    """
    return confirmed or not clock_step or due <= UNSURE_SWEEP


def phase(
    window: Window, now: datetime, ends: datetime | None, extra: timedelta
) -> Phase:
    """Where a candidate stands.

    :param ends: The sitting's deadline; None before it has started.
    :param extra: The sum of the grants that reach the candidate.

    Boundaries are inclusive: at ``opens`` one may start, at ``closes + extra`` one
    may not start any more, at the deadline an answer counts, at deadline + grace
    a late message is still taken.
    """
    if ends is None:
        if now < window.opens:
            return Phase.EARLY
        return Phase.READY if now < window.closes + extra else Phase.OVER
    if now <= ends:
        return Phase.RUNNING
    return Phase.GRACE if now <= ends + window.grace else Phase.OVER
