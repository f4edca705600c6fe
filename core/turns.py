"""Whose turn it is to write to the SQLite file: one writer at a time, in turn.

SQLite lets one connection write; the others poll and starve one another. Writers
here take turns through lock files across processes, and nobody waits longer than the
deadline: a writer that has been stopped must not hold the whole hall.

The turns are fair, or the slowest phones wait a hundred times as long as the others.
Threads of a process stand in line, and the turn of the process goes down the line for
some hundredths of a second: to hand it on costs a commit and more than a save. Then
it is given up. To get it again a process first takes the place of the next writer,
which another process holds while it waits: so nobody is passed by.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import Busy
from core.locks import try_lock, unlock
from core.together import Shared

DEADLINE = 2.0  # seconds a writer waits before the person is asked to try again
SPAN = 0.03  # seconds a process keeps the turn while its threads stand in line
POLL = 0.0002  # seconds between two looks at whether another process is done


class Turns:
    """The queue of writers of one database file.

    :param check: Called in each turn before anything is written; may refuse.
    """

    def __init__(self, path: Path, *, check: Callable[[], None] = lambda: None) -> None:
        self._check = check
        self._line = _Line()
        self._turn = _File(path)
        self._next = _File(path.with_name(path.name + ".next"))
        self._until: float | None = None  # when this process gives its turn up
        #: A transaction that was left open for those who stand behind.
        self.shared: Shared | None = None

    @contextmanager
    def take(self, *, sharing: bool = False) -> Iterator[None]:
        """Hold the writer's turn.

        :param sharing: Whether this writer may go on in ``shared``, and leave one. It
            is committed before anybody else writes.
        :raises Busy: If the turn was not free within the deadline.
        """
        end = time.monotonic() + DEADLINE
        self._line.stand(end)
        try:
            if self._until is None:
                self._until = self._wait(end) + SPAN
            if not sharing:
                self._settle()
            self._check()
            yield
        finally:
            if self._line.is_last() or time.monotonic() > (self._until or 0.0):
                self._give_up()
            # Who stood behind may have gone away at this very moment.
            while not self._line.leave(empty=self._until is None):
                self._give_up()

    def _give_up(self) -> None:
        self._settle()
        if self._until is not None:
            self._until = None
            self._turn.unlock()

    def _settle(self) -> None:
        shared, self.shared = self.shared, None
        if shared is not None:
            shared.finish(self._check)

    def _wait(self, end: float) -> float:
        """Get the turn for this process; returns when it came."""
        self._next.lock(end)
        try:
            self._turn.lock(end)
        finally:
            self._next.unlock()
        return time.monotonic()


class _Line:
    """The threads of one process, first come, first served."""

    def __init__(self) -> None:
        self._guard = threading.Lock()  # held for a moment only
        self._served = False  # whether somebody is at its head
        self._waiting: deque[threading.Lock] = deque()

    def stand(self, end: float) -> None:
        """Wait to be at the head of the line."""
        called = threading.Lock()
        with self._guard:
            if not self._served:
                self._served = True
                return
            called.acquire()
            self._waiting.append(called)
        if called.acquire(timeout=max(0.0, end - time.monotonic())):
            return
        with self._guard:
            if called in self._waiting:
                self._waiting.remove(called)
                raise Busy("系统正忙，请稍后重试")
        # Called at the very last moment: at the head after all.

    def is_last(self) -> bool:
        """Whether nobody stands behind the head."""
        return not self._waiting

    def leave(self, *, empty: bool) -> bool:
        """Call the next one.

        :param empty: Whether the line may be left without anybody at its head.
        :return: False: nobody is there to be called, so the turn has to be given up.
        """
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            elif empty:
                self._served = False
            else:
                return False
        return True


class _File:
    """A lock file; the system unlocks it when a process ends, however it ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None
        self._pid = 0

    def lock(self, end: float) -> None:
        """Lock it for this process."""
        if self._handle is None or self._pid != os.getpid():
            # A forked child must not share its parent's open file: locks follow it.
            self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            self._pid = os.getpid()
        while not try_lock(self._handle):
            if time.monotonic() >= end:
                raise Busy("系统正忙，请稍后重试")
            time.sleep(POLL)

    def unlock(self) -> None:
        """Let the next process have it."""
        assert self._handle is not None
        unlock(self._handle)
