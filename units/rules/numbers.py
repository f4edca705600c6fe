"""Numbers of people and units: what a phone's tail is, what an ID number looks like."""

from __future__ import annotations

import re

from units.rules.identity import normal_digits

_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100: without I O S V Z
_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_IDENTITY = re.compile(r"(?<![0-9A-Z])(?:\d{17}[\dX]|\d{15})(?![0-9A-Z])")
_BORN = re.compile(r"\d{6}(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")


def phone_tail(text: str, *, number: bool) -> str | None:
    """The last four digits of a phone.

    :param text: Four digits, a whole mobile number, or one with stars inside.
    :param number: Whether a spreadsheet held it as a number: leading zeros are lost.
    :return: Four digits; empty if there is nothing; None if it is something else.
    """
    plain = re.sub(r"[-()\u2010-\u2015]", "", normal_digits(text))
    if not plain:
        return ""
    if number and re.fullmatch(r"\d{1,3}", plain):
        return plain.zfill(4)
    plain = re.sub(r"^(?:\+|00)?86(?=1\d{10}$)", "", plain)
    if re.fullmatch(r"\d{4}|1\d{10}|(?:1\d{2})?\*{1,7}\d{4}", plain):
        return plain[-4:]
    return None


def identity_number(text: str) -> bool:
    """Whether a text holds what looks like an ID number: 15 or 18 digits."""
    return len(text) >= 15 and bool(_IDENTITY.search(normal_digits(text)))


def credit_code(text: str) -> bool:
    """Whether 18 characters are a 统一社会信用代码 and not an ID number.

    All of them may be digits; then the check character decides, and that the digits
    where an ID number has its date of birth are no date.
    """
    code = normal_digits(text)
    if len(code) != 18 or any(letter not in _ALPHABET for letter in code):
        return False
    total = sum(_ALPHABET.index(c) * w for c, w in zip(code, _WEIGHTS, strict=False))
    right = _ALPHABET[-total % 31] == code[17]
    return right and not _BORN.match(code)
