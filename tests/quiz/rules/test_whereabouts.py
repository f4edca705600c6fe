"""Where somebody of an exam stands."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from quiz.rules.whereabouts import SILENT_AFTER, Where, where
from quiz.views.heard import STORE_EVERY

BEAT_MS = 40_000  # static/phone/40-line.js, with up to a quarter more


@pytest.mark.parametrize(
    ("silence", "seen"),
    [(0, Where.WRITING), (60, Where.WRITING), (61, Where.SILENT), (9000, Where.SILENT)],
)
def test_a_phone_is_silent_after_a_minute(
    moment: datetime, silence: int, seen: Where
) -> None:
    heard = moment - timedelta(seconds=silence)
    assert where("open", heard, moment, present=True, exempt=False) is seen


def test_a_phone_that_beats_is_never_taken_for_silent() -> None:
    beat = timedelta(milliseconds=BEAT_MS * 1.25)
    assert beat + STORE_EVERY < SILENT_AFTER


@pytest.mark.parametrize("state", ["submitted", "auto"])
def test_who_handed_in_is_done(moment: datetime, state: str) -> None:
    assert where(state, moment, moment, present=False, exempt=False) is Where.DONE


@pytest.mark.parametrize(
    ("present", "exempt", "seen"),
    [
        (False, False, Where.ABSENT),
        (True, False, Where.HERE),
        (False, True, Where.EXEMPT),
        (True, True, Where.EXEMPT),
    ],
)
def test_who_has_not_begun(
    moment: datetime, present: bool, exempt: bool, seen: Where
) -> None:
    assert where(None, None, moment, present=present, exempt=exempt) is seen
