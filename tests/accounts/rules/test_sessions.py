"""How long a sign-in and a proof last."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from accounts.rules.sessions import (
    PROOF_LIFE,
    Limits,
    lasts,
    proof_holds,
    touch_is_due,
)

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
IDLE, LONGEST = timedelta(minutes=30), timedelta(hours=12)
LIMITS = Limits(IDLE, LONGEST)


def test_an_unused_session_ends() -> None:
    begun = NOW - timedelta(hours=2)
    assert lasts(LIMITS, created_at=begun, seen_at=NOW - IDLE + SECOND, now=NOW)
    assert not lasts(LIMITS, created_at=begun, seen_at=NOW - IDLE, now=NOW)


def test_a_used_session_ends_after_a_working_day() -> None:
    assert lasts(LIMITS, created_at=NOW - LONGEST + SECOND, seen_at=NOW, now=NOW)
    assert not lasts(LIMITS, created_at=NOW - LONGEST, seen_at=NOW, now=NOW)


def test_a_proof_holds_for_ten_minutes() -> None:
    assert timedelta(minutes=10) == PROOF_LIFE
    assert proof_holds(NOW - PROOF_LIFE + SECOND, NOW)
    assert not proof_holds(NOW - PROOF_LIFE, NOW)


def test_use_is_written_down_once_a_minute() -> None:
    assert not touch_is_due(seen_at=NOW - timedelta(seconds=59), now=NOW)
    assert touch_is_due(seen_at=NOW - timedelta(seconds=60), now=NOW)
