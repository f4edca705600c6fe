"""Every state of an exam, and the moment it begins."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from quiz.rules.lifecycle import State, state_of

OPENS = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
CLOSES = OPENS + timedelta(hours=2)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


@dataclass(frozen=True)
class Moments:
    opens_at: datetime = OPENS
    closes_at: datetime = CLOSES
    published_at: datetime | None = OPENS - 2 * DAY
    drawn_at: datetime | None = OPENS - DAY
    results_at: datetime | None = None
    archived_at: datetime | None = None


@pytest.mark.parametrize(
    ("now", "state"),
    [
        (OPENS - SECOND, State.DRAWN),
        (OPENS, State.OPEN),
        (CLOSES - SECOND, State.OPEN),
        (CLOSES, State.CLOSED),
    ],
)
def test_a_drawn_exam_opens_and_closes_by_the_clock(
    now: datetime, state: State
) -> None:
    assert state_of(Moments(), now) is state


@pytest.mark.parametrize("now", [OPENS - DAY, OPENS, CLOSES + DAY])
def test_a_draft_stays_a_draft(now: datetime) -> None:
    draft = Moments(published_at=None, drawn_at=None)
    assert state_of(draft, now) is State.DRAFT


@pytest.mark.parametrize(
    ("now", "state"),
    [
        (OPENS - DAY, State.PUBLISHED),
        (OPENS, State.PUBLISHED),
        (CLOSES - SECOND, State.PUBLISHED),
        (CLOSES, State.CLOSED),
    ],
)
def test_an_exam_that_was_never_drawn_does_not_open(
    now: datetime, state: State
) -> None:
    assert state_of(Moments(drawn_at=None), now) is state


def test_published_results_are_the_end() -> None:
    done = replace(Moments(), results_at=CLOSES + DAY)
    assert state_of(done, CLOSES + DAY) is State.RESULTS_PUBLISHED


def test_an_archived_exam_stays_so() -> None:
    kept = replace(Moments(), results_at=CLOSES + DAY, archived_at=CLOSES + 9 * DAY)
    assert state_of(kept, OPENS) is State.ARCHIVED
