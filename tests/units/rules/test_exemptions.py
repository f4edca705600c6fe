"""Exemptions: where they stand and what they cover."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from units.rules.exemptions import (
    State,
    covers,
    exam_code_typed,
    frozen_reason,
    reason_text,
    state_of,
)

NOW = datetime(2026, 12, 1, 4, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@dataclass
class Asked:
    until: datetime | None = NOW
    exam_code: str | None = None
    approved: bool | None = True
    ended_at: datetime | None = None


@pytest.mark.parametrize(
    ("asked", "state"),
    [
        (Asked(approved=None), State.PENDING),
        (Asked(approved=False), State.REFUSED),
        (Asked(until=NOW + SECOND), State.APPROVED),
        (Asked(until=NOW), State.EXPIRED),
        (Asked(None, "K7MPX4QW"), State.APPROVED),
        (Asked(ended_at=NOW), State.ENDED),
        (Asked(approved=None, ended_at=NOW), State.ENDED),
        (Asked(approved=None, until=NOW - SECOND), State.PENDING),
    ],
)
def test_where_a_request_stands(asked: Asked, state: State) -> None:
    assert state_of(asked, NOW) is state


@pytest.mark.parametrize(
    ("asked", "covered"),
    [
        (Asked(until=NOW + SECOND), True),
        (Asked(until=NOW), False),  # opens when it is over
        (Asked(None, "K7MPX4QW"), True),
        (Asked(None, "OTHEREXM"), False),
        (Asked(until=NOW + SECOND, approved=None), False),
        (Asked(until=NOW + SECOND, approved=False), False),
        (Asked(until=NOW + SECOND, ended_at=NOW), False),
    ],
)
def test_what_an_exemption_covers(asked: Asked, covered: bool) -> None:
    assert covers(asked, "K7MPX4QW", NOW) is covered


def test_a_reason_is_read_with_what_was_added_and_who_approved() -> None:
    assert reason_text("产假", "") == "产假"
    assert reason_text("产假", "至明年三月") == "产假（至明年三月）"
    assert reason_text("其他", "脱产学习") == "其他：脱产学习"
    assert frozen_reason("产假", "", "陈敏") == "产假；陈敏批准"
    assert frozen_reason("产假", "", "") == "产假"


@pytest.mark.parametrize(
    ("typed", "code"),
    [("k7mp x4qw", "K7MPX4QW"), ("K7MPX4Q", None), ("K7MPX4QW9", None), ("考试", None)],
)
def test_an_exams_code_is_eight_letters_and_digits(
    typed: str, code: str | None
) -> None:
    assert exam_code_typed(typed) == code
