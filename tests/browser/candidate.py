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
from quiz.models import Answer, LateMessage, Sitting
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

    def __post_init__(self) -> None:
        self.app = create_app(self.live.env)
        self.page.on("request", self._note)

    def _note(self, request: Request) -> None:
        self.sent.append(request)

    @property
    def page(self) -> Page:
        """What the phone shows."""
        return self.phone.page

    def start(self) -> Candidate:
        """From the code to the paper."""
        enter(self.phone, self.live, self.who)
        self.page.wait_for_selector("html.ready")
        return self

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

    def ends_in(self, seconds: float) -> None:
        """Move the deadline."""
        self.change(deadline=datetime.now(UTC) + timedelta(seconds=seconds))
