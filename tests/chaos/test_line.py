"""The bad line does to each request what it says, and nothing else."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

import pytest

from chaos.proxy import KINDS, Odds, Proxy
from rehearsal.server import HOST
from rehearsal.wire import Address, Broken, Reply, Wire

NOTHING: dict[str, Any] = dict.fromkeys(KINDS, 0.0)
NEVER = Odds(**NOTHING, longest_delay=0.05, replay_after=(0.05, 0.1))
BODY = json.dumps({"answers": ["很长的答案"] * 20}).encode()


class Far:
    """A server that remembers the bodies it was sent."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
                size = int(head.split("content-length:")[1].split("\r\n")[0])
                self.bodies.append(await reader.readexactly(size))
                text = f"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{size % 90 + 10}"
                writer.write(text.encode())
        except asyncio.IncompleteReadError as error:
            if error.partial:
                self.bodies.append(error.partial)
        finally:
            writer.close()


Ask = Callable[[], Coroutine[Any, Any, Reply]]


def over_the_line(
    odds: Odds,
    work: Callable[[Ask, Proxy], Any],
    seed: int = 1,
    *,
    patience: float = 5.0,
) -> Far:
    """Let a client ask through the proxy; what arrived on the far side.

    :param patience: Seconds a client waits for what may come late on a busy machine.
    """
    far = Far()

    async def run() -> None:
        server = await asyncio.start_server(far.serve, HOST, 0)
        port = server.sockets[0].getsockname()[1]
        proxy = Proxy(Address(HOST, port), seed, odds)
        wire = Wire(await proxy.start(), timeout=patience)
        try:
            await work(lambda: wire.request("PUT", "/s/x/answers", body=BODY), proxy)
            await proxy.settle()
        finally:
            wire.close()
            await proxy.stop()
            server.close()
            await asyncio.sleep(0.05)  # both sides hear that it is over

    asyncio.run(run())
    return far


def only(kind: str) -> Odds:
    always: dict[str, Any] = {kind: 1.0}
    return replace(NEVER, **always)


async def answered(ask: Ask, _proxy: Proxy) -> None:
    assert (await ask()).status == 200


async def broken(ask: Ask, _proxy: Proxy) -> None:
    with pytest.raises(Broken):
        await ask()


def test_a_good_line_changes_nothing() -> None:
    assert over_the_line(NEVER, answered).bodies == [BODY]


@pytest.mark.parametrize(
    ("kind", "work", "arrives"),
    [
        ("drop_request", broken, 0),
        ("drop_reply", broken, 1),
        ("delay", answered, 1),
        ("duplicate", answered, 2),
        ("replay", answered, 2),
    ],
)
@pytest.mark.parametrize("seed", range(4))
def test_each_kind_does_what_it_says(
    kind: str, work: Any, arrives: int, seed: int
) -> None:
    patience = 0.5 if work is broken else 5.0  # for silence nobody waits long
    far = over_the_line(only(kind), work, seed, patience=patience)
    assert far.bodies == [BODY] * arrives


def test_a_cut_request_or_reply_never_arrives_whole_at_both_ends() -> None:
    async def cut(ask: Ask, _proxy: Proxy) -> None:
        try:
            whole.append((await ask()).status)
        except Broken:
            whole.append(0)

    seen = set()
    for seed in range(12):
        whole: list[int] = []
        (arrived,) = over_the_line(only("truncate"), cut, seed).bodies or [b""]
        assert BODY.startswith(arrived)
        assert arrived != BODY or whole == [0]
        seen.add((arrived == BODY, whole[0]))
    assert len(seen) >= 2  # the one and the other


def test_a_healed_line_is_good() -> None:
    async def heal(ask: Ask, proxy: Proxy) -> None:
        await broken(ask, proxy)
        proxy.healed = True
        await answered(ask, proxy)

    assert over_the_line(only("drop_request"), heal).bodies == [BODY]


def test_every_kind_comes_about_as_often_as_it_should() -> None:
    chance = random.Random(5)
    picked = [Odds().pick(chance) for _ in range(20_000)]
    for kind in KINDS:
        share = picked.count(kind) / len(picked)
        assert abs(share - getattr(Odds(), kind)) < 0.01
