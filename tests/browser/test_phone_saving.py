"""A tap is painted at once, kept, sent, and saved only when the server says so."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Route

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
    one.page.reload()
    one.page.wait_for_selector("html.ready")
    assert (one.chosen(3), one.note(3)) == (["A", "C"], "已保存")


@pytest.mark.parametrize(
    "reply",
    [
        {"status": 200, "content_type": "text/html", "body": "<html>请先登录热点"},
        {"status": 502, "body": "<h1>Bad gateway</h1>"},
        {"status": 200, "content_type": "application/json", "body": '{"acked": [["1"'},
        {
            "status": 200,
            "json": {
                "acked": [["1", 99]],
                "superseded": [],
                "server_now": 1,
                "deadline": 2,
                "remaining": 3,
            },
        },
        {"status": 302, "headers": {"Location": "http://10.0.0.1/login"}},
    ],
    ids=["captive portal", "bad gateway", "cut short", "of another tap", "redirect"],
)
def test_what_does_not_name_the_tap_is_no_acknowledgement(
    candidate: Seat, reply: dict[str, Any]
) -> None:
    one = candidate().start()
    one.meddle(lambda route: route.fulfill(**reply))
    one.tap(1, "A")
    one.shows("网络不通，正在自动重试")
    assert one.note(1) == "未保存"
    assert one.page.inner_text("#status") == "离线，已存在本机"
    one.heal()
    one.settled(12)
    assert one.stored() == {"1": (1, ["A"])}
    assert len(one.sent_by("PUT")) <= 5


def test_a_busy_server_is_left_alone_as_long_as_it_asks(candidate: Seat) -> None:
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


def test_a_reply_lost_after_the_commit_is_asked_for_again(candidate: Seat) -> None:
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


def test_a_paper_answered_offline_is_saved_in_one_message(candidate: Seat) -> None:
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


def test_what_was_not_acknowledged_outlives_a_killed_browser(candidate: Seat) -> None:
    one = candidate().start()
    one.meddle(lambda route: route.abort())
    one.tap(1, "C")
    one.page.reload()
    one.page.wait_for_selector("html.ready")
    assert (one.chosen(1), one.note(1)) == (["C"], "未保存")
    one.heal()
    one.settled()
    assert one.stored() == {"1": (1, ["C"])}


def test_an_older_acknowledgement_leaves_a_newer_tap_unsaved(candidate: Seat) -> None:
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


def test_a_newer_answer_on_the_server_is_shown_and_can_be_changed(
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


def test_a_phone_that_cannot_store_says_so_and_still_saves(candidate: Seat) -> None:
    one = candidate()
    one.page.add_init_script(
        "Object.defineProperty(window, 'localStorage',"
        " {get() { throw new Error('SecurityError') }})"
    )
    one.start()
    one.shows("本机无法暂存，请保持网络")
    one.tap(1, "A")
    one.settled()
    assert one.stored() == {"1": (1, ["A"])}


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


def test_typed_answers_are_stored_as_typed_and_the_limit_is_named(
    candidate: Seat,
) -> None:
    one = candidate().start()
    text = "９０ 日🙂\u200f<b>"
    one.page.locator("#q5 input").nth(1).press_sequentially(text)
    one.page.locator("#q5 input").nth(1).press("Enter")
    one.settled()
    assert one.stored()["5"][1] == ["", text]
    one.page.locator("#q5 input").nth(0).fill("字" * 200)
    assert "最多 200 字" in one.note(5)


def test_a_tap_made_before_the_script_has_come_is_saved(candidate: Seat) -> None:
    one = candidate()
    held = Held()
    one.phone.context.route("**/phone.js*", held.take)
    one.page.goto(one.live.entry)
    for name, text in zip(("unit", "name", "number"), one.who, strict=True):
        one.page.fill(f"[name={name}]", text)
    one.page.click("form button")
    one.page.get_by_role("button", name="开始作答").click(no_wait_after=True)
    one.page.locator("#q1 label").nth(2).tap()
    one.eventually(lambda: held.routes)
    held.routes[0].continue_()
    one.page.wait_for_selector("html.ready")
    one.settled()
    assert one.stored() == {"1": (1, ["C"])}


def test_a_script_that_never_comes_is_said_and_the_plain_page_offered(
    candidate: Seat,
) -> None:
    one = candidate()
    one.phone.context.route("**/phone.js*", lambda route: route.abort())
    one.page.goto(one.live.entry)
    for name, text in zip(("unit", "name", "number"), one.who, strict=True):
        one.page.fill(f"[name={name}]", text)
    one.page.click("form button")
    one.page.get_by_role("button", name="开始作答").click()
    one.page.wait_for_load_state()
    assert not one.page.locator("#stuck").is_visible()
    one.shows("现在选的答案不会保存")
    one.page.get_by_role("link", name="改用简易页面").tap()
    one.shows("第 1 题，共 5 题")


def test_an_upgraded_server_is_followed_once_everything_is_saved(
    candidate: Seat,
) -> None:
    one = candidate().start()

    def upgraded(route: Route) -> None:
        reply = route.fetch()
        route.fulfill(response=reply, headers=reply.headers | {"X-Paper-Version": "2"})

    one.meddle(upgraded)
    with one.page.expect_event("load"):
        one.tap(1, "A")
    one.page.wait_for_selector("html.ready")
    loads = len(one.phone.requested)
    one.tap(2, "A")
    one.settled()
    one.page.wait_for_timeout(500)
    again = [url for url in one.phone.requested[loads:] if "/answers" not in url]
    assert again == []  # the page it got is what there is


def test_handing_in_lists_blanks_carries_the_sheet_and_leaves_nothing_behind(
    candidate: Seat,
) -> None:
    one = candidate().start()
    one.tap(1, "A")
    one.page.locator("#q2 .flag").tap()
    one.page.tap(".bar .go")
    one.shows("已答 1 题，共 5 题")
    numbers = one.page.locator("#panel .numbers").all_inner_texts()
    assert [text.split() for text in numbers] == [["2", "3", "4", "5"], ["2"]]
    one.page.locator("#panel .number", has_text="4").tap()
    assert one.page.locator("#q4").is_visible()
    one.tap(4, "F")
    one.hand_in()
    one.receipt()
    assert one.state == "submitted"
    [sheet] = one.sent_by("POST")[-1:]
    assert {answer["q"]: answer["value"] for answer in sheet["answers"]} == {
        "1": ["A"],
        "4": ["F"],
    }
    kept = one.page.evaluate("Object.keys(localStorage)")
    assert [key for key in kept if key.startswith("lawgauge:")] == []
    one.page.go_back()
    one.receipt()


def test_handing_in_does_not_wait_for_a_save_that_hangs(candidate: Seat) -> None:
    one = candidate().start()
    held = Held()
    one.meddle(held.take)
    one.tap(1, "A")
    one.eventually(lambda: held.routes)
    one.tap(2, "B")
    one.hand_in()
    one.receipt(3)
    assert one.stored() == {"1": (1, ["A"]), "2": (1, ["B"])}
    held.routes[0].abort()


def test_handing_in_goes_on_trying_and_can_be_put_off(candidate: Seat) -> None:
    one = candidate().start()
    one.meddle(lambda route: route.abort(), "POST")
    one.hand_in()
    one.shows("还没有交上。正在自动重试")
    one.press("继续检查")
    one.tap(2, "B")
    one.hand_in()
    one.heal()
    one.receipt(12)
    assert one.stored() == {"2": (1, ["B"])}


def test_a_reload_of_the_started_paper_does_not_start_again(candidate: Seat) -> None:
    one = candidate().start()
    assert "/s/" in one.page.url
    one.page.reload()
    one.page.wait_for_selector("html.ready")
    posts = [one for one in one.sent if one.method == "POST"]
    assert len(posts) == 2  # who I am, start


def test_without_javascript_each_question_is_a_form(candidate: Seat) -> None:
    one = candidate(java_script_enabled=False)
    page = one.page
    page.goto(one.live.entry)
    for name, text in zip(("unit", "name", "number"), one.who, strict=True):
        page.fill(f"[name={name}]", text)
    page.click("form button")
    page.get_by_role("button", name="开始作答").click()

    def press(name: str, then: str) -> None:
        page.locator(f"main >> text='{name}'").tap()
        page.locator(f"h1:text-is('{then}')").wait_for()

    page.wait_for_url("**/q/1")
    page.locator("label.option").nth(2).tap()
    press("保存并下一题", "第 2 题，共 5 题")
    press("保存并回上一题", "第 1 题，共 5 题")
    assert page.locator("input[value=C]").is_checked()
    press("保存并下一题", "第 2 题，共 5 题")
    press("保存并下一题", "第 3 题，共 5 题")
    page.locator("label.option").nth(0).tap()
    page.locator("label.option").nth(3).tap()
    press("保存并交卷", "确认交卷")
    assert page.locator(".number").all_inner_texts() == ["2", "4", "5"]
    press("5", "第 5 题，共 5 题")
    page.locator("[type=text]").nth(1).fill('书"面')
    press("保存", "确认交卷")
    assert page.locator(".number").all_inner_texts() == ["2", "4"]
    page.get_by_role("button", name="确认交卷").tap()
    one.receipt()
    values = {q: value for q, (_, value) in one.stored().items() if value}
    assert values == {"1": ["C"], "3": ["A", "D"], "5": ["", '书"面']}


def test_the_sheet_of_the_paper_never_holds_a_key(candidate: Seat) -> None:
    one = candidate().start()
    text = one.page.content() + json.dumps(one.page.evaluate("localStorage"))
    assert "解析只在考后给出" not in text
    assert "第六十条" not in text
