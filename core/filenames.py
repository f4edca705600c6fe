"""Names of files that people upload: shown to them again, never used as a path."""

from __future__ import annotations

import unicodedata

LONGEST = 80  # characters


def shown_name(filename: str) -> str:
    """The last part of a name, without what could break a line or a page.

    >>> shown_name("../../etc/名单.xlsx")
    '名单.xlsx'
    """
    last = filename.replace("\\", "/").rsplit("/", 1)[-1]
    plain = "".join(
        letter for letter in last if unicodedata.category(letter)[0] != "C"
    ).strip()
    if len(plain) > LONGEST:
        plain = f"{plain[: LONGEST - 11]}…{plain[-10:]}"
    return plain or "file"
