"""Word documents that people upload. The F numbers are those of the list of faults."""

from __future__ import annotations

import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import docx
import pytest
from docx.enum.text import WD_BREAK

from core.errors import Refused
from core.word_numbering import write_count
from core.word_reader import Paragraph, WordTable, read_document
from tests.core.containers import container
from tests.core.words import (
    NS,
    add_list,
    add_numbering,
    add_xml,
    numbered,
    paper,
    raw,
    rebuilt,
    restart,
    saved,
)


def texts(path: Path) -> list[str]:
    """The texts of all paragraphs outside of tables that hold something."""
    blocks = read_document(path, path.name)
    return [b.text for b in blocks if isinstance(b, Paragraph) and b.text.strip()]


def lost(path: Path) -> list[str]:
    blocks = read_document(path, path.name)
    return [what for b in blocks if isinstance(b, Paragraph) for what in b.lost]


def refusal(path: Path, filename: str | None = None) -> str:
    with pytest.raises(Refused) as caught:
        read_document(path, filename or path.name)
    return str(caught.value)


# Automatic numbering


def test_F11_numbers_that_word_adds_by_itself_are_part_of_the_text(
    tmp_path: Path,
) -> None:
    document = docx.Document()
    add_list(document, 50, [("decimal", "%1."), ("upperLetter", "%2.")])
    for stem in ("甲", "乙"):
        numbered(document, stem, 50)
        for option in ("子", "丑"):
            numbered(document, option, 50, 1)
    assert texts(saved(document, tmp_path / "a.docx")) == [
        *("1.甲", "A.子", "B.丑"),
        *("2.乙", "A.子", "B.丑"),
    ]


def test_F11_a_numbering_that_begins_anew_does(tmp_path: Path) -> None:
    document = docx.Document()
    add_list(document, 50, [("decimal", "%1、")])
    add_numbering(document, 51, 50)
    add_numbering(document, 52, 50, restart(0))
    for number in (50, 50, 51, 52, 52):
        numbered(document, "题", number)
    found = texts(saved(document, tmp_path / "a.docx"))
    assert found == ["1、题", "2、题", "3、题", "1、题", "2、题"]


def test_F11_levels_are_put_together_and_styles_carry_them(tmp_path: Path) -> None:
    document = docx.Document()
    add_list(document, 50, [("chineseCounting", "%1、"), ("decimal", "%1.%2")])
    style = document.styles["Heading 2"].element
    style.get_or_add_pPr().append(
        docx.oxml.parse_xml(
            f'<w:numPr {NS}><w:ilvl w:val="1"/><w:numId w:val="50"/></w:numPr>'
        )
    )
    numbered(document, "单选题", 50)
    document.add_paragraph("甲", style="Heading 2")
    document.add_paragraph("乙", style="Heading 2")
    found = texts(saved(document, tmp_path / "a.docx"))
    assert found == ["一、单选题", "一.1 甲", "一.2 乙"]


def test_bullets_and_numbering_switched_off_add_nothing(tmp_path: Path) -> None:
    document = docx.Document()
    add_list(document, 50, [("bullet", "•"), ("decimal", "%1.")])
    numbered(document, "甲", 50)
    numbered(document, "乙", 0)
    numbered(document, "丙", 99)  # there is no such list
    assert texts(saved(document, tmp_path / "a.docx")) == ["甲", "乙", "丙"]


@pytest.mark.parametrize(
    ("count", "form", "shown"),
    [
        (3, "decimal", "3"),
        (3, "upperLetter", "C"),
        (28, "upperLetter", "BB"),
        (2, "lowerLetter", "b"),
        (4, "upperRoman", "IV"),
        (19, "lowerRoman", "xix"),
        (10, "chineseCounting", "十"),
        (11, "chineseCountingThousand", "十一"),
        (23, "japaneseCounting", "二十三"),
        (120, "chineseCounting", "120"),
        (3, "ideographTraditional", "丙"),
        (12, "decimalEnclosedCircle", "⑫"),
        (7, "decimalZero", "07"),
        (5, "noSuchForm", "5"),
        (0, "upperLetter", "0"),
        (99, "decimalEnclosedCircle", "99"),
    ],
)
def test_counts_are_written_as_word_writes_them(
    count: int, form: str, shown: str
) -> None:
    assert write_count(count, form) == shown


# Runs


def test_runs_tabs_and_soft_breaks_are_one_text(tmp_path: Path) -> None:
    document = docx.Document()
    paragraph = document.add_paragraph("甲")
    paragraph.add_run("乙").bold = True
    paragraph.add_run("\t丙").add_break(WD_BREAK.LINE)
    paragraph.add_run("丁").add_break(WD_BREAK.PAGE)
    assert texts(saved(document, tmp_path / "a.docx")) == ["甲乙\t丙\n丁"]


def test_underlined_spaces_are_a_blank_to_write_on(tmp_path: Path) -> None:
    document = docx.Document()
    paragraph = document.add_paragraph("甲")
    for text in ("    ", " 乙 ", "丙"):
        paragraph.add_run(text).underline = True
    paragraph.add_run("    ")
    assert texts(saved(document, tmp_path / "a.docx")) == ["甲________乙____丙    "]


