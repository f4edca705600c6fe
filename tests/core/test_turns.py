"""The writers' turns: one at a time, in order, nobody passed by, nobody for ever."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core import turns
from core.errors import Busy
from core.turns import Turns

COUNT = """
import sys
from pathlib import Path
from core.turns import Turns
place, times = Path(sys.argv[1]), int(sys.argv[2])
queue, tally = Turns(place / "writer"), place / "tally"
for _ in range(times):
    with queue.take():
        tally.write_text(str(int(tally.read_text()) + 1))
"""
HOLD = """
import sys
from pathlib import Path
from core.turns import Turns
with Turns(Path(sys.argv[1]) / "writer").take():
    print("mine", flush=True)
    sys.stdin.read()
"""


def child(code: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@contextmanager
def held_elsewhere(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process has the turn."""
    with child(HOLD, folder) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "mine\n"
        yield holder
        holder.kill()


def until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not done():
        assert time.monotonic() < end
        time.sleep(0.001)


def test_no_two_processes_have_it_at_once(tmp_path: Path) -> None:
    (tmp_path / "tally").write_text("0")
    counters = [child(COUNT, tmp_path, 200) for _ in range(3)]
    assert [one.wait(60) for one in counters] == [0, 0, 0]
    for one in counters:
        one.communicate()
    assert (tmp_path / "tally").read_text() == "600"


def test_threads_are_served_in_the_order_they_came(tmp_path: Path) -> None:
    queue = Turns(tmp_path / "writer")
    served: list[int] = []

    def write(n: int) -> None:
        with queue.take():
            served.append(n)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(8)]
    with queue.take():
        for n, thread in enumerate(threads, 1):
            thread.start()
            until(lambda n=n: len(queue._line._waiting) == n)  # type: ignore[misc]
    for thread in threads:
        thread.join()
    assert served == list(range(8))


def test_S1_nobody_waits_longer_than_the_deadline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "DEADLINE", 0.05)
    queue = Turns(tmp_path / "writer")
    with held_elsewhere(tmp_path):
        for _ in range(2):
            with pytest.raises(Busy), queue.take():
                raise AssertionError("two have the turn")
    with queue.take():
        pass


def test_X1_who_is_killed_gives_the_turn_back(tmp_path: Path) -> None:
    queue = Turns(tmp_path / "writer")
    with held_elsewhere(tmp_path) as holder:
        holder.kill()
        with queue.take():
            pass


def test_a_thread_that_gives_up_is_not_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = Turns(tmp_path / "writer")
    monkeypatch.setattr(turns, "DEADLINE", 0.02)
    refused: list[Busy] = []

    def write() -> None:
        try:
            with queue.take():
                raise AssertionError("two have the turn")
        except Busy as busy:
            refused.append(busy)

    with queue.take():
        thread = threading.Thread(target=write)
        thread.start()
        thread.join()
    assert len(refused) == 1
    with queue.take():
        pass


def test_the_turn_is_given_up_though_the_one_behind_goes_away_at_the_last_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would be kept until this process writes again, and nobody else could."""
    queue = Turns(tmp_path / "writer")
    monkeypatch.setattr(queue._line, "is_last", lambda: False)  # it was not, just now
    with queue.take():
        pass
    with Turns(tmp_path / "writer").take():
        pass


def test_nobody_gets_the_turn_past_one_who_waits_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue, other = Turns(tmp_path / "writer"), Turns(tmp_path / "writer")
    monkeypatch.setattr(turns, "DEADLINE", 0.05)
    other._next.lock(time.monotonic())  # as while it waits for the turn
    with pytest.raises(Busy), queue.take():
        raise AssertionError("the one who waits was passed by")
    other._next.unlock()
    with queue.take():
        pass


@pytest.mark.parametrize(("span", "kept"), [(60.0, True), (0.0, False)])
def test_a_process_keeps_the_turn_for_its_threads_only_so_long(
    span: float, kept: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "SPAN", span)
    queue = Turns(tmp_path / "writer")
    given_up: list[bool] = []
    monkeypatch.setattr(queue._turn, "unlock", lambda: given_up.append(True))
    thread = threading.Thread(target=lambda: queue.take().__enter__())
    with queue.take():
        thread.start()
        until(lambda: bool(queue._line._waiting))
    assert given_up == ([] if kept else [True])
    thread.join()
