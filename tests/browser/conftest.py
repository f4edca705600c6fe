"""A server of its own for each test, and a phone to look at it with."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from accounts.operations.links import make_sign_in_link
from app import create_app
from core.clock import now
from core.db import db
from quiz.queries.cards import known
from tests.chromium import find_chromium
from tests.conftest import SECRET, make_account
from tests.quiz.factories import Made, make_exam

ROOT = Path(__file__).resolve().parents[2]
PHONE = {"width": 375, "height": 812}
PEOPLE = [
    ("市司法局", "张伟", "0417"),
    ("市司法局", "李雪", "2208"),
    ("市审计局", "王𠮷", "9930"),
]


@dataclass
class Live:
    """A running server with one open exam."""

    url: str
    folder: Path
    made: Made
    env: dict[str, str]
    process: subprocess.Popen[bytes] | None = None
    seated: int = 0  # how many of the people have a phone

    @property
    def entry(self) -> str:
        """The address in the QR code."""
        return f"{self.url}/e/{self.made.code}"

    def start(self) -> None:
        """Start the production server; again after ``stop``."""
        port = self.url.rsplit(":", 1)[1]
        self.process = subprocess.Popen(
            [
                sys.executable, "-m", "granian", "--interface", "wsgi", "wsgi:app",
                "--host", "127.0.0.1", "--port", port, "--workers", "1",
                "--blocking-threads", "4", "--no-access-log",
            ],
            cwd=ROOT,
            env=self.env,
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        for _ in range(200):
            try:
                urllib.request.urlopen(self.entry, timeout=2).read()
            except OSError:
                time.sleep(0.1)
            else:
                return
        raise RuntimeError("the server did not answer within 20 s")

    def stop(self) -> None:
        """End the server and its workers."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait(10)
            self.process = None


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


LiveMaker = Callable[..., Live]


def open_live(folder: Path, empty: Path, people: Any, changes: dict[str, Any]) -> Live:
    """Make an exam in a folder of its own and start a server on it.

    :param empty: A migrated database to begin with.
    """
    shutil.copy(empty, folder / "lawgauge.db")
    env = {
        "LAWGAUGE_INSTANCE": str(folder),
        "LAWGAUGE_SECRET_KEY": SECRET,
    }
    app = create_app(env)
    with app.app_context():
        known.clear()
        opened = datetime.now(UTC) - timedelta(minutes=5)
        made = make_exam(opened, people=people, **changes)
        db.session.remove()
        db.engine.dispose()
    live = Live(
        url=f"http://127.0.0.1:{free_port()}",
        folder=folder,
        made=made,
        env={**os.environ, **env},
    )
    live.start()
    return live


@pytest.fixture
def make_live(tmp_path: Path, empty_file: Path) -> Iterator[LiveMaker]:
    """Start a server with an exam; keywords change the exam."""
    running: list[Live] = []

    def make(*, people: Any = PEOPLE, **changes: Any) -> Live:
        live = open_live(tmp_path, empty_file, people, changes)
        running.append(live)
        return live

    yield make
    for live in running:
        live.stop()


@pytest.fixture
def live(make_live: LiveMaker) -> Live:
    """The usual exam: three people, five questions, one hour."""
    return make_live()


@pytest.fixture(scope="session")
def hall(tmp_path_factory: pytest.TempPathFactory, empty_file: Path) -> Iterator[Live]:
    """One server with many people, for tests that each take the next person."""
    people = [("市司法局", f"考生{n:03d}", f"{1000 + n}") for n in range(200)]
    live = open_live(tmp_path_factory.mktemp("hall"), empty_file, people, {})
    yield live
    live.stop()


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One Chromium for these tests. Its loop must end before others run their own."""
    with sync_playwright() as playwright:
        path = find_chromium()
        launched = playwright.chromium.launch(
            executable_path=str(path) if path else None,
            args=[
                "--no-sandbox",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
            ],
        )
        yield launched
        launched.close()


@pytest.fixture
def office(live: Live, browser: Browser) -> Iterator[Callable[..., Page]]:
    """Sit somebody down at a desk: an account with these roles that has signed in."""
    env = {"LAWGAUGE_INSTANCE": str(live.folder), "LAWGAUGE_SECRET_KEY": SECRET}
    contexts = []

    def make(name: str, *roles: str) -> Page:
        app = create_app(env)
        with app.app_context():
            make_account(name, *roles)
            link = make_sign_in_link(username=name, actor="system", now=now())
            db.session.remove()
            db.engine.dispose()
        context = browser.new_context(
            viewport={"width": 1280, "height": 900}, locale="zh-CN"
        )
        contexts.append(context)
        context.set_default_timeout(20_000)
        page = context.new_page()
        page.goto(f"{live.url}/login/link/{link.token}")
        page.click("main button[type=submit]")
        page.wait_for_load_state()
        return page

    yield make
    for context in contexts:
        context.close()


@dataclass
class Handset:
    """A phone's browser; keeps its errors and every address it asked for."""

    context: BrowserContext
    page: Page
    errors: list[str]
    requested: list[str]


@pytest.fixture
def handset(browser: Browser) -> Iterator[Callable[..., Handset]]:
    """Make a phone; keywords go to the browser's context."""
    contexts = []

    def make(**options: Any) -> Handset:
        settings: dict[str, Any] = {
            "viewport": PHONE,
            "has_touch": True,
            "is_mobile": True,
            "locale": "zh-CN",
            "timezone_id": "Asia/Shanghai",
        }
        context = browser.new_context(**(settings | options))
        contexts.append(context)
        context.set_default_timeout(10_000)
        page = context.new_page()
        phone = Handset(context, page, [], [])
        page.on("pageerror", lambda error: phone.errors.append(str(error)))
        context.on("request", lambda request: phone.requested.append(request.url))
        return phone

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def candidate(hall: Live, handset: Callable[..., Handset]) -> Iterator[Any]:
    """Let the next person of the hall in; keywords go to the browser's context.

    No script of the page may fail, whatever the test does to it.
    """
    from tests.browser.candidate import Candidate  # it needs this module

    phones = []

    def make(**options: Any) -> Candidate:
        phones.append(handset(**options))
        n = hall.seated
        hall.seated += 1
        who, number = hall.made.people[n], hall.made.candidates[n]
        return Candidate(hall, phones[-1], who, number)

    yield make
    assert [phone.errors for phone in phones if phone.errors] == []


def identify(page: Page, live: Live, who: tuple[str, str, str]) -> None:
    """From the code to the question whether that is you."""
    page.goto(live.entry)
    for name, text in zip(("unit", "name", "number"), who, strict=True):
        page.fill(f"[name={name}]", text)
    page.click("form button:not([type=button])")


def enter(page: Page, live: Live, who: tuple[str, str, str]) -> None:
    """From the code to the first question, as a person does it."""
    identify(page, live, who)
    page.get_by_role("button", name="开始作答").click()
    page.wait_for_selector("#q1")
