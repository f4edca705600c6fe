"""The code of the hall's screen, and who may start."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from quiz.rules.presence import (
    STEP,
    hall_code,
    lets_start,
    link_key,
    link_lives,
    read_digits,
    room_of_code,
    room_of_link,
    step_of,
)

NOON = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
ROOMS = ["第1考场", "第2考场"]


def test_a_code_is_what_its_description_says() -> None:
    # printf 'hall|TESTEXAM|59655840|' | openssl dgst -sha256 -hmac secret
    code = hall_code("secret", "TESTEXAM", "", 59655840)
    assert (code.digits, code.mark) == ("699778", "a149f3c6c7")


def test_every_screen_and_every_step_has_another_code() -> None:
    codes = {
        hall_code(key, exam, room, step).mark
        for key in ("a", "b")
        for exam in ("ONE", "TWO")
        for room in ("", *ROOMS)
        for step in range(50)
    }
    assert len(codes) == 2 * 2 * 3 * 50


@pytest.mark.parametrize(
    ("later", "right"),
    [
        (timedelta(), True),
        (STEP - timedelta(milliseconds=1), True),
        (STEP, True),
        (2 * STEP - timedelta(milliseconds=1), True),
        (2 * STEP, False),
        (-timedelta(milliseconds=1), False),
    ],
)
@pytest.mark.parametrize("room", ["", "第2考场"])
def test_a_code_is_right_for_its_step_and_the_next(
    room: str, later: timedelta, right: bool
) -> None:
    code = hall_code("secret", "TESTEXAM", room, step_of(NOON))
    for typed in (code.digits, code.mark):
        found = room_of_code("secret", "TESTEXAM", ROOMS, typed, NOON + later)
        assert found == (room if right else None)


@pytest.mark.parametrize("typed", ["", "0", "é", "12345", "1234567", "0" * 500])
def test_nothing_else_is_a_code(typed: str) -> None:
    assert room_of_code("secret", "TESTEXAM", ROOMS, typed, NOON) is None


@pytest.mark.parametrize(
    ("typed", "read"),
    [("123456", "123456"), (" 123 456 ", "123456"), ("１２３４５６", "123456"),
     ("123-456", "123456"), ("abc", ""), ("", "")],
)  # fmt: skip
def test_digits_are_read_however_they_are_typed(typed: str, read: str) -> None:
    assert read_digits(typed) == read


def test_a_screens_key_opens_its_room_until_a_new_one_is_issued() -> None:
    for room in ("", *ROOMS):
        key = link_key("secret", "TESTEXAM", 1, room)
        assert len(key) == 10
        for typed in (key, key.lower(), f" {key[:4]}-{key[4:]} "):
            assert room_of_link("secret", "TESTEXAM", 1, ROOMS, typed) == room
        assert room_of_link("secret", "TESTEXAM", 2, ROOMS, key) is None
        assert room_of_link("secret", "OTHEREXA", 1, ROOMS, key) is None
    gone = link_key("secret", "TESTEXAM", 1, "第9考场")
    assert room_of_link("secret", "TESTEXAM", 1, ROOMS, gone) is None
    assert room_of_link("secret", "TESTEXAM", 1, ROOMS, "") is None


def test_screens_open_until_two_hours_after_the_end() -> None:
    assert link_lives(NOON, NOON + timedelta(hours=2))
    assert not link_lives(NOON, NOON + timedelta(hours=2, seconds=1))


@pytest.mark.parametrize(
    ("mode", "seen", "may"),
    [
        ("none", None, True),
        ("none", "phone", True),
        ("code", None, False),
        ("code", "phone", False),
        ("code", "scan", True),
        ("code", "digits", True),
        ("code", "invigilator", True),
        ("invigilator", None, False),
        ("invigilator", "scan", False),
        ("invigilator", "invigilator", True),
    ],
)
def test_what_lets_somebody_start(mode: str, seen: str | None, may: bool) -> None:
    assert lets_start(mode, seen) is may
