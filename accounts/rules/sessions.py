"""How long a sign-in lasts, and what is stored of a token."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

IDLE = timedelta(minutes=60)  # a session unused for so long has ended
LONGEST = timedelta(hours=12)  # a session ends after a working day in any case
TOUCH_EVERY = timedelta(minutes=1)  # how often its use is written down
LINK_LIFE = timedelta(minutes=30)


def token_digest(token: str) -> str:
    """What is stored of a token: SHA-256, hexadecimal."""
    return hashlib.sha256(token.encode()).hexdigest()


def lasts(*, created_at: datetime, seen_at: datetime, now: datetime) -> bool:
    """Whether a session that nobody has ended still signs somebody in."""
    return now - seen_at < IDLE and now - created_at < LONGEST


def touch_is_due(*, seen_at: datetime, now: datetime) -> bool:
    """Whether the use of a session is to be written down again."""
    return now - seen_at >= TOUCH_EVERY
