"""A small thread in every worker: what nobody should have to ask for.

Nothing here is on the way of a request. One worker of a machine also does what is to
be done once: it sees to long work and to the size of SQLite's log.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import structlog
from flask import Flask

from core.clock import now
from core.config import Settings
from core.database_file import Gone, database_file
from core.errors import Busy
from core.jobs.starting import tend_jobs
from core.locks import SignOfLife
from core.metrics import metrics
from core.storage import WAL_LIMIT, shrink_wal, wal_size

EVERY = 1.0  # seconds
WAL_FULL = WAL_LIMIT // 4  # from here on it is emptied
LOCK = "watch.lock"  # in the instance's folder: which worker does what is done once

log = structlog.stdlib.get_logger("lawgauge.watch")


class Watch:
    """What one worker looks at again and again."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        settings: Settings = app.config["SETTINGS"]
        self._settings = settings
        self._lead = SignOfLife(settings.instance / LOCK)
        self._leads = False
        self._gone = False
        self._large = False
        self._round = 0

    def start(self) -> None:
        """Look once a second, in a thread of its own, until the process ends."""
        threading.Thread(target=self._run, name="watch", daemon=True).start()

    def _run(self) -> None:
        while True:
            self.look(now())
            time.sleep(EVERY)

    def look(self, moment: datetime) -> None:
        """One round; what goes wrong is logged and tried again in the next."""
        looks: list[Callable[[datetime], None]] = [self.look_at_file]
        if self._round % 10 == 0:
            looks.append(self.look_at_memory)
            self._leads = self._leads or self._lead.take()
            if self._leads:
                looks += [self.look_at_wal, self.look_at_jobs]
        self._round += 1
        with self._app.app_context():
            for look in looks:
                try:
                    look(moment)
                except Busy:
                    continue
                except Exception:
                    log.exception("watch_failed", look=look.__name__)

    def look_at_file(self, _moment: datetime) -> None:
        """S9: name it when the database is not where it was, and when it is back."""
        file = database_file()
        if file is None:
            return
        try:
            file.check()
        except Gone as gone:
            if not self._gone:
                log.critical("database_file_gone", file=str(file.path), why=str(gone))
            self._gone = True
        else:
            if self._gone:
                log.warning("database_file_back", file=str(file.path))
            self._gone = False

    def look_at_memory(self, _moment: datetime) -> None:
        """Tell how much memory this worker has."""
        size = resident_memory()
        if size:
            metrics().memory.set(size)

    def look_at_wal(self, _moment: datetime) -> None:
        """S4: empty SQLite's log when it grows; name it when a reader holds it."""
        size = wal_size(self._settings)
        if size is None or size < WAL_FULL:
            self._large = False
            return
        emptied = shrink_wal()
        if not emptied and size > WAL_LIMIT and not self._large:
            log.error("wal_large", bytes=size)
            self._large = True

    def look_at_jobs(self, moment: datetime) -> None:
        """Start what waits, take up what was cut off."""
        tend_jobs(now=moment)


def resident_memory() -> int:
    """Bytes of memory this process has; 0 where the system does not say."""
    with suppress(OSError, ValueError, AttributeError):
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        return pages * int(os.sysconf("SC_PAGE_SIZE"))
    return 0
