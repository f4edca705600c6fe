"""Somebody at a desk who has reports made while the hall is full."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

from accounts.operations.accounts import create_account
from accounts.operations.links import make_sign_in_link
from bench.stages import Stage, application
from bench.table import Row, ours
from rehearsal.wire import Address, Wire

PATIENCE = 60.0  # seconds
PAUSE = 2.0  # seconds between two reports


class Clerk:
    """Has the unit report of an exam made again and again: page, then workbook."""

    def __init__(self, address: Address, cookie: str, exam_id: int) -> None:
        self._wire = Wire(address, timeout=PATIENCE)
        self._cookie = f"Cookie: lawgauge={cookie}\r\nAccept-Encoding: gzip\r\n"
        self._path = f"/reports/{exam_id}"
        self._seconds: dict[str, list[float]] = {"page": [], "xlsx": []}

    async def work(self) -> None:
        """Until cancelled."""
        while True:
            await self._fetch("page", self._path)
            await self._fetch("xlsx", f"{self._path}.xlsx")
            await asyncio.sleep(PAUSE)

    async def once(self) -> None:
        """The first one, which loads pandas, and another."""
        for _ in range(2):
            await self._fetch("page", self._path)
            await self._fetch("xlsx", f"{self._path}.xlsx")

    async def _fetch(self, form: str, path: str) -> None:
        began = time.monotonic()
        reply = await self._wire.request("GET", path, headers=self._cookie)
        if reply.status != 200:
            raise RuntimeError(f"{path}: {reply.status}")
        self._seconds[form].append(time.monotonic() - began)

    def rows(self, sittings: int, words: str) -> list[Row]:
        """How long the reports took at the most."""
        return [
            ours(
                f"unit report of {sittings:,} sittings, {form}{words}",
                f"{max(found):.1f} s" if found else "none was done",
                "< 5 s",
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
        token = page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
        reply = client.post(f"/login/link/{link.token}", data={"csrf_token": token})
        if reply.status_code != 303:
            raise RuntimeError(f"not signed in: {reply.status}")
        cookie = client.get_cookie("lawgauge")
        assert cookie is not None
        return str(cookie.value)
