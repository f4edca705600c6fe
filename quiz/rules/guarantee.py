"""The guarantee card: what a draw promises before it is made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from quiz.rules.blueprint import (
    BankCard,
    Below,
    Row,
    Shortage,
    ease_of,
    settled_shortages,
    shortages,
)
from quiz.rules.deal import Card, Cell, largest_hand, strata_of
from quiz.rules.seating import hands_of


@dataclass(frozen=True)
class LargeUnit:
    """A unit that does not fit into one hand."""

    unit: int
    people: int
    hands: int
    clean: int  # pairs of colleagues certain to share nothing, in thousandths


@dataclass(frozen=True)
class Guarantee:
    """Numbers that hold in every draw, whatever the lots."""

    questions: int  # on a paper
    maximum: int  # marks of a paper, in hundredths
    hand: int  # papers that share no question
    exposure: int  # the largest share of papers one question is on, in thousandths
    overlap: int  # questions two papers of different hands share, mean, thousandths
    widest: int  # the most by which two papers of a hand differ, thousandths of a point
    bottleneck: Row | None  # the row that limits the hand
    largest_unit: int  # people of the largest unit
    lacks: tuple[Shortage, ...]  # so that the largest unit fits into one hand
    large_units: tuple[LargeUnit, ...]

    @property
    def colleagues_share_nothing(self) -> bool:
        """Whether every unit fits into one hand."""
        return not self.large_units


def cells_of(
    rows: Sequence[Row], allotted: Mapping[int, Sequence[BankCard]]
) -> list[Cell]:
    """The cells of the deal, in the order of the rows."""
    return [
        Cell(
            row.count,
            [
                Card(card.version, ease_of(card, row.points), card.used, card.enemies)
                for card in allotted[row.position]
            ],
        )
        for row in rows
    ]


def guarantee_of(
    rows: Sequence[Row],
    allotted: Mapping[int, Sequence[BankCard]],
    below: Below | None,
    units: Mapping[int, int],
) -> Guarantee:
    """What a draw from these cells promises to these units.

    :param allotted: The disjoint cards of each row, enough for one paper at least.
    :param below: What lies below each topic, by which rows may still share cards; None:
        an exam was published with just these.
    :param units: Unit → people who sit.
    :raises ValueError: If the cards are too few for one paper.
    """
    cells = cells_of(rows, allotted)
    hand = largest_hand(cells)
    if not hand:
        raise ValueError("the cards are too few for one paper")
    largest = max(units.values(), default=0)
    if below is None:
        lacks = settled_shortages(rows, allotted, papers=largest)
    else:
        cards = [card for cell in allotted.values() for card in cell]
        lacks = shortages(rows, cards, below, papers=largest)
    return Guarantee(
        questions=sum(row.count for row in rows),
        maximum=sum(row.count * row.points for row in rows),
        hand=hand,
        exposure=max(-(-1000 * cell.count // len(cell.cards)) for cell in cells),
        overlap=sum(1000 * cell.count**2 // len(cell.cards) for cell in cells),
        widest=_widest(cells),
        bottleneck=min(rows, key=lambda row: len(allotted[row.position]) // row.count),
        largest_unit=largest,
        lacks=tuple(lacks),
        large_units=tuple(
            LargeUnit(unit, people, hands_of(people, hand), _clean(people, hand))
            for unit, people in sorted(units.items(), key=lambda u: (-u[1], u[0]))
            if people > hand
        ),
    )


def _widest(cells: Sequence[Cell]) -> int:
    """The most by which two papers of a hand differ, in thousandths of a point: the
    widest stratum, twice that where enemies are kept apart.
    """
    feuds = any(card.enemies is not None for cell in cells for card in cell.cards)
    return (2 if feuds else 1) * max(
        stratum[-1].ease - stratum[0].ease
        for cell in cells
        for stratum in strata_of(cell)
    )


def _clean(people: int, hand: int) -> int:
    """The share of a unit's pairs that sit in one hand, in thousandths."""
    full, rest = divmod(people, hand)
    inside = full * hand * (hand - 1) + rest * (rest - 1)
    return 1000 * inside // (people * (people - 1))
