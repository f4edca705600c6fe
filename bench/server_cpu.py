"""What a server's processes have used: read from the system, never from itself."""

from __future__ import annotations

import psutil

from rehearsal.server import Running


def _family(server: Running) -> list[psutil.Process]:
    head = psutil.Process(server.process.pid)
    return [head, *head.children(recursive=True)]


def cpu_seconds(server: Running) -> float:
    """User and system time of the server and all its workers so far."""
    times = [process.cpu_times() for process in _family(server)]
    return sum(one.user + one.system for one in times)


def worker_memory(server: Running) -> list[int]:
    """Resident bytes of each worker."""
    return [process.memory_info().rss for process in _family(server)[1:]]


def has_pandas(server: Running) -> bool:
    """Whether any process of the server has loaded pandas."""
    return any(
        "/pandas/" in region.path
        for process in _family(server)
        for region in process.memory_maps()
    )
