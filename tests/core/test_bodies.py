"""Slow senders: who waits for whom, and that nobody does for ever."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from core.bodies import OF_ONE, WAITING, Bodies, Places


@dataclass
class Crowd:
    """Senders who never finish; one place for those who do."""

    bodies: Bodies = field(
        default_factory=lambda: Bodies(
            lambda _e, _s: [b"answered"], places=1, limit=1000
        )
    )
    go_on: threading.Event = field(default_factory=threading.Event)
    threads: list[threading.Thread] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def ask(self, address: str, body: Any) -> bytes:
        """One request with a body."""
        sent = {"CONTENT_LENGTH": "1", "wsgi.input": body, "REMOTE_ADDR": address}
        return b"".join(self.bodies(sent, self._start))

    def _start(self, status: str, headers: list[tuple[str, str]]) -> None:
        self.told.extend([status, dict(headers).get("Retry-After", "")])

    def join(self, address: str, count: int) -> None:
        """So many from an address begin to send, each in a thread of its own."""
        arrived = threading.Semaphore(0)
        go_on = self.go_on

        class Slow:
            def read(self, _size: int) -> bytes:
                arrived.release()
                go_on.wait(30)
                return b"x"

        for _ in range(count):
            thread = threading.Thread(target=self.ask, args=(address, Slow()))
            thread.start()
            self.threads.append(thread)
        for _ in range(count):
            assert arrived.acquire(timeout=30)

    def leave(self) -> None:
        """All finish after all."""
        self.go_on.set()
        for thread in self.threads:
            thread.join(30)


@pytest.fixture
def crowd() -> Iterator[Crowd]:
    crowd = Crowd()
    yield crowd
    crowd.leave()


def test_F13_one_address_cannot_take_all_threads(crowd: Crowd) -> None:
    crowd.join("10.0.0.1", OF_ONE)
    assert "稍后重试" in crowd.ask("10.0.0.1", io.BytesIO(b"x")).decode()
    assert crowd.told == ["503 Service Unavailable", "2"]
    assert crowd.ask("10.0.0.2", io.BytesIO(b"x")) == b"answered"


def test_F13_many_addresses_cannot_take_all_threads(crowd: Crowd) -> None:
    crowd.join("10.0.0.1", OF_ONE)
    crowd.join("10.0.0.2", WAITING - OF_ONE)
    assert "稍后重试" in crowd.ask("10.0.9.9", io.BytesIO(b"x")).decode()
    # Who sends no body needs none of the readers.
    assert list(crowd.bodies({}, lambda *_: None)) == [b"answered"]
    crowd.leave()
    assert crowd.ask("10.0.9.9", io.BytesIO(b"x")) == b"answered"


def test_F13_places_come_back_however_the_work_ends() -> None:
    """Forty threads on two places; a third of the requests fail."""

    def app(environ: dict[str, Any], _start: Any) -> list[bytes]:
        if environ["n"] % 3 == 0:
            raise ValueError("broken")
        return [environ["wsgi.input"].read()]

    bodies = Bodies(app, places=2, limit=1000)
    done: list[object] = []

    def ask(first: int) -> None:
        for n in range(first, first + 30):
            body = {"CONTENT_LENGTH": "1"} if n % 2 else {}
            sent = {"n": n, "wsgi.input": io.BytesIO(b"x"), **body}
            try:
                done.append(bodies(sent, lambda *_: None))
            except ValueError as error:
                done.append(str(error))

    threads = [threading.Thread(target=ask, args=(30 * n,)) for n in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(done) == 40 * 30
    assert done.count("broken") == 40 * 10
    assert bodies._places.free == 2
    assert (bodies._readers, dict(bodies._reading)) == (0, {})


def test_places_are_given_in_the_order_of_asking() -> None:
    places = Places(1)
    places.take()
    came: list[int] = []
    threads = []

    def ask(n: int) -> None:
        places.take()
        came.append(n)
        places.leave()

    for n in range(20):
        threads.append(threading.Thread(target=ask, args=(n,)))
        threads[-1].start()
        while len(places._waiting) <= n:  # until it stands in line
            time.sleep(0.001)
    places.leave()
    for thread in threads:
        thread.join(30)
    assert came == list(range(20))
    assert places.free == 1
