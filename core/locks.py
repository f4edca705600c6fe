"""Locks on files: the system gives them back when a process ends, however it ends."""

from __future__ import annotations

import os
import time
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]
    import msvcrt


#: In the instance's folder: held by a server as long as it lives.
SERVER = "server.lock"


def try_lock(handle: int) -> bool:
    """Lock an open file for this process alone, without waiting.

    :return: Whether it is ours now.
    """
    try:
        if fcntl is not None:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        else:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
    except OSError:
        return False
    return True


def unlock(handle: int) -> None:
    """Give a lock back."""
    if fcntl is not None:
        fcntl.flock(handle, fcntl.LOCK_UN)
    else:
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)


class SignOfLife:
    """A file that is locked as long as its holder lives.

    A process number says less: it is given to somebody else later.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    def take(self) -> bool:
        """Hold it until ``leave`` or the end of the process; False if another does."""
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        for _ in range(5):  # somebody may just be looking
            if try_lock(handle):
                self._handle = handle
                return True
            time.sleep(0.02)
        os.close(handle)
        return False

    def leave(self) -> None:
        """Give it back."""
        if self._handle is not None:
            unlock(self._handle)
            os.close(self._handle)
            self._handle = None

    def is_held(self) -> bool:
        """Whether somebody holds it now, this process included."""
        try:
            handle = os.open(self._path, os.O_RDWR)
        except FileNotFoundError:
            return False
        try:
            if not try_lock(handle):
                return True
            unlock(handle)
            return False
        finally:
            os.close(handle)
