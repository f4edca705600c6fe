"""Reading what people upload. The F numbers are those of the list of faults."""

from __future__ import annotations

import datetime as dt
import os
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter

import core.child
from core.errors import Refused
from core.spreadsheets import NoHeadings, Sheet, read_sheets, table, tables
from tests.core.containers import container, xls

Rows = Sequence[Sequence[Any]]
HEADINGS = {"unit": ("单位名称", "unit"), "name": ("姓名", "name"), "tail": ("尾号",)}
PEOPLE: Rows = [["单位名称", "姓名", "尾号"], ["甲局", "张三", "0012"]]


def workbook(path: Path, rows: Rows = PEOPLE, **formats: str) -> Path:
    """An .xlsx with one sheet 人员; a format's key is its column's number."""
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("人员")
    for r, row in enumerate(rows):
        for c, value in enumerate(row):
            form = formats.get(f"c{c}")
            look = book.add_format({"num_format": form}) if form else None
            if isinstance(value, str):
                sheet.write_string(r, c, value)
            else:
                sheet.write(r, c, value, look)
    book.close()
    return path


def rebuilt(
    source: Path,
    target: Path,
    change: Callable[[str, bytes], bytes] = lambda _name, data: data,
    extra: Sequence[tuple[str, bytes]] = (),
) -> Path:
    """A copy of an archive with members changed or added."""
    with (
        zipfile.ZipFile(source) as before,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as after,
    ):
        for name in before.namelist():
            after.writestr(name, change(name, before.read(name)))
        for name, data in extra:
            after.writestr(name, data)
    return target


def texts(sheet: Sheet) -> list[list[str]]:
    return [[cell.text for cell in row] for row in sheet.rows]


def refusal(path: Path, filename: str | None = None) -> str:
    with pytest.raises(Refused) as caught:
        read_sheets(path, filename=filename or path.name)
    return str(caught.value)


def only(path: Path, filename: str | None = None) -> Sheet:
    (sheet,) = read_sheets(path, filename=filename or path.name)
    return sheet


# Values


def test_every_kind_of_cell_comes_as_text(tmp_path: Path) -> None:
    path = tmp_path / "all.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet()
    day, moment, hour = (
        book.add_format({"num_format": form})
        for form in ("yyyy-mm-dd", "yyyy-mm-dd hh:mm", "hh:mm")
    )
    sheet.write_row(0, 0, ["文字", 12, 0.3, True])
    sheet.write_datetime(0, 4, dt.datetime(2026, 1, 2, tzinfo=None), day)  # noqa: DTZ001
    sheet.write_datetime(0, 5, dt.datetime(2026, 1, 2, 3, 4), moment)  # noqa: DTZ001
    sheet.write_datetime(0, 6, dt.time(3, 4), hour)
    sheet.write_formula(0, 7, "=1+1", None, 2)
    book.close()
    values = ["文字", "12", "0.3", "TRUE", "2026-01-02", "2026-01-02 03:04", "03:04"]
    assert texts(only(path)) == [[*values, "2"]]


def test_cells_know_their_place_beyond_z_and_past_blank_rows(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [["a"], [], [""] * 27 + ["b"]])
    rows = only(path).rows
    assert rows[0][0].where == "A1"
    assert rows[1][27].where == "AB3"


def test_F5_numbers_that_lost_digits_are_marked(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [[1e15, 999_999_999_999_999, "1" * 18]])
    damaged, whole, typed = only(path).rows[0]
    assert damaged.damaged
    assert damaged.number
    assert whole.text == "999999999999999"
    assert not whole.damaged
    assert not typed.damaged
    assert not typed.number


def test_F5_formulas_without_a_value_and_errors_are_marked(tmp_path: Path) -> None:
    path = tmp_path / "openpyxl.xlsx"
    book = openpyxl.Workbook()
    book.create_sheet("人员", 0).append(["=1+1", "x"])
    book.save(path)
    assert read_sheets(path, filename="a.xlsx")[0].rows[0][0].uncomputed
    path = tmp_path / "error.xlsx"
    writer = xlsxwriter.Workbook(path)
    writer.add_worksheet().write_formula(0, 0, "=NA()", None, "#N/A")
    writer.close()
    (cell,) = only(path).rows[0]
    assert (cell.text, cell.error) == ("#N/A", True)


def test_F5_a_formula_with_empty_text_is_an_empty_cell(tmp_path: Path) -> None:
    path = rebuilt(
        workbook(tmp_path / "a.xlsx", [["x", "y"]]),
        tmp_path / "b.xlsx",
        lambda name, data: (
            data.replace(
                b'<c r="B1" t="s"><v>1</v></c>',
                b'<c r="B1" t="str"><f>A2</f><v></v></c>',
            )
            if name.endswith("sheet1.xml")
            else data
        ),
    )
    assert texts(only(path)) == [["x"]]


