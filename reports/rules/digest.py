"""The digest that ties a printed report to the exam it speaks of."""

from __future__ import annotations

import hashlib


def exam_digest(
    *, code: str, roster: str, bank: str, blueprint: str, commitment: str
) -> str:
    """考试摘要: SHA-256, hexadecimal, of what was frozen when it was published.

    Over ``code|roster digest|bank digest|blueprint digest|seed commitment`` in
    UTF-8: whoever changes the roster, the bank, the blueprint or the draw
    afterwards gets another digest than the one on the printed page.
    """
    text = f"{code}|{roster}|{bank}|{blueprint}|{commitment}"
    return hashlib.sha256(text.encode()).hexdigest()
