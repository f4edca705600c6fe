"""The waiting page on a phone: it starts by itself, once somebody sees it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PEOPLE, Handset, Live, LiveMaker, identify
from tests.browser.covered import walked
from tests.browser.test_phone_looks import SMALL, assert_it_fits, broken_rules


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


def test_an_invigilators_word_is_noticed_by_the_phone_that_asked(
    make_live: LiveMaker, handset: Callable[..., Handset]
) -> None:
    live = make_live()
    page = handset().page
    page.goto(live.entry + "/join")
    page.fill("[name=unit]", "司法")
    page.fill("[name=name]", "陈新来")
    page.fill("[name=number]", "7788")
    page.click("text=提交申请")
    expect(page.locator("h1")).to_have_text("等待审核")
    with sqlite3.connect(live.folder / "lawgauge.db") as connection:
        connection.execute("UPDATE joining SET accepted = 0, decided_at = asked_at")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("h1")).to_have_text("申请没有通过")


def at_the_door(page: Page, live: Live) -> Iterator[str]:
    """Every page before the paper; stops wherever there is something to look at."""
    with sqlite3.connect(live.folder / "lawgauge.db") as connection:
        connection.execute("UPDATE exam SET presence = 'code'")
    opens_in(live, 600)
    page.goto(live.entry + "?p=0000000000")
    yield "entry before the opening, a stale code"
    identify(page, live, PEOPLE[0])
    expect(page.locator("h1")).to_have_text("请确认是您本人")
    yield "confirm before the opening"
    page.click("text=我已知悉，等待开考")
    expect(page.locator("#net")).to_have_class("cell yes")
    yield "waiting"
    page.fill("[name=digits]", "12")
    page.click("#digits button")
    expect(page.locator("#error")).to_be_visible()
    yield "waiting, a wrong code"
    opens_in(live, -60)
    identify(page, live, PEOPLE[1])
    expect(page.locator("[name=digits]")).to_be_visible()
    yield "confirm with a code to type"
    page.goto(live.entry + "/join")
    yield "asking to join"
    page.fill("[name=unit]", "司法")
    page.fill("[name=name]", "陈新来")
    page.fill("[name=number]", "7788")
    page.fill("[name=digits]", "123456")
    page.click("text=提交申请")
    expect(page.locator("#error")).to_be_visible()
    yield "asking to join, a wrong code"
    with sqlite3.connect(live.folder / "lawgauge.db") as connection:
        connection.execute("UPDATE exam SET presence = 'none'")
    page.goto(live.entry + "/join")
    page.fill("[name=unit]", "司法")
    page.fill("[name=name]", "陈新来")
    page.fill("[name=number]", "7788")
    page.click("text=提交申请")
    expect(page.locator("h1")).to_have_text("等待审核")
    yield "asked to join"
    with sqlite3.connect(live.folder / "lawgauge.db") as connection:
        connection.execute("UPDATE joining SET accepted = 0, decided_at = asked_at")
    page.reload()
    yield "declined"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_C12_every_page_at_the_door_can_be_read_by_everybody(
    make_live: LiveMaker, handset: Callable[..., Handset], scheme: str
) -> None:
    phone = handset(color_scheme=scheme)
    live = make_live()
    found = [
        broken
        for name in walked("at_the_door", phone.page, at_the_door(phone.page, live))
        for broken in broken_rules(phone, name)
    ]
    assert found == []
    assert phone.errors == []


def test_C12_twice_the_type_fits_the_smallest_phone_at_the_door(
    make_live: LiveMaker, handset: Callable[..., Handset]
) -> None:
    phone = handset(viewport=SMALL)
    live = make_live()
    wish = {"name": "lawgauge_look", "value": "3-auto-all", "url": live.url}
    phone.context.add_cookies([wish])  # type: ignore[list-item]
    for name in at_the_door(phone.page, live):
        assert_it_fits(phone, name)
