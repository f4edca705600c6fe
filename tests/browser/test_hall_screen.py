"""The big screen in a browser: it lives by itself, fits, and can be read."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from quiz.rules.presence import link_key
from tests.browser.conftest import PEOPLE, Handset, Live, LiveMaker, identify
from tests.browser.test_phone_looks import broken_rules
from tests.conftest import SECRET

PROJECTOR = {"width": 1920, "height": 1080}
DESK = {"is_mobile": False, "has_touch": False}
#: Two screens full: seven units are shown at a time.
CITY = [(f"云岚市第{n}个名称很长的单位管理局", f"人{n}", f"{n:04d}") for n in range(14)]


def screen(live: Live) -> str:
    key = link_key(SECRET, live.made.code, 1, "")
    return f"{live.url}/hall/{live.made.code}?key={key}"


def ask_for_code(live: Live) -> None:
    with sqlite3.connect(live.folder / "lawgauge.db") as connection:
        connection.execute("UPDATE exam SET presence = 'code'")


def digits(page: Page) -> str:
    return page.inner_text(".digits").replace(" ", "").replace("\n", "")


def test_the_screen_counts_by_itself_and_its_digits_let_people_in(
    make_live: LiveMaker, handset: Callable[..., Handset]
) -> None:
    live = make_live()
    ask_for_code(live)
    wall = handset(viewport=PROJECTOR, **DESK)
    wall.page.goto(screen(live))
    before = wall.page.inner_text("#clock")
    phone = handset().page
    identify(phone, live, PEOPLE[0])
    phone.fill("[name=digits]", digits(wall.page))
    phone.get_by_role("button", name="开始作答").click()
    phone.wait_for_selector("#q1")
    expect(wall.page.locator(".writing dd")).to_have_text("1", timeout=15_000)
    assert wall.page.inner_text("#clock") > before
    assert wall.errors == []


def test_without_the_server_the_clock_goes_on_and_it_is_said(
    make_live: LiveMaker, handset: Callable[..., Handset]
) -> None:
    live = make_live()
    wall = handset(viewport=PROJECTOR, **DESK)
    wall.page.goto(screen(live))
    live.stop()
    expect(wall.page.locator("#stale")).to_be_visible(timeout=20_000)
    before = wall.page.inner_text("#clock")
    wall.page.wait_for_timeout(1500)
    assert wall.page.inner_text("#clock") > before
    live.start()
    expect(wall.page.locator("#stale")).to_be_hidden(timeout=20_000)
    assert wall.errors == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1920, 1080), (1280, 720), (1280, 800)])
def test_it_fits_the_projector_and_everybody_can_read_it(
    make_live: LiveMaker,
    handset: Callable[..., Handset],
    size: tuple[int, int],
    scheme: str,
) -> None:
    live = make_live(people=CITY, title="云岚市二〇二六年度国家工作人员法治素养测试")
    ask_for_code(live)
    width, height = size
    wall = handset(
        viewport={"width": width, "height": height}, color_scheme=scheme, **DESK
    )
    wall.page.goto(screen(live))
    assert wall.page.locator("tbody tr").count() == 7
    tall, wide = wall.page.evaluate(
        "[document.documentElement.scrollHeight, document.documentElement.scrollWidth]"
    )
    assert (wide, tall) == (width, height)
    assert broken_rules(wall, "screen") == []
