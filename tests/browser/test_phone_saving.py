"""A tap is painted at once, kept, sent, and saved only when the server says so."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Request, Route

from tests.browser.conftest import identify

Seat = Callable[..., Any]


class Held:
    """Requests that are on their way and do not arrive."""

    def __init__(self) -> None:
        self.routes: list[Route] = []

    def take(self, route: Route) -> None:
        """Hold one more."""
        self.routes.append(route)


def test_taps_travel_together_and_are_called_saved_with_the_servers_time(
    candidate: Seat,
) -> None:
    one = candidate(timezone_id="America/New_York").start()
    one.tap(1, "B")
    one.tap(3, "C")
    one.tap(3, "A")
    one.tap(4, "T")
    assert one.note(1) == "未保存"
    one.settled()
    assert one.stored() == {"1": (1, ["B"]), "3": (2, ["A", "C"]), "4": (1, ["T"])}
    assert len(one.sent_by("PUT")) <= 2
    beijing = datetime.now(ZoneInfo("Asia/Shanghai")).strftime("%H:")
    assert one.note(1).startswith(f"已保存 {beijing}")
    assert one.page.inner_text("#count") == "3/5"
    one.reload()
    assert (one.chosen(3), one.note(3)) == (["A", "C"], "已保存")


def test_N1_what_is_lost_is_sent_again_later_and_later(candidate: Seat) -> None:
    one = candidate().freeze().start()
    tries: list[float] = []

    def lose(route: Route) -> None:
        body = json.loads(route.request.post_data or "")
        tries.append(body["answers"][0]["seq"])
        route.abort()

    one.meddle(lose)
    one.tap(1, "A")
    times = []
    for second in range(75):
        before = len(tries)
        one.passes(1)
        times += [second] * (len(tries) - before)
    pauses = [later - sooner for sooner, later in pairwise(times)]
    assert all(pause <= 38 for pause in pauses), pauses  # 30 s and a quarter
    for pause, wanted in zip(pauses, (1, 2, 4, 8, 16), strict=False):
        assert wanted * 0.75 - 1 <= pause <= wanted * 1.25 + 1, pauses
    assert set(tries) == {1}
    assert one.page.inner_text("#status") == "离线，已存在本机"
    one.heal()
    one.passes(40)
    one.settled()
    assert one.stored() == {"1": (1, ["A"])}


FOREIGN, BROKEN = "请改用手机流量", "网络不通，正在自动重试"
OF_ANOTHER_TAP = {
    "acked": [["1", 99]],
    "superseded": [],
    "server_now": 1,
    "deadline": 2,
    "remaining": 3,
}


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (
            {"status": 200, "content_type": "text/html", "body": "<html>请先登录热点"},
            FOREIGN,
        ),
        ({"status": 302, "headers": {"Location": "http://10.0.0.1/login"}}, FOREIGN),
        ({"status": 502, "body": "<h1>Bad gateway</h1>"}, BROKEN),
        (
            {
                "status": 200,
                "content_type": "application/json",
                "body": '{"acked": [["1"',
            },
            BROKEN,
        ),
        ({"status": 200, "json": OF_ANOTHER_TAP}, BROKEN),
    ],
    ids=["captive portal", "redirect", "bad gateway", "cut short", "of another tap"],
)
def test_N3_what_does_not_name_the_tap_is_no_acknowledgement(
    candidate: Seat, reply: dict[str, Any], said: str
) -> None:
    one = candidate().start()
    one.meddle(lambda route: route.fulfill(**reply))
    one.tap(1, "A")
    one.shows(said)
    assert one.note(1) == "未保存"
    assert one.page.inner_text("#status") == "离线，已存在本机"
    one.heal()
    one.settled(12)
    assert one.stored() == {"1": (1, ["A"])}
    assert len(one.sent_by("PUT")) <= 5


def test_S1_a_busy_server_is_left_alone_as_long_as_it_asks(candidate: Seat) -> None:
    one = candidate().start()
    one.meddle(
        lambda route: route.fulfill(
            status=503, json={"error": "系统正忙"}, headers={"Retry-After": "3"}
        )
    )
    one.tap(1, "A")
    one.page.wait_for_timeout(3000)
    assert len(one.sent_by("PUT")) == 1
    one.heal()
    one.settled()


def test_N2_a_reply_lost_after_the_commit_is_asked_for_again(candidate: Seat) -> None:
    one = candidate().start()

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    one.meddle(lose)
    one.tap(1, "D")
    one.eventually(lambda: len(one.sent_by("PUT")) >= 2)
    assert one.note(1) == "未保存"
    one.heal()
    one.settled()
    assert one.stored() == {"1": (1, ["D"])}


def test_N8_a_paper_answered_offline_is_saved_in_one_message(candidate: Seat) -> None:
    one = candidate().start()
    one.phone.context.set_offline(True)
    for q, value in ((1, "A"), (2, "B"), (3, "C"), (4, "F")):
        one.tap(q, value)
    one.shows("网络不通")
    sent = len(one.sent_by("PUT"))
    one.phone.context.set_offline(False)
    one.settled()
    assert set(one.stored()) == {"1", "2", "3", "4"}
    assert len(one.sent_by("PUT")) == sent + 1


def test_N5_an_older_acknowledgement_leaves_a_newer_tap_unsaved(
    candidate: Seat,
) -> None:
    one = candidate().start()
    held = Held()
    one.meddle(held.take)
    one.tap(1, "A")
    one.eventually(lambda: held.routes)
    one.tap(1, "B")
    held.routes[0].continue_()
    one.heal()
    one.eventually(lambda: one.stored().get("1") == (1, ["A"]))
    assert (one.chosen(1), one.note(1)) == (["B"], "未保存")
    one.settled()
    assert one.stored() == {"1": (2, ["B"])}


def test_N6_a_newer_answer_on_the_server_is_shown_and_can_be_changed(
    candidate: Seat,
) -> None:
    one = candidate().start()
    one.store("1", 31, ["D"])
    one.tap(1, "A")
    one.settled()
    assert one.chosen(1) == ["D"]
    one.tap(1, "B")
    one.settled()
    assert one.stored()["1"] == (32, ["B"])


def test_N11_a_line_that_comes_and_goes_loses_nothing_and_is_not_flooded(
    candidate: Seat,
) -> None:
    """Two minutes of the page's own time, two seconds on and two seconds off."""
    one = candidate().freeze().start()
    flying: set[Request] = set()
    most = 0

    def off(request: Request) -> None:
        nonlocal most
        flying.add(request)
        most = max(most, len(flying))

    one.page.on("request", off)

    def down(request: Request) -> None:
        flying.discard(request)

    one.page.on("requestfinished", down)
    one.page.on("requestfailed", down)
    sent = len(one.sent)
    for n in range(60):
        one.phone.context.set_offline(n % 2 == 1)
        one.tap(1 + n % 2, "ABCD"[n % 4])
        one.passes(2)
    one.phone.context.set_offline(False)
    one.passes(5)
    one.settled()
    assert {q: value for q, (_, value) in one.stored().items()} == {
        "1": ["C"],
        "2": ["D"],
    }
    assert most == 1
    assert len(one.sent) - sent <= 120  # a request a second, heartbeats and all


