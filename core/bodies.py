"""Slow senders wait in threads of their own, not in those that do the work.

The server hands a request to a thread when its headers are there; a body that arrives
a byte at a time would hold that thread, and sixteen such senders the whole hall. So a
worker has many more threads than it has work for: each first reads the body, then
waits for one of the few places at the application. They come when they are needed and
go after half a minute; each takes 150 KB, this module 2 microseconds of a save.

Nothing here waits for ever because of something here: whoever holds a place only works,
and gives it back however that ends; who reads holds no place; and fewer may read than
there are threads, so that some are always left for those who need not.
"""

from __future__ import annotations

import tempfile
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import IO, Any

WSGI = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

#: Threads of a worker that may read bodies at a time, and how many those of one
#: address: a hall is one address, and its phones send in no time at all.
WAITING, OF_ONE = 96, 64
IN_MEMORY = 256 * 1024  # bytes; a larger body goes to a temporary file
_PART = 64 * 1024
_BUSY = "系统正忙，请稍后重试".encode()


class Places:
    """Room for so many at the application: first come, first served.

    With a plain queue whoever comes takes a place before the one that was woken for it:
    when 600 started at once, the slowest answer took twice as long.
    """

    def __init__(self, count: int) -> None:
        self._guard = threading.Lock()  # held for a moment only
        self.free = count
        self._waiting: deque[threading.Lock] = deque()

    def take(self) -> None:
        """Wait for a place."""
        called = threading.Lock()
        with self._guard:
            if self.free:
                self.free -= 1
                return
            called.acquire()
            self._waiting.append(called)
        called.acquire()

    def leave(self) -> None:
        """Hand the place to the one that has waited longest."""
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self.free += 1


class Bodies:
    """An application behind a reader of bodies."""

    def __init__(self, app: WSGI, *, places: int, limit: int) -> None:
        """Wrap an application.

        :param places: Requests it works on at a time.
        :param limit: Bytes of a body; a larger one is left to the application.
        """
        self._app = app
        self._limit = limit
        self._places = Places(places)
        self._reading: Counter[str] = Counter()  # by address
        self._readers = 0
        self._lock = threading.Lock()

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Read the body, then let the application answer."""
        body: IO[bytes] | None = None
        if environ.get("CONTENT_LENGTH") or "HTTP_TRANSFER_ENCODING" in environ:
            body = self._read(environ)
            if body is None:
                headers = [
                    ("Content-Type", "text/plain; charset=utf-8"),
                    ("Content-Length", str(len(_BUSY))),
                    ("Retry-After", "2"),
                    ("Cache-Control", "no-store"),
                ]
                start_response("503 Service Unavailable", headers)
                return [_BUSY]
            environ["wsgi.input"] = body
        self._places.take()
        try:
            return self._app(environ, start_response)
        finally:
            self._places.leave()
            if body is not None:
                body.close()

    def _read(self, environ: dict[str, Any]) -> IO[bytes] | None:
        """The body; None if too many are still arriving, or too many from there."""
        source = environ["wsgi.input"]
        length = environ.get("CONTENT_LENGTH")
        if length and (not length.isdigit() or int(length) > self._limit):
            return source  # type: ignore[no-any-return]
        address = str(environ.get("REMOTE_ADDR", ""))
        with self._lock:
            if self._readers >= WAITING or self._reading[address] >= OF_ONE:
                return None
            self._readers += 1
            self._reading[address] += 1
        try:
            return self._copy(source, int(length) if length else self._limit + 1)
        finally:
            with self._lock:
                self._readers -= 1
                self._reading[address] -= 1
                if not self._reading[address]:
                    del self._reading[address]

    def _copy(self, source: Any, left: int) -> IO[bytes]:
        if left <= IN_MEMORY:
            return BytesIO(source.read(left))
        body = tempfile.TemporaryFile()  # noqa: SIM115 - the application reads it
        while left > 0:
            part = source.read(min(left, _PART))
            if not part:
                break  # the sender has gone; the application sees that it is short
            body.write(part)
            left -= len(part)
        body.seek(0)
        return body
