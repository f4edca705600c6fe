"""Rows that overlap are made disjoint; a bank too small names the cell."""

from __future__ import annotations

import random
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Refused
from quiz.rules.blueprint import (
    BankCard,
    Row,
    accepts,
    allot,
    check_rows,
    ease_of,
    maximum,
    refuse_shortage,
    row_name,
    shortages,
    subtrees,
)

# 1 民法典 over 2 物权 and 3 合同; 4 行政处罚法 stands alone.
PARENTS = {1: None, 2: 1, 3: 1, 4: None}
BELOW = subtrees(PARENTS)
NAMES = {1: "民法典", 2: "物权", 3: "合同", 4: "行政处罚法"}


def card(
    id: int, kind: str = "single", topic: int = 1, level: str = "easy"
) -> BankCard:
    return BankCard(id, id, kind, topic, level, 4, False, 0)


cards = st.builds(
    lambda kinds: [card(n, *facts) for n, facts in enumerate(kinds, 1)],
    st.lists(
        st.tuples(
            st.sampled_from(["single", "judge"]),
            st.integers(1, 4),
            st.sampled_from(["easy", "medium", "hard"]),
        ),
        min_size=1,
        max_size=60,
    ),
)
rows = st.lists(
    st.tuples(
        st.sampled_from(["single", "judge"]),
        st.one_of(st.none(), st.integers(1, 4)),
        st.one_of(st.none(), st.sampled_from(["easy", "medium", "hard"])),
        st.integers(1, 6),
    ),
    min_size=1,
    max_size=5,
).map(
    lambda found: [
        Row(n, kind, topic, level, count, 200)
        for n, (kind, topic, level, count) in enumerate(found, 1)
    ]
)


def fits(rows: list[Row], bank: list[BankCard], papers: int) -> bool:
    """Hall's condition by brute force: the slow way to know whether all get enough."""
    for size in range(1, len(rows) + 1):
        for some in combinations(rows, size):
            have = sum(any(accepts(r, c, BELOW) for r in some) for c in bank)
            if have < papers * sum(r.count for r in some):
                return False
    return True


@given(rows=rows, bank=cards, papers=st.integers(1, 4))
def test_a_shortage_is_found_exactly_when_there_is_one(
    rows: list[Row], bank: list[BankCard], papers: int
) -> None:
    found = shortages(rows, bank, BELOW, papers=papers)
    assert (not found) == fits(rows, bank, papers)
    for one in found:
        have = sum(any(accepts(r, c, BELOW) for r in one.rows) for c in bank)
        assert one.have == have
        assert one.need == papers * sum(r.count for r in one.rows)
        assert one.lack > 0


@given(rows=rows, bank=cards)
def test_every_question_serves_one_row_at_most_and_none_that_refuses_it(
    rows: list[Row], bank: list[BankCard]
) -> None:
    allotted = allot(rows, bank, BELOW)
    given_out = [c.version for cell in allotted.values() for c in cell]
    assert len(given_out) == len(set(given_out))
    for row in rows:
        assert all(accepts(row, c, BELOW) for c in allotted[row.position])
    of_use = [c for c in bank if any(accepts(r, c, BELOW) for r in rows)]
    assert len(given_out) == len(of_use)


