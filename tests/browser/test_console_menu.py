"""The menu of the console: a line where there is room, behind a button elsewhere."""

from __future__ import annotations

from playwright.sync_api import Browser, ViewportSize, expect

from accounts.operations.links import make_sign_in_link
from app import create_app
from core.clock import now
from core.db import db
from tests.browser.conftest import Live
from tests.conftest import make_account

NARROW: ViewportSize = {"width": 768, "height": 700}
WIDE: ViewportSize = {"width": 1280, "height": 700}


def invited(live: Live) -> str:
    """The address at which an administrator signs in once."""
    with create_app(live.env).app_context():
        make_account("ada", "admin")
        link = make_sign_in_link(username="ada", actor="system", now=now())
        db.session.remove()
        db.engine.dispose()
    return f"{live.url}/login/link/{link.token}"


def test_on_a_narrow_screen_the_menu_opens_by_keyboard_and_shows_where_one_is(
    live: Live, browser: Browser
) -> None:
    context = browser.new_context(viewport=NARROW, locale="zh-CN")
    page = context.new_page()
    page.goto(invited(live))
    page.click("main button[type=submit]")
    page.goto(f"{live.url}/console/people")
    menu = page.get_by_role("navigation", name="主要")
    button = page.get_by_role("button", name="菜单")
    expect(menu).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") == NARROW["width"]
    button.focus()
    page.keyboard.press("Enter")
    expect(menu).to_be_visible()
    expect(menu.locator("[aria-current]")).to_have_text("单位")
    assert menu.get_by_role("link").count() >= 10
    page.keyboard.press("Tab")
    expect(menu.get_by_role("link", name="工作台")).to_be_focused()
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    expect(button).to_be_focused()
    page.set_viewport_size(WIDE)
    expect(button).to_be_hidden()
    boxes = [one.bounding_box() for one in menu.get_by_role("link").all()]
    assert len({box and box["y"] for box in boxes}) == 1  # one line
    context.close()
