"""Whose turn it is to write to the SQLite file: one writer at a time, in turn.

SQLite lets one connection write; the others poll and starve one another. Writers
here take turns through one lock file across processes, and nobody waits longer
than the deadline: a writer that has been stopped must not hold the whole hall.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import Busy
from core.locks import try_lock, unlock

DEADLINE = 2.0  # seconds a writer waits before the person is asked to try again


class Turns:
    """The queue of writers of one database file.

    Threads of a process queue on a lock; only the first of them polls the file.

    :param check: Called in each turn before anything is written; may refuse.
    """

    def __init__(self, path: Path, *, check: Callable[[], None] = lambda: None) -> None:
        self._path = path
        self._check = check
        self._lock = threading.Lock()
        self._file: int | None = None
        self._pid = 0

    def _handle(self) -> int:
        # A forked child must not share its parent's open file: locks follow it.
        if self._file is None or self._pid != os.getpid():
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            self._pid = os.getpid()
        return self._file

    @contextmanager
    def take(self) -> Iterator[None]:
        """Hold the writer's turn.

        :raises Busy: If it was not free within the deadline.
        """
        end = time.monotonic() + DEADLINE
        if not self._lock.acquire(timeout=DEADLINE):
            raise Busy("系统正忙，请稍后重试")
        try:
            handle = self._handle()
            pause = 0.0002
            while not try_lock(handle):
                if time.monotonic() >= end:
                    raise Busy("系统正忙，请稍后重试")
                time.sleep(pause)
                pause = min(pause * 1.5, 0.002)
            try:
                self._check()
                yield
            finally:
                unlock(handle)
        finally:
            self._lock.release()
