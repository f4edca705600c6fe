"""Papers for people without a phone."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Refused
from quiz.rules.on_paper import (
    OUTCOMES,
    Hold,
    Outcome,
    asked_on,
    differences,
    outcome_of,
    paper_in_turn,
    paper_mark,
    paper_to_enter,
    read_pen,
    settle,
)
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


@pytest.mark.parametrize(
    ("states", "begun", "paper"),
    [
        ([None], None, 11),
        (["auto"], None, 11),
        (["submitted"], None, 11),
        (["auto", None], None, 12),
        (["auto", None], 11, 11),
        (["void"], None, None),
        (["void", "auto"], None, 12),
    ],
)
def test_a_sheet_belongs_to_the_paper_somebody_wrote_on(
    states: list[str | None], begun: int | None, paper: int | None
) -> None:
    holds = [Hold(10 + n, n, state) for n, state in enumerate(states, 1)]
    found = paper_to_enter(holds, begun)
    assert (found.paper_id if found else None) == paper


def test_who_handed_in_on_the_phone_has_decided() -> None:
    assert outcome_of(None) is Outcome.ALONE
    assert outcome_of("open") is outcome_of("auto") is Outcome.JOINED
    assert outcome_of("submitted") is Outcome.KEPT
    with pytest.raises(Refused, match="作废"):
        outcome_of("void")
    assert set(OUTCOMES) == set(Outcome)


@pytest.mark.parametrize(
    ("kind", "options", "typed", "value"),
    [
        ("single", 4, ["b"], ["B"]),
        ("single", 4, [" Ｃ "], ["C"]),
        ("single", 4, [""], []),
        ("multi", 5, ["d、a，c"], ["A", "C", "D"]),
        ("multi", 4, ["AA"], ["A"]),
        ("judge", 0, ["√"], ["T"]),
        ("judge", 0, ["x"], ["F"]),
        ("judge", 0, ["错"], ["F"]),
        ("judge", 0, ["1"], ["T"]),
        ("judge", 0, [""], []),
        ("fill", 2, [" 九十 ", ""], ["九十", ""]),
        ("fill", 2, [" ", ""], []),
    ],
)
def test_what_is_typed_of_a_sheet_becomes_a_value(
    kind: str, options: int, typed: list[str], value: list[str]
) -> None:
    assert read_pen(kind, options, typed) == value


@pytest.mark.parametrize(
    ("kind", "options", "typed", "refusal"),
    [
        ("single", 4, ["E"], "只有 A 到 D"),
        ("single", 4, ["AB"], "请留空"),
        ("multi", 3, ["AD"], "只有 A 到 C"),
        ("judge", 0, ["A"], "判断题请填"),
        ("fill", 1, ["长" * 201], "最多 200 个字"),
    ],
)
def test_what_a_question_cannot_have_is_refused(
    kind: str, options: int, typed: list[str], refusal: str
) -> None:
    with pytest.raises(Refused, match=refusal):
        read_pen(kind, options, typed)


_sheets = st.dictionaries(
    st.integers(1, 12).map(str),
    st.lists(st.sampled_from("ABCD"), min_size=1, unique=True).map(sorted),
)


@given(first=_sheets, second=_sheets, choice=st.sampled_from([1, 2]))
def test_a_settled_sheet_is_one_persons_reading_of_each_question(
    first: dict[str, list[str]], second: dict[str, list[str]], choice: int
) -> None:
    apart = differences(first, second)
    assert apart == sorted(apart, key=int)
    answers = settle(first, second, dict.fromkeys(apart, choice))
    assert answers == (first if choice == 1 else second)
    assert not differences(first, first)
    if apart:
        with pytest.raises(Refused, match=apart[0]):
            settle(first, second, {})
