"""How long a sign-in and a proof last, and what is stored of a token."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

TOUCH_EVERY = timedelta(minutes=1)  # how often its use is written down
LINK_LIFE = timedelta(minutes=30)
INVITATION_LIFE = timedelta(days=3)  # of the first link of a new account
CODE_LIFE = timedelta(minutes=5)  # between the password and the second factor
PROOF_LIFE = timedelta(minutes=10)  # how long having proven oneself counts
WRONG_PROOFS = 5  # in a row; then the session ends


@dataclass(frozen=True)
class Limits:
    """How long a login session lasts."""

    idle: timedelta  # one unused for so long has ended
    longest: timedelta  # it ends after so long in any case


def token_digest(token: str) -> str:
    """What is stored of a token: SHA-256, hexadecimal."""
    return hashlib.sha256(token.encode()).hexdigest()


def lasts(
    limits: Limits, *, created_at: datetime, seen_at: datetime, now: datetime
) -> bool:
    """Whether a session that nobody has ended still signs somebody in."""
    return now - seen_at < limits.idle and now - created_at < limits.longest


def proof_holds(proven_at: datetime, now: datetime) -> bool:
    """Whether somebody has just shown who they are: at sign-in, or asked again."""
    return now - proven_at < PROOF_LIFE


def touch_is_due(*, seen_at: datetime, now: datetime) -> bool:
    """Whether the use of a session is to be written down again."""
    return now - seen_at >= TOUCH_EVERY
