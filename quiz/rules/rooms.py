"""考场: reading a list of who sits in a room."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from units.rules.identity import normal_name

MOST_LINES = 2000
_DIGITS = re.compile(r"(\d+)")
_BETWEEN = re.compile(r"[\s,，、;；]+")


@dataclass(frozen=True)
class Seated:
    """Somebody who can be put into a room."""

    candidate_id: int
    name: str
    unit_name: str


@dataclass(frozen=True)
class Unclear:
    """A line that names nobody, or several."""

    line: int
    text: str
    found: int  # how many people of that name


@dataclass(frozen=True)
class RoomList:
    """A list, read."""

    candidates: list[int]
    unclear: list[Unclear]


def in_order(room: str) -> list[tuple[int, str]]:
    """Rooms sort by this: 第3考场 before 第10考场."""
    parts = _DIGITS.split(room)
    return [(int(one), "") if one.isdecimal() else (0, one) for one in parts]


def read_room_list(text: str, people: Sequence[Seated]) -> RoomList:
    """Read a list of names, one a line, the unit before or after where it is needed.

    Columns pasted from a spreadsheet are such lines. Blank lines are passed over.
    """
    by_name: dict[str, list[Seated]] = defaultdict(list)
    for one in people:
        by_name[normal_name(one.name)].append(one)
    candidates: dict[int, None] = {}
    unclear = []
    for number, line in enumerate(text.splitlines()[:MOST_LINES], 1):
        if not line.strip():
            continue
        found = _meant(line, by_name)
        if len(found) == 1:
            candidates[found[0].candidate_id] = None
        else:
            unclear.append(Unclear(number, line.strip()[:60], len(found)))
    return RoomList(list(candidates), unclear)


def _meant(line: str, by_name: dict[str, list[Seated]]) -> list[Seated]:
    whole = by_name.get(normal_name(line))
    if whole:  # a name alone, or one with a space in it
        return whole
    words = [normal_name(word) for word in _BETWEEN.split(line) if word.strip()]
    for word in words:
        named = by_name.get(word, [])
        # Serial numbers and telephones are passed over; what else stands there must
        # be the unit, or the line means somebody of another one.
        rest = [other for other in words if other != word and not other.isascii()]
        if named:
            return [one for one in named if not rest or _of_unit(one, rest)]
    return []


def _of_unit(one: Seated, words: Sequence[str]) -> bool:
    unit = normal_name(one.unit_name)
    return any(word in unit for word in words)
