"""Stars before options, by which people mark the right ones: *B.六十, ★B.六十."""

from __future__ import annotations

import re
from collections.abc import Collection

from question_bank.rules.papers.options import Found

#: A * and a space begin an item of a list, in Markdown and elsewhere.
_STAR = re.compile(r"(?:^|(?<=\s))(?:[-•]\s*)?(?:\*|[★☆] ?)$")


def find_stars(folded: str, found: Found) -> dict[int, int]:
    """The options that have a star before their letter, and where it stands."""
    stars = {}
    for n, begin in enumerate(_begins(found)):
        line = folded.rfind("\n", 0, begin) + 1
        if star := _STAR.search(folded[line:begin]):
            stars[n] = line + star.start()
    return stars


def are_marks(folded: str, found: Found, starred: Collection[int]) -> bool:
    """Whether the starred options are marked as right.

    Not if all of them have a star, or those alone that begin a line: these are the
    items of a list.
    """
    begins = _begins(found)
    leading = {
        n
        for n, begin in enumerate(begins)
        if not folded[folded.rfind("\n", 0, begin) + 1 : begin].strip(" -•●*·★☆")
    }
    return bool(starred) and set(starred) not in (leading, set(range(len(begins))))


def _begins(found: Found) -> list[int]:
    return [found.start, *(end for _, end in found.spans[:-1])]
