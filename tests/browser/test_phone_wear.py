"""What phones do to a page: they kill it, freeze it, wipe it, break it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Route

from tests.browser.conftest import identify
from tests.browser.test_phone_saving import Held

Seat = Callable[..., Any]


def test_C1_a_tab_killed_before_the_acknowledgement_loses_nothing(
    candidate: Seat,
) -> None:
    """The code is scanned again: same sitting, same question, same options."""
    one = candidate().start()
    one.tap(2, "B")
    one.settled()
    order = one.page.locator("#paper .option").all_inner_texts()
    one.meddle(lambda route: route.abort())
    one.tap(4, "T")
    one.page.close()
    one.heal()
    one.phone.page = one.phone.context.new_page()
    identify(one.page, one.live, one.who)
    one.page.get_by_role("button", name="继续作答").click()
    one.ready()
    one.settled()
    assert one.stored() == {"2": (1, ["B"]), "4": (1, ["T"])}
    assert one.page.evaluate("scrollY") > 0  # at question 4, where it was
    assert one.page.locator("#q4.here").count() == 1
    assert one.page.locator("#paper .option").all_inner_texts() == order


def test_C1_what_was_not_acknowledged_outlives_a_reload(candidate: Seat) -> None:
    one = candidate().start()
    one.meddle(lambda route: route.abort())
    one.tap(1, "C")
    one.reload()
    assert (one.chosen(1), one.note(1)) == (["C"], "未保存")
    one.heal()
    one.settled()
    assert one.stored() == {"1": (1, ["C"])}


def test_C2_five_minutes_with_frozen_clocks_gain_no_time(candidate: Seat) -> None:
    one = candidate().freeze().start()
    one.reopened(1000)
    one.ends_in(700)  # the page slept while five minutes went by
    assert one.left() > 990
    one.hide()
    one.hide(hidden=False)
    one.passes(1)
    one.eventually(lambda: 695 <= one.left() <= 701)


def test_C3_a_page_out_of_the_browsers_memory_asks_before_it_sends(
    candidate: Seat,
) -> None:
    one = candidate().start()
    one.store("1", 5, ["D"])
    asked = len(one.sent)
    one.page.evaluate(
        "dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))"
    )
    one.eventually(lambda: one.chosen(1) == ["D"])
    assert [request.method for request in one.sent[asked:]] == ["GET"]
    one.tap(1, "A")
    one.settled()
    assert one.stored() == {"1": (6, ["A"])}


def test_C5_a_reload_goes_on_and_starts_nothing(candidate: Seat) -> None:
    one = candidate().start()
    assert "/s/" in one.page.url
    before = one.page.locator("#paper .option").all_inner_texts()
    one.reload()
    assert one.page.locator("#paper .option").all_inner_texts() == before
    posts = [request for request in one.sent if request.method == "POST"]
    assert len(posts) == 2  # who I am, start


FORBIDDEN = (
    "Object.defineProperty(window, 'localStorage',"
    " {get() { throw new Error('SecurityError') }})"
)
FULL = (
    "Storage.prototype.setItem = () =>"
    " { throw new DOMException('full', 'QuotaExceededError') }"
)
FORGETFUL = "Storage.prototype.setItem = () => {}"


@pytest.mark.parametrize("script", [FORBIDDEN, FULL, FORGETFUL])
def test_C7_a_phone_that_cannot_store_says_so_and_still_saves(
    candidate: Seat, script: str
) -> None:
    one = candidate()
    one.page.add_init_script(script)
    one.start()
    one.shows("本机无法暂存，请保持网络")
    one.tap(1, "A")
    one.settled()
    assert one.stored() == {"1": (1, ["A"])}
    one.hand_in()
    one.receipt()


def test_C8_what_was_acknowledged_survives_a_wiped_phone(candidate: Seat) -> None:
    one = candidate().start()
    one.tap(1, "A")
    one.tap(1, "B")
    one.settled()
    one.page.evaluate("localStorage.clear()")
    one.tap(2, "C")  # held in memory though the storage is gone
    one.settled()
    one.page.evaluate("localStorage.clear(); sessionStorage.clear()")
    one.reload()
    assert (one.chosen(1), one.chosen(2)) == (["B"], ["C"])
    one.tap(1, "D")
    one.settled()
    seq, value = one.stored()["1"]
    assert value == ["D"]
    assert seq > 1


def test_C9_the_next_person_on_a_shared_phone_sees_nothing_of_the_last(
    candidate: Seat,
) -> None:
    one, two = candidate().start(), candidate()
    one.meddle(lambda route: route.abort())
    one.tap(1, "D")
    one.page.get_by_role("link", name="不是本人？换人作答").tap()
    one.page.wait_for_url("**/e/TESTEXAM")
    one.heal()
    assert one.who[1] not in one.page.content()  # who one is is asked again
    two.phone.page = one.page
    two.start()
    assert two.chosen(1) == []
    assert one.who[1] not in two.page.content()
    two.tap(2, "A")
    two.settled()
    assert two.stored() == {"2": (1, ["A"])}
    assert "2" not in one.stored()  # the tap of the last is theirs, wherever it got


def test_C10_an_upgraded_server_is_followed_once_everything_is_saved(
    candidate: Seat,
) -> None:
    one = candidate().start()

    def upgraded(route: Route) -> None:
        reply = route.fetch()
        route.fulfill(json=reply.json() | {"version": "of another script"})

    one.meddle(upgraded)
    with one.page.expect_event("load"):
        one.tap(1, "A")
    one.ready()
    assert one.stored() == {"1": (1, ["A"])}
    loads = len(one.phone.requested)
    one.tap(2, "A")
    one.settled()
    one.page.wait_for_timeout(500)
    again = [url for url in one.phone.requested[loads:] if "/answers" not in url]
    assert again == []  # the page it got is what there is


BREAKS = "const all = Array.prototype.filter; Array.prototype.filter = function (act) {"
BREAKS += " if (window.failing) window.nothing.here(); return all.call(this, act); };"


def test_C11_a_failing_script_offers_the_plain_page_and_says_where(
    candidate: Seat,
) -> None:
    one = candidate()
    one.page.add_init_script(BREAKS)
    one.start()
    one.page.fill("#q5 input >> nth=0", "身份证")
    one.settled()
    one.page.evaluate("window.failing = true")
    for _ in range(5):
        one.page.tap("#q1 label >> nth=0")
    one.shows("页面出错了")
    one.eventually(lambda: reports(one))
    one.page.wait_for_timeout(300)
    assert 1 <= len(reports(one)) <= 3
    first = reports(one)[0]
    assert first["name"] == "TypeError"
    assert set(first) == {"name", "row", "column"}  # nothing of a person
    assert one.phone.errors
    one.phone.errors.clear()
    one.page.get_by_role("link", name="改用简易页面").locator("visible=true").tap()
    one.shows("第 1 题，共 5 题")


def reports(one: Any) -> list[Any]:
    return [
        json.loads(request.post_data)
        for request in one.sent
        if request.url.endswith("/trouble")
    ]


def test_C11_another_scripts_error_is_not_ours(candidate: Seat) -> None:
    """WeChat puts scripts of its own into the page."""
    one = candidate().start()
    one.page.evaluate("setTimeout(() => window.nothing.here(), 0)")
    one.eventually(lambda: one.phone.errors)
    one.phone.errors.clear()
    one.tap(1, "A")
    one.settled()
    assert reports(one) == []
    assert not one.page.locator("#broken").is_visible()


@pytest.mark.parametrize(
    "body", [None, "const broken = a?.b ?? ; // an engine that cannot read it"]
)
def test_C11_a_script_that_does_not_run_is_said_and_the_plain_page_offered(
    candidate: Seat, body: str | None
) -> None:
    one = candidate()

    def instead(route: Route) -> None:
        if body is None:
            route.abort()
        else:
            route.fulfill(body=body, content_type="text/javascript")

    one.phone.context.route("**/phone.js*", instead)
    identify(one.page, one.live, one.who)
    one.page.get_by_role("button", name="开始作答").click()
    one.page.wait_for_load_state()
    assert not one.page.locator("#stuck").is_visible()
    one.shows("现在选的答案不会保存")
    one.phone.errors.clear()
    one.page.locator("#stuck").get_by_role("link", name="改用简易页面").tap()
    one.shows("第 1 题，共 5 题")


def test_C13_typed_answers_are_stored_exactly(candidate: Seat) -> None:
    one = candidate().start()
    text = "９０ 日🙂\u200f<b>👨‍👩‍👧"
    one.page.locator("#q5 input").nth(1).press_sequentially(text)
    one.page.locator("#q5 input").nth(1).press("Enter")
    one.settled()
    assert one.stored()["5"][1] == ["", text]
    one.page.fill(
        "#q5 input >> nth=0", "🙂" * 200
    )  # as people count, not as UTF-16 does
    one.settled()
    assert one.stored()["5"][1] == ["🙂" * 200, text]


def test_C13_ten_thousand_characters_are_refused_by_name_and_never_cut(
    candidate: Seat,
) -> None:
    one = candidate().start()
    one.page.fill("#q5 input >> nth=0", "九十")
    one.settled()
    one.page.fill("#q5 input >> nth=0", "字" * 10_000)
    assert one.note(5) == "没有保存：最多 200 字，现有 10000 字，请删短"
    one.tap(1, "A")
    one.eventually(lambda: "1" in one.stored())
    one.reload()
    assert len(one.page.input_value("#q5 input >> nth=0")) == 10_000
    one.page.tap(".bar .go")
    one.shows("不能保存的题，交卷时不会送出")
    one.press("确认交卷")
    one.receipt()
    assert one.stored()["5"][1] == ["九十", ""]  # what the server had acknowledged


def test_a_tap_made_before_the_script_has_come_is_saved(candidate: Seat) -> None:
    one = candidate()
    held = Held()
    one.phone.context.route("**/phone.js*", held.take)
    identify(one.page, one.live, one.who)
    one.page.get_by_role("button", name="开始作答").click(no_wait_after=True)
    one.page.locator("#q1 label").nth(2).tap()
    one.eventually(lambda: held.routes)
    held.routes[0].continue_()
    one.ready()
    one.settled()
    assert one.stored() == {"1": (1, ["C"])}


def test_C15_a_clock_that_cannot_be_refreshed_never_reloads_the_page(
    candidate: Seat,
) -> None:
    one = candidate().freeze().start()
    one.tap(1, "A")
    one.passes(1)
    one.settled()
    one.phone.context.route("**/state", lambda route: route.abort())
    loads = sum(request.is_navigation_request() for request in one.sent)
    before = one.left()
    one.hide()
    one.hide(hidden=False)
    one.passes(60)
    one.shows("时间以服务器为准")
    assert before - 70 <= one.left() <= before - 50  # a busy machine
    assert sum(request.is_navigation_request() for request in one.sent) == loads
    assert one.chosen(1) == ["A"]
