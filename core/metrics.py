"""Figures for a monitoring system, in the form of Prometheus.

Every worker counts in files of its own (``PROMETHEUS_MULTIPROC_DIR``, which serve.py
sets before any worker starts), and whichever is asked adds them up. What the database
knows better is asked for when the page is read.
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from flask import current_app
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    values,
)
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

_log = logging.getLogger(__name__)
DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"
#: Kind of file → bytes; of requests there are as many rows as endpoints × answers.
ROOM = {"counter": 2**20, "gauge_liveall": 2**20, "histogram": 2**22}
BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)

#: Name without its prefix → what it means; their values come from health.figures.
FIGURES = {
    "wal_bytes": "Size of SQLite's write-ahead log",
    "database_bytes": "Size of the database",
    "disk_free_bytes": "Free space where the database lies",
    "open_sittings": "Sittings that are open",
    "clock_skew_seconds": "Clock of the database less that of this machine",
    "clock_step_seconds": "How far this machine's clock was set and is not followed",
    "backup_age_seconds": "Time since the last proven backup",
    "jobs_queued": "Jobs that wait",
    "jobs_running": "Jobs that are being done",
    "ready": "1 if /readyz says so",
}


class Metrics:
    """What one process counts."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Histogram(
            "lawgauge_request_seconds",
            "Time until an answer began; a save is sitting.answers",
            ("endpoint", "status"),
            buckets=BUCKETS,
            registry=self.registry,
        )
        self.busy = Counter(
            "lawgauge_busy",
            "Writes that did not get their turn in time and were answered with 503",
            registry=self.registry,
        )
        self.memory = Gauge(
            "lawgauge_worker_memory_bytes",
            "Resident memory of a worker",
            multiprocess_mode="liveall",
            registry=self.registry,
        )

    def exposition(self, figures: Mapping[str, float | None]) -> bytes:
        """All figures of all processes as text.

        :param figures: By the names of ``FIGURES``; None: not known.
        """
        folder = os.environ.get(DIRECTORY)
        if folder is None:
            counted = generate_latest(self.registry)  # one process, as in tests
        else:
            _forget_the_dead(Path(folder))
            registry = CollectorRegistry()
            MultiProcessCollector(registry, folder)  # type: ignore[no-untyped-call]
            counted = generate_latest(registry)
        asked = CollectorRegistry()
        asked.register(_Asked(figures))
        return counted + generate_latest(asked)

    def workers(self) -> dict[str, int]:
        """The memory of each worker in bytes, by its process number."""
        folder = os.environ.get(DIRECTORY)
        if folder is None:
            return {}
        _forget_the_dead(Path(folder))
        collector = MultiProcessCollector(CollectorRegistry(), folder)  # type: ignore[no-untyped-call]
        return {
            sample.labels["pid"]: int(sample.value)
            for metric in collector.collect()  # type: ignore[no-untyped-call]
            for sample in metric.samples
            if sample.name == "lawgauge_worker_memory_bytes"
        }


def metrics() -> Metrics:
    """What this process counts."""
    found: Metrics = current_app.extensions["metrics"]
    return found


def begin_counting(folder: Path) -> None:
    """Let the processes that are started from now on count in files of this run."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    os.environ[DIRECTORY] = str(folder)
    # The library chooses when it is loaded, which has been.
    values.ValueClass = values.get_value_class()  # type: ignore[no-untyped-call]


def make_room() -> bool:
    """In a worker, before it counts: let its files have their room on the disk.

    They are written through memory. On a full disk a file that has still to grow ends
    its process, or makes an error of an answer. Without room this worker counts for
    itself and is missing in the sum.

    :return: Whether there was room.
    """
    folder = os.environ.get(DIRECTORY)
    if folder is None:
        return True
    paths = {Path(folder, f"{kind}_{os.getpid()}.db"): n for kind, n in ROOM.items()}
    try:
        for path, size in paths.items():
            with path.open("wb") as file:
                _allocate(file.fileno(), size)
    except OSError as error:
        _log.warning("this worker is not counted: %s", error)
        for path in paths:
            path.unlink(missing_ok=True)
        values.ValueClass = values.MutexValue
        return False
    return True


def _allocate(handle: int, size: int) -> None:
    """Fill an empty file with so many zeros, on the disk and not only in name."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(handle, 0, size)
    else:
        os.write(handle, bytes(size))


class _Asked(Collector):
    """What is not counted but asked for."""

    def __init__(self, figures: Mapping[str, float | None]) -> None:
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        for name, meaning in FIGURES.items():
            value = self._figures.get(name)
            if value is not None:
                yield GaugeMetricFamily(f"lawgauge_{name}", meaning, value=value)


def _forget_the_dead(folder: Path) -> None:
    """Remove the memory of workers that are no more; what they counted stays."""
    for path in folder.glob("gauge_live*_*.db"):
        number = int(path.stem.rpartition("_")[2])
        if not _is_alive(number):
            with suppress(FileNotFoundError):
                path.unlink()


def _is_alive(number: int) -> bool:
    if os.name == "nt":
        return True  # asking there would end it
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
