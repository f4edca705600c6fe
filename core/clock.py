"""The server's clock: the only one that decides."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """The moment of a request, read once at the edge and passed on."""
    return datetime.now(UTC)