def test_F5_hidden_and_merged_things_are_noted(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("人员")
    sheet.write_row(0, 0, PEOPLE[0])
    sheet.merge_range("A2:A4", "甲局")
    for row in (1, 2, 3):
        sheet.write_row(row, 1, [f"张{row}", "0012"])
    sheet.set_row(2, None, None, {"hidden": True})
    sheet.set_column(2, 2, None, None, {"hidden": True})
    book.add_worksheet("旧").hide()
    book.close()
    sheet_read = only(path)
    assert [row[0] for row in texts(sheet_read)[1:]] == ["甲局"] * 3
    notes = "".join(str(note) for note in sheet_read.notes)
    for word in ("1 行被隐藏", "1 处列被隐藏", "合并", "旧"):
        assert word in notes


def test_a_merge_does_not_fill_rows_without_anything_else(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet()
    sheet.merge_range("A1:A5", "甲局")
    sheet.write(0, 1, "张三")
    sheet.write(5, 1, "末行")
    book.close()
    assert texts(only(path)) == [["甲局", "张三"], ["", "末行"]]


def test_F8_control_characters_are_dropped_and_signs_stay(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [["=1+1", "\t-5", "a\x00b\x07", "a\r\nb"]])
    assert texts(only(path)) == [["=1+1", "-5", "ab", "a\nb"]]


def test_an_xls_is_read(tmp_path: Path) -> None:
    for name in ("old.xls", "wps.et"):
        path = tmp_path / name
        path.write_bytes(xls("人员", [["单位名称", "姓名"], ["甲局", 12.0]]))
        sheet = only(path)
        assert (sheet.name, texts(sheet)) == (
            "人员",
            [["单位名称", "姓名"], ["甲局", "12"]],
        )


# CSV


@pytest.mark.parametrize("separator", [",", "\t", ";"])
@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"],
)
def test_F4_csv_in_every_encoding_and_separator(
    tmp_path: Path, encoding: str, separator: str
) -> None:
    path = tmp_path / "a.csv"
    lines = "单位名称,姓名\r\n甲局,张𠮷\n乙局,李四\r".replace(",", separator)
    path.write_bytes(lines.encode(encoding))
    assert texts(only(path)) == [
        ["单位名称", "姓名"],
        ["甲局", "张𠮷"],
        ["乙局", "李四"],
    ]


def test_F4_a_tab_counts_more_than_commas_in_the_text(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("题干\t答案\na, b\tA\nc, d\tB\n", encoding="utf-8")
    assert texts(only(path))[1] == ["a, b", "A"]


def test_F4_text_in_no_known_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"\xff\x81\xff" * 50)
    assert "编码无法识别" in refusal(path)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("'=1+1", "=1+1"),
        ("'-5", "-5"),
        ("'+86", "+86"),
        ("'@x", "@x"),
        ("''=x", "''=x"),  # the first one stands before a quote
        ("a '=x", "a '=x"),
        ("'abc", "'abc"),
        ("=1+1", "=1+1"),
        ("a\x00b", "ab"),
    ],
)
def test_F8_csv_loses_exactly_one_quote(
    tmp_path: Path, written: str, read: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"x,{written}\n", encoding="utf-8")
    assert texts(only(path)) == [["x", read]]


