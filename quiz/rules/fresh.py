"""Which paper somebody gets whose sitting was declared void."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Spare:
    """A paper nobody has."""

    paper_id: int
    number: int
    versions: frozenset[int]


def pick_spare(
    spares: Iterable[Spare],
    own: Collection[int],
    colleagues: Collection[int],
) -> Spare | None:
    """The spare that repeats least of what somebody has seen, then of what
    colleagues have; the lowest number of equals.

    :param own: Question versions of all papers the person has had.
    :param colleagues: Question versions of the papers of the person's unit.
    :return: None if there is no spare.
    """
    seen, near = frozenset(own), frozenset(colleagues)
    return min(
        spares,
        key=lambda s: (len(s.versions & seen), len(s.versions & near), s.number),
        default=None,
    )


def share_out(
    candidates: Iterable[int],
    spares: Collection[Spare],
    own: Mapping[int, Collection[int]],
    colleagues: Mapping[int, Collection[int]],
) -> dict[int, Spare]:
    """A spare for each candidate, in turn; nobody gets another's.

    :param own: By candidate, as ``pick_spare``; so ``colleagues``.
    :raises ValueError: If there are too few.
    """
    left = {spare.number: spare for spare in spares}
    given = {}
    for candidate in candidates:
        spare = pick_spare(
            left.values(), own.get(candidate, ()), colleagues.get(candidate, ())
        )
        if spare is None:
            raise ValueError("too few spares")
        given[candidate] = left.pop(spare.number)
    return given
