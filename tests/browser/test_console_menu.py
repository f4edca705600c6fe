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
PHONE: ViewportSize = {"width": 375, "height": 812}
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


#: What is tapped and smaller than WCAG 2.5.8 asks for; links in a text may be.
TINY = """() => Array.from(document.querySelectorAll('button, input, select, .btn'))
    .filter(node => node.getClientRects().length && !node.closest('label'))
    .filter(node => !(node.labels && node.labels.length && node.type === 'checkbox'))
    .filter(node => !(node.labels && node.labels.length && node.type === 'radio'))
    .map(node => [node.outerHTML.slice(0, 80), node.getBoundingClientRect()])
    .filter(([, box]) => box.width < 24 || box.height < 24)
    .map(([html]) => html)"""


def test_on_a_phone_the_pages_of_the_console_keep_to_the_screen(
    live: Live, browser: Browser
) -> None:
    context = browser.new_context(viewport=PHONE, locale="zh-CN")
    page = context.new_page()
    page.goto(invited(live))
    page.click("main button[type=submit]")
    button = page.get_by_role("button", name="菜单")
    box = button.bounding_box()
    assert box is not None
    assert box["height"] == 44  # its word stands in one line
    links = page.locator("#menu a").evaluate_all("all => all.map(one => one.href)")
    exam = f"{live.url}/console/exams/{live.made.exam_id}"
    more = [
        "",
        "/roster",
        "/tickets",
        "/tickets/sheets",
        "/poster",
        "/desk",
        "/keys/new",
    ]
    for address in [*links, *(exam + one for one in more)]:
        page.goto(address)
        for viewport in (PHONE, NARROW):
            page.set_viewport_size(viewport)
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert (address, wide) == (address, viewport["width"])
            assert (address, page.evaluate(TINY)) == (address, [])
    assert len(links) >= 10
    context.close()