def test_F4_an_open_quote_names_the_row(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('a,b\nc,"' + "x\n" * 20_000, encoding="utf-8")
    assert "第 2 行" in refusal(path)


# Files that are something else


@pytest.mark.parametrize("text", ["<html><table>", "\ufeff<!DOCTYPE html>", "<?xml?>"])
def test_F3_html_saved_as_xls(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.xls"
    path.write_text(text, encoding="utf-8")
    assert "网页" in refusal(path)


def test_F3_other_files_by_their_names_and_content(tmp_path: Path) -> None:
    book = workbook(tmp_path / "a.xlsx")
    macro = rebuilt(book, tmp_path / "m.xlsx", extra=[("xl/vbaProject.bin", b"x")])
    noise = tmp_path / "noise"
    noise.write_bytes(bytes(range(256)) * 20)
    empty = tmp_path / "empty.csv"
    empty.write_bytes(b"")
    secret = tmp_path / "secret.xlsx"
    secret.write_bytes(container("EncryptedPackage", b"x"))
    word = tmp_path / "letter.wps"
    word.write_bytes(container("WordDocument", b"x"))
    docx = rebuilt(book, tmp_path / "d.docx", extra=[("word/document.xml", b"x")])
    cut = tmp_path / "cut.xlsx"
    cut.write_bytes(book.read_bytes()[:3000])
    for path, filename, expected in (
        (book, "a.csv", "扩展名却是 .csv"),
        (book, "a.xlsm", "带宏"),
        (macro, "m.xlsx", "带宏"),
        (secret, "secret.xlsx", "打开密码"),
        (word, "letter.wps", "文字文档"),
        (docx, "d.docx", "文字文档"),
        (cut, "cut.xlsx", "已损坏"),
        (empty, "empty.csv", "空文件"),
        (noise, "noise.xlsx", "不是 Excel 工作簿"),
        (noise, "noise.csv", "不是文本表格"),
        (noise, "noise.pdf", "不是表格文件"),
    ):
        assert expected in refusal(path, filename), filename


def test_F3_a_text_called_xlsx_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_text("单位名称,姓名\n", encoding="utf-8")
    assert "扩展名改为 .csv" in refusal(path)


@pytest.mark.parametrize(
    "name", ["../../etc/名单.xlsx", "C:\\x\\名单.xlsx", "😀\r\n.xlsx"]
)
def test_F9_a_strange_file_name_does_no_harm(tmp_path: Path, name: str) -> None:
    assert texts(only(workbook(tmp_path / "x"), name)) == [list(r) for r in PEOPLE]


def test_F9_a_message_shows_only_the_end_of_the_name(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"")
    text = refusal(tmp_path / "x", "../" + "长" * 300 + "\r\n.csv")
    assert "\n" not in text
    assert "/" not in text
    assert len(text) < 120


# Hostile archives


def in_sheet(new: bytes) -> Callable[[str, bytes], bytes]:
    def change(name: str, data: bytes) -> bytes:
        if name.endswith("sheet1.xml"):
            return data.replace(b"</sheetData>", new + b"</sheetData>")
        return data

    return change


def test_F1_a_bomb_is_refused_while_it_unfolds(tmp_path: Path) -> None:
    book = workbook(tmp_path / "a.xlsx")
    bomb = rebuilt(book, tmp_path / "bomb.xlsx", in_sheet(b" " * 100_000_000))
    assert bomb.stat().st_size < 200_000
    assert "解压后过大" in refusal(bomb)


def test_F1_sizes_in_the_directory_are_not_believed(tmp_path: Path) -> None:
    book = workbook(tmp_path / "a.xlsx")
    liar = rebuilt(book, tmp_path / "liar.xlsx", in_sheet(b" " * 1_000_000))
    data = bytearray(liar.read_bytes())
    at = data.find(b"PK\x01\x02")
    while at >= 0:
        size = struct.unpack_from("<H", data, at + 28)[0]
        if b"sheet1.xml" in data[at + 46 : at + 46 + size]:
            struct.pack_into("<I", data, at + 24, 1000)
        at = data.find(b"PK\x01\x02", at + 4)
    liar.write_bytes(data)
    assert "已损坏" in refusal(liar)


def test_F1_too_many_members_and_archives_inside(tmp_path: Path) -> None:
    book = workbook(tmp_path / "a.xlsx")
    many = [(f"x{n}.xml", b"") for n in range(2500)]
    assert "过大" in refusal(rebuilt(book, tmp_path / "many.xlsx", extra=many))
    inner = [("inner.zip", book.read_bytes())]
    assert "压缩包" in refusal(rebuilt(book, tmp_path / "in.xlsx", extra=inner))


def test_F2_entities_are_refused(tmp_path: Path) -> None:
    laughs = b'<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;">]><worksheet'
    path = rebuilt(
        workbook(tmp_path / "a.xlsx"),
        tmp_path / "b.xlsx",
        lambda name, data: (
            data.replace(b"<worksheet", laughs) if "sheet1" in name else data
        ),
    )
    assert "已损坏" in refusal(path)


def sparse(path: Path) -> Path:
    return workbook_with(path, {(0, 0): "a", (1_048_575, 16_383): "b"})


def workbook_with(path: Path, cells: dict[tuple[int, int], str]) -> Path:
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet()
    for (row, column), text in cells.items():
        sheet.write(row, column, text)
    book.close()
    return path


def test_F5_a_cell_far_out_is_refused_with_its_place(tmp_path: Path) -> None:
    text = refusal(sparse(tmp_path / "sparse.xlsx"))
    assert "第 1048576 行、第 16384 列" in text


def test_F5_a_reader_that_aborts_is_one_sentence(tmp_path: Path) -> None:
    """The scan does not see this cell; the child's library dies of it."""
    path = rebuilt(
        sparse(tmp_path / "sparse.xlsx"),
        tmp_path / "hidden.xlsx",
        lambda _name, data: data.replace(b'r="XFD1048576"', b"r='XFD1048576'"),
    )
    assert "内容过大或已损坏" in refusal(path)


def test_F5_many_used_but_empty_rows_are_read(tmp_path: Path) -> None:
    path = tmp_path / "used.xlsx"
    book = xlsxwriter.Workbook(path, {"constant_memory": True})
    sheet = book.add_worksheet()
    look = book.add_format({"bold": True})
    sheet.write(0, 0, "姓名")
    for row in range(1, 60_000):
        sheet.write_blank(row, 0, None, look)
    book.close()
    assert texts(only(path)) == [["姓名"]]


def test_a_reader_that_hangs_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core.child, "WALL_SECONDS", 0.01)
    assert "内容过大或已损坏" in refusal(workbook(tmp_path / "a.xlsx"))


@pytest.mark.skipif(sys.platform == "win32", reason="no limits there")
def test_F1_the_child_has_limits_and_no_secret(tmp_path: Path) -> None:
    code = (
        "import core.child as r, resource as s; r.limit_this_process();"
        "print(s.getrlimit(s.RLIMIT_AS)[0], s.getrlimit(s.RLIMIT_CPU)[0],"
        " s.getrlimit(s.RLIMIT_CORE)[0])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [str(512 * 1024 * 1024), "10", "0"]


def test_the_child_is_given_no_setting_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: dict[str, Any] = {}
    real = subprocess.run

    def watched(*args: Any, **kwargs: Any) -> Any:
        seen.update(kwargs)
        return real(*args, **kwargs)

    monkeypatch.setitem(os.environ, "LAWGAUGE_SECRET_KEY", "x" * 40)
    monkeypatch.setattr(subprocess, "run", watched)
    only(workbook(tmp_path / "a.xlsx"))
    assert not [name for name in seen["env"] if name.startswith("LAWGAUGE")]


# Headings


def sheet_of(tmp_path: Path, rows: Rows) -> Sheet:
    return only(workbook(tmp_path / "t.xlsx", rows))


def test_headings_are_found_below_a_title_and_in_any_dress(tmp_path: Path) -> None:
    sheet = sheet_of(
        tmp_path,
        [
            ["某市参考人员名单"],
            [],
            ["序号", " NAME ", "单位\n名称*", "尾号（必填）"],
            [1, "张三", "甲局", "0012"],
        ],
    )
    found = table(sheet, HEADINGS, ["unit", "name"])
    (row,) = found.rows
    assert (row.number, row.text("name"), row.where("tail")) == (4, "张三", "D4")
    assert found.unused == ["序号"]
    assert [cell.text for cell in row.others] == ["1"]


def test_repeated_headings_and_remarks_are_no_rows(tmp_path: Path) -> None:
    remark = ["", "", "", "制表人：某某"]
    sheet = sheet_of(tmp_path, [*PEOPLE, PEOPLE[0], ["甲局", "李四", "0013"], remark])
    names = [row.text("name") for row in table(sheet, HEADINGS, ["name"]).rows]
    assert names == ["张三", "李四"]


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    sheet = sheet_of(tmp_path, [["单位名称", "备注"], ["甲局", "x"]])
    with pytest.raises(NoHeadings, match="缺少这些列：姓名"):
        table(sheet, HEADINGS, ["unit", "name"])
    with pytest.raises(NoHeadings, match="姓名 / 尾号"):
        table(sheet, HEADINGS, [("name", "tail")])


def test_a_column_that_stands_twice_is_refused(tmp_path: Path) -> None:
    sheet = sheet_of(tmp_path, [["姓名", "单位名称", "name"], ["a", "b", "c"]])
    with pytest.raises(Refused, match="A1 和 C1"):
        table(sheet, HEADINGS, ["name"])


def test_F5_flaws_are_bad_cells_with_their_place(tmp_path: Path) -> None:
    rows = [*PEOPLE, ["甲局", "李四", 1e17]]
    found = table(sheet_of(tmp_path, rows), HEADINGS, ["name"])
    (bad,) = found.bad
    assert (bad.sheet, bad.where, bad.row) == ("人员", "C3", 3)
    assert "末尾几位已经丢失" in str(bad)


def test_sheets_without_headings_are_passed_over_and_told(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    book = xlsxwriter.Workbook(path)
    for name, rows in (("甲", PEOPLE), ("说明", [["随便写写"]]), ("乙", PEOPLE)):
        sheet = book.add_worksheet(name)
        for r, row in enumerate(rows):
            sheet.write_row(r, 0, row)
    book.close()
    sheets = read_sheets(path, filename="a.xlsx")
    found = tables(sheets, HEADINGS, ["name"])
    assert [row.sheet for row in found.rows] == ["甲", "乙"]
    assert found.skipped == ["说明"]
    with pytest.raises(NoHeadings):
        tables(sheets[1:2], HEADINGS, ["name"])
