"""What reading a file gives, and how it is handed on as JSON.

From the child process that reads to the one that asked, and between two looks at one
review page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from core.cells import Note
from question_bank.rules.intake import Typed
from question_bank.rules.papers.lines import Line
from question_bank.rules.validity import Draft, Problem


@dataclass(frozen=True)
class Reading:
    """The questions of a file, and what the person should know about it."""

    typed: list[Typed]
    notes: list[Note]
    #: Lines of a text that are no question's: titles, instructions, lists of keys.
    headings: list[Line] = field(default_factory=list)
    #: Lines of a text that belong to nothing that was understood.
    left: list[Line] = field(default_factory=list)
    #: What ``Line.number`` counts: line or paragraph.
    counted: str = ""


def dump_reading(reading: Reading) -> dict[str, Any]:
    """A reading in values JSON has; ``load_reading`` gives an equal one."""
    return {
        "typed": [dump_typed(one) for one in reading.typed],
        "notes": [[note.message, dict(note.values)] for note in reading.notes],
        "headings": [[line.number, line.text] for line in reading.headings],
        "left": [[line.number, line.text] for line in reading.left],
        "counted": reading.counted,
    }


def load_reading(value: Mapping[str, Any]) -> Reading:
    """What was dumped."""
    return Reading(
        [load_typed(one) for one in value["typed"]],
        [Note(message, values) for message, values in value["notes"]],
        [Line(number, text) for number, text in value["headings"]],
        [Line(number, text) for number, text in value["left"]],
        value["counted"],
    )


def dump_typed(one: Typed) -> dict[str, Any]:
    """A question as it was read; what has its default is left out."""
    found: dict[str, Any] = {
        "draft": dump_draft(one.draft),
        "sheet": one.sheet,
        "number": one.number,
        "cells": dict(one.cells),
        "faults": list(map(_dump_problem, one.faults)),
        "doubts": list(map(_dump_problem, one.doubts)),
        "counted": one.counted,
        "points": str(one.points) if one.points is not None else "",
        "tag": one.tag,
        "no_difficulty": one.no_difficulty,
        "stem": one.stem,
        "source": one.source,
        "lines": list(one.lines),
        "parts": [dump_typed(part) for part in one.parts],
    }
    return {name: value for name, value in found.items() if value}


def load_typed(value: Mapping[str, Any]) -> Typed:
    """What was dumped."""
    points = value.get("points")
    return Typed(
        load_draft(value["draft"]),
        value.get("sheet", ""),
        value.get("number", 0),
        value.get("cells", {}),
        tuple(map(_load_problem, value.get("faults", ()))),
        tuple(map(_load_problem, value.get("doubts", ()))),
        value.get("counted", ""),
        Fraction(points) if points else None,
        value.get("tag", ""),
        value.get("no_difficulty", False),
        value.get("stem", ""),
        value.get("source", ""),
        tuple(value.get("lines", ())),
        tuple(map(load_typed, value.get("parts", ()))),
    )


def dump_draft(draft: Draft) -> list[Any]:
    """A draft as its fields in their order."""
    return [
        draft.kind,
        draft.stem,
        list(draft.options),
        list(draft.key),
        draft.topic,
        draft.difficulty,
        list(draft.citations),
        draft.analysis,
        list(map(dump_draft, draft.parts)),
        list(draft.tags),
        draft.source,
    ]


def load_draft(value: list[Any]) -> Draft:
    """What was dumped."""
    kind, stem, options, key, topic, difficulty, citations, analysis, *rest = value
    parts, tags, source = rest or ((), (), "")  # a file that was read before these
    return Draft(
        kind,
        stem,
        tuple(options),
        tuple(key),
        topic,
        difficulty,
        tuple(citations),
        analysis,
        tuple(map(load_draft, parts)),
        tuple(tags),
        source,
    )


def _dump_problem(problem: Problem) -> list[Any]:
    return [problem.message, problem.part, dict(problem.values)]


def _load_problem(value: list[Any]) -> Problem:
    message, part, values = value
    return Problem(message, part, values)
