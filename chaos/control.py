"""What the harness orders and the server's workers do: a page of shared memory.

A worker looks at it at each point where it could be told to die, so looking must cost
nothing. Times are seconds, whole numbers are 32 bits.
"""

from __future__ import annotations

import mmap
import os
import struct
from pathlib import Path

#: Where a worker can be ordered to die.
POINTS = (
    "before BEGIN",
    "after BEGIN",
    "between close and score",
    "before COMMIT",
    "after COMMIT",
    "after the reply",
)
_SIZE = 4096
_CLOCK, _PAGES, _ORDERS = 0, 8, 16  # where each thing stands
CRASH = 77  # the exit code of a death that was ordered


class Control:
    """One side's view of the page.

    :param folder: The harness makes the page in it; the workers find it there.
    """

    def __init__(self, folder: Path) -> None:
        self._deaths = folder / "deaths"
        path = folder / "control"
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        if os.fstat(handle).st_size < _SIZE:
            os.ftruncate(handle, _SIZE)
        self._page = mmap.mmap(handle, _SIZE)
        os.close(handle)

    # --- the clock on the wall -----------------------------------------------------

    @property
    def clock(self) -> float:
        """By how much the servers' wall clock is wrong."""
        (offset,) = struct.unpack_from("d", self._page, _CLOCK)
        return float(offset)

    @clock.setter
    def clock(self, seconds: float) -> None:
        struct.pack_into("d", self._page, _CLOCK, seconds)

    # --- the disk ------------------------------------------------------------------

    @property
    def pages(self) -> int:
        """SQLite may have so many pages; 0: as many as it likes."""
        (pages,) = struct.unpack_from("i", self._page, _PAGES)
        return int(pages)

    @pages.setter
    def pages(self, most: int) -> None:
        struct.pack_into("i", self._page, _PAGES, most)

    # --- dying at a point ----------------------------------------------------------

    def order(self, point: str, pid: int) -> None:
        """Let a worker die when it next comes to a point; 0 takes the order back."""
        struct.pack_into("i", self._page, _ORDERS + 4 * POINTS.index(point), pid)

    def ordered(self, place: int, pid: int) -> bool:
        """Whether a worker is to die at the point of that place."""
        found: bool = struct.unpack_from("i", self._page, _ORDERS + 4 * place)[0] == pid
        return found

    def die(self, place: int) -> None:
        """Leave word and die, as if the power had gone."""
        struct.pack_into("i", self._page, _ORDERS + 4 * place, 0)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        handle = os.open(self._deaths, flags, 0o600)
        os.write(handle, f"{POINTS[place]}\n".encode())
        os._exit(CRASH)

    def deaths(self) -> list[str]:
        """The points where workers died by order, one for each death."""
        if not self._deaths.exists():
            return []
        return self._deaths.read_text(encoding="ascii").splitlines()
