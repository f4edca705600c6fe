"""The server of a run: started, killed, stopped and started again at one address."""

from __future__ import annotations

import os
import signal
import threading
import time
import urllib.request
from contextlib import suppress
from http.client import HTTPException
from typing import Any

import psutil

from chaos.ground import Site
from chaos.served import SWEEP
from rehearsal.server import HOST, Running, end, free_port, launch, wait_for
from rehearsal.wire import Address

COMMAND = ("-m", "chaos.served", "--no-demo", "--no-link")
WORKERS = 2
BACK_WITHIN = 30.0  # seconds, for workers to be there again
GONE_WITHIN = 10.0
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
        #: How often the parent had to be started by us, as systemd would.
        self.starts = 0

    def start(self) -> None:
        """Start the server and wait until it answers."""
        self._server = launch(
            self.address, self._site.instance, command=COMMAND, settings=self._settings
        )
        self.starts += 1
        wait_for(self._server)

    def ensure(self) -> None:
        """Start it again if it has ended: after a crash loop it gives itself up."""
        with self._one_at_a_time:
            if self._server is None or self._server.process.poll() is not None:
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

    def wait_for_workers(self) -> bool:
        """Wait until all of them are there and one answers."""
        until = time.monotonic() + BACK_WITHIN
        while time.monotonic() < until:
            self.ensure()
            if len(self.workers()) >= WORKERS and self._answers():
                return True
            time.sleep(0.05)
        return False

    def _answers(self) -> bool:
        with suppress(*UNHEARD), self._get("/healthz"):
            return True
        return False

    def sweep(self, exam_id: int) -> None:
        """Look at the board of an exam; whoever looks closes what is overdue."""
        with suppress(*UNHEARD), self._get(f"{SWEEP}{exam_id}"):
            pass

    def _get(self, path: str) -> Any:
        return urllib.request.urlopen(self.address.origin + path, timeout=3)

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
            self.stop()
            self.start()

    def renew(self) -> None:
        """Let the parent renew its workers one by one, as `systemctl reload` does."""
        assert self._server is not None
        os.kill(self._server.process.pid, signal.SIGHUP)

    def stop(self) -> None:
        """End the server; nothing of it is left."""
        if self._server is not None:
            end(self._server.process)
            self._server = None


def _is_worker(one: psutil.Process, line: list[str]) -> bool:
    try:
        return bool(one.cmdline() == line and one.status() != "zombie")
    except psutil.Error:
        return False
