"""A bad line: a proxy that loses, delays, doubles, repeats and cuts what it carries.

It knows where a request and a reply end, and nothing else of HTTP. What befalls a
request is drawn from the seed and the number of the connection it came on.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

from rehearsal.server import HOST
from rehearsal.wire import Address, take_reply

SAYS_LENGTH = b"\r\ncontent-length:"
LONG = 8.0  # seconds until a server that says nothing is given up


@dataclass(frozen=True)
class Odds:
    """How often something befalls a request."""

    drop_request: float = 0.06
    drop_reply: float = 0.08
    delay: float = 0.15
    duplicate: float = 0.06
    replay: float = 0.06
    truncate: float = 0.02
    longest_delay: float = 1.0  # seconds; with several on their way it reorders them
    replay_after: tuple[float, float] = (0.3, 4.0)

    def pick(self, chance: random.Random) -> str:
        """What befalls the next request; empty: nothing."""
        left = chance.random()
        for kind in KINDS:
            left -= getattr(self, kind)
            if left < 0:
                return kind
        return ""


KINDS = ("drop_request", "drop_reply", "delay", "duplicate", "replay", "truncate")


class _Lost(Exception):
    """The connection to the client is to be cut."""


class _Stopped(Exception):
    """The client has gone, or the proxy ends."""


@dataclass
class Proxy:
    """Between the phones and the server.

    :param behind: Where the server listens.
    """

    behind: Address
    seed: int
    odds: Odds
    counts: Counter[str] = field(default_factory=Counter)
    #: A good line from now on: the end of the run must come.
    healed: bool = False
    _accepted: int = 0
    _later: set[asyncio.Task[Any]] = field(default_factory=set)
    _server: asyncio.Server | None = None

    async def start(self) -> Address:
        """Listen on a free port."""
        self._server = await asyncio.start_server(self._serve, HOST, 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return Address(HOST, port)

    async def settle(self) -> None:
        """Wait until what was to be repeated has been."""
        while self._later:
            await asyncio.wait(set(self._later))

    async def stop(self) -> None:
        """Listen no more."""
        assert self._server is not None
        self._server.close()
        for task in self._later:
            task.cancel()

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._accepted += 1
        text = f"{self.seed}|line|{self._accepted}"
        line = _Line(self, reader, writer, random.Random(text))
        try:
            while True:
                await line.carry(await line.next_request())
        except (_Lost, _Stopped, OSError, asyncio.IncompleteReadError):
            writer.transport.abort()
        except asyncio.CancelledError:  # the run is over
            writer.transport.abort()
        finally:
            line.hang_up()

    def soon(self, work: Coroutine[Any, Any, Any]) -> None:
        """Do something beside what is carried."""
        task = asyncio.ensure_future(work)
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    async def repeat(self, request: bytes, after: float) -> None:
        """Send a request once more; nobody hears the answer."""
        await asyncio.sleep(after)
        line = _Upstream(self.behind)
        try:
            await line.ask(request)
        except (OSError, _Lost):
            pass  # nobody waits for it
        finally:
            line.close()


class _Upstream:
    """One connection to the server, opened when needed."""

    def __init__(self, behind: Address) -> None:
        self._behind = behind
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, request: bytes) -> bytes:
        """Send a request; returns the whole answer as it came.

        :raises _Lost: If the server was not there or cut the answer.
        """
        try:
            async with asyncio.timeout(LONG):
                return await self._ask(request)
        except (TimeoutError, OSError, ValueError) as error:
            self.close()
            raise _Lost(str(error)) from error

    async def _ask(self, request: bytes) -> bytes:
        reader, writer = await self._open()
        writer.write(request)
        incoming = bytearray()
        while take_reply(incoming) is None:
            part = await reader.read(65536)
            if not part:
                raise OSError("the server hung up")
            incoming += part
        return bytes(incoming)

    async def tell(self, part: bytes) -> None:
        """Send the beginning of a request and hang up."""
        try:
            _, writer = await self._open()
            writer.write(part)
            await writer.drain()
        except OSError as error:
            raise _Lost(str(error)) from error
        finally:
            self.close()

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._streams is None or self._streams[1].is_closing():
            host, port = self._behind.host, self._behind.port
            self._streams = await asyncio.open_connection(host, port)
        return self._streams

    def close(self) -> None:
        """Hang up."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


class _Line:
    """One connection of a phone."""

    def __init__(
        self,
        proxy: Proxy,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        chance: random.Random,
    ) -> None:
        self._proxy = proxy
        self._reader = reader
        self._writer = writer
        self._chance = chance
        self._up = _Upstream(proxy.behind)

    async def next_request(self) -> bytes:
        """The next whole request."""
        try:
            head = await self._reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            raise _Stopped from None
        at = head.lower().find(SAYS_LENGTH)
        if at < 0:
            return head
        size = int(head[at + len(SAYS_LENGTH) :].split(b"\r\n", 1)[0])
        return head + await self._reader.readexactly(size)

    async def carry(self, request: bytes) -> None:
        """Take one request to the server, or not, and the answer back, or not."""
        proxy, chance = self._proxy, self._chance
        kind = "" if proxy.healed else proxy.odds.pick(chance)
        if kind:
            proxy.counts[kind] += 1
        if kind == "drop_request":
            await self._lose()
        elif kind == "delay":
            await asyncio.sleep(chance.uniform(0.02, proxy.odds.longest_delay))
        elif kind == "duplicate":
            proxy.soon(proxy.repeat(request, 0))
        elif kind == "replay":
            proxy.soon(proxy.repeat(request, chance.uniform(*proxy.odds.replay_after)))
        elif kind == "truncate":
            request = await self._cut(request)
        reply = await self._up.ask(request)
        if kind == "drop_reply":
            await self._lose()
        if kind == "truncate" and chance.random() < 0.5:
            self._writer.write(reply[: chance.randrange(1, len(reply))])
            await self._writer.drain()
            raise _Lost
        self._writer.write(reply)

    async def _lose(self) -> None:
        """Silence, or a reset."""
        if self._chance.random() < 0.4:
            await self._reader.read()  # until the phone gives up
        raise _Lost

    async def _cut(self, request: bytes) -> bytes:
        """A request cut on its way: the line breaks, or a box in it tells less."""
        head, _, body = request.partition(b"\r\n\r\n")
        if not body:
            return request
        left = self._chance.randrange(len(body))
        if self._chance.random() < 0.5:
            await self._up.tell(head + b"\r\n\r\n" + body[:left])
            raise _Lost
        at = head.lower().find(SAYS_LENGTH)
        size = b" %d" % left
        said = head[: at + len(SAYS_LENGTH)] + size
        rest = head[at + len(SAYS_LENGTH) :].partition(b"\r\n")
        return said + rest[1] + rest[2] + b"\r\n\r\n" + body[:left]

    def hang_up(self) -> None:
        """Nothing more will come."""
        self._up.close()
