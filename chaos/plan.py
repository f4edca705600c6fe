"""What a seed means: who sits how, and which faults come in which order."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from chaos.control import POINTS

#: Faults beside dying at a point; the last one is of PostgreSQL alone.
KINDS = ("kill", "stop", "lock", "disk", "clock", "restart", "postgres")
UNTIL_TOLD = 10_000  # answers


@dataclass(frozen=True)
class Habit:
    """How one person sits."""

    bell: bool  # the exam that ends during the run
    answers: int  # at least
    in_flight: int  # saves on their way at once
    hands_in: bool
    doubled: bool  # hands in twice at one moment
    after: int  # saves when it is over
    reloads: float  # of the page, per answer
    stays: bool  # answers on until all faults have come


@dataclass(frozen=True)
class Size:
    """How large a run is."""

    phones: int
    at_once: int
    answers: tuple[int, int]
    hits: int  # of each kind of fault and of each crash point, at the least
    bell_after: float  # seconds until the exam of the bell closes
    longest: float  # seconds until the nemesis gives up


FULL = Size(phones=44, at_once=22, answers=(20, 40), hits=3, bell_after=16, longest=240)
SHORT = Size(
    phones=28, at_once=18, answers=(14, 22), hits=1, bell_after=12, longest=120
)


@dataclass(frozen=True)
class Plan:
    """One run."""

    seed: int
    size: Size
    habits: tuple[Habit, ...]
    faults: tuple[str, ...]


def plan_of(seed: int, size: Size, *, postgres: bool) -> Plan:
    """The run of a seed."""
    chance = random.Random(f"{seed}|plan")
    kinds = [kind for kind in KINDS if postgres or kind != "postgres"]
    faults = [*kinds, *POINTS] * size.hits
    chance.shuffle(faults)
    return Plan(seed, size, _habits(size, chance), tuple(faults))


def _habits(size: Size, chance: random.Random) -> tuple[Habit, ...]:
    """Two of five are swept; of the others two of five hand in twice.

    The first ones are those of the bell: they all begin at once.
    """
    bells, walkers = size.phones // 4, size.phones // 6
    rest = size.phones - bells - walkers
    ends = ["walks away"] * walkers
    ends += ["hands in twice" if n % 5 < 2 else "hands in" for n in range(rest)]
    chance.shuffle(ends)
    last = len(ends) - size.at_once // 2
    return (
        *(_of_the_bell(size, chance, tries=n % 4 == 3) for n in range(bells)),
        *(_of_the_long(size, chance, end, n >= last) for n, end in enumerate(ends)),
    )


def _of_the_bell(size: Size, chance: random.Random, *, tries: bool) -> Habit:
    """Three of four answer until they are told that it is over; some hand in then."""
    on = chance.random() < 0.75
    return replace(
        _usual(size, chance),
        bell=True,
        answers=UNTIL_TOLD if on else chance.randint(*size.answers),
        hands_in=tries,
        after=chance.randint(0, 3),
    )


def _of_the_long(size: Size, chance: random.Random, end: str, last: bool) -> Habit:
    """Some walk away; of those who hand in the last ones stay for all faults."""
    habit = _usual(size, chance)
    if end == "walks away":
        return habit
    return replace(
        habit,
        hands_in=True,
        doubled=end == "hands in twice",
        after=chance.choice((0, 0, 1, 2, 3)),
        stays=last,
    )


def _usual(size: Size, chance: random.Random) -> Habit:
    return Habit(
        bell=False,
        answers=chance.randint(*size.answers),
        in_flight=chance.randint(1, 3),
        hands_in=False,
        doubled=False,
        after=0,
        reloads=chance.choice((0.0, 0.0, 0.02, 0.05)),
        stays=False,
    )
