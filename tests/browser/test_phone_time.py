"""The server's clock decides; the phone shows it, and hands in when it is over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Seat = Callable[..., Any]


def reopened(one: Any, seconds: float) -> None:
    """Load the paper again with so much time left."""
    one.ends_in(seconds)
    one.page.reload()
    one.page.wait_for_selector("html.ready")


def left(one: Any) -> int:
    """The seconds the page shows."""
    total = 0
    for part in one.page.inner_text("#left").split(":"):
        total = total * 60 + int(part)
    return total


def test_the_phones_own_clock_and_zone_do_not_matter(candidate: Seat) -> None:
    one = candidate(timezone_id="Pacific/Honolulu")
    one.page.add_init_script(
        "{ const real = Date.now; Date.now = () => real() - 26 * 3600 * 1000; }"
    )
    one.start()
    reopened(one, 1000)
    assert 995 <= left(one) <= 1000
    ends = datetime.now(ZoneInfo("Asia/Shanghai")) + timedelta(seconds=999)
    assert one.page.inner_text("#until") == f"到 {ends:%H:%M} 截止"


def test_a_clock_set_while_the_page_is_open_is_noticed_and_without_effect(
    candidate: Seat,
) -> None:
    one = candidate().start()
    reopened(one, 1000)
    asked = len(one.phone.requested)
    one.page.evaluate("{ const real = Date.now; Date.now = () => real() + 7200000; }")
    one.eventually(
        lambda: any(url.endswith("/state") for url in one.phone.requested[asked:])
    )
    assert 985 <= left(one) <= 1000


def test_when_time_is_up_the_last_tap_is_handed_in_with_the_sheet(
    candidate: Seat,
) -> None:
    one = candidate().start()
    one.tap(1, "A")
    one.settled()
    reopened(one, 3)
    assert "hurry" in (one.page.get_attribute("html", "class") or "")
    one.page.wait_for_timeout(1500)
    one.tap(2, "B")
    one.receipt()
    assert one.stored() == {"1": (1, ["A"]), "2": (1, ["B"])}
    assert one.state == "submitted"


def test_time_given_back_at_the_last_second_is_not_cut_off(candidate: Seat) -> None:
    one = candidate().start()
    reopened(one, 2)
    one.ends_in(600)
    one.shows("截止时间改为")
    one.page.wait_for_timeout(1000)
    assert one.state == "open"
    assert 590 <= left(one) <= 600
    one.tap(1, "A")
    one.settled()


def test_offline_when_time_is_up_and_back_within_the_grace_counts(
    candidate: Seat,
) -> None:
    one = candidate().start()
    reopened(one, 3)
    one.phone.context.set_offline(True)
    one.tap(1, "A")
    one.shows("正在自动重试（第 2 次）")
    assert not one.page.locator("#q1").is_visible()
    one.phone.context.set_offline(False)
    one.receipt()
    assert one.stored() == {"1": (1, ["A"])}


def test_what_comes_after_the_grace_is_kept_and_the_person_told(
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


def test_minutes_left_are_read_aloud_only_at_ten_five_and_one(candidate: Seat) -> None:
    one = candidate().start()
    reopened(one, 62)
    assert one.page.inner_text("#say") == ""
    assert one.page.get_attribute("#left", "aria-live") == "off"
    one.eventually(lambda: one.page.inner_text("#say") == "还剩 1 分钟")
