"""A sheet as its owner reads it: in the paper's letters, by the keys in force."""

from __future__ import annotations

import pytest

from quiz.rules.rekeying import Change
from quiz.rules.reviewing import Reviewed, review_question, wrong_topics
from quiz.rules.scoring import Card

TEXTS = ["甲", "乙", "丙", "丁"]


def review(
    kind: str,
    key: list[object],
    answer: list[str],
    *,
    order: str = "",
    earned: int = 0,
    change: Change | None = None,
) -> Reviewed:
    card = Card(version_id=7, kind=kind, key=key, order=order, points=200)
    texts = ["正确", "错误"] if kind == "judge" else TEXTS
    return review_question("1", card, "题干", texts, answer, earned, change)


def test_options_stand_as_the_paper_showed_them() -> None:
    one = review("multi", ["A", "C"], ["A", "B"], order="CADB", earned=200)
    assert [(o.letter, o.text, o.chosen, o.right) for o in one.options] == [
        ("A", "丙", True, True),
        ("B", "甲", True, True),
        ("C", "丁", False, False),
        ("D", "乙", False, False),
    ]
    assert one.right == ("A、B",)
    assert not one.wrong


def test_judge_and_fill_say_what_is_right_in_words() -> None:
    assert review("judge", ["F"], ["T"]).right == ("错误",)
    fill = review("fill", [["九十", "90"], ["书面"]], ["九十", ""], earned=100)
    assert (fill.options, fill.right) == ((), ("九十 / 90；书面",))
    assert fill.wrong


@pytest.mark.parametrize(
    ("change", "right", "wrong"),
    [
        (None, {"C"}, True),
        (Change(7, "key", (("B",),)), {"B"}, True),
        (Change(7, "key", (("B",), ("D",))), {"B", "D"}, True),
        (Change(7, "full"), {"C"}, False),
        (Change(7, "drop"), {"C"}, False),
    ],
)
def test_the_keys_in_force_say_what_is_right(
    change: Change | None, right: set[str], wrong: bool
) -> None:
    one = review("single", ["C"], ["A"], change=change, earned=50)
    assert {option.letter for option in one.options if option.right} == right
    assert one.wrong is wrong
    assert one.change == (change.kind if change else "")


def test_topics_of_wrong_questions_most_first() -> None:
    topics = {1: "宪法", 2: "民法典", 3: "民法典"}
    assert wrong_topics([1, 2, 3], topics) == [("民法典", 2), ("宪法", 1)]
    assert wrong_topics([], {}) == []
