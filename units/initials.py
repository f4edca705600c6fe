"""The pinyin initials of people's names: 王小明 → wxm.

pypinyin would cost a serving process 58 MB for its table of phrases, which names do
not need. ``initials.txt`` holds its answer for each character from U+3400 to U+9FFF:
a letter, or a dot where it has none (tests/units/test_initials.py compares).
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

FIRST = 0x3400
#: As a surname these are read otherwise than elsewhere.
SURNAMES = {
    "仇": "q", "区": "o", "单": "s", "召": "s", "折": "s", "曾": "z", "查": "z",
    "种": "c", "繁": "p", "翟": "z", "覃": "q", "解": "x", "重": "c", "长": "c",
}  # fmt: skip


@lru_cache(maxsize=1)
def _letters() -> str:
    path = Path(__file__).with_name("initials.txt")
    return path.read_text(encoding="ascii").replace("\n", "")


def name_initials(name: str) -> str:
    """The initials of a name, small letters; what has no reading is left out."""
    first, rest = name[:1], name[1:]
    return (SURNAMES.get(first) or _letter(first)) + "".join(map(_letter, rest))


def _letter(character: str) -> str:
    if character.isascii():
        return character.lower() if character.isalpha() else ""
    place = ord(character) - FIRST
    letters = _letters()
    letter = letters[place] if 0 <= place < len(letters) else "."
    return "" if letter == "." else letter
