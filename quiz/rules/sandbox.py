"""改键沙盘: what other keys would move, counted before anything is written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Result:
    """The result of one person that counts, before and after."""

    candidate_id: int
    name: str
    unit_id: int
    unit_name: str
    #: Whether it is in the unit's figures: due, and no walk-in.
    due: bool
    old: int  # hundredths
    new: int


@dataclass(frozen=True)
class UnitShift:
    """A unit's figures, before and after."""

    unit_id: int
    unit_name: str
    took: int
    old_mean: Fraction  # hundredths
    new_mean: Fraction
    old_rank: int  # by the mean; equal means share a rank
    new_rank: int
    old_passed: int
    new_passed: int
    old_excellent: int
    new_excellent: int

    @property
    def moves(self) -> bool:
        """Whether anything of it changes."""
        before = (self.old_mean, self.old_rank, self.old_passed, self.old_excellent)
        return before != (
            self.new_mean,
            self.new_rank,
            self.new_passed,
            self.new_excellent,
        )


@dataclass(frozen=True)
class Outcome:
    """What a change of keys comes to."""

    changed: tuple[Result, ...]  # whose points change, the largest change first
    passing: tuple[Result, ...]  # who would pass and did not
    failing: tuple[Result, ...]  # who would not pass and did
    excellent_up: tuple[Result, ...]
    excellent_down: tuple[Result, ...]
    units: tuple[UnitShift, ...]  # all, in the order of their new ranks


def outcome(results: Sequence[Result], pass_mark: int, excellent_mark: int) -> Outcome:
    """Count what moves. Marks in hundredths; compared before any rounding."""
    changed = sorted(
        (one for one in results if one.old != one.new),
        key=lambda one: (-abs(one.new - one.old), one.candidate_id),
    )

    def crossing(mark: int, *, up: bool) -> tuple[Result, ...]:
        low, high = ("old", "new") if up else ("new", "old")
        return tuple(
            one for one in changed if getattr(one, low) < mark <= getattr(one, high)
        )

    return Outcome(
        changed=tuple(changed),
        passing=crossing(pass_mark, up=True),
        failing=crossing(pass_mark, up=False),
        excellent_up=crossing(excellent_mark, up=True),
        excellent_down=crossing(excellent_mark, up=False),
        units=tuple(_units(results, pass_mark, excellent_mark)),
    )


def _units(
    results: Iterable[Result], pass_mark: int, excellent_mark: int
) -> list[UnitShift]:
    units: dict[int, list[Result]] = {}
    for one in results:
        if one.due:
            units.setdefault(one.unit_id, []).append(one)
    old = {unit: _mean(one.old for one in own) for unit, own in units.items()}
    new = {unit: _mean(one.new for one in own) for unit, own in units.items()}
    shifts = [
        UnitShift(
            unit_id=unit,
            unit_name=own[0].unit_name,
            took=len(own),
            old_mean=old[unit],
            new_mean=new[unit],
            old_rank=_rank(old[unit], old.values()),
            new_rank=_rank(new[unit], new.values()),
            old_passed=sum(one.old >= pass_mark for one in own),
            new_passed=sum(one.new >= pass_mark for one in own),
            old_excellent=sum(one.old >= excellent_mark for one in own),
            new_excellent=sum(one.new >= excellent_mark for one in own),
        )
        for unit, own in units.items()
    ]
    return sorted(shifts, key=lambda one: (one.new_rank, one.unit_id))


def _mean(points: Iterable[int]) -> Fraction:
    values = list(points)
    return Fraction(sum(values), len(values))


def _rank(mean: Fraction, means: Iterable[Fraction]) -> int:
    return 1 + sum(other > mean for other in means)
