"""Password hashes: argon2id at 19 MiB, two passes, one lane (45 ms of CPU).

A process computes one at a time: candidates' pages share its processor, and a
flood of sign-ins must not take it from them.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from core.errors import Busy

PATIENCE = 2.0  # seconds a sign-in waits for its turn

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_turn = threading.Lock()
# Of a password nobody has, so that an unknown user name costs the same.
_NOBODY = (
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA"
    "$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
)


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    if not _turn.acquire(timeout=PATIENCE):
        raise Busy("系统正忙，请稍后重试")
    try:
        yield
    finally:
        _turn.release()


def make(password: str) -> str:
    """The hash of a password, with its own salt."""
    with _one_at_a_time():
        return _hasher.hash(password)


def verify(known: str | None, password: str) -> bool:
    """Whether a password is the one that was hashed; None costs the same and is no."""
    with _one_at_a_time():
        try:
            _hasher.verify(known or _NOBODY, password)
        except (VerificationError, InvalidHashError):
            return False
    return known is not None
