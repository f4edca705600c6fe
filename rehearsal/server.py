"""The real server as a child process, for tests and measurements; always ended."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from rehearsal.wire import Address

ROOT = Path(__file__).resolve().parent.parent
SERVE = ("wsgi.py", "--no-demo", "--no-link")
READY_WITHIN = 120.0  # seconds; others may be using the machine
END_WITHIN = 10.0
HOST = "127.0.0.1"


@dataclass(frozen=True)
class Running:
    """A server that answers."""

    address: Address
    process: subprocess.Popen[bytes]
    log: Path


def environment(instance: Path, **more: str) -> dict[str, str]:
    """The settings of a server of its own: nothing of this shell's reaches it."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("LAWGAUGE_")}
    return kept | {"LAWGAUGE_INSTANCE": str(instance), "LAWGAUGE_HOST": HOST, **more}


@contextmanager
def running(
    instance: Path,
    *,
    command: Sequence[str] = SERVE,
    settings: Mapping[str, str] | None = None,
) -> Iterator[Running]:
    """Start the server on a free port; at the end it and its workers are gone.

    :param instance: Its folder: database, secret, and here its log.
    :param command: What Python is to run.
    :raises RuntimeError: If it does not answer; shows its last words.
    """
    server = launch(
        Address(HOST, free_port()), instance, command=command, settings=settings or {}
    )
    try:
        wait_for(server)
        yield server
    finally:
        end(server.process)


def launch(
    address: Address,
    instance: Path,
    *,
    command: Sequence[str],
    settings: Mapping[str, str],
) -> Running:
    """Start the server at an address; ``wait_for`` it, and ``end`` it."""
    env = environment(instance, LAWGAUGE_PORT=str(address.port), **settings)
    log = instance / "server.log"
    with log.open("ab") as file:
        process = subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return Running(address, process, log)


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for(server: Running) -> None:
    """Return when it answers.

    :raises RuntimeError: If it does not; shows its last words.
    """
    until = time.monotonic() + READY_WITHIN
    while server.process.poll() is None and time.monotonic() < until:
        if _answers(server.address):
            return
        time.sleep(0.1)
    last = server.log.read_text(encoding="utf-8", errors="replace")[-2000:]
    raise RuntimeError(f"the server did not start: {last}")


def _answers(address: Address) -> bool:
    request = f"GET /e/none HTTP/1.0\r\nHost: {address.host}\r\n\r\n"
    try:
        with socket.create_connection((address.host, address.port), 2) as line:
            line.sendall(request.encode())
            return line.recv(12).startswith(b"HTTP/1")
    except OSError:
        return False


def end(process: subprocess.Popen[bytes]) -> None:
    """Ask the server to stop; what is left of its group is killed."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(END_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
    if os.name == "posix":
        with suppress(ProcessLookupError):  # all of it has gone
            os.killpg(process.pid, signal.SIGKILL)
    process.wait(END_WITHIN)
