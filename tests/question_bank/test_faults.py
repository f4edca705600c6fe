"""The faults of files, F1 to F14, for files of questions as the page takes them.

What spreadsheets and documents are refused for in general stands in
tests/core/test_spreadsheets.py and test_word.py, keys and options in
rules/papers/test_layouts.py.
"""

from __future__ import annotations

import io
import sys
import zipfile
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from core.errors import Refused
from question_bank.formats.files import read_file
from question_bank.formats.template import write_refused, write_workbook
from question_bank.rules.intake import sort_out
from question_bank.rules.validity import Draft
from tests.core.words import paper, raw, rebuilt
from tests.pages import text_of
from tests.question_bank.drafts import single, typed
from tests.question_bank.test_review import CLEAN, Desk, colours, stored, workbook

HEAD = ["题型", "题干", "选项A", "选项B", "答案"]


@pytest.fixture
def desk(author: FlaskClient) -> Desk:
    return Desk(author)


def refused(desk: Desk, content: bytes, name: str) -> str:
    """The page that refuses a file."""
    file = (io.BytesIO(content), name)
    response = desk.post("/console/bank/import", file=file, text="")
    assert response.status_code == 400
    assert stored() == 0
    return text_of(response)


@pytest.mark.skipif(sys.platform == "win32", reason="no limits there")
def test_F1_a_document_that_unfolds_in_memory_ends_its_reader_alone(
    tmp_path: Path,
) -> None:
    """70 MB of small paragraphs pass the scan and would take a gigabyte as a tree."""
    body = "".join(f"<w:p><w:r><w:t>{n}</w:t></w:r></w:p>" for n in range(1_600_000))
    path = raw(tmp_path / "a.docx", body)
    assert path.stat().st_size < 20 * 1024 * 1024
    with pytest.raises(Refused, match="过大"):
        read_file(path, filename="a.docx")


def test_F1_archives_in_a_paper_are_refused(desk: Desk, tmp_path: Path) -> None:
    good = paper(tmp_path / "good.docx", *CLEAN.splitlines())
    inner = [("word/inner.zip", good.read_bytes())]
    nested = rebuilt(good, tmp_path / "nested.docx", extra=inner)
    assert "里面还套着压缩包" in refused(desk, nested.read_bytes(), "试卷.docx")
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b" " * 60_000_000)
    assert "解压后过大" in refused(desk, bomb.getvalue(), "试卷.docx")


def test_F2_entities_in_a_paper_are_refused(desk: Desk, tmp_path: Path) -> None:
    laughs = (
        b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><w:document '
        b'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
        b"<w:body><w:p><w:r><w:t>&b;</w:t></w:r></w:p></w:body></w:document>"
    )
    path = rebuilt(
        paper(tmp_path / "good.docx", "1"),
        tmp_path / "b.docx",
        lambda name, data: laughs if name == "word/document.xml" else data,
    )
    assert "已损坏" in refused(desk, path.read_bytes(), "试卷.docx")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("题目.csv", "扩展名却是 .csv"),
        ("题目.docx", "内容是 Excel 工作簿"),
        ("题目.txt", "不是文本文件"),
        ("题目.json", "不是题目的 JSON 文件"),
        ("题目.xlsm", "不能从“题目.xlsm”导入题目"),
        ("题目", "不能从“题目”导入题目"),
    ],
)
def test_F3_a_workbook_under_another_name_says_what_to_do(
    desk: Desk, name: str, said: str
) -> None:
    assert said in refused(desk, workbook(single()), name)


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16", "utf-8-sig"])
def test_F4_texts_and_tables_come_in_any_encoding(desk: Desk, encoding: str) -> None:
    page = desk.get(desk.upload(CLEAN.encode(encoding), "试卷.txt"))
    assert colours(page) == ["green", "green"]
    rows = "\t".join(HEAD) + "\r\n单选\t甲是𠮷（ ）\t子\t丑\tA\r"
    page = desk.get(desk.upload(rows.encode(encoding), "题目.csv"))
    assert "甲是𠮷（ ）" in page


