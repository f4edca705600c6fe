"""Sorting what a file holds: good, bad, twice in the file, already in the bank."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from question_bank.rules.validity import Draft, Problem, content_digest, problems
from question_bank.rules.validity import warnings as warnings_of


@dataclass(frozen=True)
class Typed:
    """A draft with the place it was read from."""

    draft: Draft
    sheet: str  # empty for a file without sheets
    number: int  # the row in the sheet; else the question's place in the file, from 1
    cells: Mapping[str, str] = field(default_factory=dict)  # part → C12
    #: What was wrong before the draft could be judged: a damaged cell, a formula. A
    #: fault of no part: nothing of the question could be read.
    faults: tuple[Problem, ...] = ()

    def place(self, part: str = "") -> Place:
        """Where a part of the draft stands."""
        return Place(self.sheet, self.number, self.cells.get(part, ""))


@dataclass(frozen=True)
class Place:
    """A place in a file somebody can go to."""

    sheet: str
    number: int
    cell: str  # empty: the whole row, or there are no cells


@dataclass(frozen=True)
class Finding:
    """A problem or warning with its place."""

    place: Place
    problem: Problem


@dataclass(frozen=True)
class Repeat:
    """A question that stands in the file for a second time."""

    place: Place
    first: Place


@dataclass(frozen=True)
class Known:
    """A question the bank has already."""

    place: Place
    question_id: int


@dataclass(frozen=True)
class Kept:
    """A question of the bank, its newest version as a draft."""

    question_id: int
    number: int  # of the version
    draft: Draft


@dataclass(frozen=True)
class Accepted:
    """A question that can be added."""

    draft: Draft
    digest: str


@dataclass(frozen=True)
class Plan:
    """What importing a file would do. Each question is counted exactly once."""

    good: Sequence[Accepted]
    repeated: Sequence[Repeat]
    known: Sequence[Known]
    bad: int  # questions that cannot be taken
    findings: Sequence[Finding]  # why, cell by cell
    warnings: Sequence[Finding]  # of the good ones

    @property
    def total(self) -> int:
        """All questions of the file."""
        return len(self.good) + len(self.repeated) + len(self.known) + self.bad


def sort_out(typed: Sequence[Typed], known: Mapping[str, int]) -> Plan:
    """Judge every question of a file.

    :param known: Question ids by digest: all the bank has, old versions too, so
        that a file does not bring back what has been corrected since.
    """
    good: list[Accepted] = []
    repeated: list[Repeat] = []
    met: list[Known] = []
    findings: list[Finding] = []
    warnings: list[Finding] = []
    firsts: dict[str, Place] = {}
    bad = 0
    for one in typed:
        faults = _all_faults(one)
        if faults:
            bad += 1
            findings += [Finding(one.place(fault.part), fault) for fault in faults]
            continue
        digest = content_digest(one.draft)
        if digest in firsts:
            repeated.append(Repeat(one.place("stem"), firsts[digest]))
            continue
        firsts[digest] = one.place("stem")
        if digest in known:
            met.append(Known(one.place("stem"), known[digest]))
            continue
        good.append(Accepted(one.draft, digest))
        warnings += [Finding(one.place(w.part), w) for w in warnings_of(one.draft)]
    return Plan(good, repeated, met, bad, findings, warnings)


def _all_faults(one: Typed) -> list[Problem]:
    """What was wrong with cells, and what else is wrong with the question.

    A cell that could not be read is said once, and what only follows from it is not
    said: an option that is missing now makes the key seem to lie outside.
    """
    said = {fault.part for fault in one.faults}
    if "" in said:
        return [*one.faults]  # there is no draft to judge
    if any(part.startswith("option") for part in said):
        said |= {"option A", "key"}
    return [*one.faults, *(p for p in problems(one.draft) if p.part not in said)]
