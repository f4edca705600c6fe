"""What a candidate is given at hand-in."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from quiz.rules.scoring import answers_digest


def check_word(key: str, sitting_id: int, generation: int, digest: str) -> str:
    """Four digits to show at the door: right for this sheet only.

    :param key: The server's secret; without it the word cannot be made up.
    :param digest: The digest of the answers.
    """
    text = f"receipt|{sitting_id}|{generation}|{digest}"
    mac = hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()
    return f"{int.from_bytes(mac[:8], 'big') % 10_000:04d}"


@dataclass(frozen=True)
class Receipt:
    """What was given for one sheet of a sitting."""

    sitting_id: int
    generation: int
    state: str  # submitted, auto; void, if the attempt was ended afterwards
    closed_at: datetime
    answers_digest: str
    check_word: str
    audit_n: int


def is_genuine(
    receipt: Receipt, *, key: str, paper_digest: str, answers: Mapping[str, str]
) -> bool:
    """Whether a receipt speaks of this paper and these answers, and is ours."""
    digest = answers_digest(paper_digest, answers)
    word = check_word(key, receipt.sitting_id, receipt.generation, digest)
    return (receipt.answers_digest, receipt.check_word) == (digest, word)