def test_N12_a_slow_line_shows_the_questions_and_saves(candidate: Seat) -> None:
    """64 kbit/s and three seconds: every wait has words, and all of it arrives."""
    one = candidate()
    identify(one.page, one.live, one.who)
    session = one.phone.context.new_cdp_session(one.page)
    session.send("Network.enable")
    slow = {"latency": 3000, "downloadThroughput": 8000, "uploadThroughput": 8000}
    session.send("Network.emulateNetworkConditions", slow | {"offline": False})
    one.page.get_by_role("button", name="开始作答").click()
    one.page.locator("#q1").wait_for()
    assert one.page.inner_text("#status") == "正在准备…"
    one.page.wait_for_selector("html.ready", timeout=20_000)
    one.tap(1, "B")
    assert one.note(1) == "未保存"
    one.settled(12)
    assert one.stored() == {"1": (1, ["B"])}


@pytest.mark.parametrize(("drawn", "least", "most"), [(0, 0, 0.5), (0.95, 1.8, 2.5)])
def test_N14_phones_that_come_back_together_ask_one_after_another(
    candidate: Seat, drawn: float, least: float, most: float
) -> None:
    one = candidate().freeze().start()
    one.page.evaluate(f"Math.random = () => {drawn}")
    one.passes(1)
    sent = len(one.sent)
    one.page.evaluate("dispatchEvent(new Event('online'))")
    waited = 0.0
    while len(one.sent) == sent:
        one.passes(0.1)
        waited += 0.1
        assert waited <= most
    assert waited >= least


def test_one_answer_the_server_cannot_read_does_not_hold_up_the_others(
    candidate: Seat,
) -> None:
    one = candidate().start()
    one.tap(1, "A")
    one.page.evaluate(
        """() => {
            const field = document.querySelector('#q5 input');
            field.value = 'a\\u0000b';
            field.dispatchEvent(new Event('input', {bubbles: true}));
        }"""
    )
    one.tap(4, "T")
    one.eventually(lambda: set(one.stored()) == {"1", "4"})
    one.eventually(lambda: one.note(5).startswith("没有保存"))
    assert one.page.inner_text("#status") == "未保存 1 题"
    one.page.fill("#q5 input >> nth=0", "九十")
    one.settled()
    assert one.stored()["5"][1] == ["九十", ""]


def test_M9_the_sheet_of_the_paper_never_holds_a_key(candidate: Seat) -> None:
    one = candidate().start()
    text = one.page.content() + json.dumps(one.page.evaluate("localStorage"))
    assert "解析只在考后给出" not in text
    assert "第六十条" not in text
