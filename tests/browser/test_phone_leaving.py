"""Leaving the page is timed, said, noted, and ends nothing; the back key asks."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

Seat = Callable[..., Any]


def leave(one: Any, seconds: float) -> None:
    """Another application is in front for so long."""
    one.hide()
    one.passes(seconds)
    one.hide(hidden=False)


@pytest.mark.parametrize(
    ("seconds", "words"), [(12, "1[23] 秒"), (5, "[56] 秒"), (75, "1 分 1[56] 秒")]
)
def test_leaving_is_said_at_once_and_noted(
    candidate: Seat, seconds: float, words: str
) -> None:
    one = candidate().freeze().start()
    leave(one, seconds)
    said = f"您离开了 {words}，已记录。不会因此交卷。"
    assert re.fullmatch(said, one.page.inner_text("#banner"))
    one.passes(2)
    one.eventually(one.away)
    [ms] = one.away()
    assert abs(ms - seconds * 1000) < 2000
    assert one.state == "open"
    one.passes(12)
    assert not one.page.locator("#banner").is_visible()


def test_less_than_five_seconds_are_ignored(candidate: Seat) -> None:
    one = candidate().freeze().start()
    leave(one, 4)
    one.passes(2)
    assert not one.page.locator("#banner").is_visible()
    one.tap(1, "A")
    one.passes(2)
    one.settled()
    assert one.away() == []


def test_an_absence_is_told_until_the_server_knows_it_and_stored_once(
    candidate: Seat,
) -> None:
    one = candidate().freeze().start()
    one.meddle(lambda route: (route.fetch(), route.abort()))  # the replies are lost
    leave(one, 20)
    one.passes_until(lambda: len(one.sent_by("PUT")) >= 2)
    one.heal()
    lost = len(one.sent_by("PUT"))
    one.passes_until(lambda: len(one.sent_by("PUT")) > lost)
    one.page.wait_for_timeout(1000)  # its reply is heard
    last = len(one.sent_by("PUT"))
    one.tap(1, "A")
    one.passes(2)
    one.settled()
    assert "away" not in one.sent_by("PUT")[last]
    assert len(one.away()) == 1


def test_an_absence_survives_a_killed_browser(candidate: Seat) -> None:
    """The page is closed while it is hidden: the wall clock has to do."""
    one = candidate().start()
    address = one.page.url
    one.hide()
    one.page.evaluate(
        """() => {
            const ours = key => key.startsWith('lawgauge:');
            const key = Object.keys(localStorage).find(ours);
            const all = JSON.parse(localStorage[key]);
            localStorage[key] = JSON.stringify({...all, gone: all.gone - 90000});
        }"""
    )
    one.page.close()
    one.phone.page = one.phone.context.new_page()
    one.page.goto(address)
    one.ready()
    assert one.page.inner_text("#banner").startswith("您离开了 1 分 3")
    one.eventually(one.away)


def test_T1_a_clock_set_while_the_page_is_hidden_makes_no_absence_of_a_day(
    candidate: Seat,
) -> None:
    one = candidate().freeze().start()
    one.hide()
    one.page.evaluate("{ const real = Date.now; Date.now = () => real() + 86400000; }")
    one.passes(9)
    one.hide(hidden=False)
    assert one.page.inner_text("#banner").startswith("您离开了 9 秒")


def test_an_absence_just_before_handing_in_goes_with_the_sheet(candidate: Seat) -> None:
    one = candidate().freeze().start()
    leave(one, 30)
    one.hand_in()
    one.receipt()
    [ms] = one.away()
    assert abs(ms - 30_000) < 2000


def test_C4_the_back_key_asks_once_and_coming_back_costs_nothing(
    candidate: Seat,
) -> None:
    one = candidate().start()
    address = one.page.url
    one.tap(1, "A")
    one.page.go_back()
    one.shows("要离开试卷吗")
    one.press("继续作答")
    one.press("题号 1/5")
    one.page.go_back()
    assert not one.page.locator("#panel").is_visible()
    one.page.go_back()
    one.press("离开")
    one.page.wait_for_url("**/e/TESTEXAM")
    one.page.go_back()
    one.page.wait_for_url(address)
    one.ready()
    assert one.chosen(1) == ["A"]
    assert one.state == "open"
