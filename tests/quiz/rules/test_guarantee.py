"""The guarantee card: its numbers hold in every draw."""

from __future__ import annotations

from itertools import combinations

import pytest

from quiz.rules.blueprint import BankCard, Row, allot, ease_of
from quiz.rules.draw import DrawPlan, PoolCard, RosterEntry, draw
from quiz.rules.guarantee import guarantee_of

BELOW = {1: frozenset({1})}
ROW = Row(1, "single", 1, None, 3, 200)
JUDGE = Row(2, "judge", None, None, 1, 100)


def card(id: int, kind: str = "single", level: str = "easy") -> BankCard:
    return BankCard(id, id, kind, 1, level, 4, False, 0)


BANK = [card(n, level=["easy", "medium"][n % 2]) for n in range(1, 13)] + [
    card(n, kind="judge") for n in range(20, 30)
]


def test_the_card_of_a_small_bank() -> None:
    rows = [ROW, JUDGE]
    allotted = allot(rows, BANK, BELOW)
    promised = guarantee_of(rows, allotted, BELOW, {7: 6, 8: 3, 9: 4})
    assert promised.questions == 4
    assert promised.maximum == 700
    assert promised.hand == 4  # 12 single for 3 each
    assert promised.bottleneck == ROW
    assert promised.exposure == 250  # 3 of 12
    assert promised.overlap == 750 + 100  # 9/12 and 1/10
    assert promised.widest == 300  # six medium then six easy, cut into fours
    assert promised.largest_unit == 6
    assert not promised.colleagues_share_nothing
    assert [(u.unit, u.people, u.hands) for u in promised.large_units] == [(7, 6, 2)]
    assert promised.large_units[0].clean == 1000 * (6 + 1) // 15
    (lack,) = promised.lacks
    assert (lack.rows, lack.need, lack.have, lack.lack) == ((ROW,), 18, 12, 6)


def test_units_that_fit_share_nothing_and_nothing_is_lacking() -> None:
    rows = [ROW, JUDGE]
    promised = guarantee_of(rows, allot(rows, BANK, BELOW), BELOW, {7: 4, 8: 4})
    assert promised.colleagues_share_nothing
    assert promised.lacks == ()
    assert promised.large_units == ()


def test_a_bank_without_one_paper_promises_nothing() -> None:
    rows = [Row(1, "single", 1, None, 13, 200)]
    with pytest.raises(ValueError, match="too few"):
        guarantee_of(rows, allot(rows, BANK, BELOW), BELOW, {})


def test_the_draw_keeps_what_the_card_says() -> None:
    rows = [ROW, JUDGE]
    allotted = allot(rows, BANK, BELOW)
    units = {7: 6, 8: 3, 9: 4}
    promised = guarantee_of(rows, allotted, BELOW, units)
    points = {row.position: row.points for row in rows}
    plan = DrawPlan(
        code="ABCDEFGH",
        rows=rows,
        pool=[
            PoolCard(c.version, c.question, at, ease_of(c, points[at]), 0, 4, False)
            for at, cards in allotted.items()
            for c in cards
        ],
        roster=[
            RosterEntry(100 * unit + n, unit, "", "")
            for unit, people in units.items()
            for n in range(people)
        ],
        attempts=1,
        shuffle=True,
    )
    for seed in ("a", "b", "c"):
        papers = draw(plan, seed)
        for unit in (8, 9):  # those that fit into a hand
            mine = [
                set(p.versions) for p in papers if p.person and p.person // 100 == unit
            ]
            assert all(not a & b for a, b in combinations(mine, 2))
        large = [set(p.versions) for p in papers if p.person and p.person // 100 == 7]
        clean = sum(not a & b for a, b in combinations(large, 2))
        assert 1000 * clean // 15 >= promised.large_units[0].clean