def test_ticks_of_the_symbol_fonts_are_read(tmp_path: Path) -> None:
    document = docx.Document()
    paragraph = document.add_paragraph("甲。（")
    for font, code in (("Wingdings", "F0FC"), ("Symbol", "F0B4"), ("Webdings", "F061")):
        add_xml(paragraph, f'<w:r><w:sym w:font="{font}" w:char="{code}"/></w:r>')
    path = saved(document, tmp_path / "a.docx")
    assert texts(path) == ["甲。（√×"]
    assert lost(path) == ["symbol"]


def test_text_in_links_controls_and_fields_is_read(tmp_path: Path) -> None:
    inner = "<w:r><w:t>{}</w:t></w:r>"
    path = raw(
        tmp_path / "a.docx",
        f"<w:p><w:hyperlink>{inner.format('甲')}</w:hyperlink>"
        f"<w:sdt><w:sdtContent>{inner.format('乙')}</w:sdtContent></w:sdt>"
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
        "<w:r><w:instrText>PAGE</w:instrText></w:r>"
        f'<w:r><w:fldChar w:fldCharType="separate"/></w:r>{inner.format("丙")}</w:p>'
        f"<w:sdt><w:sdtContent><w:p>{inner.format('丁')}</w:p></w:sdtContent></w:sdt>",
    )
    assert texts(path) == ["甲乙丙", "丁"]


def test_F11_a_document_without_styles_and_numbering_is_read(tmp_path: Path) -> None:
    path = raw(tmp_path / "a.docx", "<w:p><w:r><w:t>甲</w:t></w:r></w:p>")
    assert texts(path) == ["甲"]


# What is not text


def test_F11_tracked_changes_are_read_as_accepted_and_told(tmp_path: Path) -> None:
    document = docx.Document()
    paragraph = document.add_paragraph("甲")
    add_xml(
        paragraph,
        '<w:ins w:id="1" w:author="x"><w:r><w:t>乙</w:t></w:r></w:ins>'
        '<w:del w:id="2" w:author="x"><w:r><w:delText>丙</w:delText></w:r></w:del>'
        '<w:moveFrom w:id="3" w:author="x"><w:r><w:t>丁</w:t></w:r></w:moveFrom>',
    )
    path = saved(document, tmp_path / "a.docx")
    assert texts(path) == ["甲乙"]
    assert lost(path) == ["revision"]


@pytest.mark.parametrize(
    ("xml", "what"),
    [
        ("<w:r><w:drawing/></w:r>", "picture"),
        ("<w:r><w:pict/></w:r>", "picture"),
        (
            "<w:r><w:pict><w:txbxContent><w:p/></w:txbxContent></w:pict></w:r>",
            "textbox",
        ),
        ("<w:r><w:object/></w:r>", "object"),
        ('<w:r><w:footnoteReference w:id="1"/></w:r>', "footnote"),
        ('<w:r><w:endnoteReference w:id="1"/></w:r>', "footnote"),
        ('<w:r><w:commentReference w:id="1"/></w:r>', "comment"),
        ("<w:r><w:rPr><w:vanish/></w:rPr><w:t></w:t></w:r>", "hidden"),
    ],
)
def test_F11_what_is_not_taken_is_told_with_its_place(
    tmp_path: Path, xml: str, what: str
) -> None:
    document = docx.Document()
    document.add_paragraph("甲")
    add_xml(document.add_paragraph("乙"), xml)
    blocks = read_document(saved(document, tmp_path / "a.docx"), "a.docx")
    assert [(b.number, b.text, b.lost) for b in blocks if isinstance(b, Paragraph)] == [
        (1, "甲", []),
        (2, "乙", [what]),
    ]


def test_F11_formulas_headers_and_other_files_are_told(tmp_path: Path) -> None:
    math = 'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
    path = raw(
        tmp_path / "a.docx",
        f"<w:p><m:oMath {math}><m:r><m:t>x+1</m:t></m:r></m:oMath></w:p><w:altChunk/>",
    )
    assert (texts(path), lost(path)) == (["x+1"], ["formula", "chunk"])
    document = docx.Document()
    document.sections[0].header.paragraphs[0].text = "绝密★启用前"
    document.sections[0].footer.paragraphs[0].text = "第 1 页"
    assert lost(saved(document, tmp_path / "b.docx")) == ["header"]


def test_tables_are_rows_of_cells_and_merged_cells_stand_once(tmp_path: Path) -> None:
    document = docx.Document()
    table = document.add_table(2, 2)
    table.cell(0, 0).merge(table.cell(1, 0)).text = "甲"
    table.cell(0, 1).text = "乙"
    table.cell(1, 1).add_table(1, 1).cell(0, 0).text = "丙"
    path = saved(document, tmp_path / "a.docx")
    (found,) = [b for b in read_document(path, path.name) if isinstance(b, WordTable)]
    rows = [["".join(p.text for p in cell) for cell in row] for row in found.rows]
    assert rows == [["甲", "乙"], ["", "丙"]]


# Files that are something else, and hostile ones


