"""The unit ledger: who was due, who took it, and how they did. Counted from people.

Points are integers in hundredths. Every figure of a unit, of a category and of the
whole exam is counted from the people it speaks of by the one function ``tally``;
none is an average of other figures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Literal

Over = Literal["took", "due"]


class Standing(StrEnum):
    """Where one person stands in a report."""

    SUBMITTED = "submitted"  # 已交卷
    AUTO = "auto"  # 自动收卷
    UNFINISHED = "unfinished"  # 未完成: started, not yet closed and scored
    VOID = "void"  # 作废: every sitting was declared void
    EXEMPT = "exempt"  # 免考
    MISSING = "missing"  # 缺考, or 未开始 while the exam runs


class Grade(StrEnum):
    """What a result is worth."""

    EXCELLENT = "excellent"
    PASSED = "passed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One sitting of a person."""

    number: int  # 1 is the first; what follows a void one is no make-up
    state: str  # open, submitted, auto, void
    points: int | None  # hundredths, by the newest key revision; None: not scored


@dataclass(frozen=True, slots=True)
class UnitKey:
    """A unit as the report lists it."""

    id: int
    code: str
    name: str
    category: str  # 党委部门 …; may be empty
    level: str  # 市直, 县区 …; may be empty
    position: int  # order in lists


@dataclass(frozen=True)
class Entrant:
    """One person of the frozen roster, or admitted on the day."""

    unit: UnitKey
    exempt: bool
    walk_in: bool  # on no roster: counted apart
    attempts: tuple[Attempt, ...]

    # What follows is asked five times of each, for every table this person is in.

    @cached_property
    def counted(self) -> tuple[Attempt, ...]:
        """The attempts that are not void, in order."""
        valid = [one for one in self.attempts if one.state != "void"]
        return tuple(sorted(valid, key=lambda one: one.number))

    @property
    def due(self) -> bool:
        """应考: on the frozen roster and not exempt."""
        return not self.walk_in and not self.exempt

    @cached_property
    def first(self) -> Attempt | None:
        """The attempt that counts: the first that is not void."""
        counted = self.counted
        return counted[0] if counted else None

    @cached_property
    def result(self) -> int | None:
        """The official result; None while the attempt that counts has none.

        A later attempt never takes its place.
        """
        first = self.first
        return None if first is None or first.state == "open" else first.points

    @cached_property
    def best(self) -> int | None:
        """The best of all results: it stands beside the official one."""
        results = [
            one.points
            for one in self.counted
            if one.points is not None and one.state != "open"
        ]
        return max(results, default=None)

    @property
    def again(self) -> bool:
        """Whether there was a make-up: a second attempt that is not void."""
        return len(self.counted) > 1

    @cached_property
    def standing(self) -> Standing:
        """Where this person stands; a walk-in is never missing by name only."""
        if self.exempt and not self.walk_in:
            return Standing.EXEMPT
        first = self.first
        if first is None:
            return Standing.VOID if self.attempts else Standing.MISSING
        if self.result is None:
            return Standing.UNFINISHED
        return Standing.AUTO if first.state == "auto" else Standing.SUBMITTED


@dataclass(frozen=True, slots=True)
class Marks:
    """From how many hundredths of a point a result is what."""

    passing: int
    excellent: int

    def grade(self, points: int) -> Grade:
        """What a result is worth, compared before any rounding."""
        if points >= self.excellent:
            return Grade.EXCELLENT
        return Grade.PASSED if points >= self.passing else Grade.FAILED

    def passed(self, points: int) -> bool:
        """Whether a result passes."""
        return points >= self.passing

    def is_excellent(self, points: int) -> bool:
        """Whether a result is excellent."""
        return points >= self.excellent


@dataclass(frozen=True, slots=True)
class Rate:
    """An exact share: so many of so many."""

    part: int
    whole: int

    @property
    def value(self) -> float | None:
        """For a spreadsheet cell and a bar; None over nobody."""
        return self.part / self.whole if self.whole else None

    @property
    def percent(self) -> str:
        """With one decimal, half-up by whole numbers: "92.3 %"; "—" over nobody."""
        if not self.whole:
            return "—"
        tenths = (2000 * self.part + self.whole) // (2 * self.whole)
        return f"{tenths // 10}.{tenths % 10} %"

    @property
    def fraction(self) -> str:
        """As counted: "12/13"; empty over nobody."""
        return f"{self.part}/{self.whole}" if self.whole else ""

    def __str__(self) -> str:
        return f"{self.percent}  ({self.fraction})" if self.whole else "—"


def mean_of(total: int, count: int) -> int | None:
    """A mean in whole hundredths, half-up; None of nothing.

    :param total: A sum of hundredths that is not negative.
    """
    return (2 * total + count) // (2 * count) if count else None


