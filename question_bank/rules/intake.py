"""Sorting what a file holds: good, bad, twice in the file, already in the bank."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

from question_bank.rules.content import content_digest
from question_bank.rules.validity import Draft, Problem, of_part, problems
from question_bank.rules.validity import warnings as warnings_of

STEP = 250  # questions between two words about the progress


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
    #: What the reader of the file had to guess.
    doubts: tuple[Problem, ...] = ()
    #: What ``number`` counts: row, line, paragraph; empty: see there.
    counted: str = ""
    points: Fraction | None = None  # as the file has them; the bank keeps none
    tag: str = ""  # 考点
    no_difficulty: bool = False  # the file has none: the draft's is the default
    stem: str = ""  # as the file has it, where the draft writes its blanks our way
    source: str = ""  # the lines it was read from, for people to compare
    lines: tuple[int, ...] = ()  # the numbers of those lines
    #: The questions of a case as they were read; its draft has them too.
    parts: tuple[Typed, ...] = ()

    def place(self, part: str = "") -> Place:
        """Where a part of the draft stands."""
        inner = re.fullmatch(r"part (\d+) ?(.*)", part)
        if inner and int(inner[1]) <= len(self.parts):
            return self.parts[int(inner[1]) - 1].place(inner[2])
        return Place(self.sheet, self.number, self.cells.get(part, ""), self.counted)


@dataclass(frozen=True)
class Place:
    """A place in a file somebody can go to."""

    sheet: str
    number: int
    cell: str  # empty: the whole row, or there are no cells
    counted: str = ""  # as in ``Typed``


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
class Alike:
    """Another question that a question looks like."""

    share: float  # see rules.similarity
    question_id: int | None  # of the bank; else it stands in the same file
    index: int = 0  # in the file, from 0


@dataclass(frozen=True)
class Candidate:
    """A question of a file with what has been found out and decided about it."""

    typed: Typed
    alike: Alike | None = None
    skipped: bool = False  # somebody decided that it is not taken


@dataclass(frozen=True)
class Verdict:
    """What becomes of one question of a file."""

    candidate: Candidate
    #: green; yellow: can be taken, worth a look; red: cannot be taken; known: the
    #: bank has it; repeated: stands in the file before; skipped.
    colour: str
    problems: tuple[Problem, ...] = ()  # why it is red, or what to look at
    digest: str = ""  # of a green or yellow one
    question_id: int | None = None  # of a known one
    first: Place | None = None  # of a repeated one

    @property
    def typed(self) -> Typed:
        """The question as it was read."""
        return self.candidate.typed


@dataclass(frozen=True)
class Plan:
    """What importing a file would do. Each question is counted exactly once."""

    verdicts: Sequence[Verdict]

    def having(self, *colours: str) -> list[Verdict]:
        """The verdicts of these colours, in the order of the file."""
        return [one for one in self.verdicts if one.colour in colours]

    @cached_property
    def counts(self) -> Counter[str]:
        """How many there are of each colour."""
        return Counter(one.colour for one in self.verdicts)

    @cached_property
    def good(self) -> list[Accepted]:
        """The questions that can be added."""
        return [
            Accepted(one.typed.draft, one.digest)
            for one in self.having("green", "yellow")
        ]

    @cached_property
    def repeated(self) -> list[Repeat]:
        """The questions that stand in the file before."""
        return [
            Repeat(one.typed.place("stem"), one.first)
            for one in self.having("repeated")
            if one.first
        ]

    @cached_property
    def known(self) -> list[Known]:
        """The questions the bank has."""
        return [
            Known(one.typed.place("stem"), one.question_id)
            for one in self.having("known")
            if one.question_id is not None
        ]

    @property
    def bad(self) -> int:
        """How many questions cannot be taken."""
        return self.counts["red"]

    @cached_property
    def findings(self) -> list[Finding]:
        """Why, cell by cell."""
        return _findings(self.having("red"))

    @cached_property
    def warnings(self) -> list[Finding]:
        """What to look at in those that can be added."""
        return _findings(self.having("yellow"))

    @property
    def total(self) -> int:
        """All questions of the file."""
        return len(self.verdicts)


def _findings(verdicts: Sequence[Verdict]) -> list[Finding]:
    return [
        Finding(one.typed.place(problem.part), problem)
        for one in verdicts
        for problem in one.problems
    ]


def sort_out(typed: Sequence[Typed], known: Mapping[str, int]) -> Plan:
    """Judge every question of a file.

    :param known: Question ids by digest: all the bank has, old versions too, so
        that a file does not bring back what has been corrected since.
    """
    return judge([Candidate(one) for one in typed], known)


def judge(
    candidates: Sequence[Candidate],
    known: Mapping[str, int],
    progress: Callable[[int, int], None] | None = None,
) -> Plan:
    """As ``sort_out``, with what has been found out and decided about them.

    :param progress: Told how many are judged, of how many, at every ``STEP``.
    """
    firsts: dict[str, Place] = {}
    verdicts: list[Verdict] = []
    for one in candidates:
        if progress and len(verdicts) % STEP == 0:
            progress(len(verdicts), len(candidates))
        verdicts.append(_verdict(one, known, firsts))
    return Plan(verdicts)


def _verdict(
    one: Candidate, known: Mapping[str, int], firsts: dict[str, Place]
) -> Verdict:
    if one.skipped:
        return Verdict(one, "skipped")
    typed = one.typed
    faults = faults_of(typed)
    if faults:
        return Verdict(one, "red", tuple(faults))
    digest = content_digest(typed.draft)
    if digest in firsts:
        return Verdict(one, "repeated", first=firsts[digest])
    firsts[digest] = typed.place("stem")
    if digest in known:
        return Verdict(one, "known", question_id=known[digest])
    doubts = (*_doubts(typed), *warnings_of(typed.draft), *_looks_alike(one.alike))
    return Verdict(one, "yellow" if doubts else "green", doubts, digest)


def _doubts(one: Typed) -> Iterator[Problem]:
    yield from one.doubts
    for n, part in enumerate(one.parts, 1):
        yield from (of_part(n, doubt) for doubt in part.doubts)


def _looks_alike(alike: Alike | None) -> Iterator[Problem]:
    if alike is None:
        return
    percent = math.floor(alike.share * 100)
    if alike.question_id is None:
        yield Problem(
            "和这份文件的第 %(place)d 题相似（%(n)d%%）",
            "stem",
            {"place": alike.index + 1, "n": percent},
        )
    else:
        yield Problem(
            "和题库里编号 %(id)d 的题相似（%(n)d%%）",
            "stem",
            {"id": alike.question_id, "n": percent},
        )


def faults_of(one: Typed) -> list[Problem]:
    """What was wrong with cells, and what else is wrong with the question.

    A cell that could not be read is said once, and what only follows from it is not
    said: an option that is missing now makes the key seem to lie outside.
    """
    if one.parts:
        own = (p for p in problems(one.draft) if not p.part.startswith("part "))
        inner = (
            of_part(n, fault)
            for n, part in enumerate(one.parts, 1)
            for fault in faults_of(part)
        )
        return [*one.faults, *own, *inner]
    said = {fault.part for fault in one.faults}
    if "" in said:
        return [*one.faults]  # there is no draft to judge
    if any(part.startswith("option") for part in said):
        said |= {"option A", "key"}
    return [*one.faults, *(p for p in problems(one.draft) if p.part not in said)]
