"""No question is spoken of while anybody may still be asked it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from quiz.rules.revealing import Ground, Hold, hold, reveals_from

CLOSES = datetime(2026, 11, 26, 9, tzinfo=UTC)
QUIET = Ground(closes_at=CLOSES, paused=False, open_sittings=0, elsewhere=None)
MS = timedelta(milliseconds=1)
TEN = timedelta(minutes=10)


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (timedelta(hours=-1), Hold.RUNNING),
        (timedelta(), Hold.RUNNING),
        (TEN - MS, Hold.RUNNING),
        (TEN, None),
        (timedelta(days=300), None),
    ],
)
def test_the_ten_minutes_after_closing_belong_to_the_exam(
    after: timedelta, expected: Hold | None
) -> None:
    assert hold(QUIET, CLOSES + after) is expected


def test_whoever_still_answers_holds_it() -> None:
    later = CLOSES + timedelta(days=1)
    assert hold(replace(QUIET, open_sittings=1), later) is Hold.ANSWERING
    assert hold(replace(QUIET, paused=True), later) is Hold.RUNNING


def test_a_make_up_that_may_ask_it_holds_it() -> None:
    make_up = CLOSES + timedelta(days=7)
    ground = replace(QUIET, elsewhere=make_up)
    assert hold(ground, make_up + TEN - MS) is Hold.ELSEWHERE
    assert hold(ground, make_up + TEN) is None
    assert reveals_from(ground) == make_up + TEN
    assert reveals_from(QUIET) == CLOSES + TEN
