"""Absences as a phone tells them: what cannot be meant costs no answer."""

from __future__ import annotations

import pytest

from quiz.rules.away import AT_ONCE, LONGEST_MS, NUMBER_LIMIT, read_absences


def test_numbers_and_milliseconds_are_read() -> None:
    body = {"away": [[7, 12_000], [NUMBER_LIMIT, 0], [1, LONGEST_MS]]}
    assert read_absences(body) == {7: 12_000, NUMBER_LIMIT: 0, 1: LONGEST_MS}


@pytest.mark.parametrize(
    "told",
    [
        None,
        "x",
        {},
        [7],
        [[7]],
        [[7, 1, 1]],
        [["7", 1]],
        [[7, "1"]],
        [[True, 1]],
        [[7, 1.5]],
        [[0, 1]],
        [[-1, 1]],
        [[NUMBER_LIMIT + 1, 1]],
        [[7, -1]],
        [[7, LONGEST_MS + 1]],
    ],
)
def test_what_cannot_be_meant_is_passed_over(told: object) -> None:
    assert read_absences({"away": told}) == {}
    good = [*told, [5, 5000]] if isinstance(told, list) else [[5, 5000]]
    assert read_absences({"away": good}) == {5: 5000}


def test_a_message_tells_of_so_many_and_a_body_may_be_anything() -> None:
    told = [[n, 5000] for n in range(1, 2 * AT_ONCE)]
    assert len(read_absences({"away": told})) == AT_ONCE
    assert read_absences([]) == {}
    assert read_absences(None) == {}
