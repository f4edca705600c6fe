from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from quiz.rules.guessing import FORGET_AFTER, wait_after, wait_left

AT = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.mark.parametrize(
    ("failures", "seconds"),
    [(0, 0), (4, 0), (5, 30), (6, 60), (7, 120), (9, 480), (10, 600), (10_000, 600)],
)
def test_five_tries_are_free_then_the_wait_grows(failures: int, seconds: int) -> None:
    assert wait_after(failures) == timedelta(seconds=seconds)


def test_the_wait_runs_out_and_is_forgotten() -> None:
    second = timedelta(seconds=1)
    assert wait_left(5, AT, AT + 29 * second) == second
    assert wait_left(5, AT, AT + 30 * second) == timedelta()
    assert wait_left(50, AT, AT + FORGET_AFTER) == timedelta()
    assert wait_left(0, None, AT) == timedelta()
