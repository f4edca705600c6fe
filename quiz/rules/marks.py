"""Marks that only the server can make: they stand in addresses and on paper."""

from __future__ import annotations

import hmac

from quiz.rules.details import CODE_ALPHABET


def keyed_mark(key: str, text: str, length: int) -> str:
    """HMAC-SHA-256 of a text, in the alphabet of exam codes, lowest digit first.

    :param key: The server's secret.
    :param length: Characters, of 4.8 bits each.
    """
    made = hmac.digest(key.encode(), text.encode(), "sha256")
    number = int.from_bytes(made, "big")
    letters = []
    for _ in range(length):
        number, rest = divmod(number, len(CODE_ALPHABET))
        letters.append(CODE_ALPHABET[rest])
    return "".join(letters)
