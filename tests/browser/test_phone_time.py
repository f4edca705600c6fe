"""The server's clock decides; the phone shows it, and hands in when it is over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Route

from tests.browser.test_phone_saving import Held

Seat = Callable[..., Any]


@pytest.mark.parametrize(
    ("hours", "zone"), [(24, "Pacific/Honolulu"), (-24, "Pacific/Kiritimati")]
)
def test_T1_the_phones_own_clock_and_zone_do_not_matter(
    candidate: Seat, hours: float, zone: str
) -> None:
    one = candidate(timezone_id=zone).freeze(hours).start()
    one.reopened(1000)
    assert 995 <= one.left() <= 1000
    ends = one.deadline.astimezone(ZoneInfo("Asia/Shanghai"))
    assert one.page.inner_text("#until") == f"到 {ends:%H:%M} 截止"
    one.tap(1, "A")
    one.passes(1)
    one.settled()
    assert one.away() == []


def test_T1_a_clock_set_while_the_page_is_open_is_noticed_and_without_effect(
    candidate: Seat,
) -> None:
    one = candidate().start()
    one.reopened(1000)
    asked = len(one.phone.requested)
    one.page.evaluate("{ const real = Date.now; Date.now = () => real() + 86400000; }")
    one.eventually(
        lambda: any(url.endswith("/state") for url in one.phone.requested[asked:])
    )
    assert 985 <= one.left() <= 1000


def test_when_time_is_up_the_last_tap_is_handed_in_with_the_sheet(
    candidate: Seat,
) -> None:
    one = candidate().start()
    one.tap(1, "A")
    one.settled()
    one.reopened(3)
    one.page.wait_for_timeout(1500)
    one.tap(2, "B")
    one.receipt()
    assert one.stored() == {"1": (1, ["A"]), "2": (1, ["B"])}
    assert one.state == "submitted"


def test_C14_a_tap_in_the_last_second_counts_though_a_save_still_hangs(
    candidate: Seat,
) -> None:
    one = candidate().start()
    one.reopened(4)
    held = Held()
    one.meddle(lambda way: way.continue_() if held.routes else held.take(way))
    one.tap(1, "A")
    one.eventually(lambda: held.routes)
    one.eventually(lambda: one.left() <= 1)
    one.tap(2, "B")
    one.receipt()
    assert one.stored() == {"1": (1, ["A"]), "2": (1, ["B"])}
    held.routes[0].abort()


def test_T6_time_given_back_at_the_last_second_is_not_cut_off(candidate: Seat) -> None:
    one = candidate().start()
    one.reopened(2)
    one.ends_in(600)
    one.shows("截止时间改为")
    one.page.wait_for_timeout(1000)
    assert one.state == "open"
    assert 590 <= one.left() <= 600
    one.tap(1, "A")
    one.settled()


def test_T12_a_paused_clock_stands_and_goes_on_where_it_stood(
    candidate: Seat,
) -> None:
    one = candidate().freeze().start()
    one.reopened(600)
    one.pause()
    one.tap(1, "A")
    one.passes(2)
    one.shows("考试暂停，计时已停")
    stood = one.left()
    one.passes(9)
    assert one.left() == stood
    one.pause(paused=False)
    one.ends_in(stood + 100)  # the time of the pause and more is given back
    one.tap(2, "A")
    one.passes_until(lambda: one.left() > stood, 9)
    one.shows("截止时间改为")
    assert stood + 90 <= one.left() <= stood + 100


def test_N9_offline_when_time_is_up_and_back_within_the_grace_counts(
    candidate: Seat,
) -> None:
    one = candidate().start()
    one.reopened(3)
    one.phone.context.set_offline(True)
    one.tap(1, "A")
    one.shows("正在自动重试（第 2 次）")
    assert not one.page.locator("#q1").is_visible()
    one.phone.context.set_offline(False)
    one.receipt()
    assert one.stored() == {"1": (1, ["A"])}


def test_N10_offline_when_time_is_up_and_back_after_the_grace_is_kept_and_said(
    candidate: Seat,
) -> None:
    one = candidate().freeze().start()
    one.reopened(2)
    one.phone.context.set_offline(True)
    one.tap(1, "A")
    one.passes(2)
    one.shows("时间到")
    one.ends_in(-120)
    one.passes(40)
    one.shows("试卷还没有交上。答案都在本机")
    one.shows("李老师 13900000000，二楼考务室")
    one.phone.context.set_offline(False)
    one.passes(4)
    one.shows("时间到以前已保存的答案有效")
    assert one.stored() == {}
    [(why, body)] = one.late()
    assert (why, body["answers"][0]["value"]) == ("deadline", ["A"])


def test_N10_what_comes_after_the_grace_is_kept_and_the_person_told(
    candidate: Seat,
) -> None:
    one = candidate().start()
    one.phone.context.set_offline(True)
    one.tap(1, "A")
    one.ends_in(-120)
    one.phone.context.set_offline(False)
    one.shows("时间到以前已保存的答案有效")
    assert one.stored() == {}
    [(why, body)] = one.late()
    assert (why, body["answers"][0]["value"]) == ("deadline", ["A"])


def test_minutes_left_are_shown_and_read_aloud_at_ten_five_and_one(
    candidate: Seat,
) -> None:
    one = candidate().freeze().start()
    one.reopened(605)
    assert one.page.inner_text("#say") == ""
    assert one.page.get_attribute("#left", "aria-live") == "off"
    one.phone.context.route("**/state", lambda route: route.abort())
    one.page.evaluate(
        """() => {
            const text = id => document.getElementById(id).textContent;
            window.heard = [];
            const note = () => heard.push([text('say'), text('banner')]);
            new MutationObserver(note).observe(say, {childList: true});
        }"""
    )
    for _ in range(28):
        one.page.clock.run_for(20_000)
    both = one.page.evaluate("heard.filter(([words]) => words.includes('分钟'))")
    heard = [words for words, shown in both if shown == words]
    assert heard == ["还剩 10 分钟", "还剩 5 分钟", "还剩 1 分钟"]


def test_the_last_five_minutes_look_different_not_only_in_colour(
    candidate: Seat,
) -> None:
    one = candidate().start()
    one.reopened(330)
    assert not one.page.locator(".soon").is_visible()
    shape = "getComputedStyle(document.querySelector('.top')).borderTopWidth"
    assert one.page.evaluate(shape) == "0px"
    one.reopened(290)
    assert one.page.inner_text(".soon").strip() == "仅剩"
    assert one.page.evaluate(shape) != "0px"


def test_an_answer_that_names_no_remaining_time_is_no_clock(candidate: Seat) -> None:
    one = candidate().start()
    before = one.left()

    def timeless(route: Route) -> None:
        if len(one.sent_by("PUT")) > 1:
            route.continue_()
        else:
            body = route.fetch().json()
            route.fulfill(json=body | {"remaining": None, "deadline": None})

    one.meddle(timeless)
    one.tap(1, "A")
    one.eventually(lambda: len(one.sent_by("PUT")) == 2)
    assert before - 10 <= one.left() <= before
    one.settled()
