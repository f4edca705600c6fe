"""What the model is made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

GRACE = timedelta(seconds=30)
OWN_TIME = timedelta(hours=1)
UNDO = timedelta(minutes=10)
LINGERS = timedelta(minutes=10)
ZERO = timedelta()


class No(Exception):
    """It must be refused: Refused, Conflict, Missing, or why a message is late."""


@dataclass
class Person:
    """Somebody on the roster."""

    unit: int
    room: str
    hands: dict[int, int] = field(default_factory=dict)  # attempt → paper


@dataclass
class Sat:
    """A sitting."""

    id: int
    who: int
    attempt: int
    paper: int
    device: str
    deadline: datetime
    state: str = "open"
    generation: int = 1
    holder: int = 1
    claim: str | None = None
    before: datetime | None = None  # the deadline, had the exam not been closed early
    closed: datetime | None = None
    sheets: dict[int, dict[str, tuple[int, list[str]]]] = field(default_factory=dict)
    #: generation → state, closed at, digest, word
    receipts: dict[int, tuple[str, datetime, str, str]] = field(default_factory=dict)
    #: (generation, revision) → hundredths of each question
    scores: dict[tuple[int, int], list[int]] = field(default_factory=dict)

    @property
    def sheet(self) -> dict[str, tuple[int, list[str]]]:
        """The one that counts."""
        return self.sheets.setdefault(self.generation, {})


@dataclass(frozen=True)
class Message:
    """What a phone sends."""

    sitting: int
    device: str
    generation: int
    holder: int
    entries: tuple[tuple[str, int, tuple[str, ...]], ...]  # question, number, value
