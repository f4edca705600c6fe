"""Question papers in Word, and texts, read as files are: in the child process."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import docx
import pytest

from core.errors import Refused
from question_bank.formats.files import PASTED, read_file
from question_bank.formats.neutral import neutral_item
from question_bank.formats.reading import Reading, dump_reading, load_reading
from question_bank.formats.template import write_workbook
from tests.core.words import add_list, add_numbering, add_xml, numbered, restart, saved
from tests.question_bank.drafts import ALL_KINDS, SINGLE

TABLE = ["题型", "题干", "选项A", "选项B", "答案", "难度"]


def read(path: Path, filename: str | None = None) -> Reading:
    return read_file(path, filename=filename or path.name)


def items(reading: Reading) -> list[dict[str, Any]]:
    return [neutral_item(one) for one in reading.typed]


def choice(stem: str, options: str, answer: str, **more: Any) -> dict[str, Any]:
    kind = "multi" if len(answer) > 1 else "single"
    return {
        "type": kind,
        "stem": stem,
        "options": options.split("|"),
        "answer": list(answer),
        **more,
    }


def test_F11_a_paper_with_automatic_numbers_is_read(tmp_path: Path) -> None:
    """Word's own lists for heads, questions and options; nothing of it is typed."""
    document = docx.Document()
    add_list(document, 50, [("chineseCounting", "%1、")])
    add_list(document, 60, [("decimal", "%1."), ("upperLetter", "%2.")])
    add_numbering(document, 61, 60, restart(0))
    document.add_heading("行政处罚法知识测试", 0)
    numbered(document, "单项选择题（每题2分）", 50)
    for stem, options in (
        ("追诉时效为（B）年。", "一二五"),
        ("听证由谁组织？", "甲乙"),
    ):
        numbered(document, stem, 60)
        for option in options:
            numbered(document, option, 60, 1)
    document.add_paragraph("答案：A")
    numbered(document, "判断题（每题1分）", 50)
    numbered(document, "罚款应当使用专用票据。（√）", 61)
    numbered(document, "口头处罚一律有效。（×）", 61)
    reading = read(saved(document, tmp_path / "试卷.docx"))
    assert items(reading) == [
        choice("追诉时效为（ ）年。", "一|二|五", "B", points=2),
        choice("听证由谁组织？", "甲|乙", "A", points=2),
        {
            "type": "judge",
            "stem": "罚款应当使用专用票据。",
            "answer": True,
            "points": 1,
        },
        {"type": "judge", "stem": "口头处罚一律有效。", "answer": False, "points": 1},
    ]
    assert (reading.notes, reading.left) == ([], [])
    assert [one.counted for one in reading.typed] == ["paragraph"] * 4


def test_F11_tables_of_questions_of_options_and_of_keys_are_read(
    tmp_path: Path,
) -> None:
    document = docx.Document()
    document.add_paragraph("1.甲（ ）")
    options = document.add_table(2, 2)
    for cell, text in zip(
        options._cells, ("A.子", "B.丑", "C.寅", "D.卯"), strict=True
    ):
        cell.text = text
    document.add_paragraph("2.乙（ ）")
    letters = document.add_table(1, 4)
    for cell, text in zip(letters._cells, ("A", "子", "B", "丑"), strict=True):
        cell.text = text
    document.add_paragraph("参考答案")
    keys = document.add_table(2, 3)
    for cell, text in zip(
        keys._cells, ("题号", "1", "2", "答案", "C", "B"), strict=True
    ):
        cell.text = text
    rows = document.add_table(2, len(TABLE))
    row = ["单选", "丙（ ）", "子", "丑", "A", "难"]
    for cell, text in zip(rows._cells, [*TABLE, *row], strict=True):
        cell.text = text
    reading = read(saved(document, tmp_path / "试卷.docx"))
    assert items(reading) == [
        choice("甲（ ）", "子|丑|寅|卯", "C"),
        choice("乙（ ）", "子|丑", "B"),
        choice("丙（ ）", "子|丑", "A", difficulty="难"),
    ]
    place = reading.typed[2].place("key")
    assert (place.sheet, place.cell) == ("表格4", "E2")


