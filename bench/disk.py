"""What the disk takes to keep a page of the log for good: every save waits for that."""

from __future__ import annotations

import os
import tempfile
import time

PAGE = 4120  # bytes that SQLite's log takes for one page
LOG = 4 * 1024 * 1024  # bytes; it is written over again and again
WRITES = 300


def disk_words() -> str:
    """The median and the slowest but one in a hundred, where the bench works."""
    took = []
    with tempfile.TemporaryFile(buffering=0) as file:
        file.write(bytes(LOG))
        os.fsync(file.fileno())
        for n in range(WRITES):
            file.seek(n * PAGE % (LOG - PAGE))
            file.write(b"x" * PAGE)
            began = time.monotonic()
            os.fdatasync(file.fileno())
            took.append((time.monotonic() - began) * 1000)
    took.sort()
    median, most = took[WRITES // 2], took[WRITES * 99 // 100]
    return f"a page on the disk in {median:.2f} ms, one in a hundred in {most:.1f} ms"
