"""The server of a run: started, killed, stopped and started again at one address."""

from __future__ import annotations

import os
import signal
import threading
import urllib.request
from contextlib import suppress
from http.client import HTTPException

import psutil

from chaos.ground import Site
from chaos.served import SWEEP
from rehearsal.server import HOST, Running, end, free_port, launch, wait_for
from rehearsal.wire import Address

COMMAND = ("-m", "chaos.served", "--no-demo", "--no-link")
WORKERS = 2
GONE_WITHIN = 10.0  # seconds
UNHEARD = (OSError, HTTPException)  # a request that got no answer


class House:
    """Its parent process and its workers."""

    def __init__(self, site: Site, defect: str) -> None:
        self.address = Address(HOST, free_port())
        self._site = site
        self._settings = {
            **site.settings,
            "LAWGAUGE_WORKERS": str(WORKERS),
            "CHAOS_FOLDER": str(site.control),
            "CHAOS_DEFECT": defect,
        }
        self._server: Running | None = None
        self._one_at_a_time = threading.RLock()
        self._closed = False

    def start(self) -> None:
        """Start the server and wait until it answers."""
        self._server = launch(
            self.address, self._site.instance, command=COMMAND, settings=self._settings
        )
        wait_for(self._server)

    def ensure(self) -> None:
        """Start it again if it has ended: after a crash loop it gives itself up."""
        with self._one_at_a_time:
            gone = self._server is None or self._server.process.poll() is not None
            if gone and not self._closed:
                self.start()

    def workers(self) -> list[psutil.Process]:
        """Those that live, oldest first."""
        server = self._server
        if server is None:
            return []
        with suppress(psutil.Error):
            parent = psutil.Process(server.process.pid)
            line = parent.cmdline()
            return sorted(
                (one for one in parent.children() if _is_worker(one, line)),
                key=lambda one: float(one.create_time()),
            )
        return []

    def sweep(self, exam_id: int) -> None:
        """Look at the board of an exam; whoever looks closes what is overdue."""
        address = f"{self.address.origin}{SWEEP}{exam_id}"
        with suppress(*UNHEARD), urllib.request.urlopen(address, timeout=3):
            pass

    def kill_parent(self) -> None:
        """Kill the parent; the workers see it and go; start anew."""
        with self._one_at_a_time:
            assert self._server is not None
            workers = self.workers()
            self._server.process.kill()
            self._server.process.wait()
            psutil.wait_procs(workers, timeout=GONE_WITHIN)
            self.start()

    def stop_and_start(self) -> None:
        """As an administrator does."""
        with self._one_at_a_time:
            self._stop()
            self.start()

    def renew(self) -> None:
        """Let the parent renew its workers one by one, as `systemctl reload` does."""
        assert self._server is not None
        os.kill(self._server.process.pid, signal.SIGHUP)

    def close(self) -> None:
        """End the server for good; nothing of it is left."""
        with self._one_at_a_time:
            self._closed = True
            self._stop()

    def _stop(self) -> None:
        if self._server is not None:
            end(self._server.process)
            self._server = None


def _is_worker(one: psutil.Process, line: list[str]) -> bool:
    try:
        return bool(one.cmdline() == line and one.status() != "zombie")
    except psutil.Error:
        return False
