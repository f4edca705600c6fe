"""What a server's processes have used: read from the system, never from itself."""

from __future__ import annotations

import psutil

from rehearsal.server import Running
from tests.postgres import PostgresServer


def _family(head: int) -> list[psutil.Process]:
    first = psutil.Process(head)
    return [first, *first.children(recursive=True)]


def _spent(process: psutil.Process) -> float:
    """User and system time of a process and of its children that have ended."""
    times = process.cpu_times()
    return float(sum(times[:4]))


def cpu_seconds(server: Running, postgres: PostgresServer | None = None) -> float:
    """CPU of a server and its workers so far, and of its database server if any."""
    family = _family(server.process.pid)
    if postgres is not None:
        # The head of PostgreSQL counts the connections that have ended.
        head, *_ = (postgres.data / "postmaster.pid").read_text().split()
        family += _family(int(head))
    return sum(_spent(process) for process in family)


def worker_memory(server: Running) -> list[int]:
    """Resident bytes of each worker."""
    return [process.memory_info().rss for process in _family(server.process.pid)[1:]]


def has_pandas(server: Running) -> bool:
    """Whether any process of the server has loaded pandas."""
    return any(
        "/pandas/" in region.path
        for process in _family(server.process.pid)
        for region in process.memory_maps()
    )
