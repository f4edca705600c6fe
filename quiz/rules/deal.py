"""分层发牌: drawing papers so that neighbours share nothing and all are equally hard.

The rule book with a worked example and a test vector: docs/algorithms/deal.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Card:
    """A question at the deal."""

    id: int
    ease: int  # expected points, in thousandths of a point
    used: int  # papers that held it before this draw


@dataclass(frozen=True)
class Cell:
    """A row of the blueprint with its cards: every paper takes ``count`` of them."""

    count: int
    cards: Sequence[Card]  # in no particular order


def lot(*fields: str | int) -> bytes:
    """SHA-256 of the fields joined by ``|``: anybody can draw it again."""
    return hashlib.sha256("|".join(map(str, fields)).encode()).digest()


def strata_of(cell: Cell) -> list[list[Card]]:
    """Cut a cell's cards, hardest first, into as many strata as a paper takes cards.

    Their sizes differ by at most one; a tie in ease is decided by the id.
    """
    ranked = sorted(cell.cards, key=lambda card: (card.ease, card.id))
    n, k = len(ranked), cell.count
    return [ranked[n * part // k : n * (part + 1) // k] for part in range(k)]


def largest_hand(cells: Sequence[Cell]) -> int:
    """How many papers can be dealt that share no card; 0 if not even one."""
    return min((len(cell.cards) // cell.count for cell in cells), default=0)


def deal(
    cells: Sequence[Cell], *, hands: int, size: int, seed: str
) -> list[list[Card]]:
    """Draw ``hands × size`` papers.

    :param cells: No card stands in two of them.
    :param size: Papers in a hand, at most ``largest_hand(cells)``.
    :param seed: Hexadecimal; the same seed and cells give the same papers,
        whatever the order of the cards.
    :return: The papers in the order of the draw, hand by hand; each holds one card
        of every stratum, cell after cell, hardest stratum first. Papers of one hand
        share no card, and their total ease differs by no more than the widest
        stratum.
    :raises ValueError: If the cells cannot fill a hand of this size.
    """
    if not 1 <= size <= largest_hand(cells):
        raise ValueError(f"a hand of {size} cannot be dealt")
    strata = [stratum for cell in cells for stratum in strata_of(cell)]
    used = {card.id: card.used for stratum in strata for card in stratum}
    if len(used) != sum(map(len, strata)):
        raise ValueError("a card stands in two cells")
    papers: list[list[Card]] = []
    for hand in range(hands):
        papers += _deal_hand(strata, used, hand, size, seed)
    return papers


def _deal_hand(
    strata: Sequence[Sequence[Card]],
    used: dict[int, int],
    hand: int,
    size: int,
    seed: str,
) -> list[list[Card]]:
    """Deal one hand; counts its cards as used."""
    totals = [0] * size
    given: list[dict[int, Card]] = [{} for _ in range(size)]
    order = sorted(range(len(strata)), key=lambda s: lot(seed, hand, "s", s))
    for s in order:
        cards = _next_cards(strata[s], used, hand, size, seed)
        # The hardest card goes to the easiest paper so far: by induction no two
        # papers ever differ by more than the widest stratum.
        places = sorted(
            range(size), key=lambda p: (-totals[p], lot(seed, hand, "h", s, p))
        )
        for place, card in zip(places, cards, strict=True):
            given[place][s] = card
            totals[place] += card.ease
            used[card.id] += 1
    return [[paper[s] for s in range(len(strata))] for paper in given]


def _next_cards(
    stratum: Sequence[Card], used: dict[int, int], hand: int, size: int, seed: str
) -> list[Card]:
    """The cards of a stratum whose turn it is, hardest first."""
    least = sorted(
        stratum, key=lambda card: (used[card.id], lot(seed, hand, "q", card.id))
    )[:size]
    # A stable sort: cards of the same ease keep the order above.
    return sorted(least, key=lambda card: card.ease)
