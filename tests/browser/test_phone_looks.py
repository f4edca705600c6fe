"""The candidate's pages for eyes, fingers, readers, old engines and thin networks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import Live
from tests.browser.covered import COVERED, FOLDER, walked
from tests.browser.stations import along_the_path, in_trouble

Seat = Callable[..., Any]
BUDGET = 35 * 1024  # bytes of the whole path, compressed; 5 KB of 40 are kept free
BIG_PAPER = 8 * 1024  # what 50 questions add to the small exam here
SMALL = {"width": 320, "height": 568}


def broken_rules(one: Any, name: str) -> list[tuple[str, str, str]]:
    report = Axe().run(one.page)
    return [
        (name, broken["id"], broken["nodes"][0]["html"])
        for broken in report.response["violations"]
    ]


def test_C12_every_template_of_a_phone_is_looked_at() -> None:
    pages = {path.stem for path in FOLDER.glob("[!_]*.html")} - {"base"}
    assert {name for walk in COVERED.values() for name in walk.values()} == pages


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_C12_every_page_can_be_read_by_everybody(candidate: Seat, scheme: str) -> None:
    one = candidate(color_scheme=scheme)
    walk = walked("along_the_path", one.page, along_the_path(one))
    assert [found for name in walk for found in broken_rules(one, name)] == []


def test_C12_every_state_of_the_paper_can_be_read_by_everybody(
    candidate: Seat,
) -> None:
    found = []
    for one, name in in_trouble(candidate, color_scheme="dark"):
        found += broken_rules(one, name)
    assert found == []


WIDE = """() => Array.from(document.querySelectorAll('body *'))
    .filter(node => node.getBoundingClientRect().right > innerWidth + 1)
    .filter(node => !node.closest('svg'))
    .filter(node => getComputedStyle(node).position !== 'absolute')
    .map(node => node.outerHTML.slice(0, 80))"""


def assert_it_fits(one: Any, name: str) -> None:
    assert (name, one.page.evaluate(WIDE)) == (name, [])
    assert one.page.evaluate("document.documentElement.scrollWidth") <= 320, name
    assert one.page.evaluate("visualViewport.scale") == 1, name  # not zoomed by taps


@pytest.mark.parametrize("enlarged", ["in the page", "by the phone"])
def test_C12_twice_the_type_fits_the_smallest_phone(
    candidate: Seat, enlarged: str
) -> None:
    one = candidate(viewport=SMALL)
    if enlarged == "in the page":
        wish_for_large_type(one)
    for name in along_the_path(one):
        if enlarged == "by the phone":
            one.page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert_it_fits(one, name)


def test_C12_twice_the_type_fits_whatever_befalls_the_paper(candidate: Seat) -> None:
    def large(**options: Any) -> Any:
        one = candidate(**options)
        wish_for_large_type(one)
        return one

    for one, name in in_trouble(large, viewport=SMALL):
        assert_it_fits(one, name)


def wish_for_large_type(one: Any) -> None:
    wish = {"name": "lawgauge_look", "value": "3-auto-all", "url": one.live.url}
    one.phone.context.add_cookies([wish])


def test_the_watermark_is_faint_and_in_nobodys_way(candidate: Seat) -> None:
    one = candidate().start()
    style = "getComputedStyle(document.querySelector('.watermark'))"
    assert float(one.page.evaluate(f"{style}.opacity")) <= 0.1
    assert one.page.evaluate(f"{style}.pointerEvents") == "none"
    covered = one.page.evaluate(
        """() => {
            const { width, height } = document.querySelector('.watermark')
                .getBoundingClientRect();
            return [width >= innerWidth, height >= innerHeight];
        }"""
    )
    assert covered == [True, True]
    tree = one.page.locator("body").aria_snapshot()
    assert tree.count(one.who[1]) == 1  # on the bar, for the invigilator; not aloud


def test_everything_that_is_tapped_is_large_enough(candidate: Seat) -> None:
    one = candidate(viewport=SMALL)
    tapped = "button, label, .button, .numbers .number"
    for name in along_the_path(one):
        small = one.page.evaluate(
            """tapped => Array.from(document.querySelectorAll(tapped))
                .filter(node => node.offsetParent)
                .map(node => [node.outerHTML, node.getBoundingClientRect()])
                .filter(([, box]) => box.width < 44 || box.height < 44)
                .map(([html]) => html.slice(0, 60))""",
            tapped,
        )
        assert (name, small) == (name, [])


def test_the_first_question_comes_with_four_requests_and_all_with_35_kilobytes(
    candidate: Seat, hall: Live
) -> None:
    one = candidate().start()
    asked = {(request.method, request.url) for request in one.sent}
    needed = [url for _, url in asked if "phone.js" not in url]
    assert len(needed) == 4, needed
    one.tap(1, "A")
    one.settled()
    one.hand_in()
    one.receipt()
    one.page.wait_for_load_state("networkidle")
    weights = [request.sizes()["responseBodySize"] for request in one.sent]
    assert 20_000 < sum(weights) <= BUDGET - BIG_PAPER
    hosts = {urlsplit(url).netloc for url in one.phone.requested}
    assert hosts - {""} == {urlsplit(hall.url).netloc}
