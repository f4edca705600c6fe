"""When questions may be spoken of: keys, explanations, what was wrong.

A score tells nothing of a question. Everything else waits until nobody who may still
be asked the question can learn of it, whatever the exam's policy says.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from quiz.rules.early import UNDO_WITHIN


class Hold(StrEnum):
    """Why a question is not spoken of yet."""

    RUNNING = "running"  # the exam is open, or its closing could be taken back
    ANSWERING = "answering"  # somebody's sheet is open: time given, or opened again
    ELSEWHERE = "elsewhere"  # another exam, a make-up say, may ask it yet


@dataclass(frozen=True)
class Ground:
    """What is known of an exam and of others that may ask its questions."""

    closes_at: datetime
    paused: bool
    open_sittings: int
    #: When the last of the other published exams closes that may ask one of the
    #: questions meant; None: there is none.
    elsewhere: datetime | None


def hold(ground: Ground, now: datetime) -> Hold | None:
    """Why questions are not spoken of yet; None: they may be.

    An early closing can be taken back for ten minutes, and messages are late by the
    grace: so the ten minutes after any closing belong to the exam.
    """
    if ground.paused or now < ground.closes_at + UNDO_WITHIN:
        return Hold.RUNNING
    if ground.open_sittings:
        return Hold.ANSWERING
    if ground.elsewhere is not None and now < ground.elsewhere + UNDO_WITHIN:
        return Hold.ELSEWHERE
    return None


def reveals_from(ground: Ground) -> datetime:
    """The moment from which on no clock stands against it."""
    last = max(ground.closes_at, ground.elsewhere or ground.closes_at)
    return last + UNDO_WITHIN
