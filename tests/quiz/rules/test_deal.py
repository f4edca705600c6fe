"""The promises of the deal, by property."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quiz.rules.deal import (
    Card,
    Cell,
    EnemiesMeet,
    deal,
    largest_hand,
    strata_of,
)

seeds = st.integers(0, 2**64).map(lambda n: f"{n:064x}")


@st.composite
def boards(draw: st.DrawFn, *, fresh: bool = False) -> list[Cell]:
    """One to three cells, each enough for a hand of at least two."""
    cells, next_id = [], 1
    for _ in range(draw(st.integers(1, 3))):
        count = draw(st.integers(1, 5))
        size = draw(st.integers(2 * count, 7 * count))
        cards = [
            Card(
                id=next_id + n,
                ease=draw(st.integers(0, 3000)),
                used=0 if fresh else draw(st.integers(0, 3)),
            )
            for n in range(size)
        ]
        next_id += size
        cells.append(Cell(count, cards))
    return cells


@given(board=boards(), seed=seeds, hands=st.integers(1, 4))
def test_every_paper_takes_one_card_of_every_stratum(
    board: list[Cell], seed: str, hands: int
) -> None:
    size = largest_hand(board)
    strata = [{card.id for card in s} for cell in board for s in strata_of(cell)]
    papers = deal(board, hands=hands, size=size, seed=seed)
    assert len(papers) == hands * size
    for paper in papers:
        assert len(paper) == len(strata)
        assert all(
            card.id in stratum for card, stratum in zip(paper, strata, strict=True)
        )


@given(board=boards(), seed=seeds, hands=st.integers(1, 4))
def test_papers_of_one_hand_share_nothing(
    board: list[Cell], seed: str, hands: int
) -> None:
    size = largest_hand(board)
    papers = deal(board, hands=hands, size=size, seed=seed)
    for hand in range(hands):
        dealt = [
            card.id
            for paper in papers[hand * size : (hand + 1) * size]
            for card in paper
        ]
        assert len(dealt) == len(set(dealt))


@given(board=boards(), seed=seeds, hands=st.integers(1, 4))
def test_papers_of_one_hand_differ_by_no_more_than_the_widest_stratum(
    board: list[Cell], seed: str, hands: int
) -> None:
    size = largest_hand(board)
    widest = max(s[-1].ease - s[0].ease for cell in board for s in strata_of(cell))
    papers = deal(board, hands=hands, size=size, seed=seed)
    totals = [sum(card.ease for card in paper) for paper in papers]
    for hand in range(hands):
        inside = totals[hand * size : (hand + 1) * size]
        assert max(inside) - min(inside) <= widest


@given(board=boards(fresh=True), seed=seeds, hands=st.integers(1, 12))
def test_cards_of_a_stratum_are_used_equally_often_but_for_one(
    board: list[Cell], seed: str, hands: int
) -> None:
    papers = deal(board, hands=hands, size=largest_hand(board), seed=seed)
    uses = Counter(card.id for paper in papers for card in paper)
    for cell in board:
        for stratum in strata_of(cell):
            counts = [uses[card.id] for card in stratum]
            assert max(counts) - min(counts) <= 1


@given(board=boards(), seed=seeds, rnd=st.randoms(use_true_random=False))
def test_the_same_seed_gives_the_same_papers_whatever_the_order_of_the_bank(
    board: list[Cell], seed: str, rnd: random.Random
) -> None:
    shuffled = [
        Cell(cell.count, rnd.sample(list(cell.cards), len(cell.cards)))
        for cell in board
    ]
    size = largest_hand(board)
    assert deal(board, hands=2, size=size, seed=seed) == deal(
        shuffled, hands=2, size=size, seed=seed
    )


def test_another_seed_gives_other_papers() -> None:
    board = [Cell(5, [Card(n, 1000, 0) for n in range(1, 51)])]
    assert deal(board, hands=1, size=10, seed="a") != deal(
        board, hands=1, size=10, seed="b"
    )


def test_a_second_exam_does_not_repeat_the_first() -> None:
    """Least used first: cards of the year's first exam wait until all were used."""
    board = [Cell(4, [Card(n, 1000, 0) for n in range(1, 41)])]
    first = {
        card.id for paper in deal(board, hands=1, size=5, seed="a") for card in paper
    }
    later = [Cell(4, [Card(n, 1000, int(n in first)) for n in range(1, 41)])]
    second = {
        card.id for paper in deal(later, hands=1, size=5, seed="b") for card in paper
    }
    assert len(first) == len(second) == 20
    assert not first & second


@settings(max_examples=20)
@given(board=boards(), seed=seeds)
def test_further_hands_continue_the_same_draw(board: list[Cell], seed: str) -> None:
    size = largest_hand(board)
    few = deal(board, hands=1, size=size, seed=seed)
    assert deal(board, hands=3, size=size, seed=seed)[:size] == few


