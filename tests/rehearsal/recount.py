"""Marks and figures counted once more: from raw rows, by code of its own.

Nothing of the product is imported here, on purpose. Two roads to one number.
"""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

Rows = list[sqlite3.Row]


def rows_of(database: Path, table: str) -> Rows:
    """All rows of a table."""
    connection = sqlite3.connect(database)
    try:
        connection.row_factory = sqlite3.Row
        return connection.execute(f"SELECT * FROM {table}").fetchall()
    finally:
        connection.close()


@dataclass(frozen=True)
class UnitCount:
    """The figures of a unit as a workbook shows them; marks in points."""

    due: int
    took: int
    exempt: int
    passed: int
    excellent: int
    mean: Fraction | None
    highest: Fraction | None
    lowest: Fraction | None


def marks_by_sitting(database: Path, exam_id: int) -> dict[int, int]:
    """Hundredths of every sitting of an exam, from its answers and the bank's keys."""
    versions = {row["id"]: row for row in rows_of(database, "question_version")}
    papers = {row["id"]: json.loads(row["items"]) for row in rows_of(database, "paper")}
    answers: dict[tuple[int, int], dict[str, list[str]]] = defaultdict(dict)
    for row in rows_of(database, "answer"):
        sheet = answers[row["sitting_id"], row["generation"]]
        sheet[row["q"]] = json.loads(row["value"])
    marks = {}
    for sitting in rows_of(database, "sitting"):
        if sitting["exam_id"] != exam_id:
            continue
        sheet = answers[sitting["id"], sitting["generation"]]
        paper = papers[sitting["paper_id"]]
        marks[sitting["id"]] = sum(
            mark(versions[version], order, points, sheet.get(str(n), []))
            for n, (version, order, points) in enumerate(paper, 1)
        )
    return marks


def mark(version: Any, order: str, points: int, value: list[str]) -> int:
    """Hundredths for one answer; the bank's key is JSON, as text or already read."""
    key = version["key"]
    if isinstance(key, str):
        key = json.loads(key)
    if not value:
        return 0
    if version["kind"] == "fill":
        pairs = zip(value, key, strict=True)
        hits = [typed.strip() in accepted for typed, accepted in pairs]
        return round(points * sum(hits) / len(hits))
    # The letter a paper shows stands for the bank's letter at the same place.
    said = {order["ABCDEFGH".index(x)] if order else x for x in value}
    return points if said == set(key) else 0


def count_units(database: Path, exam_id: int) -> dict[str, UnitCount]:
    """The figures of every unit in an exam, by its name."""
    (exam,) = [row for row in rows_of(database, "exam") if row["id"] == exam_id]
    marks = marks_by_sitting(database, exam_id)
    sat = {
        row["candidate_id"]: marks[row["id"]]
        for row in rows_of(database, "sitting")
        if row["exam_id"] == exam_id
    }
    units: dict[str, list[sqlite3.Row]] = defaultdict(list)
    for candidate in rows_of(database, "candidate"):
        if candidate["exam_id"] == exam_id:
            units[candidate["unit_name"]].append(candidate)
    counted = {}
    for name, people in units.items():
        due = [one for one in people if one["exempt_reason"] is None]
        got = [sat[one["id"]] for one in due if one["id"] in sat]
        counted[name] = UnitCount(
            due=len(due),
            took=len(got),
            exempt=len(people) - len(due),
            passed=sum(one >= exam["pass_mark"] for one in got),
            excellent=sum(one >= exam["excellent_mark"] for one in got),
            mean=Fraction(sum(got), 100 * len(got)) if got else None,
            highest=Fraction(max(got), 100) if got else None,
            lowest=Fraction(min(got), 100) if got else None,
        )
    return counted
