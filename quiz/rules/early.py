"""How long an early closing can be taken back."""

from __future__ import annotations

from datetime import datetime, timedelta

UNDO_WITHIN = timedelta(minutes=10)


def can_undo(closed_at: datetime, now: datetime) -> bool:
    """Whether it is not too late; the tenth minute is within."""
    return now - closed_at <= UNDO_WITHIN
