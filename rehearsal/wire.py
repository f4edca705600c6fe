"""HTTP/1.1 on one kept connection, by hand: a load client must cost little itself."""

from __future__ import annotations

import asyncio
import gzip
from dataclasses import dataclass
from typing import cast

LONGEST_HEAD = 64 * 1024  # bytes


class Broken(Exception):
    """The connection failed before the whole answer was there."""


@dataclass(frozen=True)
class Address:
    """Where the server listens."""

    host: str
    port: int

    @property
    def origin(self) -> str:
        """As a browser sends it with a form."""
        return f"http://{self.host}:{self.port}"


@dataclass(frozen=True)
class Reply:
    """An answer of the server."""

    status: int
    headers: dict[str, str]  # names in lower case; the last of its name
    cookies: dict[str, str]
    raw: bytes  # the body as it was sent
    head_size: int  # bytes of status line and headers

    @property
    def body(self) -> bytes:
        """The body, unpacked."""
        packed = self.headers.get("content-encoding") == "gzip"
        return gzip.decompress(self.raw) if packed else self.raw

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()

    @property
    def weight(self) -> int:
        """All bytes that came down the line."""
        return self.head_size + len(self.raw)


class _Line(asyncio.Protocol):
    """One connection; holds the answer that is coming in."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.incoming = bytearray()
        self.waiting: asyncio.Future[Reply] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Not asked: uvloop's transport is one without saying so.
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self.incoming += data
        if self.waiting is None or self.waiting.done():
            return
        try:
            reply = take_reply(self.incoming)
        except ValueError as error:
            self.waiting.set_exception(Broken(str(error)))
            return
        if reply is not None:
            self.waiting.set_result(reply)

    def connection_lost(self, exc: Exception | None) -> None:
        self.transport = None
        if self.waiting is not None and not self.waiting.done():
            self.waiting.set_exception(Broken("the connection was closed"))


class Wire:
    """A connection to the server, opened when needed and kept between requests."""

    def __init__(self, address: Address, *, timeout: float) -> None:
        self.address = address
        self._timeout = timeout
        self._line: _Line | None = None
        self._host = f"Host: {address.host}:{address.port}\r\n"

    async def request(
        self, method: str, path: str, *, headers: str = "", body: bytes = b""
    ) -> Reply:
        """Send one request and wait for the whole answer.

        :param headers: Lines that end in CR LF; Host and Content-Length are added.
        :raises Broken: If the connection failed or the answer did not come in time.
        """
        length = f"Content-Length: {len(body)}\r\n" if method != "GET" else ""
        head = f"{method} {path} HTTP/1.1\r\n{self._host}{headers}{length}\r\n"
        try:
            async with asyncio.timeout(self._timeout):
                line = await self._open()
                if line.transport is None:
                    raise Broken("the connection was refused")
                line.waiting = asyncio.get_running_loop().create_future()
                line.transport.write(head.encode() + body)
                reply = await line.waiting
        except (TimeoutError, OSError) as error:
            self.close()
            raise Broken(str(error) or "no answer in time") from error
        except BaseException:
            self.close()
            raise
        if reply.headers.get("connection", "").lower() == "close":
            self.close()
        return reply

    async def _open(self) -> _Line:
        if self._line is None or self._line.transport is None:
            loop = asyncio.get_running_loop()
            _, self._line = await loop.create_connection(
                _Line, self.address.host, self.address.port
            )
        self._line.incoming.clear()
        return self._line

    def close(self) -> None:
        """Hang up."""
        if self._line is not None and self._line.transport is not None:
            self._line.transport.abort()
        self._line = None


def take_reply(incoming: bytearray) -> Reply | None:
    """A whole answer from what came in; None while it is not complete.

    :raises ValueError: If it is no HTTP.
    """
    end = incoming.find(b"\r\n\r\n")
    if end < 0:
        if len(incoming) > LONGEST_HEAD:
            raise ValueError("the head of the answer does not end")
        return None
    first, *lines = incoming[:end].decode("latin-1").split("\r\n")
    status = int(first.split(" ", 2)[1])
    headers, cookies = {}, {}
    for line in lines:
        name, _, value = line.partition(":")
        name, value = name.lower(), value.strip()
        headers[name] = value
        if name == "set-cookie":
            cookie, _, rest = value.partition("=")
            cookies[cookie] = rest.partition(";")[0]
    start = end + 4
    if headers.get("transfer-encoding", "").lower() == "chunked":
        raw = _chunks(incoming, start)
    else:
        size = int(headers.get("content-length", "0"))
        whole = len(incoming) >= start + size
        raw = bytes(incoming[start : start + size]) if whole else None
    return None if raw is None else Reply(status, headers, cookies, raw, start)


def _chunks(incoming: bytearray, at: int) -> bytes | None:
    parts: list[bytes] = []
    while (end := incoming.find(b"\r\n", at)) >= 0:
        size = int(incoming[at:end], 16)
        if len(incoming) < end + 2 + size + 2:
            return None
        if size == 0:
            return b"".join(parts)
        parts.append(bytes(incoming[end + 2 : end + 2 + size]))
        at = end + 2 + size + 2
    return None
