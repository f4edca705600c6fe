"""Phones, ID numbers and unit codes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from units.rules.numbers import credit_code, identity_number, phone_tail


@pytest.mark.parametrize(
    ("text", "tail"),
    [
        ("0123", "0123"),
        ("13900000123", "0123"),
        ("+86 139-0000-0123", "0123"),
        ("8613900000123", "0123"),
        ("１３９０００００１２３", "0123"),
        ("139****0123", "0123"),
        ("****0123", "0123"),
        ("", ""),
        (" ", ""),
        ("123", None),
        ("12345", None),
        ("03760000123", None),
        ("1390000012", None),
        ("无", None),
    ],
)
def test_the_tail_of_a_phone(text: str, tail: str | None) -> None:
    assert phone_tail(text, number=False) == tail


@pytest.mark.parametrize(
    ("text", "tail"),
    [("7", "0007"), ("123", "0123"), ("1234", "1234"), ("12345", None)],
)
def test_numbers_get_their_leading_zeros_back(text: str, tail: str | None) -> None:
    assert phone_tail(text, number=True) == tail


@given(st.integers(min_value=10**10, max_value=2 * 10**10 - 1))
def test_only_the_last_four_digits_of_any_mobile_number_are_kept(number: int) -> None:
    assert phone_tail(str(number), number=True) == str(number)[-4:]


@pytest.mark.parametrize(
    "text",
    [
        "110101199003070011",
        "11010119900307001X",
        "11010119900307001x",
        "110101900307001",
        "身份证110101199003070011",
        "１１０１０１１９９００３０７００１１",
        "110101 19900307 0011",
    ],
)
def test_id_numbers_are_seen(text: str) -> None:
    assert identity_number(text)


@pytest.mark.parametrize(
    "text", ["", "13900000123", "1" * 14, "1" * 16, "1" * 17, "1" * 19, "A" + "1" * 18]
)
def test_other_numbers_are_no_id_numbers(text: str) -> None:
    assert not identity_number(text)


def test_a_credit_code_is_told_by_its_check_character() -> None:
    # All digits, and where an ID number has its date of birth stands none.
    assert credit_code("111100000000000152") is False
    code = next(
        f"11110000000000{n:03d}{check}"
        for n in range(1000)
        for check in "0123456789"
        if credit_code(f"11110000000000{n:03d}{check}")
    )
    assert identity_number(code)
    wrong = code[:-1] + str((int(code[-1]) + 1) % 10)
    assert not credit_code(wrong)
    assert not credit_code(code[:-1])
    assert not credit_code(code[:-1] + "O")


def test_a_date_of_birth_is_never_a_credit_code() -> None:
    dates = (f"110101199003070{n:02d}{c}" for n in range(100) for c in "0123456789")
    assert not any(credit_code(text) for text in dates)
