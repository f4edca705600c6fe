"""Which passwords are refused, and that good ones are not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.rules.passwords import (
    LONGEST,
    PROFILES,
    SHORTEST,
    Profile,
    check_password,
    is_due,
    kinds_of,
)
from core.errors import Refused

LENGTH, DENGBAO = PROFILES["length"], PROFILES["dengbao"]
NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)


def check(password: str, profile: Profile = LENGTH) -> str:
    return check_password(
        password, username="olivia", display_name="奥丽", profile=profile
    )


@pytest.mark.parametrize(
    "password",
    [
        "tamarisk-under-snow",
        "纸上得来终觉浅绝知此事",
        "correct horse",
        "vKq7xTnmRp",
        "a" + "bcdzyx" * 20,
    ],
)
def test_long_and_own_passwords_are_taken(password: str) -> None:
    assert check(password) == password


@pytest.mark.parametrize(
    "password",
    [
        "88888888",
        "8888888888",
        "111111111111",
        "12345678",
        "1234567890",
        "0987654321",
        "abcdefghijk",
        "qwertyuiop",
        "asdf123456789",
        "abababababab",
        "password12345",
        "Passw0rd!2026",
        "1q2w3e4r5t6y",
        "39271846502",
        "lawgauge2026",
        "LawGauge-2026!",
        "法测2026法测2026",
        "sifaju123456",
        "olivia123456",
        "Olivia!Olivia?",
        "奥丽奥丽2026112233",
        "ｐａｓｓｗｏｒｄ１２３４５",  # full-width is the same word
        "aaaaaaaaaab",
        "!!!!!!!!!!!!",
    ],
)
def test_first_guesses_are_refused(password: str) -> None:
    with pytest.raises(Refused):
        check(password)


def test_the_bounds_of_length_are_as_stated() -> None:
    good = "tamarisk-under-snow-" * 7
    assert check(good[:SHORTEST])
    assert check(good[:LONGEST])
    with pytest.raises(Refused, match="至少 10 个字符"):
        check(good[: SHORTEST - 1])
    with pytest.raises(Refused, match="最多 128 个字符"):
        check(good[: LONGEST + 1])


def test_a_name_of_one_character_does_not_forbid_that_character() -> None:
    assert check_password(
        "tamarisk-under-snow", username="ab", display_name="a", profile=LENGTH
    )


@given(st.text(max_size=200))
def test_nothing_but_length_and_first_guesses_is_judged(text: str) -> None:
    """Whatever is typed in front of a good sentence, it stays good."""
    password = text[:40] + "·tamarisk under snow·"
    assert check(password)


@pytest.mark.parametrize(
    ("password", "kinds"),
    [
        ("", 0),
        ("tamarisk", 1),
        ("Tamarisk", 2),
        ("Tamarisk7", 3),
        ("Tamarisk-7", 4),
        ("柽柳在雪下", 1),
        ("柽柳在雪下7a", 3),
    ],
)
def test_kinds_of_characters_are_counted(password: str, kinds: int) -> None:
    assert kinds_of(password) == kinds


def test_the_dengbao_profile_asks_for_three_kinds_and_the_other_for_none() -> None:
    assert check("tamarisk-under-snow")
    with pytest.raises(Refused, match="至少 3 种"):
        check("tamarisk-under-snow", DENGBAO)
    assert check("Tamarisk-under-snow", DENGBAO)
    with pytest.raises(Refused, match="请换一个"):  # first guesses stay refused
        check("Password-2026", DENGBAO)


def test_a_password_is_due_after_ninety_days_where_the_profile_says_so() -> None:
    day = timedelta(days=1)
    assert not is_due(DENGBAO, NOW - 90 * day + timedelta(seconds=1), NOW)
    assert is_due(DENGBAO, NOW - 90 * day, NOW)
    assert is_due(DENGBAO, None, NOW)  # nobody knows since when
    assert not is_due(LENGTH, None, NOW)
    assert not is_due(LENGTH, NOW - 4000 * day, NOW)
