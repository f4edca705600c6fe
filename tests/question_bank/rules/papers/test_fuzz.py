"""No text makes the reader fail, and none loses a line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from question_bank.formats.neutral import neutral_item
from question_bank.rules.intake import Typed
from question_bank.rules.papers.lines import read_lines
from question_bank.rules.papers.paper import Paper, read_paper

#: What papers are made of; the order is chance.
PIECES = (
    *("一、单选题", "（每题2分，共4分）", "二、判断题", "三、案例分析题", "参考答案"),
    *("四、填空题（每空1分）", "五、名词解释", "第二章 总则", "第 1 页", "===="),
    *(
        "1.",
        "2、",
        "3",
        "（1）",
        "（2）",
        "第1题",
        "①",
        "②",
        "（一）",
        "材料一：",
        "一、",
    ),
    *("A.", "B.", "C．", "D、", "(A)", "B ", "C", "A", "AB", "√", "×", "正确"),
    *("（B）", "( )", "（√）", "____", "【】", "（单选）", "[多选]", "（2分）"),
    *(
        "答案：",
        "【答案】",
        "正确答案:",
        "答：",
        "【解析】",
        "解析：",
        "考点：",
        "难度：",
    ),
    *("依据：", "《民法典》第三条", "分值：", "标签：", "题干：", "选项："),
    *("1-3 ABC", "1.A 2.B", "题号 1 2", "答案 A B", "根据以下材料，回答1-2题。"),
    *("○", "□", "（正确答案）", "（二）行政许可法", "l.", "2。", " 答案AB", "【题目】"),
    *(
        "答案：（一）1.A 2.B （二）1.C",
        "（一）【解析】",
        "A·",
        "（\u2003\u2002）",
        "[单选题] *",
    ),
    *("\n", "\n", "\n", "\n\n", "\r", "\v", " ", "\t", "\u3000", "\u200b", "\xa0"),
    *("。", "；", "-", "- ", "**", "# ", "{", "[", "\\", " 2.5", "2021年", "\ud800"),
)
words = st.integers(0, 9999).map(lambda n: f"词{n:04d}语")
papers = st.lists(st.sampled_from(PIECES) | words, max_size=60).map("".join)


def told(one: Typed) -> Iterator[str]:
    """All that a question shows."""
    draft = one.draft
    yield from (one.stem, draft.stem, *draft.options, *draft.key, draft.analysis)
    yield from (draft.topic, one.tag, *draft.citations, draft.difficulty, draft.kind)
    yield from map(str, (*one.doubts, *one.faults))
    for part in one.parts:
        yield from told(part)


def every_line_is_somewhere(text: str, paper: Paper) -> None:
    kept = "\n".join(
        [one.source for one in paper.typed]
        + [line.text for line in (*paper.headings, *paper.left)]
    )
    numbers = {n for one in paper.typed for n in one.lines}
    numbers |= {line.number for line in (*paper.headings, *paper.left)}
    for line in read_lines(text):
        assert line.number in numbers, line
        for word in re.findall(r"词\d{4}语", line.text):
            assert word in kept, word


@given(papers)
def test_every_line_belongs_to_a_question_a_heading_or_the_remainder(text: str) -> None:
    paper = read_paper(text)
    every_line_is_somewhere(text, paper)
    for one in paper.typed:
        json.dumps(neutral_item(one))


@given(papers)
def test_a_question_without_a_fault_shows_every_word_of_its_lines(text: str) -> None:
    """Beside the lines themselves: the parts of the question hold what they said."""
    for one in read_paper(text).typed:
        if not one.faults and not any(part.faults for part in one.parts):
            shown = "\n".join(told(one))
            for word in re.findall(r"词\d{4}语", one.source):
                assert word in shown, word


@given(st.text(max_size=400))
def test_any_text_is_read(text: str) -> None:
    paper = read_paper(text)
    every_line_is_somewhere(text, paper)


@given(papers)
def test_reading_is_the_same_every_time(text: str) -> None:
    assert read_paper(text) == read_paper(text)
