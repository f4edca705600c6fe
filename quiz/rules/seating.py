"""Who gets which paper: colleagues sit in one hand of the deal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from quiz.rules.deal import lot


@dataclass(frozen=True)
class Member:
    """A person of the roster, by ids."""

    person: int
    unit: int


@dataclass(frozen=True)
class Seating:
    """Where everybody sits in the draw of a first attempt."""

    size: int  # papers in a hand
    hands: int  # with those that hold nothing but spares
    places: dict[int, int]  # person → number of the paper


def spares_for(people: int) -> int:
    """Papers kept for people admitted on the day: one for every 20, rounded up."""
    return -(-people // 20)


def hand_for(largest: int, people: int) -> int:
    """The size of a hand: no larger than what everybody and the spares need."""
    return min(largest, people + spares_for(people))


def hands_of(unit_size: int, size: int) -> int:
    """How many hands a unit fills: one, if it fits."""
    return -(-unit_size // size)


def seat(members: Sequence[Member], *, size: int, seed: str) -> Seating:
    """Give every person a place, whole units first-fit in the order of their lots.

    A unit larger than a hand opens as many hands as it fills; the rest of its last
    hand is free for others. Hands are added until there are spares enough.

    :return: Places that do not depend on the order of the members.
    """
    units: dict[int, list[Member]] = {}
    for member in members:
        units.setdefault(member.unit, []).append(member)
    taken: list[int] = []  # places taken in each hand, always the first ones
    places: dict[int, int] = {}
    for unit in sorted(units, key=lambda unit: lot(seed, "u", unit)):
        people = sorted(units[unit], key=lambda m: lot(seed, "p", m.person))
        for start in range(0, len(people), size):
            group = people[start : start + size]
            # A unit larger than a hand never fills the gaps of others.
            hand = len(taken) if len(people) > size else _first_fit(taken, group, size)
            if hand == len(taken):
                taken.append(0)
            for member in group:
                places[member.person] = hand * size + taken[hand]
                taken[hand] += 1
    spare = len(taken) * size - len(members)
    more = max(0, -(-(spares_for(len(members)) - spare) // size))
    return Seating(size=size, hands=len(taken) + more, places=places)


def _first_fit(taken: Sequence[int], group: Sequence[Member], size: int) -> int:
    """The first hand with room for the group; the next new one if none has."""
    for hand, count in enumerate(taken):
        if size - count >= len(group):
            return hand
    return len(taken)