def test_F5_hidden_merged_and_computed_cells_are_told_by_cell(desk: Desk) -> None:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet("题目")
        sheet.write_row(0, 0, HEAD)
        sheet.merge_range("A2:A4", "单选")
        for row in (1, 2, 3):
            sheet.write_row(row, 1, [f"{'甲乙丙'[row - 1] * 20}（ ）", "子", "丑", "A"])
        sheet.write_formula(2, 2, "=1/0", None, "#DIV/0!")
        sheet.write_number(3, 2, 123456789012345678)
        sheet.set_row(3, None, None, {"hidden": True})
        book.add_worksheet("旧题").hide()
    page = desk.get(desk.upload(out.getvalue(), "题目.xlsx"))
    assert colours(page) == ["green", "red", "red"]
    for said in ("隐藏的工作表没有读取：旧题", "有 1 行被隐藏，也一起读取了"):
        assert said in page
    assert "合并的单元格按每一行都填写了同样的内容读取" in page
    assert "这里显示的是错误值 #DIV/0!" in page
    assert "末尾几位已经丢失" in page


RISKY = ("=1+1", "+86", "-5", "@sum", "\t001", "0012", "123456789012345678")


def test_F8_F14_what_looks_like_a_formula_or_a_number_stays_text(
    tmp_path: Path,
) -> None:
    drafts = [
        single(stem=f"{text}是（ ）", options=(text, f"{text}？"), key=("A",))
        for text in RISKY
    ]
    path = tmp_path / "题目.xlsx"
    with path.open("wb") as file:
        write_workbook(file, drafts)
    cells = [cell for row in openpyxl.load_workbook(path)["题目"] for cell in row]
    assert {cell.data_type for cell in cells if cell.value is not None} == {"s"}
    assert [one.draft for one in read_file(path, filename=path.name).typed] == [
        _trimmed(draft) for draft in drafts
    ]


def _trimmed(draft: Draft) -> Draft:
    """A tab at the beginning is no text of anybody's."""
    return single(
        stem=draft.stem.strip(),
        options=tuple(option.strip() for option in draft.options),
        key=draft.key,
    )


def test_F8_F14_the_workbook_of_bad_ones_holds_text_alone(tmp_path: Path) -> None:
    drafts = [single(stem=f"{text}（ ）", key=()) for text in RISKY]
    path = tmp_path / "有误的题目.xlsx"
    with path.open("wb") as file:
        write_refused(file, sort_out(typed(*drafts), {}).having("red"))
    book = openpyxl.load_workbook(path)
    cells = [cell for row in book["题目"] for cell in row]
    assert {cell.data_type for cell in cells if cell.value is not None} == {"s"}


def test_F9_a_strange_file_name_is_shown_short_and_never_used(
    desk: Desk, app: Flask
) -> None:
    name = "../../etc/😀" + "长" * 300 + ".docx.txt"
    address = desk.upload(CLEAN.encode(), name)
    assert "../" not in desk.get(address).split("<main")[1].split('href="')[0]
    desk.post(address, good="1")
    listed = desk.get("/console/bank/imports")
    assert "etc" not in listed
    assert "…长.docx.txt" in listed
    folder = Path(app.instance_path, "uploads")
    assert not [path for path in folder.iterdir() if "长" in path.name]


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF"])
def test_F10_a_picture_is_refused_at_once_under_any_name(desk: Desk, form: str) -> None:
    out = io.BytesIO()
    Image.new("RGB", (40, 40)).save(out, form)
    for name, said in (
        (f"照片.{form.lower()}", "不能从"),
        ("照片.docx", "已损坏"),
        ("照片.xlsx", "不是 Excel 工作簿"),
        ("照片.txt", "照片.txt"),
    ):
        assert said in refused(desk, out.getvalue(), name)
    svg = b"<svg xmlns='http://www.w3.org/2000/svg'/>"
    assert "不能从" in refused(desk, svg, "图.svg")
    assert "不能从" in refused(desk, b"\0\0\0\x18ftypheic", "照片.heic")


def test_F13_a_hundred_thousand_parts_and_200_MB_are_refused(desk: Desk) -> None:
    part = "--x\r\nContent-Disposition: form-data; name=f\r\n\r\n1\r\n"
    response = desk.client.post(
        "/console/bank/import",
        data=(part * 100_000).encode() + b"--x--\r\n",
        content_type="multipart/form-data; boundary=x",
    )
    assert response.status_code == 413
    response = desk.client.post(
        "/console/bank/import",
        data=b"--x--\r\n",
        content_type="multipart/form-data; boundary=x",
        headers={"Content-Length": str(200 * 1024 * 1024)},
    )
    assert response.status_code in (400, 413)
