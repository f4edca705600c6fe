"""What can be written down of a hall."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from core.errors import Refused
from quiz.rules.incidents import LONGEST_AGO, LONGEST_TEXT, check_incident


def test_a_record_is_kept_without_the_space_around_it(moment: datetime) -> None:
    text = check_incident("device", "  手机没电\n已换机 ", moment, moment)
    assert text == "手机没电\n已换机"
    assert check_incident("other", "迟到", moment - LONGEST_AGO, moment)


@pytest.mark.parametrize(
    ("kind", "text", "ago"),
    [
        ("nonsense", "手机没电", timedelta()),
        ("device", "  ", timedelta()),
        ("device", "长" * (LONGEST_TEXT + 1), timedelta()),
        ("device", "手机没电", timedelta(seconds=-1)),
        ("device", "手机没电", LONGEST_AGO + timedelta(seconds=1)),
    ],
)
def test_what_cannot_be_meant_is_refused(
    moment: datetime, kind: str, text: str, ago: timedelta
) -> None:
    with pytest.raises(Refused):
        check_incident(kind, text, moment - ago, moment)
