"""One phone at a time, and the sheet moves only when somebody agrees."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Route

from tests.browser.conftest import identify
from tests.browser.covered import walked
from tests.browser.test_phone_looks import SMALL, assert_it_fits, broken_rules

Seat = Callable[..., Any]


def ask_for(one: Any, page: Any) -> None:
    """Say on another phone who one is, and ask for the paper."""
    identify(page, one.live, one.who)
    page.get_by_role("button", name="继续作答").click()


def decline(one: Any) -> None:
    """Say on the first phone that it was not its owner who asked."""
    one.tap(1, "A")
    one.shows("有人请求转移试卷")
    one.press("不是我")


def elsewhere(one: Any, other: Any) -> Iterator[str]:
    """What another phone shows; stops wherever there is something to look at."""
    ask_for(one, other)
    other.get_by_text("正在另一部手机上作答").wait_for()
    yield "another phone has the paper"
    decline(one)
    other.get_by_text("转移没有得到同意").wait_for()
    yield "not agreed"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_C12_what_another_phone_shows_can_be_read_by_everybody(
    candidate: Seat, handset: Callable[..., Any], scheme: str
) -> None:
    one, phone = candidate().start(), handset(color_scheme=scheme)
    walk = walked("elsewhere", phone.page, elsewhere(one, phone.page))
    assert [broken for name in walk for broken in broken_rules(phone, name)] == []
    assert phone.errors == []


def test_C12_twice_the_type_fits_what_another_phone_shows(
    candidate: Seat, handset: Callable[..., Any]
) -> None:
    one, phone = candidate().start(), handset(viewport=SMALL)
    wish = {"name": "lawgauge_look", "value": "3-auto-all", "url": one.live.url}
    phone.context.add_cookies([wish])
    for name in elsewhere(one, phone.page):
        assert_it_fits(phone, name)


def test_without_a_script_the_other_phone_looks_again_too(
    candidate: Seat, handset: Callable[..., Any]
) -> None:
    one = candidate().start()
    other = handset(java_script_enabled=False).page
    ask_for(one, other)
    other.get_by_text("正在另一部手机上作答").wait_for()
    decline(one)
    other.get_by_text("转移没有得到同意").wait_for()


def test_the_other_phone_goes_on_looking_after_a_gap(
    candidate: Seat, handset: Callable[..., Any]
) -> None:
    one, other = candidate().start(), handset().page
    ask_for(one, other)
    other.get_by_text("正在另一部手机上作答").wait_for()
    other.route("**/wait", lambda route: route.fulfill(status=503, body="busy"))
    look_again(other)
    other.unroute("**/wait")
    other.context.set_offline(True)
    other.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    other.wait_for_timeout(300)
    assert other.get_by_text("正在另一部手机上作答").is_visible()
    other.context.set_offline(False)
    one.tap(1, "A")
    one.press("同意转移")
    look_again(other)
    other.wait_for_selector("html.ready")


def look_again(page: Any) -> None:
    """As its owner looks at the phone again; over when the server has replied."""
    with page.expect_response("**/wait"):
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def test_K3_the_newer_page_of_a_phone_owns_the_sheet_and_no_tap_is_lost(
    candidate: Seat,
) -> None:
    one = candidate().start()
    newer = one.phone.context.new_page()
    newer.goto(one.page.url)
    newer.wait_for_selector("html.ready")
    newer.locator("#q2 label").nth(1).tap()
    one.tap(1, "A")
    one.shows("已在另一处作答")
    assert not one.page.locator("main").is_visible()
    one.press("改回在这里作答")
    one.ready()
    one.settled()
    assert one.stored() == {"1": (1, ["A"]), "2": (1, ["B"])}
    newer.locator("#q3 label").nth(1).tap()
    newer.get_by_text("已在另一处作答").wait_for()


def test_K4_P7_another_phone_continues_when_the_first_one_agrees(
    candidate: Seat, handset: Callable[..., Any]
) -> None:
    one = candidate().start()
    one.tap(1, "A")
    one.settled()
    other = handset().page
    ask_for(one, other)
    other.get_by_text("正在另一部手机上作答").wait_for()
    held: list[Route] = []
    one.meddle(lambda route: held.append(route) if not held else route.continue_())
    one.tap(4, "F")
    one.eventually(lambda: held)
    one.tap(2, "B")  # not sent yet when the other phone's wish is told
    held[0].continue_()
    one.press("同意转移")
    one.shows("已在另一处作答")
    other.wait_for_selector("html.ready")
    assert other.locator("#q1 [value=A]").is_checked()
    assert other.locator("#q2 [value=B]").is_checked()
    other.locator("#q4 label").nth(0).tap()
    one.eventually(lambda: one.stored().get("4") == (2, ["T"]))


def test_K4_the_first_phone_can_say_that_it_was_not_its_owner(
    candidate: Seat, handset: Callable[..., Any]
) -> None:
    one = candidate().start()
    other = handset().page
    ask_for(one, other)
    decline(one)
    assert one.page.locator("#q1").is_visible()
    other.get_by_text("转移没有得到同意").wait_for()
    one.tap(2, "B")
    one.settled()
    assert not one.page.locator("#panel").is_visible()


def test_a_void_sitting_is_said(candidate: Seat) -> None:
    one = candidate().start()
    one.change(state="void", closed_at=datetime.now(UTC))
    one.tap(1, "A")
    one.shows("这份试卷已作废")


def test_a_reopened_sheet_is_loaded_again_and_keeps_the_tap(candidate: Seat) -> None:
    one = candidate().start()
    one.change(generation=2)
    one.tap(1, "B")
    one.shows("试卷已更新")
    one.press("刷新")
    one.ready()
    one.settled()
    assert one.chosen(1) == ["B"]


def test_C16_a_link_opens_nothing_on_another_phone(
    candidate: Seat, handset: Callable[..., Any]
) -> None:
    one = candidate().start()
    other = handset().page
    other.goto(one.page.url)
    assert other.locator("section.question").count() == 0
    one.phone.context.clear_cookies()
    one.tap(1, "A")
    one.page.wait_for_selector("#panel:not([hidden])")
    assert one.stored() == {}
