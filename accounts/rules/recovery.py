"""Recovery codes: each signs in once where the phone with the codes is lost."""

from __future__ import annotations

import hashlib
import hmac
import unicodedata

CODES = 10
GROUPS, GROUP = 3, 4
#: Without letters and digits that look alike; 32 of them, so 60 bits a code.
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def code_of(random: bytes) -> str:
    """A code from at least twelve random bytes, as it is written down."""
    letters = "".join(ALPHABET[byte % 32] for byte in random[: GROUPS * GROUP])
    return "-".join(letters[i : i + GROUP] for i in range(0, len(letters), GROUP))


def normal_code(text: str) -> str:
    """A code as it is compared: width, case, spaces and dashes do not count."""
    plain = unicodedata.normalize("NFKC", text).upper()
    return "".join(letter for letter in plain if letter in ALPHABET)


def code_digest(key: str, account_id: int, text: str) -> str:
    """What is stored of a code: keyed, so that the database alone tells nothing."""
    message = f"recovery|{account_id}|{normal_code(text)}"
    return hmac.new(key.encode(), message.encode(), hashlib.sha256).hexdigest()
