"""An author at a desk: a Word paper becomes questions in three clicks."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import Live
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
def desk(office: Callable[..., Page], live: Live) -> Page:
    """A browser in which an author has signed in and looks at the bank."""
    page = office("anna", "author")
    page.goto(f"{live.url}/console/bank")
    return page


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


def test_bad_ones_are_mended_in_a_workbook_and_come_back(
    desk: Page, live: Live, tmp_path: Path
) -> None:
    desk.goto(f"{live.url}/console/bank/import")
    desk.get_by_label("或者把题目粘贴在这里").fill(
        "1.甲（ ）\nA.子\nB.丑\n2.乙。\n答案：对\n"
    )
    desk.get_by_role("button", name="上传并核对").click()
    with desk.expect_download() as download:
        desk.get_by_role("link", name="下载有误的 1 题").click()
    file = tmp_path / "mended.xlsx"
    download.value.save_as(file)
    book = openpyxl.load_workbook(file)
    sheet = book["题目"]
    assert sheet["R2"].value == "没有答案"
    sheet["K2"] = "B"
    book.save(file)
    desk.get_by_role("button", name="导入 1 题").click()
    desk.goto(f"{live.url}/console/bank/import")
    desk.set_input_files("input[type=file]", str(file))
    desk.get_by_role("button", name="导入 1 题").click()
    desk.wait_for_url("**/console/bank/imports/*")
    assert stored(live) == 2


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