def test_every_place_is_equally_likely_to_get_each_card() -> None:
    """Chi-square with 9 degrees of freedom over 4,000 seeds: 27.9 is the .001 point."""
    board = [Cell(1, [Card(n, 1000 + n, 0) for n in range(10)])]
    seats = Counter(
        deal(board, hands=1, size=10, seed=f"{n}")[3][0].id for n in range(4000)
    )
    chi = sum((seats[n] - 400) ** 2 / 400 for n in range(10))
    assert chi < 27.9


@pytest.mark.parametrize("size", [0, 4])
def test_a_hand_that_cannot_be_dealt_is_an_error(size: int) -> None:
    board = [Cell(2, [Card(n, 1, 0) for n in range(7)])]
    assert largest_hand(board) == 3
    with pytest.raises(ValueError, match="cannot be dealt"):
        deal(board, hands=1, size=size, seed="a")


def test_a_card_in_two_cells_is_an_error() -> None:
    cards = [Card(1, 1, 0), Card(2, 1, 0)]
    with pytest.raises(ValueError, match="two cells"):
        deal([Cell(1, cards), Cell(1, cards)], hands=1, size=1, seed="a")


def test_hands_are_reshuffled() -> None:
    """The same papers must not return in the next hand of a bank used up by one."""
    board = [Cell(6, [Card(n, 1000, 0) for n in range(60)])]
    papers = deal(board, hands=2, size=10, seed="a")
    first = [frozenset(card.id for card in paper) for paper in papers[:10]]
    second = [frozenset(card.id for card in paper) for paper in papers[10:]]
    assert not set(first) & set(second)
    assert max(len(a & b) for a, b in combinations(first + second, 2)) < 6


@st.composite
def feuds(draw: st.DrawFn) -> list[Cell]:
    """A board on which some cards, of any cells, are enemies of one another."""
    board = draw(boards())
    ids = [card.id for cell in board for card in cell.cards]
    groups = st.dictionaries(st.sampled_from(ids), st.integers(1, 4), max_size=8)
    enemies = draw(groups)
    return [
        Cell(c.count, [replace(card, enemies=enemies.get(card.id)) for card in c.cards])
        for c in board
    ]


@given(board=feuds(), seed=seeds, hands=st.integers(1, 4))
def test_enemies_never_meet_and_all_else_that_is_promised_holds(
    board: list[Cell], seed: str, hands: int
) -> None:
    size = largest_hand(board)
    try:
        papers = deal(board, hands=hands, size=size, seed=seed)
    except EnemiesMeet:
        return  # told by name, and nothing is dealt
    widest = max(s[-1].ease - s[0].ease for cell in board for s in strata_of(cell))
    strata = [{card.id for card in s} for cell in board for s in strata_of(cell)]
    for paper in papers:
        groups = [card.enemies for card in paper if card.enemies is not None]
        assert len(groups) == len(set(groups))
        assert all(
            card.id in stratum for card, stratum in zip(paper, strata, strict=True)
        )
    for hand in range(hands):
        dealt = papers[hand * size : (hand + 1) * size]
        ids = [card.id for paper in dealt for card in paper]
        assert len(ids) == len(set(ids))
        totals = [sum(card.ease for card in paper) for paper in dealt]
        assert max(totals) - min(totals) <= 2 * widest


def test_enemies_in_a_bank_of_usual_size_are_always_kept_apart() -> None:
    chance = random.Random(7)
    cells, next_id = [], 1
    for count, size in ((30, 600), (10, 200), (10, 200)):
        cards = [
            Card(
                n, chance.choice((1000, 1400, 1700)), 0, n % 97 if n % 5 == 0 else None
            )
            for n in range(next_id, next_id + size)
        ]
        next_id += size
        cells.append(Cell(count, cards))
    for seed in ("a", "b", "c"):
        papers = deal(cells, hands=30, size=20, seed=seed)
        for paper in papers:
            groups = [card.enemies for card in paper if card.enemies is not None]
            assert len(groups) == len(set(groups))


@given(board=boards(), seed=seeds)
def test_a_card_whose_enemies_are_not_there_changes_nothing(
    board: list[Cell], seed: str
) -> None:
    size = largest_hand(board)
    alone = [
        Cell(c.count, [replace(card, enemies=card.id) for card in c.cards])
        for c in board
    ]
    ids = [
        [
            [card.id for card in paper]
            for paper in deal(b, hands=2, size=size, seed=seed)
        ]
        for b in (board, alone)
    ]
    assert ids[0] == ids[1]


def test_enemies_that_fill_a_paper_are_named() -> None:
    board = [Cell(1, [Card(1, 1, 0, 5)]), Cell(1, [Card(2, 1, 0, 5)])]
    with pytest.raises(EnemiesMeet, match="cannot be kept from its enemies"):
        deal(board, hands=1, size=1, seed="ab")
