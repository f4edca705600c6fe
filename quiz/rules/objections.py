"""异议: what a candidate may say against a question or a score, and its answer."""

from __future__ import annotations

from core.errors import Refused

LONGEST = 300  # characters, of an objection and of its answer
OUTCOMES = {"upheld": "采纳", "kept": "维持"}


def given_objection(typed: str) -> str:
    """An objection as it is kept.

    :raises Refused: If nothing is said, or too much.
    """
    return _given(typed, "请写明理由，例如依据哪部法律哪一条")


def given_answer(typed: str) -> str:
    """The answer to one as it is kept.

    :raises Refused: If nothing is said, or too much.
    """
    return _given(typed, "请写明答复，考生会看到")


def _given(typed: str, lacks: str) -> str:
    text = "\n".join(line.strip() for line in typed.strip().splitlines())
    if not text:
        raise Refused(lacks)
    if len(text) > LONGEST:
        raise Refused(
            "写了 %(length)d 个字，最多 %(most)d 个字，请缩短",
            length=len(text),
            most=LONGEST,
        )
    return text
