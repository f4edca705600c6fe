"""Which spare somebody gets."""

from __future__ import annotations

import pytest

from quiz.rules.fresh import Spare, pick_spare, share_out


def spare(number: int, *versions: int) -> Spare:
    return Spare(100 + number, number, frozenset(versions))


def test_the_spare_that_repeats_least_of_what_one_has_seen() -> None:
    spares = [spare(1, 1, 2), spare(2, 1, 9), spare(3, 8, 9)]
    assert pick_spare(spares, own=[1, 2], colleagues=[]) == spares[2]


def test_of_equals_the_one_that_repeats_least_of_the_colleagues() -> None:
    spares = [spare(1, 8, 9), spare(2, 6, 7)]
    assert pick_spare(spares, own=[1], colleagues=[8]) == spares[1]


def test_of_equals_the_lowest_number_whatever_the_order() -> None:
    spares = [spare(3, 9), spare(1, 9), spare(2, 9)]
    assert pick_spare(spares, own=[9], colleagues=[9]) == spares[1]
    assert pick_spare([], own=[], colleagues=[]) is None


def test_nobody_gets_anothers_spare() -> None:
    spares = [spare(1, 1), spare(2, 2), spare(3, 3)]
    given = share_out([7, 8], spares, {7: [1, 2], 8: []}, {8: [1]})
    assert {who: one.number for who, one in given.items()} == {7: 3, 8: 2}
    with pytest.raises(ValueError, match="too few"):
        share_out([1, 2, 3, 4], spares, {}, {})
