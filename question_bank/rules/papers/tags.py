"""What stands in brackets before or after a stem: （单选）, 【易】, （2分）."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from question_bank.rules.papers.heads import WORDS, read_kind_word
from question_bank.rules.papers.lines import fold

_TYPES = "|".join(
    sorted((w for w in WORDS if WORDS[w] != "case"), key=lambda w: -len(w))
)
_INNER = (
    rf"(?:(?P<type>{_TYPES})\s*(?:试?题)?(?:型)?|(?:本题)?\s*(?P<points>\d{{1,3}}(?:\.\d{{1,2}})?)\s*分"
    r"|(?:难度\s*:?\s*)?(?P<level>易|中等|中|难|较易|较难|容易|简单|一般|困难))"
)
_ONE = rf"{_INNER}(?:\s*[,、;:\s/|-]\s*(?P<rest>[^()\[\]\n]{{1,20}}))?"
_BEFORE = re.compile(
    rf"\s*(?:\(\s*{_ONE}\s*\)|\[\s*{_ONE.replace('?P<', '?P<b')}\s*\])\s*"
)
_AFTER = re.compile(
    rf"(?:\(\s*{_ONE}\s*\)|\[\s*{_ONE.replace('?P<', '?P<b')}\s*\])\s*$"
)
#: Without brackets: 单选题：…, 多选题 ….
_LOOSE = re.compile(rf"\s*(?P<type>{_TYPES})\s*题\s*(?::\s*|\s+)(?=\S)")
_PART = re.compile(rf"\s*{_INNER}\s*")


@dataclass
class Tags:
    """What was said of a question in brackets."""

    kind: str | None = None  # as in heads.Head; None: not said
    word: str = ""
    points: Fraction | None = None
    difficulty: str = ""


def strip_tags(stem: str) -> tuple[str, Tags]:
    """A stem without its tags, and what they said."""
    tags = Tags()
    for _ in range(4):
        folded = fold(stem)
        found = _BEFORE.match(folded) or _LOOSE.match(folded)
        if found and _note(tags, found) and found.end() < len(stem):
            stem = stem[found.end() :]
            continue
        found = _AFTER.search(folded[-60:])
        if (
            found
            and found.start() + max(0, len(folded) - 60) > 0
            and _note(tags, found)
        ):
            stem = stem[: found.start() + max(0, len(folded) - 60)].rstrip()
            continue
        break
    return stem, tags


def _note(tags: Tags, found: re.Match[str]) -> bool:
    """Keep what a bracket says; False if part of it is not understood."""
    groups = found.groupdict()
    words = {
        n: groups.get(n) or groups.get(f"b{n}") for n in ("type", "points", "level")
    }
    rest = groups.get("rest") or groups.get("brest") or ""
    said = [words]
    for piece in re.split(r"[,、;:\s/|-]+", rest.strip()):
        if not piece:
            continue
        more = _PART.fullmatch(piece)
        if not more:
            return False
        said.append(more.groupdict())
    for one in said:
        if one["type"]:
            kind = read_kind_word(one["type"])
            if kind:
                tags.kind, tags.word = kind
        if one["points"]:
            tags.points = Fraction(one["points"])
        if one["level"]:
            tags.difficulty = one["level"]
    return True
