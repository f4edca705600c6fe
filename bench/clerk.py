"""Somebody at a desk who has reports made: the page, then the workbook by a job."""

from __future__ import annotations

import asyncio
import json
import re
import time
from datetime import UTC, datetime
from urllib.parse import urlencode

from accounts.operations.accounts import create_account
from accounts.operations.links import make_sign_in_link
from bench.stages import Stage, application
from bench.table import Row, ours
from rehearsal.wire import Address, Reply, Wire

PATIENCE = 60.0  # seconds of one request
PAUSE = 2.0  # seconds between two reports
LOOK_EVERY = 0.2  # seconds between two looks at the job
_CSRF = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


class Clerk:
    """Has the unit report of an exam made again and again: page, then workbook."""

    def __init__(self, address: Address, cookie: str, exam_id: int) -> None:
        self._wire = Wire(address, timeout=PATIENCE)
        self._session = cookie
        self._origin = f"Origin: {address.origin}\r\n"
        self._path = f"/reports/{exam_id}"
        self._seconds: dict[str, list[float]] = {"page": [], "xlsx": []}

    async def work(self) -> None:
        """Until cancelled."""
        while True:
            await self._report()
            await asyncio.sleep(PAUSE)

    async def twice(self) -> None:
        """The first one, and another."""
        for _ in range(2):
            await self._report()

    async def _report(self) -> None:
        began = time.monotonic()
        page = await self._send(200, "GET", self._path)
        self._seconds["page"].append(time.monotonic() - began)
        found = _CSRF.search(page.text)
        if found is None:
            raise RuntimeError(f"{self._path}: no form on the page")
        await self._workbook(found[1])

    async def _workbook(self, csrf: str) -> None:
        """Ask for it, wait for its job, fetch it."""
        began = time.monotonic()
        form = urlencode({"csrf_token": csrf}).encode()
        asked = await self._send(303, "POST", f"{self._path}/workbook", form)
        job = asked.headers["location"]
        while True:
            reply = await self._send(200, "GET", f"{job}/progress")
            if not json.loads(reply.body)["active"]:
                break
            await asyncio.sleep(LOOK_EVERY)
        book = await self._send(200, "GET", f"{job}/file")
        if not book.raw.startswith(b"PK"):
            raise RuntimeError(f"{job}: no workbook")
        self._seconds["xlsx"].append(time.monotonic() - began)

    async def _send(
        self, expected: int, method: str, path: str, form: bytes = b""
    ) -> Reply:
        headers = f"Cookie: lawgauge={self._session}\r\nAccept-Encoding: gzip\r\n"
        if form:
            kind = "Content-Type: application/x-www-form-urlencoded\r\n"
            headers += self._origin + kind
        reply = await self._wire.request(method, path, headers=headers, body=form)
        if reply.status != expected:
            raise RuntimeError(f"{path}: {reply.status}")
        self._session = reply.cookies.get("lawgauge", self._session)
        return reply

    def rows(self, sittings: int, words: str, budget: str = "") -> list[Row]:
        """How long the reports took at the most."""
        return [
            ours(
                f"unit report of {sittings:,} sittings, {form}{words}",
                f"{max(found):.1f} s of {len(found)}" if found else "none was done",
                budget,
            )
            for form, found in self._seconds.items()
        ]


def sign_in(stage: Stage) -> str:
    """Make an organizer and sign them in; returns the value of the session cookie."""
    moment = datetime.now(UTC)
    with application(stage) as app:
        create_account(
            username="clerk", display_name="统计员", roles=("organizer",),
            actor="system", now=moment,
        )  # fmt: skip
        link = make_sign_in_link(username="clerk", actor="system", now=moment)
    with application(stage) as app:
        client = app.test_client()
        page = client.get(f"/login/link/{link.token}").get_data(as_text=True)
        found = _CSRF.search(page)
        assert found
        reply = client.post(f"/login/link/{link.token}", data={"csrf_token": found[1]})
        if reply.status_code != 303:
            raise RuntimeError(f"not signed in: {reply.status}")
        cookie = client.get_cookie("lawgauge")
        assert cookie is not None
        return str(cookie.value)
