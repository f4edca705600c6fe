"""Sharing piles among rows that may want the same cards: a maximum flow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Pile:
    """Cards that the same rows accept."""

    rows: tuple[int, ...]
    size: int


@dataclass
class Sharing:
    """How many cards of each pile each row gets."""

    given: list[dict[int, int]]  # for each pile: row → cards
    spare: list[int]  # for each pile: cards nobody has
    #: Rows that cannot all have what they want, with whom they compete for it;
    #: together they want more than all the cards any of them accepts.
    starved: list[frozenset[int]] = field(default_factory=list)


def share(demand: Mapping[int, int], piles: Sequence[Pile]) -> Sharing:
    """Give every row the cards it wants, as far as there are cards.

    The result depends on nothing but the arguments: rows are served in the order of
    ``demand``, piles in their own.
    """
    result = Sharing([{} for _ in piles], [pile.size for pile in piles])
    accepts = {
        row: [n for n, pile in enumerate(piles) if row in pile.rows] for row in demand
    }
    for row, wanted in demand.items():
        missing = wanted
        while missing:
            got, seen = _serve(row, missing, accepts, result)
            if not got:
                _note(result.starved, seen)
                break
            missing -= got
    return result


def _serve(
    row: int, wanted: int, accepts: Mapping[int, list[int]], result: Sharing
) -> tuple[int, frozenset[int]]:
    """Find cards for a row along one shortest path of exchanges.

    :return: How many, and, if none, all the rows that were asked to step aside.
    """
    #: Who steps aside → (the pile they leave, the row that takes from it).
    leaving: dict[int, tuple[int, int]] = {}
    asked = [row]
    for taker in asked:  # grows while it is walked
        for n in accepts[taker]:
            if result.spare[n]:
                return _exchange(row, taker, n, wanted, leaving, result), frozenset()
            for holder, count in sorted(result.given[n].items()):
                if count and holder != row and holder not in leaving:
                    leaving[holder] = (n, taker)
                    asked.append(holder)
    return 0, frozenset(asked)


def _exchange(
    row: int,
    last: int,
    pile: int,
    wanted: int,
    leaving: Mapping[int, tuple[int, int]],
    result: Sharing,
) -> int:
    """Move cards along the path that ends at a pile with spare ones."""
    path = []
    at = last
    while at != row:
        n, taker = leaving[at]
        path.append((n, at, taker))
        at = taker
    amount = min(
        [wanted, result.spare[pile]] + [result.given[n][who] for n, who, _ in path]
    )
    result.spare[pile] -= amount
    result.given[pile][last] = result.given[pile].get(last, 0) + amount
    for n, who, taker in path:
        result.given[n][who] -= amount
        result.given[n][taker] = result.given[n].get(taker, 0) + amount
    return amount


def _note(starved: list[frozenset[int]], rows: frozenset[int]) -> None:
    """Keep groups of competing rows apart: those that overlap become one."""
    joined = rows
    for group in list(starved):
        if group & joined:
            starved.remove(group)
            joined |= group
    starved.append(joined)
