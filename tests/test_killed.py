"""X5, X7, X9: any process of the server may be killed while answers are saved."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from app import ROOT, create_app
from core.audit import breaks
from core.db import db, read_core
from quiz.queries.cards import known
from rehearsal.crowd import Outcome
from rehearsal.server import SERVE, Running, environment, running
from tests.answering import Crowd, prepare

pytestmark = pytest.mark.skipif(os.name == "nt", reason="POSIX signals")

PEOPLE = 12
RTO = 10.0  # seconds, on a machine that has nothing else to do


def allowed() -> float:
    """Seconds for this machine: others may be using its processors."""
    busy: float = os.getloadavg()[0] / (os.cpu_count() or 1)
    return RTO * max(1.0, busy)


@dataclass
class Killed:
    """What became of an exam whose server was killed again and again."""

    instance: Path
    outcome: Outcome
    seconds: dict[str, float]  # until it was itself again, by what was killed


def answers(base: str) -> bool:
    try:
        with urllib.request.urlopen(f"{base}/healthz", timeout=2) as reply:
            return bool(json.load(reply)["ok"])
    except (OSError, ValueError):
        return False


def recovery(base: str, workers: int, server: psutil.Process) -> float:
    """Seconds until it answers ten times in a row and has all its workers."""
    began, good = time.monotonic(), 0
    while time.monotonic() - began < 60:
        good = good + 1 if answers(base) else 0
        if good >= 10 and len(workers_of(server)) >= workers:
            return time.monotonic() - began
        time.sleep(0.05)
    pytest.fail("the server did not come back within a minute")


def workers_of(server: psutil.Process) -> list[psutil.Process]:
    """Its workers: the children that were forked from it."""
    found = []
    for child in server.children():
        try:
            if child.cmdline() == server.cmdline() and child.status() != "zombie":
                found.append(child)
        except psutil.NoSuchProcess:
            continue
    return found


def kill_everything(server: Running, seconds: dict[str, float]) -> None:
    """Each worker, all at once, twice in a row, and the helper of the parent."""
    base = f"http://{server.address.host}:{server.address.port}"
    parent = psutil.Process(server.process.pid)
    count = len(workers_of(parent))
    assert count == 2

    def kill(name: str, *victims: psutil.Process) -> None:
        for victim in victims:
            victim.send_signal(signal.SIGKILL)
        seconds[name] = recovery(base, count, parent)

    for n in range(count):
        kill(f"worker {n}", workers_of(parent)[n])
    kill("all workers", *workers_of(parent))
    for worker in workers_of(parent):  # X9: again, while it recovers
        worker.send_signal(signal.SIGKILL)
    time.sleep(0.3)
    kill("all workers, twice", *workers_of(parent))
    others = [one for one in parent.children() if one not in workers_of(parent)]
    kill("the parent's helpers", *others)


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Killed]:
    instance = tmp_path_factory.mktemp("killed")
    exam = prepare(instance, PEOPLE)
    seconds: dict[str, float] = {}
    with running(instance) as server:
        crowd = Crowd(exam, server.address, walk_away=0, give_up=90.0)
        try:
            time.sleep(3)
            kill_everything(server, seconds)
        finally:
            outcome = crowd.stop()
    yield Killed(instance, outcome, seconds)
    known.clear()


def test_X5_it_answers_again_within_ten_seconds(killed: Killed) -> None:
    assert len(killed.seconds) == 5
    assert max(killed.seconds.values()) < allowed(), killed.seconds


def test_X5_every_sitting_goes_on_to_its_receipt(killed: Killed) -> None:
    assert killed.outcome.errors == []
    assert killed.outcome.receipts == PEOPLE
    assert killed.outcome.acknowledged > 10 * PEOPLE
    broken = sum(
        n for (_, status), n in killed.outcome.times.statuses.items() if not status
    )
    assert broken > 0  # requests were really cut off


def test_X7_X9_every_acknowledged_answer_is_there_and_the_file_is_whole(
    killed: Killed,
) -> None:
    with closing(sqlite3.connect(killed.instance / "lawgauge.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        sittings = dict(connection.execute("SELECT token, id FROM sitting"))
        stored = {
            (sitting, q): seq
            for sitting, q, seq in connection.execute(
                "SELECT sitting_id, q, seq FROM answer"
            )
        }
    for phone in killed.outcome.phones:
        for entry in phone.acknowledged:
            assert stored[sittings[phone.token], entry.q] >= entry.seq
    app = create_app(environment(killed.instance), testing=True)
    with app.app_context():
        with read_core() as connection:
            assert list(breaks(connection)) == []
        db.session.remove()
        db.engine.dispose()


def test_X5_with_its_parent_killed_nothing_is_left_and_it_starts_again(
    tmp_path: Path,
) -> None:
    """What systemd does with Restart=always: the same command, the same port."""
    prepare(tmp_path, 1)
    with running(tmp_path) as first:
        port = first.address.port
        workers = workers_of(psutil.Process(first.process.pid))
        first.process.kill()
        first.process.wait()
        began = time.monotonic()
        psutil.wait_procs(workers, timeout=30)
        assert not any(worker.is_running() for worker in workers)
        env = environment(tmp_path, LAWGAUGE_PORT=str(port))
        again = subprocess.Popen(
            [sys.executable, *SERVE], cwd=ROOT, env=env, stdout=subprocess.DEVNULL
        )
        try:
            base = f"http://127.0.0.1:{port}"
            while not answers(base) and time.monotonic() - began < 60:
                time.sleep(0.05)
            took = time.monotonic() - began
        finally:
            again.send_signal(signal.SIGINT)
            again.wait(30)
    assert took < allowed(), took


def test_X9_a_parent_killed_while_a_worker_starts_leaves_nothing_behind(
    tmp_path: Path,
) -> None:
    """A worker that had not yet asked for its parent would hold the port for ever."""
    prepare(tmp_path, 1)
    with running(tmp_path) as server:
        parent = psutil.Process(server.process.pid)
        old = workers_of(parent)
        old[0].kill()
        until = time.monotonic() + 30
        while not (born := [w for w in workers_of(parent) if w not in old]):
            assert time.monotonic() < until
        server.process.kill()
        server.process.wait()
        _, left = psutil.wait_procs([*old, *born], timeout=3 * allowed())
        for worker in left:
            worker.kill()
        assert left == []
