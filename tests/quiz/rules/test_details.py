"""Settings that cannot be meant are refused with one sentence."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.errors import Refused
from quiz.rules.blueprint import Row
from quiz.rules.details import ExamDetails, check_details, stamp_of

OPENS = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
GOOD = ExamDetails(
    title="法治素养测试",
    opens_at=OPENS,
    closes_at=OPENS + timedelta(minutes=60),
    duration_s=3600,
    pass_mark=6000,
    excellent_mark=9000,
    attempts=1,
    multi_rule="exact",
    show_score="at_once",
    shuffle=True,
)


def test_a_window_just_as_long_as_the_time_is_enough() -> None:
    check_details(GOOD)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"title": "  "}, "考试名称"),
        ({"title": "法" * 61}, "最多 60 个字"),
        ({"contact": "李" * 61}, "最多 60 个字"),
        ({"closes_at": OPENS}, "晚于开始时间"),
        ({"duration_s": 59}, "作答时长"),
        ({"duration_s": 3601}, "开放时段比作答时长"),
        ({"pass_mark": 9001}, "优秀线"),
        ({"pass_mark": -1}, "优秀线"),
        ({"attempts": 0}, "作答次数"),
        ({"attempts": 21}, "作答次数"),
        ({"multi_rule": "sum"}, "计分规则"),
        ({"show_score": "never"}, "计分规则"),
    ],
)
def test_what_cannot_be_meant_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(Refused, match=message):
        check_details(replace(GOOD, **change))


def test_a_stamp_tells_apart_what_differs() -> None:
    row = Row(1, "single", None, None, 1, 100)
    stamps = {
        stamp_of(GOOD, []),
        stamp_of(GOOD, [row]),
        stamp_of(GOOD, [replace(row, points=200)]),
        stamp_of(replace(GOOD, attempts=2), [row]),
    }
    assert len(stamps) == 4
