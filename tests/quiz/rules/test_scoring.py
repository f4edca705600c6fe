from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quiz.rules.scoring import (
    LETTERS,
    Card,
    answers_digest,
    half_up,
    numbered,
    score_card,
    score_sheet,
    share_points,
    shown_to_bank,
)


def card(kind: str, key: Sequence[object], order: str = "", points: int = 200) -> Card:
    return Card(version_id=1, kind=kind, key=key, order=order, points=points)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(["B"], 200), (["A"], 0), ([], 0), (None, 0), (["A", "B"], 0)],
)
def test_single(value: list[str] | None, expected: int) -> None:
    assert score_card(card("single", ["B"]), value, "exact") == expected


@pytest.mark.parametrize(("key", "value", "expected"), [
    ("T", ["T"], 100), ("T", ["F"], 0), ("F", ["F"], 100), ("F", [], 0),
])  # fmt: skip
def test_judge(key: str, value: list[str], expected: int) -> None:
    assert score_card(card("judge", [key], points=100), value, "exact") == expected


@pytest.mark.parametrize(
    ("rule", "value", "expected"),
    [
        ("exact", "ABD", 300),
        ("exact", "AB", 0),
        ("half", "ABD", 300),
        ("half", "A", 150),
        ("half", "AC", 0),
        ("half", "ABCD", 0),
        ("proportional", "A", 100),
        ("proportional", "AB", 200),
        ("proportional", "ABC", 0),
        ("proportional", "", 0),
    ],
)
def test_multi_by_the_rule_of_the_exam(rule: str, value: str, expected: int) -> None:
    asked = card("multi", ["A", "B", "D"], points=300)
    assert score_card(asked, list(value), rule) == expected


def test_half_a_point_is_kept_and_halves_go_up() -> None:
    assert score_card(card("multi", ["A", "B"], points=25), ["A"], "half") == 13
    assert [half_up(n, 2) for n in range(5)] == [0, 1, 1, 2, 2]


def test_the_order_of_the_options_does_not_change_what_is_right() -> None:
    # "CADB": the paper shows the bank's C as A, A as B, D as C, B as D.
    assert shown_to_bank(["A", "C"], "CADB") == {"C", "D"}
    assert score_card(card("single", ["D"], "CADB"), ["C"], "exact") == 200
    assert score_card(card("single", ["D"], "CADB"), ["D"], "exact") == 0


@pytest.mark.parametrize(
    ("typed", "points"),
    [
        (["九十", "书面"], 200),
        (["90", "书面"], 200),
        ([" ９０ ", "书 面。"], 200),
        (["90", ""], 100),
        (["", "书面"], 100),
        (["书面", "90"], 0),
        (["90"], 100),
    ],
)
def test_fill_shares_its_points_over_the_blanks(typed: list[str], points: int) -> None:
    asked = card("fill", [["90", "九十"], ["书面"]])
    assert score_card(asked, typed, "exact") == points


orders = st.integers(2, 8).flatmap(lambda n: st.permutations(LETTERS[:n]))


@given(
    order=orders,
    rule=st.sampled_from(["exact", "half", "proportional"]),
    data=st.data(),
    points=st.integers(1, 1000),
)
def test_ticking_everything_never_pays_unless_everything_is_right(
    order: list[str], rule: str, data: st.DataObject, points: int
) -> None:
    key = data.draw(st.sets(st.sampled_from(order), min_size=1))
    asked = card("multi", sorted(key), "".join(order), points)
    everything = list(LETTERS[: len(order)])
    expected = points if len(key) == len(order) else 0
    assert score_card(asked, everything, rule) == expected


@given(order=orders, data=st.data(), points=st.integers(1, 1000))
def test_marks_lie_between_nothing_and_all(
    order: list[str], data: st.DataObject, points: int
) -> None:
    key = data.draw(st.sets(st.sampled_from(order), min_size=1))
    value = data.draw(st.sets(st.sampled_from(LETTERS[: len(order)])))
    for rule in ("exact", "half", "proportional"):
        asked = card("multi", sorted(key), "".join(order), points)
        earned = score_card(asked, sorted(value), rule)
        assert 0 <= earned <= points
        right = shown_to_bank(sorted(value), "".join(order)) == key
        assert (earned == points) >= right


def test_a_sheet_is_scored_in_the_order_of_the_paper() -> None:
    cards = [card("single", ["A"]), card("judge", ["F"]), card("single", ["C"])]
    answers = {"1": ["A"], "3": ["B"]}
    assert score_sheet(cards, answers, "exact") == [200, 0, 0]


def test_a_case_is_scored_part_by_part_and_its_parts_share_its_points() -> None:
    shares = share_points(200, 3)
    assert shares == [67, 67, 66]
    parts = [
        replace(card("single", ["B"], "BADC", shares[0]), part=1),
        replace(card("judge", ["T"], points=shares[1]), part=2),
        replace(card("fill", [["九十"], ["书面"]], points=shares[2]), part=3),
    ]
    cards = [card("single", ["A"]), *parts, card("judge", ["F"])]
    assert [q for q, _ in numbered(cards)] == ["1", "2.1", "2.2", "2.3", "3"]
    answers = {
        "2.1": ["A"],
        "2.2": ["F"],
        "2.3": ["90", "口头"],
        "3": ["F"],
        "2": ["A"],
    }
    assert score_sheet(cards, answers, "exact") == [0, 67, 0, 33, 200]


@given(points=st.integers(1, 10_000), parts=st.integers(2, 5))
def test_the_parts_of_a_case_share_all_of_its_points(points: int, parts: int) -> None:
    shares = share_points(points, parts)
    assert sum(shares) == points
    assert shares == sorted(shares, reverse=True)
    assert shares[0] - shares[-1] <= 1


@pytest.mark.parametrize(
    ("typed", "accepted", "right"),
    [
        ("九十日", "90日", True),
        ("９０ 日", "九十日", True),
        ("两年", "二年", True),
        ("2年", "两年", True),
        ("二〇二六年", "2026年", True),
        ("一百二十", "120", True),
        ("第二十条", "第20条", True),
        ("百十", "110", False),
        ("十五日", "50日", False),
        ("二年", "三年", False),
    ],
)
def test_a_number_in_a_blank_counts_in_any_numerals(
    typed: str, accepted: str, *, right: bool
) -> None:
    asked = card("fill", [[accepted]])
    assert score_card(asked, [typed], "exact") == (200 if right else 0)


def test_the_digest_of_a_sheet_is_of_the_bytes_it_says() -> None:
    answers = {"10": '["A"]', "2": '["B","C"]'}
    expected = hashlib.sha256(b'd0|2=["B","C"]|10=["A"]').hexdigest()
    assert answers_digest("d0", answers) == expected
