"""Phones that sit an exam over a bad line, with the outbox of the real page.

Several saves are on their way at once, pages are loaded anew, hand-ins are doubled,
some people walk away and some go on after the bell. What is sent and answered is
written down, try by try.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from chaos.history import History, Try
from chaos.plan import Habit
from rehearsal.crowd import NOTES, guess
from rehearsal.phone import Entry, Patience, Phone, Turned, Who
from rehearsal.wire import Address, Broken, Reply, Wire

PATIENCE = Patience(first=0.15, longest=1.2, give_up=90.0, answer=2.5)
THINK = (0.15, 0.75)  # seconds between two taps
DOOR_TRIES = 40
_RECEIPT = {
    "word": re.compile(r'class="word">.*?<b>(\d{4})</b>', re.DOTALL),
    "paper": re.compile(r"试卷摘要</dt><dd><code>([0-9a-f]{64})</code>"),
    "digest": re.compile(r"答卷摘要</dt><dd><code>([0-9a-f]{64})</code>"),
    "audit_n": re.compile(r"<dd>(\d+)</dd>"),
    "at": re.compile(r"<dd>(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)</dd>"),
}


class Candidate(Phone):
    """One person with a phone.

    :param go_on: Whether somebody who is asked to stay has still to answer.
    """

    def __init__(
        self,
        n: int,
        address: Address,
        code: str,
        who: Who,
        *,
        habit: Habit,
        chance: random.Random,
        history: History,
        go_on: Callable[[], bool],
    ) -> None:
        super().__init__(
            address, code, who,
            chance=chance, patience=PATIENCE, listener=lambda *_: None,
        )  # fmt: skip
        self.n = n
        self.habit = habit
        self.started = False
        self.doubled = False
        self.errors: list[str] = []
        self._address = address
        self._history = history
        self._go_on = go_on
        self._wires: list[Wire] = []
        self._pushes: set[asyncio.Task[None]] = set()
        self._named: set[tuple[str, int]] = set()
        self._closed = ""  # why nothing more counts, as the server says

    async def sit(self) -> None:
        """The whole of it."""
        try:
            if await self._enter():
                await self._answer()
                await self._end()
        except Turned as turned:
            self.errors.append(str(turned))
        finally:
            for push in self._pushes:
                push.cancel()
            await asyncio.gather(*self._pushes, return_exceptions=True)
            for wire in self._wires:
                wire.close()

    # --- the door ------------------------------------------------------------------

    async def _enter(self) -> bool:
        for _ in range(DOOR_TRIES):
            self._form = {}
            try:
                await self.start()
            except Turned as turned:
                if self.habit.bell and "结束" in str(turned):
                    return False  # the bell rang before the door was reached
                await asyncio.sleep(self._chance.uniform(0.1, 0.4))
            else:
                self.started = True
                return True
        raise Turned("door", 0, "never got in")

    # --- answering -----------------------------------------------------------------

    async def _answer(self) -> None:
        taps = 0
        while not self._closed and (taps < self.habit.answers or self._go_on()):
            asked = self._chance.choice(self.questions)
            self.tap(asked.q, guess(asked, NOTES, self._chance))
            taps += 1
            if len(self._pushes) < self.habit.in_flight:
                self._begin(self._push())
            await asyncio.sleep(self._chance.uniform(*THINK))
            if self._chance.random() < self.habit.reloads:
                await self._reload()

    def _begin(self, work: Any) -> None:
        task: asyncio.Task[None] = asyncio.ensure_future(work)
        self._pushes.add(task)
        task.add_done_callback(self._pushes.discard)

    async def _push(self) -> None:
        """Send what is in the outbox; what is not acknowledged stays there."""
        sent = list(self.outbox.values())
        if not sent:
            return
        holder = self._state["holder"]
        path = f"/s/{self.token}/answers"
        try:
            reply = await self._send("save", "PUT", path, "J", self._message(sent))
            self._settle(sent, json.loads(reply.body))
        except Turned as turned:
            if turned.status == 200:
                self.errors.append(str(turned))
            await self._turned(turned, holder)

    async def _turned(self, turned: Turned, holder: int) -> None:
        """The server says that a message does not count."""
        why = turned.args[0].rpartition('"why":')[2][:14]
        if turned.status == 410 or "submitted" in why or "void" in why:
            self._closed = self._closed or why or "deadline"
        elif turned.status == 409 and holder == self._state["holder"]:
            await self._reload()

    async def _reload(self) -> None:
        """Load the page anew: it owns the sheet from then on."""
        with suppress(Turned):  # closed meanwhile; the next message says so
            await self.look_again()

    def _settle(self, sent: Sequence[Entry], reply: dict[str, Any]) -> None:
        super()._settle(sent, reply)
        named = {(q, seq) for q, seq in reply["acked"]} - self._named
        self._named |= named
        self._history.note_acknowledged(len(named), time.time())

    # --- the end -------------------------------------------------------------------

    async def _end(self) -> None:
        if self.habit.hands_in:
            if self._chance.random() < 0.5:
                await self._empty_outbox()
            if self.habit.doubled:
                self.doubled = True
                await asyncio.gather(self._hand_in(), self._hand_in())
            else:
                await self._hand_in()
        for _ in range(self.habit.after):
            asked = self._chance.choice(self.questions)
            self.tap(asked.q, guess(asked, NOTES, self._chance))
            await self._push()
        if self.habit.hands_in:
            await self._see_receipt()

    async def _empty_outbox(self) -> None:
        until = time.monotonic() + PATIENCE.give_up
        while self.outbox and not self._closed and time.monotonic() < until:
            await self._push()

    async def _hand_in(self) -> None:
        """Send the whole sheet until it is taken, then look at the receipt."""
        path = f"/s/{self.token}/submit"
        until = time.monotonic() + PATIENCE.give_up
        while True:
            holder = self._state["holder"]
            sheet = list(self._sheet.values())
            body = self._message(sheet)
            try:
                await self._send("submit", "POST", path, "J", body)
            except Turned as turned:
                await self._turned(turned, holder)
                if turned.status == 410:
                    return  # after the bell: what came too late is kept as late
                if turned.status == 0 or time.monotonic() > until:
                    raise
                await asyncio.sleep(self._chance.uniform(0.05, 0.2))
            else:
                break
        for entry in sheet:
            self.outbox.pop(entry.q, None)
        await self._see_receipt()

    async def _see_receipt(self) -> None:
        if self._closed and "submitted" not in self._closed:
            return
        await self._send("receipt", "GET", f"/s/{self.token}/receipt")

    # --- the network ---------------------------------------------------------------

    async def _try(
        self, step: str, method: str, path: str, kind: str, body: bytes
    ) -> tuple[Reply | None, str]:
        """One try, on a line of its own: others are under way."""
        if kind == "J":
            kind = "Content-Type: application/json\r\n"
        headers = self._headers(method, kind)
        sent = time.time()
        wire = self._wires.pop() if self._wires else self._new_wire()
        reply: Reply | None = None
        try:
            reply = await wire.request(method, path, headers=headers, body=body)
        except Broken as error:
            return None, str(error)
        else:
            self._wires.append(wire)
            self._cookies.update(reply.cookies)
            return reply, f"{reply.status}"
        finally:
            self._write_down(step, sent, body, reply)

    def _new_wire(self) -> Wire:
        return Wire(self._address, timeout=PATIENCE.answer)

    def _write_down(
        self, step: str, sent: float, body: bytes, reply: Reply | None
    ) -> None:
        told = step in ("save", "submit")
        self._history.add(
            Try(
                phone=self.n,
                token=self.token,
                step=step,
                sent=sent,
                heard=time.time(),
                status=reply.status if reply else 0,
                body=json.loads(body) if told else None,
                reply=_said(step, reply),
                retry_after=reply.headers.get("retry-after", "") if reply else "",
            )
        )


def _said(step: str, reply: Reply | None) -> Any:
    """What an answer says, as far as the oracle wants to know."""
    if reply is None:
        return None
    if step == "receipt" and reply.status == 200:
        return {name: _first(pattern, reply) for name, pattern in _RECEIPT.items()}
    if step in ("save", "submit") and reply.status in (200, 409, 410):
        with suppress(ValueError):
            return json.loads(reply.body)
    return reply.text[-200:] if reply.status >= 500 and reply.status != 503 else None


def _first(pattern: re.Pattern[str], reply: Reply) -> str:
    found = pattern.search(reply.text)
    return found[1] if found else ""
