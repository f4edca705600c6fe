"""Deadlines of rosters."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from units.rules.windows import Deadlines, Gaps, Window

NOON = datetime(2026, 12, 1, 4, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
#: 1 ─ 2 ─ 3;  4
PARENTS = {1: None, 2: 1, 3: 2, 4: None}


@pytest.mark.parametrize(
    ("general", "own", "unit", "deadline"),
    [
        (None, {}, 3, None),
        (NOON, {}, 3, NOON),
        (NOON, {2: NOON + SECOND}, 3, NOON + SECOND),
        (NOON, {2: NOON + SECOND}, 1, NOON),
        (NOON, {1: NOON + SECOND, 3: NOON - SECOND}, 3, NOON - SECOND),
        (None, {1: NOON}, 4, None),
    ],
)
def test_the_nearest_deadline_counts(
    general: datetime | None,
    own: dict[int, datetime],
    unit: int,
    deadline: datetime | None,
) -> None:
    assert Deadlines(general, own, PARENTS).of(unit) == deadline


@pytest.mark.parametrize(
    ("now", "window"),
    [
        (NOON - SECOND, Window.OPEN),
        (NOON, Window.OVER),
        (NOON + SECOND, Window.OVER),
    ],
)
def test_the_deadline_itself_is_over(now: datetime, window: Window) -> None:
    assert Deadlines(NOON, {}, PARENTS).window(3, now) is window


def test_without_a_deadline_nothing_is_open() -> None:
    assert Deadlines(None, {}, PARENTS).window(3, NOON) is Window.UNSET


def test_an_empty_roster_is_a_gap_too() -> None:
    assert Gaps(0, 0, 0, 0, 0).any
    assert not Gaps(6, 0, 0, 0, 0).any
    assert Gaps(6, 0, 1, 0, 0).any
