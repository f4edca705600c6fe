"""The pinyin initials of people's names."""

from __future__ import annotations

import pytest
from pypinyin import Style, lazy_pinyin

from units.initials import FIRST, SURNAMES, _letters, name_initials


@pytest.mark.parametrize(
    ("name", "initials"),
    [
        ("王小明", "wxm"),
        ("曾国藩", "zgf"),  # as a surname; ceng elsewhere
        ("单雄信", "sxx"),
        ("买买提·艾力", "mmtal"),
        ("Tom 李", "toml"),
        ("王𠮷", "w"),  # beyond the table: found by its characters
        ("", ""),
    ],
)
def test_initials_of_a_name(name: str, initials: str) -> None:
    assert name_initials(name) == initials


def test_the_table_says_what_pypinyin_says() -> None:
    letters = _letters()
    assert len(letters) == 0xA000 - FIRST
    for place in range(0, len(letters), 7):
        read = lazy_pinyin(
            chr(FIRST + place), style=Style.FIRST_LETTER, errors="ignore"
        )
        letter = read[0][:1] if read else ""
        if letters[place] == ".":
            assert not ("a" <= letter <= "z")
        elif letter.isascii():
            assert letters[place] == letter, chr(FIRST + place)


def test_surnames_stand_there_only_where_they_are_read_otherwise() -> None:
    for surname, letter in SURNAMES.items():
        assert _letters()[ord(surname) - FIRST] != letter, surname