@dataclass(frozen=True, slots=True)
class Figures:
    """What is counted of some people. Points are in hundredths."""

    due: int  # 应考: the frozen roster without the exempt
    took: int  # 实考: those due with a sitting that is not void
    exempt: int  # 免考
    walk_ins: int  # 名单外: admitted on the day, with a sitting that is not void
    unfinished: int  # of those who took it: no result yet
    voided: int  # of the absent: those whose every sitting is void
    again: int  # of those who took it: with a make-up
    total: int  # sum of the official results
    passed: int
    excellent: int
    highest: int | None
    lowest: int | None
    best_total: int  # sum of the best results
    best_count: int  # people with any result
    best_passed: int
    best_excellent: int
    over: Over  # what pass and excellence rates are over
    withheld: bool = False  # results are not shown: they would tell of one person

    @property
    def absent(self) -> int:
        """缺考: due and without a sitting that is not void."""
        return self.due - self.took

    @property
    def scored(self) -> int:
        """Those who took it and have a result."""
        return self.took - self.unfinished

    @property
    def turnout(self) -> Rate:
        """参考率."""
        return Rate(self.took, self.due)

    @property
    def mean(self) -> int | None:
        """平均分 of the official results, half-up to .01."""
        return None if self.withheld else mean_of(self.total, self.scored)

    @property
    def pass_rate(self) -> Rate:
        """合格率."""
        return Rate(self.passed, self._base)

    @property
    def excellence(self) -> Rate:
        """优秀率."""
        return Rate(self.excellent, self._base)

    @property
    def best_mean(self) -> int | None:
        """平均分 of the best results."""
        return mean_of(self.best_total, self.best_count)

    @property
    def best_pass_rate(self) -> Rate:
        """合格率 by the best results."""
        return Rate(self.best_passed, self._base)

    @property
    def best_excellence(self) -> Rate:
        """优秀率 by the best results."""
        return Rate(self.best_excellent, self._base)

    @property
    def _base(self) -> int:
        if self.withheld:
            return 0
        return self.took if self.over == "took" else self.due


@dataclass(frozen=True, slots=True)
class UnitLine:
    """One unit of the ledger."""

    unit: UnitKey
    figures: Figures


@dataclass(frozen=True, slots=True)
class GroupLine:
    """One level or category of the ledger."""

    name: str  # may be empty: units without one
    units: int
    figures: Figures


def tally(people: Iterable[Entrant], marks: Marks, over: Over) -> Figures:
    """Count these people."""
    everybody = list(people)
    due = [one for one in everybody if one.due]
    took = [one for one in due if one.first is not None]
    results = [one.result for one in took if one.result is not None]
    bests = [one.best for one in took if one.best is not None]
    return Figures(
        due=len(due),
        took=len(took),
        exempt=sum(1 for one in everybody if one.exempt and not one.walk_in),
        walk_ins=sum(1 for one in everybody if one.walk_in and one.first is not None),
        unfinished=len(took) - len(results),
        voided=sum(1 for one in due if one.standing is Standing.VOID),
        again=sum(1 for one in took if one.again),
        total=sum(results),
        passed=sum(1 for points in results if marks.passed(points)),
        excellent=sum(1 for points in results if marks.is_excellent(points)),
        highest=max(results, default=None),
        lowest=min(results, default=None),
        best_total=sum(bests),
        best_count=len(bests),
        best_passed=sum(1 for points in bests if marks.passed(points)),
        best_excellent=sum(1 for points in bests if marks.is_excellent(points)),
        over=over,
    )


def unit_lines(people: Iterable[Entrant], marks: Marks, over: Over) -> list[UnitLine]:
    """One line per unit that has anybody in the exam, in the order of the list."""
    groups: dict[int, list[Entrant]] = {}
    for one in people:
        groups.setdefault(one.unit.id, []).append(one)
    lines = [
        UnitLine(ones[0].unit, tally(ones, marks, over)) for ones in groups.values()
    ]
    return sorted(lines, key=lambda line: (line.unit.position, line.unit.id))


def group_lines(
    people: Sequence[Entrant],
    name_of: Callable[[UnitKey], str],
    marks: Marks,
    over: Over,
) -> list[GroupLine]:
    """One line per level or category, counted from its people.

    In the order of the first unit of each; units without a name come last.
    """
    groups: dict[str, list[Entrant]] = {}
    for one in sorted(people, key=lambda one: (one.unit.position, one.unit.id)):
        groups.setdefault(name_of(one.unit), []).append(one)
    lines = [
        GroupLine(name, len({one.unit.id for one in ones}), tally(ones, marks, over))
        for name, ones in groups.items()
    ]
    return sorted(lines, key=lambda line: not line.name)
