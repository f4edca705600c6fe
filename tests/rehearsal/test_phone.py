"""The simulated phone keeps the promise of the outbox, whatever the network does."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Awaitable, Callable, Iterator

import pytest

from rehearsal.crowd import Times, run
from rehearsal.phone import Patience, Phone, Turned, Who
from rehearsal.wire import Address

HURRIED = Patience(first=0.01, longest=0.02, give_up=1.0, answer=0.5)
STATE = {"token": "t0", "generation": 1, "holder": 1, "answers": {}}
PAPER = (
    f'<input type="radio" name="q1" value="A"><input type="radio" name="q1" value="B">'
    f'<script id="state">{json.dumps(STATE)}</script>'
)
Answer = Callable[[str, bytes], bytes | None]


def page(text: str, status: str = "200 OK", head: str = "") -> bytes:
    body = text.encode()
    lines = f"HTTP/1.1 {status}\r\n{head}Content-Length: {len(body)}\r\n\r\n"
    return lines.encode() + body


def exchange(answer: Answer, work: Callable[[Phone], Awaitable[None]]) -> Times:
    """Let a phone work against a server of a few lines.

    :param answer: Of the request's first line and body; None hangs up.
    """
    times = Times()

    async def serve(reader: asyncio.StreamReader, out: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                size = 0
                for line in head.decode().split("\r\n"):
                    if line.lower().startswith("content-length:"):
                        size = int(line.split(":")[1])
                reply = answer(
                    head.decode().split("\r\n")[0], await reader.readexactly(size)
                )
                if reply is None:
                    break
                out.write(reply)
                await out.drain()
        except asyncio.IncompleteReadError:
            pass
        finally:
            out.close()

    async def both() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        async with server:
            address = Address(*server.sockets[0].getsockname())
            phone = Phone(
                address,
                "CODE",
                Who("单位", "姓名", "0000"),
                chance=random.Random(1),
                patience=HURRIED,
                listener=times.heard,
            )
            await work(phone)
            phone.leave()
            await asyncio.sleep(0.01)  # the server sees that the line has closed

    run(both())
    return times


def scripted(*replies: bytes | None) -> Answer:
    """The door first, then these, one after the other; keeps the last."""
    rest: Iterator[bytes | None] = iter(replies)

    def answer(line: str, _body: bytes) -> bytes | None:
        if line.startswith("GET /e/"):
            return page('name="csrf" value="c"', head="Set-Cookie: d=1; Path=/\r\n")
        if line.startswith("POST /e/CODE "):
            return page('name="csrf" value="c" name="ticket" value="t"')
        if line.startswith("POST /e/CODE/start"):
            return page(PAPER)
        return next(rest)

    return answer


def saved(*acked: tuple[str, int]) -> bytes:
    return page(json.dumps({"acked": acked, "superseded": []}))


async def tap_and_save(phone: Phone) -> None:
    await phone.start()
    phone.tap("1", ["A"])
    await phone.save()


def test_an_entry_leaves_the_outbox_only_when_it_is_named() -> None:
    async def work(phone: Phone) -> None:
        with pytest.raises(Turned, match="no word of"):
            await tap_and_save(phone)
        assert list(phone.outbox) == ["1"]
        assert phone.acknowledged == []
        await phone.save()
        assert phone.outbox == {}
        assert [(e.q, e.seq, e.value) for e in phone.acknowledged] == [("1", 1, ("A",))]

    exchange(scripted(saved(), saved(("1", 1))), work)


def test_busy_and_broken_lines_are_tried_again() -> None:
    busy = page("", "503 Busy", "Retry-After: 0\r\n")

    async def work(phone: Phone) -> None:
        await tap_and_save(phone)
        assert len(phone.acknowledged) == 1

    times = exchange(scripted(busy, None, saved(("1", 1))), work)
    assert times.refused == {("save", 503): 1, ("save", 0): 1}


def test_a_refusal_is_not_tried_again_and_loses_nothing() -> None:
    async def work(phone: Phone) -> None:
        with pytest.raises(Turned) as turned:
            await tap_and_save(phone)
        assert turned.value.status == 409
        assert list(phone.outbox) == ["1"]

    exchange(scripted(page('{"why":"moved"}', "409 Conflict")), work)


def test_a_phone_gives_up_when_its_patience_ends() -> None:
    busy = page("", "503 Busy")

    async def work(phone: Phone) -> None:
        with pytest.raises(Turned, match="gave up"):
            await tap_and_save(phone)
        assert list(phone.outbox) == ["1"]

    exchange(scripted(*[busy] * 500), work)


def test_a_newer_tap_waits_for_its_own_acknowledgement() -> None:
    """The answer to the older one does not take it out of the outbox."""

    async def work(phone: Phone) -> None:
        await phone.start()
        phone.tap("1", ["A"])
        sent = list(phone.outbox.values())
        phone.tap("1", ["B"])
        phone._settle(sent, {"acked": [["1", 1]], "superseded": []})
        assert [entry.seq for entry in phone.outbox.values()] == [2]

    exchange(scripted(), work)


def test_a_value_the_server_knows_better_counts_as_answered() -> None:
    async def work(phone: Phone) -> None:
        await phone.start()
        phone.tap("1", ["A"])
        await phone.save()
        assert phone.outbox == {}
        assert phone.acknowledged == []
        phone.tap("1", ["B"])
        assert phone.outbox["1"].seq == 10  # past what the server has

    reply = page(json.dumps({"acked": [], "superseded": [["1", 9, ["B"]]]}))
    exchange(scripted(reply), work)


def test_chunked_answers_are_read() -> None:
    body = json.dumps({"acked": [["1", 1]], "superseded": []}).encode()
    parts = [body[:10], body[10:]]
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

    async def work(phone: Phone) -> None:
        await tap_and_save(phone)
        assert len(phone.acknowledged) == 1

    exchange(scripted(head + chunks + b"0\r\n\r\n"), work)
