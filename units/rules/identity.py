"""Who somebody says they are, and whom that means."""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from functools import lru_cache

_INVISIBLE = dict.fromkeys([0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0x00AD], None)
# The dot inside a name (买买提·艾力) is typed in many ways.
_DOTS = str.maketrans(dict.fromkeys("•・‧∙⋅．.﹒", "·"))


@lru_cache(maxsize=4096)  # every search goes through the names of all units
def normal_name(text: str) -> str:
    """A name or unit name as it is compared: NFKC, no spaces, one kind of dot.

    Rare characters stay as they are; letters are compared without case.
    """
    plain = unicodedata.normalize("NFKC", text).translate(_INVISIBLE)
    return "".join(plain.split()).translate(_DOTS).casefold()


def normal_digits(text: str) -> str:
    """Digits and letters of a number as it is compared: NFKC, no spaces, upper."""
    plain = unicodedata.normalize("NFKC", text).translate(_INVISIBLE)
    return "".join(plain.split()).upper()


def match_digest(key: str, unit_code: str, name: str, number: str) -> str:
    """A keyed digest of (unit, name, number), by which a candidate is found.

    :param number: The last four digits of the phone, or the staff number.
    :return: 64 hexadecimal digits; useless without the key.
    """
    text = "|".join((unit_code, normal_name(name), normal_digits(number)))
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()
