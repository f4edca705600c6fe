"""Who sits where."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quiz.rules.seating import Member, hand_for, hands_of, seat, spares_for

rosters = st.lists(st.integers(1, 30), min_size=1, max_size=15).map(
    lambda sizes: [
        Member(person=1000 * unit + n, unit=unit)
        for unit, size in enumerate(sizes, 1)
        for n in range(size)
    ]
)
seeds = st.integers(0, 2**64).map(lambda n: f"{n:064x}")


@given(members=rosters, size=st.integers(1, 25), seed=seeds)
def test_everybody_has_a_place_of_their_own(
    members: list[Member], size: int, seed: str
) -> None:
    seating = seat(members, size=size, seed=seed)
    assert set(seating.places) == {member.person for member in members}
    assert len(set(seating.places.values())) == len(members)
    assert max(seating.places.values()) < seating.hands * size


@given(members=rosters, size=st.integers(1, 25), seed=seeds)
def test_a_unit_sits_in_as_few_hands_as_it_can(
    members: list[Member], size: int, seed: str
) -> None:
    seating = seat(members, size=size, seed=seed)
    for unit in {member.unit for member in members}:
        people = [member.person for member in members if member.unit == unit]
        hands = {seating.places[person] // size for person in people}
        assert len(hands) == hands_of(len(people), size)


@given(members=rosters, size=st.integers(1, 25), seed=seeds)
def test_there_are_spares_for_one_in_twenty(
    members: list[Member], size: int, seed: str
) -> None:
    seating = seat(members, size=size, seed=seed)
    spare = seating.hands * size - len(members)
    assert spare * 20 >= len(members)


@given(
    members=rosters,
    size=st.integers(1, 25),
    seed=seeds,
    rnd=st.randoms(use_true_random=False),
)
def test_the_order_of_the_roster_is_nothing(
    members: list[Member], size: int, seed: str, rnd: random.Random
) -> None:
    shuffled = rnd.sample(members, len(members))
    assert seat(members, size=size, seed=seed) == seat(shuffled, size=size, seed=seed)


def test_a_unit_larger_than_a_hand_fills_whole_hands_first() -> None:
    members = [Member(n, 1) for n in range(25)]
    seating = seat(members, size=10, seed="a")
    hands = sorted(place // 10 for place in seating.places.values())
    assert [hands.count(n) for n in range(3)] == [10, 10, 5]


@pytest.mark.parametrize("seed", ["a", "b", "c", "d", "e", "f"])
def test_a_unit_larger_than_a_hand_never_fills_the_gaps_of_others(seed: str) -> None:
    """14 people take 10 + 4 whoever comes first; the six others sit together."""
    members = [Member(n, 1) for n in range(14)] + [Member(n, 2) for n in range(20, 26)]
    seating = seat(members, size=10, seed=seed)
    large = sorted(seating.places[n] // 10 for n in range(14))
    assert {large.count(hand) for hand in large} == {10, 4}
    assert len({seating.places[n] // 10 for n in range(20, 26)}) == 1


def test_a_hand_is_no_larger_than_what_is_needed() -> None:
    assert hand_for(200, 60) == 63
    assert hand_for(20, 60) == 20
    assert spares_for(60) == 3
    assert spares_for(61) == 4
    assert spares_for(0) == 0
