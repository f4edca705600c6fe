"""Papers: out of the bank, drawn ones out of the printer, and their answers back in."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import docx
import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Live

Office = Callable[..., Page]


def downloaded(page: Page, button: str, role: str = "button") -> Path:
    """The file that a click brings."""
    with page.expect_download(timeout=60_000) as download:
        page.get_by_role("link" if role == "link" else "button", name=button).click()
    return Path(download.value.path())


@pytest.mark.parametrize("key", [False, True])
def test_the_bank_leaves_as_a_word_paper_and_as_a_pdf(
    office: Office, live: Live, key: bool
) -> None:
    page = office("anna", "author")
    page.goto(f"{live.url}/console/bank/export")
    page.get_by_label("事由").fill("命题组复核")
    if key:
        page.get_by_label("试卷后附参考答案及解析").check()
    document = docx.Document(str(downloaded(page, "导出")))
    texts = [paragraph.text for paragraph in document.paragraphs]
    assert (
        "一、单项选择题（共 2 题，每题 1 分，共 2 分。每题只有一个正确答案）" in texts
    )
    assert ("参考答案及解析" in texts) is key
    assert any("【答案】C" in text for text in texts) is key
    page.wait_for_timeout(2_000)  # earlier it would be the second of a double click
    page.get_by_label("PDF 试卷").check()
    assert downloaded(page, "导出").read_bytes().startswith(b"%PDF")


def test_a_drawn_paper_is_printed(office: Office, live: Live) -> None:
    page = office("olga", "organizer")
    page.goto(f"{live.url}/console/exams/{live.made.exam_id}/print")
    page.get_by_label("原因").fill("没有手机")
    page.get_by_role("button", name="生成 PDF").click()
    page.wait_for_url("**/console/jobs/*")
    page.get_by_role("link", name="下载").wait_for(timeout=120_000)
    assert downloaded(page, "下载", "link").read_bytes()[:2] in (b"%P", b"PK")


def test_two_people_enter_a_sheet_and_settle_what_differs(
    office: Office, live: Live
) -> None:
    sheets = f"{live.url}/console/exams/{live.made.exam_id}/desk/sheets"
    first, second = office("olga", "organizer"), office("ivan", "invigilator")
    for page, letter in ((first, "B"), (second, "A")):
        page.on("dialog", lambda dialog: dialog.accept())
        page.goto(f"{sheets}?q=张伟")
        page.get_by_role("link", name="录入 张伟").click()
        for q, text in {"q-1": "c", "q-2": letter, "q-3": "abd", "q-4": "×"}.items():
            page.fill(f"#{q}", text)
        page.get_by_role("button", name="保存录入").click()
    assert "等第二个人录入" in first.inner_text("main")
    second.wait_for_url("**/compare*")
    assert "有 1 题不同" in second.inner_text("main")
    second.get_by_label("一录：B").check()
    second.get_by_role("button", name="交卷").click()
    second.wait_for_url(sheets)
    assert "已交卷计分" in second.inner_text("main")
    with closing(sqlite3.connect(str(live.folder / "lawgauge.db"))) as connection:
        scores = connection.execute("SELECT points FROM score").fetchall()
    assert scores == [(800,)]
