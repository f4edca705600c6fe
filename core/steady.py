"""Whether somebody has set the wall clock. Readings are arguments; no clock of its own.

Two clocks of one machine: the wall clock, which people and NTP may set, and one that
only ever counts. Their difference stays what it is; when it changes the wall clock
was set, and for whoever is sitting an exam no time has passed by that.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

#: What NTP corrects without anybody noticing; nobody gains or loses more by it.
TOLERANCE = timedelta(seconds=1)


@dataclass(frozen=True)
class Reading:
    """Both clocks at one moment."""

    wall: datetime
    steady: float  # seconds, from anywhere
    boot: str  # this run of the machine; the steady clock of another says nothing


def expected(anchor: Reading, reading: Reading) -> datetime:
    """What the wall clock would read had nobody set it since the anchor."""
    return anchor.wall + timedelta(seconds=reading.steady - anchor.steady)


def step(anchor: Reading, reading: Reading) -> timedelta:
    """How far the wall clock was set since the anchor; zero within the tolerance.

    Across a restart of the machine nothing can be said but this: a clock that is
    behind the anchor went back.
    """
    if anchor.boot != reading.boot:
        return min(reading.wall - anchor.wall, timedelta())
    by = reading.wall - expected(anchor, reading)
    return by if abs(by) > TOLERANCE else timedelta()
