"""Marks on the options: a star before the right ones, a tick behind them."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from question_bank.formats.reader import read_text
from question_bank.rules.intake import Typed, sort_out

BEFORE, BEHIND = "选项前面的记号当作答案：", "选项后面的记号当作答案："


def one_of(text: str) -> Typed:
    (one,) = read_text(text).typed
    return one


def colour_of(one: Typed) -> str:
    return sort_out([one], {}).verdicts[0].colour


@given(
    st.lists(st.booleans(), min_size=2, max_size=6),
    st.sampled_from(["*{}", "★{}", "★ {}", "＊{}", "- *{}", "{}（√）", "{} √", "{}✓"]),
    st.sampled_from(["\n", "　"]),
    st.sampled_from([("", ""), ("一、单选题\n", "single"), ("一、多选题\n", "multi")]),
)
def test_marked_options_are_the_key_where_that_can_be_so(
    right: list[bool], mark: str, gap: str, said: tuple[str, str]
) -> None:
    head, kind = said
    letters = "ABCDEF"[: len(right)]
    key = tuple(itertools.compress(letters, right))
    options = [
        (mark if letter in key else "{}").format(f"{letter}.词{letter}")
        for letter in letters
    ]
    one = one_of(f"{head}1.甲是（ ）\n{gap.join(options)}\n")
    if one.draft.key:
        assert one.draft.key == key
        assert [str(doubt) for doubt in one.doubts] == [
            (BEHIND if mark.startswith("{}") else BEFORE) + "".join(key)
        ]
        assert one.draft.options == tuple(f"词{letter}" for letter in letters)
        plausible = {"single": len(key) == 1, "multi": len(key) > 1, "": True}[kind]
        assert colour_of(one) == ("yellow" if plausible else "red")
    else:
        assert colour_of(one) == "red"
    if gap == "\n" and any(right) and (mark.startswith("{}") or not all(right)):
        assert one.draft.key == key


@pytest.mark.parametrize(
    ("options", "key"),
    [
        ("*A.一\n*B.二\n*C.三", ()),  # the items of a list
        ("* A.一\nB.二\nC.三", ()),
        ("*A.一 B.二\n*C.三 D.四", ()),  # two lines, two items
        ("*A.一 B.二 C.三", ()),
        ("A.一 *B.二 C.三", ("B",)),
        ("A.一\nB.二★\nC.三", ()),
        ("A.一\nB.二（√）\nC.三（×）", ()),  # one has no mark
        ("A.一（×）\nB.二（√）\nC.三（×）", ("B",)),
        ("A.打√\nB.打×\nC.画圈", ()),
        ("A.5*B\nC.三\nD.四", ()),
    ],
)
def test_only_marks_that_can_be_nothing_else_are_taken(
    options: str, key: tuple[str, ...]
) -> None:
    one = one_of(f"1.甲是（ ）\n{options}\n")
    assert one.draft.key == key
    assert colour_of(one) == ("yellow" if key else "red")


def test_marks_that_say_what_the_key_says_are_no_guess() -> None:
    for options in ("A.一\n*B.二", "A.一\nB.二（√）"):
        one = one_of(f"1.甲是（ ）\n{options}\n答案：B\n")
        assert (one.draft.key, one.draft.options) == (("B",), ("一", "二"))
        assert colour_of(one) == "green"


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ("A.一\n★B.二", "选项前面的答案是 B，答案里是 A，请核对"),
        ("A.一\nB.二（√）", "选项后面的答案是 B，答案里是 A，请核对"),
        ("★A.一\nB.二（√）", "选项前面的答案是 A，答案里是 B，请核对"),
    ],
)
def test_F12_a_mark_and_a_key_that_differ_are_refused(
    options: str, reason: str
) -> None:
    typed = "" if "★A" in options else "答案：A\n"
    one = one_of(f"1.甲是（ ）\n{options}\n{typed}")
    assert [str(fault) for fault in one.faults] == [reason]
    assert colour_of(one) == "red"


def test_a_judgement_with_a_tick_behind_its_option_is_read() -> None:
    one = one_of("1.当事人有权申辩。\nA.正确（√）\nB.错误\n")
    assert (one.draft.kind, one.draft.key, colour_of(one)) == (
        "judge",
        ("T",),
        "yellow",
    )
    sure = one_of("1.当事人有权申辩。\nA.√\nB.×\n答案：A\n")
    assert (sure.draft.key, colour_of(sure)) == (("T",), "green")
