"""Why somebody did what they did: asked for wherever a rule is bent."""

from __future__ import annotations

from core.errors import Refused

LONGEST_REASON = 200


def given_reason(text: str) -> str:
    """A reason as it is kept.

    :raises Refused: If there is none, or it is too long.
    """
    text = text.strip()
    if not text:
        raise Refused("请填写原因")
    if len(text) > LONGEST_REASON:
        raise Refused("原因最多 %(most)d 个字，请缩短", most=LONGEST_REASON)
    return text
