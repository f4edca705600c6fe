from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quiz.rules.timing import (
    Phase,
    Window,
    deadline,
    exam_clock,
    phase,
    shown_deadline,
)

OPENS = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
S = timedelta(seconds=1)
WINDOW = Window(
    opens=OPENS,
    closes=OPENS + timedelta(hours=2),
    allowed=timedelta(hours=1),
    grace=timedelta(seconds=30),
)
ENDS = OPENS + timedelta(hours=1)


# opens              closes              closes + extra
#   |--- READY ---------|------ READY -------|--- OVER
@pytest.mark.parametrize(
    ("at", "extra", "expected"),
    [
        (OPENS - S, timedelta(), Phase.EARLY),
        (OPENS, timedelta(), Phase.READY),
        (WINDOW.closes - S, timedelta(), Phase.READY),
        (WINDOW.closes, timedelta(), Phase.OVER),
        (WINDOW.closes, 10 * S, Phase.READY),
        (WINDOW.closes + 10 * S, 10 * S, Phase.OVER),
    ],
)
def test_when_one_may_start(at: datetime, extra: timedelta, expected: Phase) -> None:
    assert phase(WINDOW, at, None, extra) is expected


# started        deadline      deadline + grace
#   |-- RUNNING ----|--- GRACE ------|--- OVER      (both ends inclusive)
@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (ENDS - S, Phase.RUNNING),
        (ENDS, Phase.RUNNING),
        (ENDS + timedelta(milliseconds=1), Phase.GRACE),
        (ENDS + 29 * S, Phase.GRACE),
        (ENDS + 30 * S, Phase.GRACE),
        (ENDS + 30 * S + timedelta(milliseconds=1), Phase.OVER),
        (ENDS + 31 * S, Phase.OVER),
    ],
)
def test_T4_what_still_counts(at: datetime, expected: Phase) -> None:
    assert phase(WINDOW, at, ENDS, timedelta()) is expected


def test_T5_who_starts_late_gets_what_is_left_of_the_window() -> None:
    late = WINDOW.closes - timedelta(minutes=3)
    assert deadline(WINDOW, late, []) == WINDOW.closes


def test_T7_grants_add_up_after_the_window() -> None:
    late = WINDOW.closes - timedelta(minutes=3)
    grants = [timedelta(minutes=5), timedelta(minutes=10)]
    assert deadline(WINDOW, late, grants) == WINDOW.closes + timedelta(minutes=15)


@pytest.mark.parametrize(
    ("paused_at", "clock"),
    [(None, ENDS), (ENDS - S, ENDS - S), (ENDS, ENDS), (ENDS + S, ENDS)],
)
def test_T12_the_clock_of_a_paused_exam_stands(
    paused_at: datetime | None, clock: datetime
) -> None:
    assert exam_clock(ENDS, paused_at) == clock
    left = shown_deadline(ENDS + 9 * S, ENDS, paused_at) - ENDS
    assert left == ENDS + 9 * S - clock


@given(minutes=st.integers(0, 120), grants=st.lists(st.integers(0, 3600), max_size=5))
def test_a_grant_never_shortens_and_the_order_does_not_matter(
    minutes: int, grants: list[int]
) -> None:
    started = OPENS + timedelta(minutes=minutes)
    times = [timedelta(seconds=g) for g in grants]
    with_all = deadline(WINDOW, started, times)
    assert with_all == deadline(WINDOW, started, times[::-1])
    assert with_all >= deadline(WINDOW, started, [])
    assert deadline(WINDOW, started, []) <= started + WINDOW.allowed


@given(
    seconds=st.integers(0, 7 * 365 * 24 * 3600),
    minutes=st.integers(1, 24 * 60),
    zone=st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/New_York"]),
)
def test_T9_own_time_is_as_long_in_every_night_of_every_year_in_every_zone(
    seconds: int, minutes: int, zone: str
) -> None:
    started = datetime(2024, 1, 1, tzinfo=UTC) + seconds * S
    allowed = timedelta(minutes=minutes)
    window = Window(started, started + timedelta(days=3), allowed, 30 * S)
    ends = deadline(window, started, [])
    assert ends - started == allowed
    shown = ends.astimezone(ZoneInfo(zone))
    assert shown.astimezone(UTC) == ends
    assert phase(window, shown, ends, timedelta()) is Phase.RUNNING
    assert phase(window, ends + 30 * S, shown, timedelta()) is Phase.GRACE