@pytest.fixture
def good(tmp_path: Path) -> Path:
    return paper(tmp_path / "good.docx", "甲")


def test_F3_other_files_say_what_to_do(tmp_path: Path, good: Path) -> None:
    macro = rebuilt(good, tmp_path / "m", extra=[("word/vbaProject.bin", b"x")])
    sheet = rebuilt(good, tmp_path / "s", extra=[("xl/workbook.xml", b"<x/>")])
    for content, name, said in (
        (container("WordDocument", b"x"), "旧.doc", "另存为 .docx"),
        (container("WordDocument", b"x"), "旧.wps", "另存为 .docx"),
        (container("EncryptedPackage", b"x"), "密.docx", "打开密码"),
        (b"", "空.docx", "空文件"),
        (b"{\\rtf1 x}", "a.docx", "RTF"),
        (b"%PDF-1.7", "a.docx", "PDF"),
        (b"<html></html>", "a.docx", "网页"),
        (b"\xef\xbb\xbfMIME-Version: 1.0", "a.docx", "网页"),
        (good.read_bytes()[:900], "a.docx", "已损坏"),
        (b"plain words", "a.docx", "已损坏"),
    ):
        path = tmp_path / "x"
        path.write_bytes(content)
        assert said in refusal(path, name), said
    assert "带宏" in refusal(macro, "a.docx")
    assert "带宏" in refusal(good, "a.docm")
    assert "Excel 工作簿" in refusal(sheet, "a.docx")


def in_body(new: bytes) -> Callable[[str, bytes], bytes]:
    def change(name: str, data: bytes) -> bytes:
        return (
            data.replace(b"</w:body>", new + b"</w:body>")
            if "document" in name
            else data
        )

    return change


def test_F1_a_bomb_is_refused_while_it_unfolds(tmp_path: Path, good: Path) -> None:
    bomb = rebuilt(good, tmp_path / "bomb.docx", in_body(b" " * 100_000_000))
    assert bomb.stat().st_size < 300_000
    assert "解压后过大" in refusal(bomb)


def test_F1_many_members_archives_inside_and_lies_about_sizes(
    tmp_path: Path, good: Path
) -> None:
    many = [(f"x{n}.xml", b"") for n in range(2500)]
    assert "过大" in refusal(rebuilt(good, tmp_path / "many.docx", extra=many))
    inner = [("inner.zip", good.read_bytes())]
    assert "压缩包" in refusal(rebuilt(good, tmp_path / "in.docx", extra=inner))
    embedded = [("word/embeddings/a.xlsx", good.read_bytes())]
    assert texts(rebuilt(good, tmp_path / "e.docx", extra=embedded)) == ["甲"]
    liar = rebuilt(good, tmp_path / "liar.docx", in_body(b" " * 1_000_000))
    data = bytearray(liar.read_bytes())
    at = data.find(b"PK\x01\x02")
    while at >= 0:
        size = struct.unpack_from("<H", data, at + 28)[0]
        if b"document.xml" in data[at + 46 : at + 46 + size]:
            struct.pack_into("<I", data, at + 24, 1000)
        at = data.find(b"PK\x01\x02", at + 4)
    liar.write_bytes(data)
    assert "已损坏" in refusal(liar)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_F2_entities_are_refused(tmp_path: Path, good: Path, encoding: str) -> None:
    laughs = (
        f'<?xml version="1.0" encoding="{encoding}"?>'
        '<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;&b;&b;">]>'
        f"<w:document {NS}><w:body><w:p><w:r><w:t>&c;</w:t></w:r></w:p></w:body>"
        "</w:document>"
    ).encode(encoding)
    path = rebuilt(
        good,
        tmp_path / "b.docx",
        lambda name, data: laughs if name == "word/document.xml" else data,
    )
    assert "已损坏" in refusal(path)


def test_F3_strict_open_xml_says_what_to_do(tmp_path: Path, good: Path) -> None:
    path = rebuilt(
        good,
        tmp_path / "strict.docx",
        lambda name, data: (
            data.replace(
                b"http://schemas.openxmlformats.org/officeDocument/2006",
                b"http://purl.oclc.org/ooxml/officeDocument",
            )
            if name == "_rels/.rels"
            else data
        ),
    )
    assert "严格的 Open XML" in refusal(path)


def test_F2_markup_that_does_not_hold_together_is_refused(
    tmp_path: Path, good: Path
) -> None:
    path = rebuilt(good, tmp_path / "b.docx", in_body(b"<w:p>"))
    assert "已损坏" in refusal(path)


def test_controls_inside_one_another_come_to_an_end(tmp_path: Path) -> None:
    deep = "<w:sdt><w:sdtContent>" * 90 + "<w:p/>" + "</w:sdtContent></w:sdt>" * 90
    assert texts(raw(tmp_path / "a.docx", deep)) == []


def test_reading_documents_loads_nothing_that_has_a_secret() -> None:
    code = (
        "import sys, core.word_reader; loaded = set(sys.modules);"
        "print(loaded & {'flask', 'sqlalchemy', 'core.db', 'core.config', 'docx'})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"