def test_F11_what_is_lost_is_listed_and_its_question_is_looked_at(
    tmp_path: Path,
) -> None:
    document = docx.Document()
    document.add_paragraph("1.如图，甲是（ ）")
    add_xml(document.add_paragraph("A.子"), "<w:r><w:drawing/></w:r>")
    document.add_paragraph("B.丑")
    document.add_paragraph("答案：A")
    document.add_paragraph("2.乙是（ ）")
    document.add_paragraph("A.子\nB.丑")
    add_xml(
        document.add_paragraph("答案：B"),
        '<w:ins w:id="1" w:author="x"><w:r><w:t>。</w:t></w:r></w:ins>'
        '<w:r><w:footnoteReference w:id="2"/></w:r>',
    )
    reading = read(saved(document, tmp_path / "试卷.docx"))
    assert items(reading) == [
        choice("如图，甲是（ ）", "子|丑", "A"),
        choice("乙是（ ）", "子|丑", "B"),
    ]
    assert [str(note) for note in reading.notes] == [
        "没有读取图片：第 2 段",
        "没有读取脚注或尾注：第 7 段",
        "第 7 段有修订痕迹，按接受全部修订后的文字读取",
    ]
    assert [[str(d) for d in one.doubts] for one in reading.typed] == [
        ["这一题里有图片，没有读取"],
        [
            "这一题里有修订痕迹，按接受全部修订后的文字读取",
            "这一题里有脚注或尾注，没有读取",
        ],
    ]


def test_a_document_without_a_question_says_what_one_looks_like(
    tmp_path: Path,
) -> None:
    document = docx.Document()
    document.add_paragraph("关于开展测试的通知")
    with pytest.raises(Refused, match="没有找到题目。每道题要有题号"):
        read(saved(document, tmp_path / "通知.docx"))


@pytest.mark.parametrize("name", ["旧.doc", "旧.wps", "旧.rtf", "旧.pdf"])
def test_F3_other_documents_are_refused_by_name(tmp_path: Path, name: str) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"{\\rtf1 x}")
    with pytest.raises(Refused, match="另存为") as caught:
        read(path, name)
    assert name in str(caught.value)


# Texts

PAPER = "1.甲（ ）\nA.子\nB.丑\n答案：A\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_F4_a_text_is_read_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "试卷.txt"
    path.write_bytes(PAPER.encode(encoding))
    assert items(read(path)) == [choice("甲（ ）", "子|丑", "A")]


def test_a_text_may_hold_json_or_a_table_copied_from_a_spreadsheet(
    tmp_path: Path,
) -> None:
    path = tmp_path / "x"
    path.write_text(json.dumps([{"题干": "甲。", "答案": "对"}]), encoding="utf-8")
    assert items(read(path, PASTED))[0]["answer"] is True
    row = ["单选", "丙（ ）", "子", "丑", "A", "难"]
    path.write_text("\t".join(TABLE) + "\n" + "\t".join(row), encoding="utf-8")
    reading = read(path, PASTED)
    assert items(reading) == [choice("丙（ ）", "子|丑", "A", difficulty="难")]


def test_F3_an_archive_called_txt_and_bytes_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    with path.open("wb") as file:
        write_workbook(file, [SINGLE])
    with pytest.raises(Refused, match="不是文本文件"):
        read(path)
    path.write_bytes(b"\xff\x81\xff" * 50)
    with pytest.raises(Refused, match="编码无法识别"):
        read(path)


def test_a_text_that_is_too_long_is_refused_with_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_text("甲" * 2_000_001, encoding="utf-8")
    with pytest.raises(Refused, match="超过了 2000000 个字的上限"):
        read(path)


def test_F1_a_text_that_takes_too_long_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.child.WALL_SECONDS", 0.01)
    path = tmp_path / "x.txt"
    path.write_text(PAPER, encoding="utf-8")
    with pytest.raises(Refused, match="内容过大或已损坏"):
        read(path)


def test_the_child_loads_neither_the_web_nor_the_database() -> None:
    code = (
        "import sys, question_bank.formats.reader, question_bank.formats.document;"
        "print(set(sys.modules) & {'flask', 'sqlalchemy', 'core.db', 'core.config'})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"


# Handing on


def test_a_reading_is_handed_on_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "x"
    text = (
        "标题\n一、案例题（每题1.5分）\n（一）某局处罚。\n1.甲？\nA.子　B.丑\n答案：A\n"
        "2.乙？\nA.子　B.丑\n二、不定项选择题\n1.丙？\nA.子 B.丑\n答案：B\n难度：难\n"
    )
    path.write_text(text, encoding="utf-8")
    reading = read(path, PASTED)
    assert load_reading(json.loads(json.dumps(dump_reading(reading)))) == reading
    assert reading.typed[0].parts[0].points is not None
    assert reading.typed[1].doubts
    with path.open("wb") as file:
        write_workbook(file, ALL_KINDS)
    reading = read(path, "题目.xlsx")
    assert load_reading(json.loads(json.dumps(dump_reading(reading)))) == reading
