"""A candidate's phone without a browser: from the QR code to the receipt.

It keeps the promise the page makes: a tap stays in the outbox until the server has
named it, and every request is sent again until it is answered. What was
acknowledged is written down, so that a test can ask the database for it.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from rehearsal.wire import Address, Broken, Reply, Wire

COOKIE = "lawgauge_device"
_FIELD = r'name="{}" value="([^"]*)"'
_CSRF = re.compile(_FIELD.format("csrf"))
_TICKET = re.compile(_FIELD.format("ticket"))
_STATE = re.compile(r'id="state">(.*?)</script>', re.DOTALL)
_INPUT = re.compile(r'<input type="(\w+)" name="q([\d.]+)"(?: value="(\w)")?')
_FORM = "Content-Type: application/x-www-form-urlencoded\r\n"
_JSON = "Content-Type: application/json\r\n"

#: Told of every answered or broken request: step, status (0: broken), seconds.
Listener = Callable[[str, int, float], None]


class Turned(Exception):
    """The server did not let the phone go on; trying again would not help."""

    def __init__(self, step: str, status: int, text: str) -> None:
        super().__init__(f"{step}: {status} {text[:200]}")
        self.step = step
        self.status = status


@dataclass(frozen=True)
class Who:
    """What a candidate types at the door."""

    unit: str
    name: str
    number: str  # last four digits of the phone, or the staff number


@dataclass(frozen=True)
class Patience:
    """How long a phone goes on trying, in seconds."""

    first: float = 1.0  # the pause after the first failure; doubles
    longest: float = 30.0
    give_up: float = 120.0  # of one request, all tries together
    answer: float = 12.0  # until one try counts as lost


@dataclass(frozen=True)
class Entry:
    """One answer on its way, or acknowledged."""

    q: str
    seq: int
    value: tuple[str, ...]
    at_ms: int


@dataclass(frozen=True)
class Asked:
    """A question as the paper shows it."""

    q: str
    #: radio, checkbox or text.
    control: str
    #: Letters to choose from; of a text question one empty text for each blank.
    letters: tuple[str, ...]


class Phone:
    """One phone with its cookie, its connection and its outbox."""

    def __init__(
        self,
        address: Address,
        code: str,
        who: Who,
        *,
        chance: random.Random,
        patience: Patience,
        listener: Listener,
    ) -> None:
        self.who = who
        self.token = ""
        self.questions: list[Asked] = []
        #: Every answer the server acknowledged by name, in order.
        self.acknowledged: list[Entry] = []
        #: The receipt's page, once handed in.
        self.receipt = ""
        self.outbox: dict[str, Entry] = {}
        self._code = code
        self._chance = chance
        self._patience = patience
        self._listener = listener
        self._wire = Wire(address, timeout=patience.answer)
        self._origin = f"Origin: {address.origin}\r\n"
        self._cookies: dict[str, str] = {}
        self._form: dict[str, str] = {}
        self._state: dict[str, Any] = {}
        self._sheet: dict[str, Entry] = {}
        self._seq = 0
        self._began = 0.0

    # --- the door ----------------------------------------------------------

    async def scan(self) -> Reply:
        """Open the address of the QR code."""
        reply = await self._send("entry", "GET", f"/e/{self._code}")
        self._form = {"csrf": _found(_CSRF, reply, "entry")}
        return reply

    async def identify(self) -> Reply:
        """Say who one is; needs the page of the code."""
        if not self._form:
            await self.scan()
        typed = {"unit": self.who.unit, "name": self.who.name}
        form = self._form | typed | {"number": self.who.number}
        path = f"/e/{self._code}"
        reply = await self._send("identify", "POST", path, _FORM, _encoded(form))
        self._form = {
            "csrf": _found(_CSRF, reply, "identify"),
            "ticket": _found(_TICKET, reply, "identify"),
        }
        return reply

    async def start(self) -> Reply:
        """Press the button: the paper."""
        if "ticket" not in self._form:
            await self.identify()
        path = f"/e/{self._code}/start"
        reply = await self._send("start", "POST", path, _FORM, _encoded(self._form))
        self._read(reply, "start")
        return reply

    async def look_again(self) -> Reply:
        """Load the paper anew, as after the browser was closed."""
        reply = await self._send("paper", "GET", f"/s/{self.token}")
        self._read(reply, "paper")
        return reply

    def _read(self, reply: Reply, step: str) -> None:
        text = reply.text
        found = _STATE.search(text)
        if found is None:
            raise Turned(step, reply.status, "there is no paper on the page")
        self._state = json.loads(found[1])
        self.token = self._state["token"]
        self.questions = _questions(text)
        self._began = self._began or time.monotonic()
        for q, answer in self._state["answers"].items():
            self._learn(q, answer["seq"], answer["value"])

    def _learn(self, q: str, seq: int, value: Sequence[str]) -> None:
        """What the server holds of a question; a newer tap stands against it."""
        self._seq = max(self._seq, seq)
        known = self._sheet.get(q)
        if known is None or known.seq < seq:
            self._sheet[q] = Entry(q, seq, tuple(value), 0)

    # --- answering ---------------------------------------------------------

    def tap(self, q: str, value: Sequence[str]) -> None:
        """Answer a question; the newest answer replaces one still unsent."""
        self._seq += 1
        at_ms = int((time.monotonic() - self._began) * 1000)
        self.outbox[q] = Entry(q, self._seq, tuple(value), at_ms)
        self._sheet[q] = self.outbox[q]

    async def save(self) -> None:
        """Send the outbox until all of it is acknowledged.

        :raises Turned: If it no longer counts.
        """
        while self.outbox:
            sent = list(self.outbox.values())
            path = f"/s/{self.token}/answers"
            reply = await self._send("save", "PUT", path, _JSON, self._message(sent))
            self._settle(sent, json.loads(reply.body))

    def _settle(self, sent: Sequence[Entry], reply: dict[str, Any]) -> None:
        acked = {(q, seq) for q, seq in reply["acked"]}
        newer = {q for q, _, _ in reply["superseded"]}
        for q, seq, value in reply["superseded"]:
            self._learn(q, seq, value)
        for entry in sent:
            named = (entry.q, entry.seq) in acked
            if named:
                self.acknowledged.append(entry)
            elif entry.q not in newer:
                raise Turned("save", 200, f"no word of {entry}")
            if self.outbox.get(entry.q) == entry:
                del self.outbox[entry.q]

    async def hand_in(self) -> None:
        """Send the whole sheet; reads the receipt."""
        sheet = list(self._sheet.values())
        path = f"/s/{self.token}/submit"
        reply = await self._send("submit", "POST", path, _JSON, self._message(sheet))
        self.acknowledged.extend(self.outbox.values())
        self.outbox.clear()
        page = await self._send("receipt", "GET", json.loads(reply.body)["receipt"])
        self.receipt = page.text

    def _message(self, entries: Sequence[Entry]) -> bytes:
        message = {
            "generation": self._state["generation"],
            "holder": self._state["holder"],
            "n": len(entries),
            "answers": [
                {"q": e.q, "seq": e.seq, "value": e.value, "at_ms": e.at_ms}
                for e in entries
            ],
        }
        return json.dumps(message, ensure_ascii=False).encode()

    def leave(self) -> None:
        """Switch the phone off: nothing more is sent."""
        self._wire.close()

    # --- the network -------------------------------------------------------

    async def _send(
        self, step: str, method: str, path: str, kind: str = "", body: bytes = b""
    ) -> Reply:
        """Send until it is answered; 503 and a broken line are tried again."""
        began = time.monotonic()
        pause = self._patience.first
        while True:
            reply, why = await self._try(step, method, path, kind, body)
            if reply is not None and reply.status == 200:
                return reply
            wait = pause
            if reply is not None:
                if reply.status != 503:
                    raise Turned(step, reply.status, _words(reply))
                asked = float(reply.headers.get("retry-after", "0"))
                wait = min(max(pause, asked), self._patience.longest)
            if time.monotonic() - began + wait > self._patience.give_up:
                raise Turned(step, reply.status if reply else 0, f"gave up: {why}")
            await asyncio.sleep(wait * self._chance.uniform(0.7, 1.3))
            pause = min(pause * 2, self._patience.longest)

    async def _try(
        self, step: str, method: str, path: str, kind: str, body: bytes
    ) -> tuple[Reply | None, str]:
        headers = self._headers(method, kind)
        began = time.monotonic()
        try:
            reply = await self._wire.request(method, path, headers=headers, body=body)
        except Broken as error:
            self._listener(step, 0, time.monotonic() - began)
            return None, str(error)
        self._listener(step, reply.status, time.monotonic() - began)
        self._cookies.update(reply.cookies)
        return reply, f"{reply.status}"

    def _headers(self, method: str, kind: str) -> str:
        headers = "Accept-Encoding: gzip\r\n" + kind
        if self._cookies:
            pairs = "; ".join(f"{k}={v}" for k, v in self._cookies.items())
            headers += f"Cookie: {pairs}\r\n"
        return headers if method == "GET" else headers + self._origin


def _encoded(form: dict[str, str]) -> bytes:
    return urlencode(form).encode()


def _words(reply: Reply) -> str:
    """What a page says, without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", reply.text).split())[-200:]


def _found(pattern: re.Pattern[str], reply: Reply, step: str) -> str:
    found = pattern.search(reply.text)
    if found is None:
        raise Turned(step, reply.status, _words(reply))
    return found[1]


def _questions(page: str) -> list[Asked]:
    controls: dict[str, str] = {}
    letters: dict[str, list[str]] = {}
    for control, q, letter in _INPUT.findall(page):
        controls[q] = control
        letters.setdefault(q, []).append(letter)
    return [Asked(q, controls[q], tuple(found)) for q, found in letters.items()]
