"""The signs by which a question is told from other lines."""

from __future__ import annotations

import re

from question_bank.rules.papers.keylists import is_key
from question_bank.rules.papers.labels import find_labels
from question_bank.rules.papers.options import find_options

_LOOKED_AT = 6000  # characters in which the signs are looked for


def has_evidence(folded: str) -> bool:
    """Whether a folded text holds options, a key, or a judgement in brackets."""
    folded = folded[:_LOOKED_AT]
    found = find_options(folded)
    if found and len(found.spans) > 1:
        return True
    if any(f.part in ("key", "both", "answer") for f in find_labels(folded)):
        return True
    return bool(_JUDGED.search(folded))


SHARED = re.compile(
    r"[(（]?\s*(?:请?\s*(?:根据|阅读|结合|依据)[^。，,\n]{0,12}[，,、]?\s*)?"
    r"(?:请|并)?\s*(?:回答|完成|作答)\s*(?:下列|以下|下面|后面|问题)?\s*(?:各题)?\s*第?\s*"
    r"(?P<a>[0-9０-９]{1,4})\s*(?:题)?\s*[-—–~～至到、和]+\s*第?\s*(?P<b>[0-9０-９]{1,4})\s*(?:小|各)?题"
    r"[。.:：；]?\s*[)）]?"
)


def shared_by(folded: str) -> tuple[int, int] | None:
    """The numbers of the questions a line announces a shared stem for."""
    found = SHARED.search(folded[:2000])
    if not found:
        return None
    first, last = int(found["a"]), int(found["b"])
    return (first, last) if first < last <= first + 9 else None


_JUDGED = re.compile(r"\(\s*(?:[√×✓✗✘✔对错TF]|正确|错误)\s*\)")
_ENDS_JUDGED = re.compile(
    r"\S{6,}.*[(\[]\s*(?:[√×✓✗✘✔对错TF]|正确|错误)\s*[)\]]\s*[。.]?$"
)
_OPTION = re.compile(r"[(\[]?\s*[Aa]\s*[.、:)\]]|A\s+\S|A(?=[\u3400-\u9fff])")


def belongs_to_question(folded: str) -> bool:
    """Whether a line is an option or a key, and so no title and no instruction."""
    if any(one.part in ("key", "both") for one in find_labels(folded[:_LOOKED_AT])):
        return True
    return starts_with_option(folded)


def begins_key(folded: str) -> bool:
    """Whether a folded line begins with a labelled key; 答 may begin other things."""
    one = next(find_labels(folded[:_LOOKED_AT]), None)
    if one is None or folded[: one.begin].strip(" -•●*·"):
        return False
    if one.part in ("both", "answer"):
        return is_key(folded[one.start : one.end])
    return one.part == "key"


def starts_with_option(folded: str) -> bool:
    """Whether a folded line begins with option A."""
    return bool(_OPTION.match(folded.lstrip("-•●*·★☆ ")))


def ends_judged(folded: str) -> bool:
    """Whether a folded line is a sentence with its judgement in brackets."""
    return bool(_ENDS_JUDGED.match(folded[-400:]))
