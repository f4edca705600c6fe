"""How long a sign-in lasts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from accounts.rules.sessions import IDLE, LONGEST, lasts, touch_is_due

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_an_unused_session_ends() -> None:
    begun = NOW - timedelta(hours=2)
    assert lasts(created_at=begun, seen_at=NOW - IDLE + SECOND, now=NOW)
    assert not lasts(created_at=begun, seen_at=NOW - IDLE, now=NOW)


def test_a_used_session_ends_after_a_working_day() -> None:
    assert lasts(created_at=NOW - LONGEST + SECOND, seen_at=NOW, now=NOW)
    assert not lasts(created_at=NOW - LONGEST, seen_at=NOW, now=NOW)


def test_use_is_written_down_once_a_minute() -> None:
    assert not touch_is_due(seen_at=NOW - timedelta(seconds=59), now=NOW)
    assert touch_is_due(seen_at=NOW - timedelta(seconds=60), now=NOW)
