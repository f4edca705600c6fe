"""What a candidate is given at hand-in."""

from __future__ import annotations

import hashlib
import hmac


def check_word(key: str, sitting_id: int, generation: int, digest: str) -> str:
    """Four digits to show at the door: right for this sheet only.

    :param key: The server's secret; without it the word cannot be made up.
    :param digest: The digest of the answers.
    """
    text = f"receipt|{sitting_id}|{generation}|{digest}"
    mac = hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()
    return f"{int.from_bytes(mac[:8], 'big') % 10_000:04d}"