@given(rows=rows, bank=cards)
def test_the_hand_is_as_large_as_it_can_be(
    rows: list[Row], bank: list[BankCard]
) -> None:
    allotted = allot(rows, bank, BELOW)
    hand = min(len(allotted[row.position]) // row.count for row in rows)
    assert hand == 0 or fits(rows, bank, hand)
    assert not fits(rows, bank, hand + 1)


@given(rows=rows, bank=cards, rnd=st.randoms(use_true_random=False))
def test_the_order_of_the_bank_is_nothing(
    rows: list[Row], bank: list[BankCard], rnd: random.Random
) -> None:
    shuffled = rnd.sample(bank, len(bank))
    assert allot(rows, bank, BELOW) == allot(rows, shuffled, BELOW)


def test_rows_in_proportion_share_a_pile_evenly_along_its_ease() -> None:
    bank = [
        card(n, level=level)
        for n, level in enumerate(["easy", "medium", "hard"] * 20, 1)
    ]
    wide, narrow = (
        Row(1, "single", None, None, 4, 100),
        Row(2, "single", 1, None, 2, 100),
    )
    allotted = allot([wide, narrow], bank, BELOW)
    assert [len(allotted[1]), len(allotted[2])] == [40, 20]
    for position in (1, 2):
        levels = [c.difficulty for c in allotted[position]]
        thirds = [levels.count(level) for level in ("easy", "medium", "hard")]
        assert max(thirds) - min(thirds) <= 1


def test_a_bank_too_small_names_the_cell() -> None:
    row = Row(1, "single", None, None, 30, 200)
    found = shortages([row], [card(n) for n in range(12)], BELOW, papers=1)
    with pytest.raises(Refused) as refusal:
        refuse_shortage(found, NAMES)
    assert str(refusal.value) == (
        "单选（任意知识点，任意难度）需要 30 题，题库只有 12 题，请补 18 题或减少题数"
    )


def test_rows_that_compete_are_named_together() -> None:
    both = [Row(1, "single", 1, None, 6, 100), Row(2, "single", None, "easy", 6, 100)]
    found = shortages(both, [card(n) for n in range(10)], BELOW, papers=1)
    with pytest.raises(Refused) as refusal:
        refuse_shortage(found, NAMES)
    assert str(refusal.value) == (
        "单选（民法典，任意难度）、单选（任意知识点，难度易）合计需要 12 题，"
        "题库只有 10 题，请补 2 题或减少题数"
    )


def test_the_first_of_several_shortages_is_named_and_the_rest_counted() -> None:
    rows = [Row(1, "multi", 4, None, 2, 100), Row(2, "judge", None, "hard", 1, 100)]
    with pytest.raises(Refused, match=r"多选（行政处罚法.*另有 1 处不足"):
        refuse_shortage(shortages(rows, [], BELOW, papers=1), NAMES)


def test_a_topic_takes_in_all_below_it_and_survives_a_ring() -> None:
    assert BELOW[1] == {1, 2, 3}
    assert BELOW[4] == {4}
    assert subtrees({1: 2, 2: 1})[1] == {1, 2}


def test_labels_start_at_their_ease() -> None:
    assert ease_of(card(1, level="easy"), 200) == 1700
    assert ease_of(card(1, level="medium"), 100) == 700
    assert ease_of(card(1, level="hard"), 300) == 1500
    assert ease_of(card(1, level="easy"), 1) == 9  # 8.5, half up


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (Row(1, "essay", None, None, 1, 100), "题型或难度"),
        (Row(1, "single", None, "extreme", 1, 100), "题型或难度"),
        (Row(1, "single", None, None, 0, 100), "题数"),
        (Row(1, "single", None, None, 201, 100), "题数"),
        (Row(1, "single", None, None, 1, 0), "分值"),
        (Row(1, "single", None, None, 1, 10_001), "分值"),
    ],
)
def test_a_row_that_cannot_be_meant_is_refused_by_number(
    row: Row, message: str
) -> None:
    with pytest.raises(Refused, match=f"第 1 行.*{message}"):
        check_rows([row])


def test_a_paper_has_at_most_200_questions() -> None:
    rows = [Row(n, "single", None, None, 100, 50) for n in (1, 2)]
    check_rows(rows)
    assert maximum(rows) == 10_000
    with pytest.raises(Refused, match="200"):
        check_rows([*rows, Row(3, "judge", None, None, 1, 50)])


def test_a_row_has_a_short_name_too() -> None:
    assert row_name(Row(1, "single", None, None, 1, 100), NAMES) == "单选"
    assert row_name(Row(1, "judge", 1, "hard", 1, 100), NAMES) == "判断·民法典·难"
    assert row_name(Row(1, "multi", None, "easy", 1, 100), NAMES) == "多选·易"
