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
    enemies: int | None = None  # cards of one number never meet on a paper


class EnemiesMeet(ValueError):
    """Cards that must not meet cannot be kept apart."""

    def __init__(self, card: Card) -> None:
        super().__init__(f"card {card.id} cannot be kept from its enemies")
        self.card = card


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
        stratum; by no more than twice that where there are enemies.
    :raises ValueError: If the cells cannot fill a hand of this size.
    :raises EnemiesMeet: If cards that must not meet cannot be kept apart.
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
    feuds = _Feuds(strata, size)
    order = sorted(range(len(strata)), key=lambda s: lot(seed, hand, "s", s))
    for s in order:
        cards = _next_cards(strata[s], used, hand, size, seed)
        # The hardest card goes to the easiest paper so far: by induction no two
        # papers ever differ by more than the widest stratum.
        places = sorted(
            range(size), key=lambda p: (-totals[p], lot(seed, hand, "h", s, p))
        )
        if feuds.any:
            turn = sorted(
                strata[s], key=lambda c: (used[c.id], lot(seed, hand, "q", c.id))
            )
            cards = feuds.keep_apart(cards, places, totals, turn)
        for place, card in zip(places, cards, strict=True):
            given[place][s] = card
            totals[place] += card.ease
            used[card.id] += 1
            feuds.note(place, card)
    return [[paper[s] for s in range(len(strata))] for paper in given]


class _Feuds:
    """Who is on each paper of a hand that others must not meet."""

    def __init__(self, strata: Sequence[Sequence[Card]], size: int) -> None:
        cards = [card for stratum in strata for card in stratum]
        self.any = any(card.enemies is not None for card in cards)
        self._on: list[set[int]] = [set() for _ in range(size)]
        eases = ([card.ease for card in stratum] for stratum in strata)
        self._bound = 2 * max(max(some) - min(some) for some in eases)

    def note(self, place: int, card: Card) -> None:
        """A card is on a paper now."""
        if card.enemies is not None:
            self._on[place].add(card.enemies)

    def keep_apart(
        self,
        cards: Sequence[Card],
        places: Sequence[int],
        totals: Sequence[int],
        turn: Sequence[Card],
    ) -> list[Card]:
        """Change who gets which card, as little as can be, so that no enemies meet.

        A card that would meet an enemy is exchanged with the nearest in ease that can
        be; where none can, with the next of the stratum whose turn has not come.

        :param cards: As they would be given to ``places``.
        :param turn: All cards of the stratum, in the order of their turns.
        """
        given = list(cards)
        for i, place in enumerate(places):
            if not self._meets(place, given[i]):
                continue
            others = sorted(range(len(given)), key=lambda j: (abs(i - j), j))
            for j in others[1:]:
                trial = list(given)
                trial[i], trial[j] = given[j], given[i]
                if (
                    not self._meets(place, given[j])
                    and not self._meets(places[j], given[i])
                    and self._is_level(trial, places, totals)
                ):
                    given = trial
                    break
            else:
                given[i] = self._replaced(i, given, places, totals, turn)
        return given

    def _replaced(
        self,
        i: int,
        given: Sequence[Card],
        places: Sequence[int],
        totals: Sequence[int],
        turn: Sequence[Card],
    ) -> Card:
        for card in turn:
            trial = [*given[:i], card, *given[i + 1 :]]
            if (
                card not in given
                and not self._meets(places[i], card)
                and self._is_level(trial, places, totals)
            ):
                return card
        raise EnemiesMeet(given[i])

    def _meets(self, place: int, card: Card) -> bool:
        return card.enemies is not None and card.enemies in self._on[place]

    def _is_level(
        self, given: Sequence[Card], places: Sequence[int], totals: Sequence[int]
    ) -> bool:
        sums = [totals[p] + c.ease for p, c in zip(places, given, strict=True)]
        return max(sums) - min(sums) <= self._bound


def _next_cards(
    stratum: Sequence[Card], used: dict[int, int], hand: int, size: int, seed: str
) -> list[Card]:
    """The cards of a stratum whose turn it is, hardest first."""
    least = sorted(
        stratum, key=lambda card: (used[card.id], lot(seed, hand, "q", card.id))
    )[:size]
    # A stable sort: cards of the same ease keep the order above.
    return sorted(least, key=lambda card: card.ease)
