"""Finding somebody of an exam from a few characters, typed on a phone in the hall."""

from __future__ import annotations

from dataclasses import dataclass

from units.rules.identity import normal_name


@dataclass(frozen=True)
class Sought:
    """What somebody can be found by."""

    name: str
    initials: str
    unit_name: str
    unit_initials: str


def is_meant(typed: str, person: Sought) -> bool:
    """Whether a search means somebody: every word of it must.

    A word is a part of the name or of the unit's name, or the beginning of the
    initials of either. An empty search means everybody.
    """
    return all(_means(normal_name(word), person) for word in typed.split())


def _means(word: str, person: Sought) -> bool:
    return (
        word in normal_name(person.name)
        or word in normal_name(person.unit_name)
        or person.initials.startswith(word)
        or person.unit_initials.casefold().startswith(word)
    )
