"""Keys before their questions: read so where that is sure, else every key in doubt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from question_bank.formats.reader import read_text
from question_bank.formats.reading import Reading
from question_bank.rules.intake import sort_out
from question_bank.rules.papers.early import READ_SO, SHIFTED
from question_bank.rules.papers.paper import read_paper
from tests.question_bank.rules.papers.test_fuzz import every_line_is_somewhere


@dataclass(frozen=True)
class Asked:
    """A question as somebody typed it, and what is right."""

    text: str  # behind its number
    key: str  # as typed
    answer: tuple[str, ...]


CHOICE = "期限是（ ）。\nA.三十日\nB.六十日\nC.九十日"
ASKED = [Asked(f"甲{CHOICE}", letter, (letter,)) for letter in "ABC"]
ASKED += [
    Asked(f"乙{CHOICE}", "AC", ("A", "C")),
    Asked(f"丙{CHOICE}", "B、C", tuple("BC")),
]
ASKED += [
    Asked("当事人有权申辩。", "√", ("T",)),
    Asked("口头处罚有效。", "错误", ("F",)),
]
ASKED += [Asked("期限是____日。", "九十|90", ("九十|90",))]

LABELS = ("答案：", "【答案】", "正确答案：", "参考答案：", "答案:")
papers = st.lists(st.sampled_from(ASKED), min_size=1, max_size=6)


def keys_first(
    asked: Sequence[Asked], label: str = "答案：", without: frozenset[int] = frozenset()
) -> str:
    """A paper whose keys stand before their questions, some left out."""
    lines = []
    for n, one in enumerate(asked):
        if n not in without:
            lines.append(f"{label}{one.key}")
        lines.append(f"{n + 1}.题{n}{one.text}")
    return "\n".join(lines)


def colours(reading: Reading) -> list[str]:
    return [one.colour for one in sort_out(reading.typed, {}).verdicts]


@given(papers, st.sampled_from(LABELS))
def test_a_paper_with_its_keys_first_is_read_right_and_said_to_be(
    asked: list[Asked], label: str
) -> None:
    reading = read_text(keys_first(asked, label))
    assert [one.draft.key for one in reading.typed] == [one.answer for one in asked]
    assert colours(reading) == ["yellow"] * len(asked)
    assert all(READ_SO in map(str, one.doubts) for one in reading.typed)
    assert reading.left == []


@given(papers, st.sampled_from(LABELS), st.sets(st.integers(1, 5)))
def test_no_key_of_such_a_paper_is_green_whichever_others_are_missing(
    asked: list[Asked], label: str, without: set[int]
) -> None:
    text = keys_first(asked, label, frozenset(without))
    reading = read_text(text)
    assert "green" not in colours(reading)
    every_line_is_somewhere(text, read_paper(text))


@given(papers, st.sampled_from(LABELS))
def test_a_paper_with_its_keys_behind_is_as_green_as_ever(
    asked: list[Asked], label: str
) -> None:
    lines = [f"{n}.题{n}{one.text}\n{label}{one.key}" for n, one in enumerate(asked, 1)]
    reading = read_text("\n".join(lines))
    assert [one.draft.key for one in reading.typed] == [one.answer for one in asked]
    assert all(one.doubts == () for one in reading.typed)


ONE, TWO = "甲（ ）\nA.一\nB.二\n", "乙（ ）\nA.三\nB.四\n"


@pytest.mark.parametrize(
    "text",
    [
        # An extract: the first key is that of a question that was not copied.
        f"答案：B\n5.{ONE}答案：A\n6.{TWO}",
        # One behind the last one, too.
        f"答案：B\n1.{ONE}答案：A\n2.{TWO}答案：A\n",
        # The key of the second would lie outside of its options.
        f"答案：B\n1.{ONE}C.九\n答案：C\n2.{TWO}",
        # The second one has its key in the blank.
        f"答案：B\n1.{ONE}答案：A\n2.乙（B）\nA.三\nB.四\n",
        # There are options of a question that is not here.
        f"答案：B\nA.三\n1.{ONE}答案：A\n2.{TWO}",
        # A list of keys speaks of them, too.
        f"答案：B\n1.{ONE}答案：A\n2.{TWO}参考答案\n1.A 2.B\n",
        # The second section has none of its own before its first question.
        f"一、单选题\n答案：B\n1.{ONE}二、判断题\n1.丙。\n答案：√\n",
        # It stands before the head.
        f"答案：B\n一、单选题\n1.{ONE}答案：A\n2.{TWO}",
        # No number says that nothing stood before.
        f"【答案】B\n【题目】{ONE}【答案】A\n【题目】{TWO}",
        # No label says that these are keys, and the last line of one seems to be one.
        "√\n1.当事人有权申辩。\n×\n2.口头处罚有效。\n",
        f"（B）\n1.{ONE}答案：A\n2.{TWO}",
        # Two keys between two questions.
        f"答：B\n1.{ONE}答：A\n答：B\n2.{TWO}",
    ],
)
def test_where_it_is_not_sure_every_key_is_in_doubt(text: str) -> None:
    reading = read_text(text)
    assert "green" not in colours(reading)
    doubted = [one for one in reading.typed if SHIFTED in map(str, one.doubts)]
    assert doubted == reading.typed != []
    assert reading.left[0].number in (1, 2)


def test_what_was_before_the_early_key_is_not_doubted() -> None:
    text = (
        "一、单选题\n1.甲（ ）\nA.一\nB.二\n答案：A\n"
        "二、判断题\n答案：√\n1.乙。\n答案：×\n2.丙。\n答案：×\n"
    )
    assert colours(read_text(text)) == ["green", "yellow", "yellow"]


def test_a_question_knows_the_line_of_the_key_before_it() -> None:
    first, second = read_text(keys_first(ASKED[5:7])).typed
    assert (first.source, first.lines) == ("答案：√\n1.题0当事人有权申辩。", (1, 2))
    assert (second.source, second.lines) == ("答案：错误\n2.题1口头处罚有效。", (3, 4))
