"""A candidate with a phone in the hall, and what the server holds of them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Page, Request, Route

from app import create_app
from core.db import read_core, write_core
from quiz.models import Answer, Away, Exam, LateMessage, Sitting
from tests.browser.conftest import Handset, Live, enter


@dataclass
class Candidate:
    """One person; ``page`` is the phone's browser."""

    live: Live
    phone: Handset
    who: tuple[str, str, str]
    number: int
    app: Flask = field(init=False)
    sent: list[Request] = field(default_factory=list)
    under_way: dict[Request, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.app = create_app(self.live.env)
        self.page.on("request", self._note)
        self.page.on("requestfinished", self._over)
        self.page.on("requestfailed", self._over)

    def _note(self, request: Request) -> None:
        self.sent.append(request)
        self.under_way[request] = time.monotonic()

    def _over(self, request: Request) -> None:
        self.under_way.pop(request, None)

    @property
    def page(self) -> Page:
        """What the phone shows."""
        return self.phone.page

    def start(self) -> Candidate:
        """From the code to the paper."""
        enter(self.page, self.live, self.who)
        return self.ready()

    def ready(self) -> Candidate:
        """Wait until the script has taken the paper over."""
        self.page.wait_for_selector("html.ready")
        return self

    def reload(self) -> Candidate:
        """Pull to refresh."""
        self.page.reload()
        return self.ready()

    # --- the phone ---

    def tap(self, q: int, value: str) -> None:
        """Tap the cell of an option."""
        self.page.locator(f"#q{q} label:has([value={value}])").tap()

    def note(self, q: int) -> str:
        """What stands under a question: 未保存, 已保存 12:03:41."""
        return self.page.inner_text(f"#q{q} .saved")

    def chosen(self, q: int) -> list[str]:
        """The values a question shows as chosen."""
        found = self.page.eval_on_selector_all(
            f"#q{q} input:checked", "boxes => boxes.map(box => box.value)"
        )
        return list(found)

    def shows(self, text: str, seconds: float = 8) -> None:
        """Wait for a text that can be seen anywhere on the page."""
        self.page.get_by_text(text).locator("visible=true").first.wait_for(
            timeout=seconds * 1000
        )

    def settled(self, seconds: float = 8) -> None:
        """Wait until the bar says that everything is saved."""
        saved = self.page.locator("#status:text-is('全部已保存')")
        saved.wait_for(timeout=seconds * 1000)

    def press(self, name: str) -> None:
        """Tap a button by its words."""
        self.page.get_by_role("button", name=name, exact=True).tap()

    def hand_in(self) -> None:
        """Open the list of blanks and confirm."""
        self.page.tap(".bar .go")
        self.press("确认交卷")

    def receipt(self, seconds: float = 8) -> None:
        """Wait for the receipt."""
        self.page.wait_for_url("**/receipt", timeout=seconds * 1000)

    def meddle(self, act: Callable[[Route], None], method: str = "PUT") -> None:
        """Let something stand between the phone and the server."""

        def between(route: Route) -> None:
            if route.request.method == method:
                act(route)
            else:
                route.continue_()

        self.phone.context.route("**/s/**", between)

    def heal(self) -> None:
        """Take it away again."""
        self.phone.context.unroute("**/s/**")

    def sent_by(self, method: str) -> list[Any]:
        """The bodies of the phone's requests of one method."""
        return [
            json.loads(one.post_data or "null")
            for one in self.sent
            if one.method == method and "/s/" in one.url
        ]

    def eventually(self, holds: Callable[[], Any], seconds: float = 8) -> None:
        """Wait until something holds; the browser goes on meanwhile."""
        end = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < end, "it did not happen"
            self.page.wait_for_timeout(50)

    # --- the server ---

    def _row(self) -> Any:
        with self.app.app_context(), read_core() as connection:
            return connection.execute(
                sa.select(Sitting.__table__).where(Sitting.candidate_id == self.number)
            ).one()

    @property
    def state(self) -> str:
        """Of the sitting."""
        return str(self._row().state)

    @property
    def deadline(self) -> datetime:
        """Of the sitting."""
        ends: datetime = self._row().deadline
        return ends

    def stored(self) -> dict[str, tuple[int, Any]]:
        """The answers the server holds: q → (seq, value)."""
        sitting = self._row().id
        query = sa.select(Answer.q, Answer.seq, Answer.value).where(
            Answer.sitting_id == sitting
        )
        with self.app.app_context(), read_core() as connection:
            rows = connection.execute(query).all()
        return {row.q: (row.seq, json.loads(row.value)) for row in rows}

    def late(self) -> list[Any]:
        """The messages kept because they no longer counted: (why, body)."""
        sitting = self._row().id
        query = sa.select(LateMessage.why, LateMessage.body).where(
            LateMessage.sitting_id == sitting
        )
        with self.app.app_context(), read_core() as connection:
            return [
                (row.why, json.loads(row.body)) for row in connection.execute(query)
            ]

    def away(self) -> list[int]:
        """The absences the server holds, in milliseconds."""
        query = sa.select(Away.duration_ms).where(Away.sitting_id == self._row().id)
        with self.app.app_context(), read_core() as connection:
            return list(connection.execute(query.order_by(Away.received_at)).scalars())

    def store(self, q: str, seq: int, value: list[str]) -> None:
        """Put an answer there as another phone of this person would have."""
        with self.app.app_context(), write_core() as connection:
            connection.execute(
                sa.insert(Answer),
                {
                    "sitting_id": self._row().id,
                    "generation": 1,
                    "q": q,
                    "seq": seq,
                    "value": json.dumps(value),
                    "received_at": datetime.now(UTC),
                },
            )

    def change(self, **columns: Any) -> None:
        """Change the sitting."""
        with self.app.app_context(), write_core() as connection:
            connection.execute(
                sa.update(Sitting)
                .where(Sitting.candidate_id == self.number)
                .values(**columns)
            )

    def pause(self, *, paused: bool = True) -> None:
        """Hold the clock of this person's exam, or let it go on."""
        with self.app.app_context(), write_core() as connection:
            connection.execute(
                sa.update(Exam)
                .where(Exam.id == self.live.made.exam_id)
                .values(paused_at=datetime.now(UTC) if paused else None)
            )

    def ends_in(self, seconds: float) -> None:
        """Move the deadline."""
        self.change(deadline=datetime.now(UTC) + timedelta(seconds=seconds))

    def reopened(self, seconds: float) -> None:
        """Load the paper again with so much time left."""
        self.ends_in(seconds)
        self.reload()

    def left(self) -> int:
        """The seconds the page shows."""
        total = 0
        for part in self.page.inner_text("#left").split(":"):
            total = total * 60 + int(part)
        return total

    # --- time, as the page sees it ---

    def freeze(self, hours: float = 0) -> Candidate:
        """From the next page on its clocks and timers go only when told to.

        :param hours: How wrong the phone's clock is.
        """
        self.page.clock.install(time=datetime.now(UTC) + timedelta(hours=hours))
        return self

    def passes(self, seconds: float) -> None:
        """Let time pass on the page, a second at a time: requests are answered.

        The page's seconds are not the machine's: a server that is slow today
        gets up to two real ones for each request, a line that hangs no more.
        """
        while seconds > 0:
            self.page.clock.run_for(round(min(seconds, 1) * 1000))
            self.page.wait_for_timeout(20)
            while any(time.monotonic() - at < 2 for at in self.under_way.values()):
                self.page.wait_for_timeout(20)
            seconds -= 1

    def passes_until(self, holds: Callable[[], Any], seconds: float = 60) -> None:
        """Let time pass on the page until something holds.

        How much of it a request takes is the machine's affair.
        """
        while not holds():
            assert seconds > 0, "it did not happen"
            self.passes(1)
            seconds -= 1

    def hide(self, *, hidden: bool = True) -> None:
        """Another application comes to the front, or this one does again."""
        self.page.evaluate(
            """hidden => {
                const get = () => hidden;
                Object.defineProperty(document, 'hidden', {get, configurable: true});
                document.dispatchEvent(new Event('visibilitychange'));
            }""",
            hidden,
        )
