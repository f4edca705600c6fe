"""The server's clock: the only one that decides."""

from __future__ import annotations

from datetime import UTC, datetime

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def now() -> datetime:
    """The moment of a request, read once at the edge and passed on."""
    return datetime.now(UTC)


def microseconds(moment: datetime) -> int:
    """A moment as it is hashed: microseconds since 1970, exactly."""
    since = moment - EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
