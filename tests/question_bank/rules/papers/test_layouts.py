"""Whole papers in the layouts people use, each with what must come of it.

``layouts.json`` has the form of the published fixtures: id, note, text, expected.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from question_bank.formats.neutral import neutral_item
from question_bank.formats.reader import read_text
from question_bank.formats.reading import Reading

OWN = Path(__file__).with_name("layouts.json")
PUBLISHED = Path(__file__).parents[5] / "shared" / "formats" / "layouts.json"


def layouts(path: Path) -> list[Any]:
    if not path.exists():
        return [pytest.param({}, marks=pytest.mark.skip(reason=f"no {path.name}"))]
    found = json.loads(path.read_text(encoding="utf-8"))
    return [pytest.param(one, id=one["id"]) for one in found]


def items(reading: Reading) -> list[dict[str, Any]]:
    return [neutral_item(one) for one in reading.typed]


@pytest.mark.parametrize("layout", layouts(PUBLISHED))
def test_the_published_layouts_are_read_as_expected(layout: dict[str, Any]) -> None:
    assert items(read_text(layout["text"])) == layout["expected"]


@pytest.mark.parametrize("layout", layouts(OWN))
def test_our_own_layouts_are_read_as_expected(layout: dict[str, Any]) -> None:
    assert items(read_text(layout["text"])) == layout["expected"]


@pytest.mark.parametrize("layout", [*layouts(OWN), *layouts(PUBLISHED)])
@pytest.mark.parametrize("ending", ["\r\n", "\r", "\v", "\u2028", "\n\n\n"])
def test_line_ends_and_blank_lines_make_no_difference(
    layout: dict[str, Any], ending: str
) -> None:
    if not layout["text"].startswith(("[", "{")):
        text = layout["text"].replace("\n", ending)
        assert items(read_text(text)) == layout["expected"]


@pytest.mark.parametrize("layout", [*layouts(OWN), *layouts(PUBLISHED)])
def test_only_page_numbers_are_left_over(layout: dict[str, Any]) -> None:
    left = [line.text for line in read_text(layout["text"]).left]
    assert left in ([], ["第 1 页 共 2 页"])


def test_there_are_enough_of_our_own() -> None:
    ids = [one["id"] for one in json.loads(OWN.read_text(encoding="utf-8"))]
    assert len(set(ids)) == len(ids) >= 10


def doubts(text: str) -> list[str]:
    return [str(doubt) for one in read_text(text).typed for doubt in one.doubts]


QUESTION = "1.甲（ ）\nA.一\nB.二\n"


@pytest.mark.parametrize(
    ("text", "doubt"),
    [
        ("1.甲A一B二【答案】A\n", "选项之间没有标点，是按字母拆开的"),
        ("甲（ ）\nA.一\nB.二\n答案：A\n", "这一题没有题号，从哪里开始是推断的"),
        (QUESTION + "答案：A\n因为甲。\n", ""),
        (QUESTION + "答案：二\n", "答案写的是“二”，对应选项 B"),
        (QUESTION + "答案：全选\n", "答案写的是“全选”，按全部选项读取"),
        (QUESTION + "解析：故本题选 B。\n", "答案取自解析里的“故本题选 B”"),
        (QUESTION + "答案：A\n难度：0.85\n", "难度写的是“0.85”，是换算的"),
        (QUESTION + "答案：A\n难度：★★★★★\n", "难度写的是“★★★★★”，是换算的"),
        (
            QUESTION + "答案：A\n认知层次：理解\n",
            "“认知层次：理解”没有对应的栏目，没有读取",
        ),
        (
            "一、不定项选择题\n" + QUESTION + "答案：A\n",
            "不定项选择题只有一个答案，按单选题读取",
        ),
        (
            "一、判断题\n1.甲（ ）\nA.一\nB.二\nC.三\n答案：A\n",
            "标题是“判断”，这一题却有 3 个选项，按选项和答案判定题型",
        ),
        ("一、判断题\n1.甲。\n答案：B\n", "答案写的是 B，按 A 正确、B 错误理解"),
        ("一、填空题\n1.甲是（乙）。\n", "答案取自题干里已填的空"),
        (
            "1.甲（A）是（ ）\nA.一\nB.二\n答案：B\n",
            "题干括号里写着 A，答案写的是 B",
        ),
    ],
)
def test_what_is_guessed_is_said(text: str, doubt: str) -> None:
    assert doubts(text) == ([doubt] if doubt else ["选项后面的文字当作解析"])


def test_what_is_certain_is_not_called_a_guess() -> None:
    assert doubts(QUESTION + "答案：A\n2.乙\n答案：对\n3.丙____。\n答案：丁\n") == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            QUESTION + "答案：A\n答案：B\n",
            "这里有两处答案（A 和 B），可能有一题的题号没有认出来",
        ),
        (
            "1.（A）甲是（B）\nA.一\nB.二\n",
            "题干里有几个括号都写着字母，不知道哪个是答案",
        ),
        (
            "1.甲（ ）\nA.一（正确答案）\nB.二\n答案：B\n",
            "选项后面的答案是 A，答案里是 B，请核对",
        ),
        (
            "（√）1.甲。\n答案：错误\n",
            "题号前的答案是 √，后面写的是 错误，请核对",
        ),
        (
            "一、判断题\n1.甲。（√）\n答案：错\n",
            "题干括号里的答案是 √，后面写的是 错，请核对",
        ),
    ],
)
def test_F12_keys_that_contradict_one_another_are_refused(
    text: str, reason: str
) -> None:
    (one,) = read_text(text).typed
    assert [str(fault) for fault in one.faults] == [reason]


def test_keys_without_a_question_are_said() -> None:
    reading = read_text("1.甲\nA.一\nB.二\n2.乙\nA.一\nB.二\n答案\n1.A 2.B 3.C\n")
    assert [str(note) for note in reading.notes] == ["答案表里第 3 题没有对应的题目"]


def test_rules_of_the_exam_before_the_first_section_are_no_questions() -> None:
    text = "1.本试卷满分100分。\n2.考试时间60分钟。\n一、判断题\n1.甲。（√）\n"
    reading = read_text(text)
    assert [one.draft.stem for one in reading.typed] == ["甲。"]
    assert [line.number for line in reading.headings] == [3, 1, 2]


def test_a_question_knows_its_lines_and_what_they_said() -> None:
    reading = read_text("一、单选题\n\n" + QUESTION + "答案：A\n\n2.乙\nA.一\nB.二\n")
    first, second = reading.typed
    assert (first.number, first.lines) == (3, (3, 4, 5, 6))
    assert first.source == "1.甲（ ）\nA.一\nB.二\n答案：A"
    assert (second.number, second.counted) == (8, "line")


def test_a_question_that_is_too_long_is_refused_and_the_others_are_read() -> None:
    text = "1." + "甲" * 30_000 + "\nA.一\nB.二\n答案：A\n2.乙\nA.一\nB.二\n答案：B\n"
    first, second = read_text(text).typed
    assert "太长了" in str(first.faults[0])
    assert second.draft.key == ("B",)


def test_two_questions_side_by_side_are_refused_and_never_mixed() -> None:
    (one,) = read_text("1.甲（ ）\t2.乙（ ）\nA.一\tA.三\nB.二\tB.四\n答案：A\n").typed
    assert "这一行并排写着几道题，没有分开" in [str(fault) for fault in one.faults]


def test_what_belongs_to_a_question_that_was_not_seen_is_left_over() -> None:
    reading = read_text("一、单选题\n答案：B\nA.三\n1.甲（ ）\nA.一\nB.二\n答案：A\n")
    assert [line.text for line in reading.left] == ["答案：B", "A.三"]


def test_points_of_an_analysis_are_no_titles() -> None:
    text = (
        QUESTION + "答案：A\n解析：要点有\n（一）甲\n（二）乙\n2.丙（ ）\nA.一\nB.二\n"
    )
    first, second = read_text(text).typed
    assert first.draft.analysis == "要点有\n（一）甲\n（二）乙"
    assert second.draft.stem == "丙（ ）"


def test_what_the_keys_say_of_a_case_is_the_cases_own() -> None:
    text = (
        "一、案例分析题\n（一）某公司排污。\n1.甲（ ）\nA.一\nB.二\n2.乙。\n"
        "参考答案\n一、案例分析题\n（一）【知识点】排污【解析】综合题。\n另见教材。\n1.A\n2.√\n"
        "（二）【解析】没有这个案例。\n"
    )
    reading = read_text(text)
    (case,) = reading.typed
    assert (case.draft.topic, case.draft.analysis) == ("排污", "综合题。\n另见教材。")
    assert [part.key for part in case.draft.parts] == [("A",), ("T",)]
    assert [str(note) for note in reading.notes] == ["答案表里案例 2 没有对应的题目"]


@pytest.mark.parametrize(
    ("line", "tags"),
    [
        ("标签：执法人员；应知应会第3条", ("执法人员", "应知应会第3条")),
        ("【标签】执法人员、领导干部", ("执法人员", "领导干部")),
        ("适用对象：领导干部，执法人员", ("领导干部", "执法人员")),
        ("适用人员:执法人员", ("执法人员",)),
        ("应知应会：第3条", ("第3条",)),
        ("标记：易错\n标签：执法人员；易错", ("易错", "执法人员")),
        ("标签：", ()),
        ("解析：本题的标签：不在这里。", ()),  # in a sentence it is none
    ],
)
def test_tags_are_read(line: str, tags: tuple[str, ...]) -> None:
    (one,) = read_text(QUESTION + f"答案：A\n{line}\n").typed
    assert one.draft.tags == tags
    assert one.draft.key == ("A",)
    assert one.doubts == ()
