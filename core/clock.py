"""The server's clock: the only one that decides. The one place that reads clocks.

In a server or a command a guard watches the wall clock (``watch``). When that is set,
by hand or by NTP, while somebody is sitting an exam, time goes on as it did before:
no deadline comes early or late by it. Once nobody is sitting, or when the
administrator says so, the new time is taken. All processes of a machine go by one
anchor, kept in the instance folder, so that a command or a worker started after the
step knows of it.
"""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from core.steady import Reading, expected, step

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NAME = "clock.json"  # in the instance folder
LOOK_EVERY = 1.0  # seconds between two looks at whether a step still matters
RENEW_EVERY = 60.0  # seconds; clocks of some systems drift apart without a step
WORTH_KEEPING = timedelta(milliseconds=100)

_log = logging.getLogger(__name__)
#: Counts on while the machine sleeps, where the system has such a clock.
_STEADY = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", None))
_BOOT = Path("/proc/sys/kernel/random/boot_id")


def read_clocks() -> Reading:
    """Both clocks now."""
    steady = time.monotonic() if _STEADY is None else time.clock_gettime(_STEADY)
    return Reading(datetime.now(UTC), steady, _boot())


@cache
def _boot() -> str:
    # Without a name for this run of the machine only this process can be told apart.
    try:
        return _BOOT.read_text(encoding="ascii").strip()
    except OSError:
        return f"process {os.getpid()}"


class Guard:
    """Tells the time of one application."""

    def __init__(
        self,
        folder: Path,
        matters: Callable[[datetime], bool],
        read: Callable[[], Reading] = read_clocks,
    ) -> None:
        """Begin to watch.

        :param folder: Where the anchor is kept for all processes.
        :param matters: Whether a sitting's time is running at a moment.
        """
        self._path = folder / NAME
        self._matters = matters
        self._read = read
        self._lock = threading.Lock()
        self._anchor = self._first_anchor()
        self._looked = -LOOK_EVERY
        self._told = timedelta()

    def now(self) -> datetime:
        """The time to go by."""
        reading = self._read()
        if not step(self._anchor, reading):
            if reading.steady - self._anchor.steady > RENEW_EVERY:
                self._renew(reading)
            return reading.wall
        return expected(self._anchor, reading) if self._holds(reading) else reading.wall

    def step(self) -> timedelta:
        """How far the wall clock was set and this application does not follow it."""
        reading = self._read()
        by = step(self._anchor, reading)
        return by if by and self._holds(reading) else timedelta()

    def accept(self) -> timedelta:
        """Go by the wall clock from now on; returns how far it was set."""
        reading = self._read()
        by = step(self._anchor, reading)
        self._keep(reading)
        if by:
            _log.warning("clock_step accepted seconds=%.3f", by.total_seconds())
        return by

    def _renew(self, reading: Reading) -> None:
        moved = abs(reading.wall - expected(self._anchor, reading))
        if moved > WORTH_KEEPING:
            self._keep(reading)
        else:
            self._anchor = reading

    def _holds(self, reading: Reading) -> bool:
        """Whether a step is not followed. Looks around once a second at the most."""
        with self._lock:
            if reading.steady - self._looked < LOOK_EVERY:
                return bool(step(self._anchor, reading))
            self._looked = reading.steady
            self._anchor = self._kept() or self._anchor
            by = step(self._anchor, reading)
            if by and abs(by - self._told) > timedelta(seconds=1):
                self._told = by
                _log.warning("clock_step seconds=%.3f", by.total_seconds())
        if by and not self._matters(expected(self._anchor, reading)):
            self.accept()
            return False
        return bool(by)

    def _first_anchor(self) -> Reading:
        reading = self._read()
        kept = self._kept(any_boot=True)
        if kept is not None and kept.boot == reading.boot:
            return kept
        if kept is not None and (back := step(kept, reading)):
            # Nothing tells how long the machine was off: it is noted and followed.
            _log.warning("clock_step over a restart seconds=%.3f", back.total_seconds())
        return self._keep(reading)

    def _kept(self, *, any_boot: bool = False) -> Reading | None:
        with suppress(OSError, ValueError, LookupError, TypeError):
            stored = json.loads(self._path.read_text(encoding="ascii"))
            kept = Reading(
                datetime.fromisoformat(stored["wall"]).astimezone(UTC),
                float(stored["steady"]),
                str(stored["boot"]),
            )
            if any_boot or kept.boot == self._anchor.boot:
                return kept
        return None

    def _keep(self, anchor: Reading) -> Reading:
        self._anchor = anchor
        self._told = timedelta()
        stored = vars(anchor) | {"wall": anchor.wall.isoformat()}
        fresh = self._path.with_name(f"{NAME}.{os.getpid()}.{threading.get_ident()}")
        try:
            fresh.write_text(json.dumps(stored), encoding="ascii")
            fresh.replace(self._path)
        except OSError as error:
            _log.warning("the clock's anchor was not kept: %s", error)
        return anchor


_guard: Guard | None = None


def watch(guard: Guard | None) -> None:
    """Go by a guard from now on in this process; None: by the wall clock alone."""
    global _guard  # noqa: PLW0603 - a process has one clock
    _guard = guard


def now() -> datetime:
    """The moment of a request, read once at the edge and passed on."""
    return datetime.now(UTC) if _guard is None else _guard.now()


def clock_step() -> timedelta:
    """How far the wall clock was set and is not followed; zero: all is well."""
    return timedelta() if _guard is None else _guard.step()


def accept_step() -> timedelta:
    """Take the wall clock's time from now on; returns how far it was set."""
    return timedelta() if _guard is None else _guard.accept()


def microseconds(moment: datetime) -> int:
    """A moment as it is hashed: microseconds since 1970, exactly."""
    since = moment - EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
