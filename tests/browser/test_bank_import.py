"""An author at a desk: a Word paper becomes questions in three clicks."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from accounts.operations.links import make_sign_in_link
from app import create_app
from core.clock import now
from core.db import db
from tests.browser.conftest import Live
from tests.conftest import SECRET, make_account
from tests.core.words import paper

LINES = (
    "行政处罚法知识测试",
    "一、单项选择题（每题2分）",
    *("1. 追诉时效一般为（ ）。", "A. 一年", "B. 二年", "答案：B"),
    *("2. 听证由谁组织？（A）", "A. 行政机关", "B. 人民法院"),
    "二、判断题",
    *("1. 罚款应当开具专用票据。（√）", "2. 口头处罚一律有效。（×）"),
)


@pytest.fixture
def word(tmp_path: Path) -> Path:
    """A clean paper, as somebody has it."""
    return paper(tmp_path / "处罚法试卷.docx", *LINES)


@pytest.fixture
def desk(live: Live, browser: Browser) -> Iterator[Page]:
    """A browser in which an author has signed in and looks at the bank."""
    env = {"LAWGAUGE_INSTANCE": str(live.folder), "LAWGAUGE_SECRET_KEY": SECRET}
    app = create_app(env)
    with app.app_context():
        make_account("anna", "author")
        link = make_sign_in_link(username="anna", actor="system", now=now())
        db.session.remove()
        db.engine.dispose()
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, locale="zh-CN"
    )
    context.set_default_timeout(20_000)
    page = context.new_page()
    page.goto(f"{live.url}/login/link/{link.token}")
    page.click("main button[type=submit]")
    page.goto(f"{live.url}/console/bank")
    yield page
    context.close()


def stored(live: Live) -> int:
    with closing(sqlite3.connect(str(live.folder / "lawgauge.db"))) as connection:
        (count,) = connection.execute(
            "SELECT count(*) FROM question WHERE import_id IS NOT NULL"
        ).fetchone()
        return int(count)


def test_a_clean_word_paper_takes_three_clicks(
    desk: Page, live: Live, word: Path
) -> None:
    desk.get_by_role("link", name="导入题目").click()  # one
    with desk.expect_file_chooser() as chooser:
        desk.get_by_label("文件").click()  # two: the browser asks which file
    chooser.value.set_files(str(word))
    desk.wait_for_url("**/console/bank/import/*")
    assert "每一题都读清楚了" in desk.inner_text("main")
    assert stored(live) == 0
    desk.get_by_role("button", name="导入 4 题").click()  # three
    desk.wait_for_url("**/console/bank/imports/*")
    assert stored(live) == 4


def test_a_question_is_put_right_where_it_stands(desk: Page, live: Live) -> None:
    desk.goto(f"{live.url}/console/bank/import")
    desk.get_by_label("或者把题目粘贴在这里").fill("1.甲（ ）\nA.子\nB.丑\n")
    desk.get_by_role("button", name="上传并核对").click()
    card = desk.locator("#q-0")
    card.get_by_role("link", name="修改").click()
    desk.locator("#q-0").locator("#key").fill("a")
    desk.locator("#q-0").get_by_role("button", name="保存").click()
    desk.wait_for_url("**#q-0")
    assert "可以导入" in desk.inner_text("#q-0")
    desk.reload()
    desk.get_by_role("button", name="导入 1 题").click()
    desk.wait_for_url("**/console/bank/imports/*")
    assert stored(live) == 1


def test_without_javascript_it_takes_one_click_more(
    desk: Page, live: Live, word: Path, browser: Browser
) -> None:
    state = desk.context.storage_state()
    context = browser.new_context(java_script_enabled=False, storage_state=state)
    page = context.new_page()
    page.goto(f"{live.url}/console/bank/import")
    page.set_input_files("input[type=file]", str(word))
    page.click("main button[type=submit]")
    page.click("button[name=good]")
    assert page.url.startswith(f"{live.url}/console/bank/imports/")
    assert stored(live) == 4
    context.close()


ONE_AND_A_CASE = """\
1.甲（ ）
A.子
B.丑

二、案例分析题
（一）某公司未经批准在河边倾倒建筑垃圾。
1.该行为由谁查处？（ ）
A.城管部门
B.人民法院
答案：A
2.该公司可以申请行政复议。
"""


def test_the_form_is_the_same_without_javascript_and_asks_for_no_case_unasked(
    desk: Page, live: Live, browser: Browser
) -> None:
    desk.goto(f"{live.url}/console/bank/import")
    desk.get_by_label("或者把题目粘贴在这里").fill(ONE_AND_A_CASE)
    desk.get_by_role("button", name="上传并核对").click()
    desk.goto(f"{desk.url}?edit=0")
    assert not desk.locator(".case-part").first.is_visible()
    desk.locator("#kind").select_option("case")
    assert desk.locator("details.case-part[open]").count() == 2
    context = browser.new_context(
        java_script_enabled=False, storage_state=desk.context.storage_state()
    )
    page = context.new_page()
    page.goto(desk.url)
    assert page.locator("details.case-part").count() == 5
    assert page.locator("details.case-part[open]").count() == 0
    page.fill("#key", "b")
    page.click("button[name=save]")
    page.locator("#q-1").get_by_role("link", name="修改").click()
    assert page.locator("details.case-part[open]").count() == 2
    page.select_option("#parts-1-kind", "judge")
    page.fill("#parts-1-key", "对")
    page.click("button[name=save]")
    assert page.get_by_text("可以导入").count() == 3  # the tile, and both questions
    page.click("button[name=good]")
    assert stored(live) == 2
    context.close()


def test_no_page_is_wider_than_its_window(desk: Page, live: Live, word: Path) -> None:
    desk.goto(f"{live.url}/console/bank/import")
    desk.set_input_files("input[type=file]", str(word))
    desk.wait_for_url("**/console/bank/import/*")
    for width in (1280, 768, 375, 320):
        desk.set_viewport_size({"width": width, "height": 800})
        for query in ("", "?edit=1"):
            desk.goto(desk.url.split("?")[0].split("#")[0] + query)
            wide = desk.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, f"{query} at {width}"
