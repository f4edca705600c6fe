"""What a user name may look like and how it is compared."""

from __future__ import annotations

import re
import unicodedata

from core.errors import Refused

_ALLOWED = re.compile(r"\w[\w.-]{1,31}")


def normal_username(text: str) -> str:
    """A user name as it is stored and compared: NFKC, trimmed, without case."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def check_username(text: str) -> str:
    """A new account's user name in its normal form.

    :raises Refused: If it is not 2 to 32 letters, digits, dots, dashes, underscores.
    """
    name = normal_username(text)
    if not _ALLOWED.fullmatch(name):
        raise Refused("用户名须为 2–32 个字母、数字或汉字，可以含点、短横和下划线")
    return name
