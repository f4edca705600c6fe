"""The candidate's pages for eyes, fingers, readers, old engines and thin networks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import Live

Seat = Callable[..., Any]
BUDGET = 40 * 1024  # bytes of the whole candidate path, compressed
BIG_PAPER = 10 * 1024  # what 50 questions and 101 units add to the small exam here
SMALL = {"width": 320, "height": 568}


def stations(one: Any) -> Any:
    """Walk the whole path; stops wherever there is something to look at."""
    page = one.page
    page.goto(one.live.entry)
    yield "entry"
    page.fill("[name=unit]", one.who[0])
    page.fill("[name=name]", one.who[1])
    page.fill("[name=number]", "9999")
    page.click("form button")
    yield "entry refused"
    page.fill("[name=number]", one.who[2])
    page.click("form button")
    page.get_by_role("button", name="开始作答").wait_for()
    yield "confirm"
    page.get_by_role("button", name="开始作答").click()
    page.wait_for_selector("html.ready")
    one.tap(1, "A")
    one.tap(3, "B")
    page.locator("#q2 .flag").tap()
    one.settled()
    yield "paper"
    page.tap("#sheet")
    yield "answer sheet"
    one.press("返回试卷")
    page.tap(".bar .go")
    yield "hand-in panel"
    one.press("继续检查")
    one.phone.context.set_offline(True)
    one.tap(2, "A")
    one.shows("网络不通")
    yield "offline"
    one.phone.context.set_offline(False)
    one.settled()
    address = page.url
    page.goto(f"{address}/q/5")
    yield "plain question"
    page.goto(f"{address}/hand-in")
    yield "plain hand-in"
    page.goto(address)
    page.wait_for_selector("html.ready")
    one.hand_in()
    one.receipt()
    yield "receipt"
    page.goto(f"{one.live.url}/s/none")
    yield "error"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_can_be_read_by_everybody(candidate: Seat, scheme: str) -> None:
    one = candidate(color_scheme=scheme)
    found = []
    for name in stations(one):
        report = Axe().run(one.page)
        found += [
            (name, broken["id"], broken["nodes"][0]["html"])
            for broken in report.response["violations"]
        ]
    assert found == []


@pytest.mark.parametrize("enlarged", ["in the page", "by the phone"])
def test_twice_the_type_fits_the_smallest_phone(candidate: Seat, enlarged: str) -> None:
    one = candidate(viewport=SMALL)
    if enlarged == "in the page":
        one.page.add_init_script("localStorage['lawgauge-type'] = 3")
    for name in stations(one):
        if enlarged == "by the phone":
            one.page.evaluate("document.documentElement.style.fontSize = '200%'")
        wide = one.page.evaluate(
            """() => Array.from(document.querySelectorAll('body *'))
                .filter(node => node.getBoundingClientRect().right > innerWidth + 1)
                .filter(node => getComputedStyle(node).position !== 'absolute')
                .map(node => node.outerHTML.slice(0, 80))"""
        )
        assert (name, wide) == (name, [])
        assert one.page.evaluate("document.documentElement.scrollWidth") <= 320, name


def test_everything_that_is_tapped_is_large_enough(candidate: Seat) -> None:
    one = candidate(viewport=SMALL)
    tapped = "button, label, .button, .numbers .number"
    for name in stations(one):
        small = one.page.evaluate(
            """tapped => Array.from(document.querySelectorAll(tapped))
                .filter(node => node.offsetParent)
                .map(node => [node.outerHTML, node.getBoundingClientRect()])
                .filter(([, box]) => box.width < 44 || box.height < 44)
                .map(([html]) => html.slice(0, 60))""",
            tapped,
        )
        assert (name, small) == (name, [])


def test_a_larger_type_is_remembered_and_keeps_the_place(candidate: Seat) -> None:
    one = candidate().start()
    top = "Math.round(document.querySelector('#q3').getBoundingClientRect().top)"
    one.page.evaluate("document.querySelector('#q3').scrollIntoView()")
    one.page.evaluate("scrollBy(0, -90)")
    before = one.page.evaluate(top)
    one.page.tap("#type")
    assert abs(one.page.evaluate(top) - before) <= 2
    assert one.page.inner_text("#type") == "大字 1.3"
    one.page.reload()
    one.page.wait_for_selector("html.ready")
    assert one.page.inner_text("#type") == "大字 1.3"


def test_a_question_jumped_to_is_not_hidden_by_the_bar(candidate: Seat) -> None:
    one = candidate(viewport=SMALL).start()
    one.page.tap("#sheet")
    one.page.locator(".numbers .number").nth(2).tap()
    head = one.page.locator("#q3 h2").bounding_box()
    bar = one.page.locator(".top").bounding_box()
    assert head["y"] >= bar["y"] + bar["height"]
    assert head["y"] < SMALL["height"] / 2


def test_the_paper_can_be_answered_with_the_keyboard_alone(candidate: Seat) -> None:
    one = candidate(has_touch=False, is_mobile=False).start()
    one.page.locator("#q1 input").nth(0).focus()
    one.page.keyboard.press("Space")
    one.page.keyboard.press("ArrowDown")
    one.page.keyboard.press("Tab")  # the flag
    one.page.keyboard.press("Tab")
    one.page.keyboard.press("Space")
    one.settled()
    assert (one.chosen(1), one.chosen(2)) == (["B"], ["A"])
    ring = "getComputedStyle(document.querySelector('#q2 input:focus ~ i')).boxShadow"
    assert one.page.evaluate(ring) != "none"


def test_the_first_question_comes_with_four_requests_and_all_with_40_kilobytes(
    candidate: Seat, hall: Live
) -> None:
    one = candidate()
    session = one.phone.context.new_cdp_session(one.page)
    session.send("Network.enable")
    weights: list[float] = []
    session.on(
        "Network.loadingFinished",
        lambda event: weights.append(event["encodedDataLength"]),
    )
    one.start()
    asked = {(request.method, request.url) for request in one.sent}
    needed = [url for _, url in asked if "phone.js" not in url]
    assert len(needed) == 4, needed
    one.tap(1, "A")
    one.settled()
    one.hand_in()
    one.receipt()
    one.page.wait_for_load_state("networkidle")
    assert 0 < sum(weights) <= BUDGET - BIG_PAPER
    hosts = {urlsplit(url).netloc for url in one.phone.requested}
    assert hosts - {""} == {urlsplit(hall.url).netloc}
