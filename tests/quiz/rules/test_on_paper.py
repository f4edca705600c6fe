"""Papers for people without a phone."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quiz.rules.on_paper import Hold, asked_on, paper_in_turn, paper_mark
from quiz.rules.scoring import shown_to_bank

OPTIONS = ["甲", "乙", "丙", "丁"]


def test_options_stand_in_the_papers_order_and_no_key_with_them() -> None:
    asked = asked_on("single", "题干", OPTIONS, "BADC", 250)
    assert asked.draft.options == ("乙", "甲", "丁", "丙")
    assert asked.draft.key == ()
    assert asked.points == Fraction(5, 2)
    assert asked_on("multi", "题干", OPTIONS, "", 100).draft.options == tuple(OPTIONS)


@given(order=st.permutations("ABCD").map("".join), letter=st.sampled_from("ABCD"))
def test_what_is_ticked_on_paper_is_what_the_score_takes(
    order: str, letter: str
) -> None:
    shown = asked_on("single", "题干", OPTIONS, order, 100).draft.options
    [banked] = shown_to_bank([letter], order)
    assert shown["ABCD".index(letter)] == OPTIONS["ABCD".index(banked)]


@pytest.mark.parametrize(
    ("states", "turn"),
    [
        ([None], 1),
        (["open"], 1),
        (["submitted"], None),
        (["auto", None], 2),
        (["void", None], 2),
        (["void", "open"], 2),
        ([None, "open"], 2),
        ([], None),
    ],
)
def test_the_paper_in_turn_is_the_one_that_is_not_handed_in(
    states: list[str | None], turn: int | None
) -> None:
    holds = [Hold(10 + n, n, state) for n, state in enumerate(states, 1)]
    found = paper_in_turn(holds)
    assert (found.attempt if found else None) == turn


def test_the_mark_counts_from_one_and_tells_prints_apart() -> None:
    assert paper_mark(41, "9f3a1c00") == "0042-9f3a1c"
