"""The waiting page on a phone: it starts by itself, once somebody sees it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page, expect

from tests.browser.conftest import PEOPLE, Handset, Live, LiveMaker, identify


def opens_in(live: Live, seconds: float) -> None:
    """Move the opening."""
    at = datetime.now(UTC) + timedelta(seconds=seconds)
    with sqlite3.connect(live.folder / "lawgauge.db") as connection:
        connection.execute(
            "UPDATE exam SET opens_at = ?", (at.strftime("%Y-%m-%d %H:%M:%S.%f"),)
        )


def wait(page: Page, live: Live, who: tuple[str, str, str] = PEOPLE[0]) -> None:
    """Identify and wait for the opening."""
    identify(page, live, who)
    page.click("text=我已知悉，等待开考")
    expect(page.locator("h1")).to_have_text("等待开考")


def test_the_paper_starts_by_itself_within_seconds_of_the_opening(
    make_live: LiveMaker, handset: Callable[..., Handset]
) -> None:
    live = make_live()
    opens_in(live, 600)
    page = handset().page
    wait(page, live)
    expect(page.locator("#left")).to_contain_text("离开始还有 09:")
    expect(page.locator("#all")).to_be_visible()
    page.check("[name=try][value=C]")
    expect(page.locator("#tried")).to_contain_text("已送到服务器")
    opens_in(live, 2)
    page.check("[name=try][value=B]")  # asks the server, which opens earlier now
    expect(page.locator("#q1")).to_be_visible(timeout=15_000)
    assert "/s/" in page.url


def test_a_page_nobody_sees_starts_when_it_is_seen_again(
    make_live: LiveMaker, handset: Callable[..., Handset]
) -> None:
    live = make_live()
    opens_in(live, 600)
    page = handset().page
    wait(page, live)
    page.evaluate(
        """() => {
          window.lit = false;
          Object.defineProperty(document, "hidden", { get: () => !window.lit });
        }"""
    )
    opens_in(live, -1)
    page.check("[name=try][value=C]")
    expect(page.locator("#left")).to_have_text("马上开始…")
    page.wait_for_timeout(1500)
    assert "/ready/" in page.url
    page.evaluate(
        """() => {
          window.lit = true;
          document.dispatchEvent(new Event("visibilitychange"));
        }"""
    )
    expect(page.locator("#q1")).to_be_visible(timeout=5_000)


def test_without_a_line_it_says_so_and_goes_on(
    make_live: LiveMaker, handset: Callable[..., Handset]
) -> None:
    live = make_live()
    opens_in(live, 600)
    page = handset().page
    wait(page, live)
    page.context.set_offline(True)
    page.check("[name=try][value=C]")
    expect(page.locator("#net")).to_contain_text("连不上服务器")
    expect(page.locator("#tried")).to_contain_text("没有送到")
    expect(page.locator("#all")).to_be_hidden()
    page.context.set_offline(False)
    page.check("[name=try][value=B]")
    expect(page.locator("#net")).to_contain_text("已连上服务器")
    expect(page.locator("#all")).to_be_visible()
