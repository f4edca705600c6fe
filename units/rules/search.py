"""Finding a unit from what somebody types on a phone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from units.rules.identity import normal_name


@dataclass(frozen=True)
class Named:
    """A unit as it is searched for."""

    id: int
    name: str
    code: str
    initials: str


def matching_units(typed: str, units: Sequence[Named]) -> list[Named]:
    """The units somebody may mean, best kind of match only.

    The whole name; else the whole initials; else part of the name or the start of
    the initials. An empty text matches nothing.
    """
    text = normal_name(typed)
    if not text:
        return []
    tests = (
        lambda unit: normal_name(unit.name) == text,
        lambda unit: unit.initials.casefold() == text,
        lambda unit: (
            text in normal_name(unit.name) or unit.initials.casefold().startswith(text)
        ),
    )
    for test in tests:
        found = [unit for unit in units if test(unit)]
        if found:
            return found
    return []
