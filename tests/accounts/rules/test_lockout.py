"""Waiting after wrong passwords, at each boundary."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.rules.lockout import FORGET, FREE, LONGEST_WAIT, standing, wait

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_an_account_without_failures_does_not_wait() -> None:
    assert wait(0, None, NOW) == timedelta(0)


@pytest.mark.parametrize(
    ("failures", "seconds"),
    [(1, 0), (4, 0), (5, 30), (6, 60), (7, 120), (8, 240), (9, 480), (10, 900)],
)
def test_the_wait_doubles_from_the_fifth_failure_on(
    failures: int, seconds: int
) -> None:
    assert wait(failures, NOW, NOW) == timedelta(seconds=seconds)


def test_the_wait_ends_to_the_second() -> None:
    end = NOW + timedelta(seconds=30)
    assert wait(FREE, NOW, end - SECOND) == SECOND
    assert wait(FREE, NOW, end) == timedelta(0)
    assert wait(FREE, NOW, end + SECOND) == timedelta(0)


def test_a_quiet_day_is_a_new_beginning() -> None:
    assert standing(40, NOW, NOW + FORGET - SECOND) == 40
    assert standing(40, NOW, NOW + FORGET) == 0


@given(failures=st.integers(0, 10**9), passed=st.timedeltas(min_value=timedelta(0)))
def test_nobody_is_locked_out_for_good(failures: int, passed: timedelta) -> None:
    later = NOW + min(passed, timedelta(days=3000))
    left = wait(failures, NOW, later)
    assert timedelta(0) <= left <= LONGEST_WAIT
    assert wait(failures, NOW, NOW + LONGEST_WAIT) == timedelta(0)
