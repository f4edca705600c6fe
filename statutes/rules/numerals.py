"""Chinese numerals of article numbers: 一千二百六十 ↔ 1260."""

from __future__ import annotations

import unicodedata

DIGITS = "零一二三四五六七八九"
_PLACES = ((1000, "千"), (100, "百"), (10, "十"))
_VALUES = {digit: value for value, digit in enumerate(DIGITS)} | {
    "〇": 0,
    "○": 0,
    "两": 2,
}
_UNITS = {"十": 10, "百": 100, "千": 1000}

#: Every character a number may be typed with, for a character class.
CHARACTERS = "0-9０-９〇○两" + DIGITS + "".join(_UNITS)


def write_number(number: int) -> str:
    """A number from 1 to 9999 as statutes write it: 1010 → 一千零一十, 11 → 十一.

    :raises ValueError: If the number is outside that range.
    """
    if not 0 < number < 10_000:
        raise ValueError(f"{number} is not between 1 and 9999")
    text, gap = "", False
    rest = number
    for size, unit in _PLACES:
        digit, rest = divmod(rest, size)
        if digit:
            text += ("零" if gap and text else "") + DIGITS[digit] + unit
        gap = digit == 0
    if rest:
        text += ("零" if gap and text else "") + DIGITS[rest]
    return text.removeprefix("一") if 10 <= number < 20 else text


def read_number(text: str) -> int:
    """A whole number written in Chinese or Arabic numerals.

    Reads 一百二十三, 一二三, 123 and １２３ alike.

    :raises ValueError: If it is no number, or written as nobody writes one.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    if plain.isascii() and plain.isdigit():
        return int(plain)
    if plain and all(char in _VALUES for char in plain):
        return int("".join(str(_VALUES[char]) for char in plain))
    return _spelled(plain)


def _spelled(text: str) -> int:
    """A number with 十, 百, 千, whose units must fall."""
    total, last = 0, 10_000
    digit: int | None = None
    zero = False  # 零 stood before the digit
    for char in text:
        unit = _UNITS.get(char)
        if unit is not None:
            # Only 十 stands without its digit: 十五.
            if unit >= last or digit == 0 or (digit is None and unit != 10):
                raise ValueError(f"not a number: {text!r}")
            total += (1 if digit is None else digit) * unit
            digit, last, zero = None, unit, False
        elif char in _VALUES and not digit:
            zero, digit = digit == 0, _VALUES[char]
        else:
            raise ValueError(f"not a number: {text!r}")
    # 一百五 is 150 to some and 105 to others.
    if not text or digit == 0 or (digit and last > 10 and total and not zero):
        raise ValueError(f"not a number: {text!r}")
    return total + (digit or 0)
