"""User names: their form and their comparison."""

from __future__ import annotations

import pytest

from accounts.rules.usernames import check_username, normal_username
from core.errors import Refused


@pytest.mark.parametrize("typed", ["Olivia", " olivia ", "ＯＬＩＶＩＡ", "oliviA"])
def test_a_user_name_is_compared_without_case_width_and_spaces(typed: str) -> None:
    assert normal_username(typed) == "olivia"


@pytest.mark.parametrize("name", ["ab", "王小明", "o.livia-2_x", "a" * 32])
def test_letters_digits_and_a_few_marks_make_a_name(name: str) -> None:
    assert check_username(name) == name


@pytest.mark.parametrize("name", ["", "a", "a" * 33, "a b", "-ab", "a/b", "a\nb"])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(Refused, match="2–32"):
        check_username(name)
