"""Handing in: what is blank is named, the whole sheet goes along, once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Route

from tests.browser.test_phone_saving import Held

Seat = Callable[..., Any]


def test_it_lists_blanks_carries_the_sheet_and_leaves_nothing_behind(
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


def test_C14_it_does_not_wait_for_a_save_that_hangs(candidate: Seat) -> None:
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


def test_it_goes_on_trying_and_can_be_put_off(candidate: Seat) -> None:
    one = candidate().start()
    one.meddle(lambda route: route.abort(), "POST")
    one.hand_in()
    one.shows("还没有交上。正在自动重试")
    one.shows("李老师 13900000000，二楼考务室")
    one.press("继续检查")
    one.tap(2, "B")
    one.hand_in()
    one.heal()
    one.receipt(12)
    assert one.stored() == {"2": (1, ["B"])}


def test_K2_a_double_tap_hands_in_once(candidate: Seat) -> None:
    one = candidate().start()
    one.tap(1, "A")
    one.page.tap(".bar .go")
    confirm = one.page.get_by_role("button", name="确认交卷", exact=True)
    confirm.evaluate("node => { node.click(); node.click(); }")
    one.receipt()
    first = one.page.inner_text(".word b")
    one.page.reload()
    assert one.page.inner_text(".word b") == first
    assert one.stored() == {"1": (1, ["A"])}
    assert one.late() == []


def test_N2_K2_a_receipt_lost_on_its_way_is_asked_for_again(candidate: Seat) -> None:
    one = candidate().start()
    lost = []

    def lose(route: Route) -> None:
        lost.append(route.fetch().json())
        route.abort()

    one.meddle(lose, "POST")
    one.tap(1, "C")
    one.hand_in()
    one.shows("还没有交上。正在自动重试")
    assert one.state == "submitted"
    one.heal()
    one.receipt()
    assert one.page.url.endswith(lost[0]["receipt"])
    assert one.late() == []


def test_C6_a_reload_while_handing_in_leaves_it_possible(candidate: Seat) -> None:
    one = candidate().start()
    one.meddle(lambda route: route.abort(), "POST")
    one.tap(1, "C")
    one.hand_in()
    one.shows("还没有交上。正在自动重试")
    one.reload()
    assert one.chosen(1) == ["C"]
    assert one.state == "open"
    one.heal()
    one.hand_in()
    one.receipt()
    assert one.stored() == {"1": (1, ["C"])}


def test_C6_a_reload_after_a_lost_receipt_shows_it(candidate: Seat) -> None:
    one = candidate().start()

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    one.meddle(lose, "POST")
    one.hand_in()
    one.shows("还没有交上。正在自动重试")
    one.page.reload()
    one.receipt()


def test_time_up_while_handing_in_changes_nothing_for_the_person(
    candidate: Seat,
) -> None:
    one = candidate().start()
    one.reopened(3)
    one.meddle(lambda route: route.abort(), "POST")
    one.tap(1, "A")
    one.hand_in()
    one.eventually(lambda: one.left() == 0)
    one.shows("还没有交上。正在自动重试")
    one.heal()
    one.receipt(12)
    assert one.state == "submitted"
    assert one.stored() == {"1": (1, ["A"])}


def test_K5_a_sheet_handed_in_elsewhere_shows_its_receipt_and_keeps_the_tap(
    candidate: Seat,
) -> None:
    one = candidate().start()
    second = one.phone.context.new_page()
    second.goto(one.page.url)
    second.wait_for_selector("html.ready")
    second.tap(".bar .go")
    second.get_by_role("button", name="确认交卷").tap()
    second.wait_for_url("**/receipt")
    one.tap(1, "A")
    one.receipt()
    assert one.stored() == {}
    assert [why for why, _ in one.late()] == ["submitted"]


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
    assert one.who[1] in page.inner_text(".person")
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
