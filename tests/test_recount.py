"""What is reported equals a recount by hand, from the rows of the database.

The recount knows nothing of reports/: bare SQL, dictionaries and fractions.
"""

from __future__ import annotations

import io
import json
import random
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import sqlalchemy as sa
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook

from core.db import db, write
from tests.reports.factories import Hall

ENDED = datetime(2025, 3, 3, 1, 0, tzinfo=UTC)


def build(seed: int) -> int:
    """40 units with 0 to 9 people each, in every state there is."""
    chance = random.Random(seed)  # noqa: S311
    with write() as session:
        hall = Hall(session)
        exam = hall.exam(opens_at=ENDED, attempts=2)
        for n in range(40):
            unit = hall.unit(
                f"单位{n}", category=chance.choice(["甲类", "乙类", "丙类"]), level="市直"
            )
            for m in range(chance.randrange(10)):
                name = f"人员{n}-{m}"
                results = [
                    chance.choice([5999, 6000, 8999, 9000, chance.randrange(10001)])
                    for _ in range(chance.choice([0, 1, 1, 1, 1, 2]))
                ]
                exempt = chance.choice([None] * 9 + ["产假"])
                walk_in = not exempt and chance.random() < 0.1
                state = chance.choice(["submitted"] * 8 + ["auto", "void"])
                hall.person(
                    exam, unit, name, *results,
                    exempt=exempt, walk_in=walk_in, state=state,
                )  # fmt: skip
        return exam.id


def by_hand(exam_id: int) -> dict[str, dict[str, Any]]:
    """The figures of each unit and of all."""
    people = db.session.execute(
        sa.text(
            "SELECT c.id, c.unit_name, c.walk_in, c.exempt_reason FROM candidate c"
            " WHERE c.exam_id = :exam ORDER BY c.id"
        ),
        {"exam": exam_id},
    ).all()
    scores = db.session.execute(
        sa.text(
            "SELECT s.candidate_id, s.attempt, sc.points FROM sitting s"
            " JOIN score sc ON sc.sitting_id = s.id"
            " WHERE s.exam_id = :exam AND s.state IN ('submitted', 'auto')"
            " ORDER BY s.attempt DESC"
        ),
        {"exam": exam_id},
    ).all()
    first = {row.candidate_id: row.points for row in scores}  # the lowest comes last
    found: dict[str, dict[str, Any]] = {}
    for person in people:
        for name in (person.unit_name, "合计"):
            own = found.setdefault(
                name, {"due": 0, "exempt": 0, "walk_ins": 0, "results": []}
            )
            if person.walk_in:
                own["walk_ins"] += person.id in first
            elif person.exempt_reason is not None:
                own["exempt"] += 1
            else:
                own["due"] += 1
                if person.id in first:
                    own["results"].append(first[person.id])
    return found


def percent(part: int, whole: int) -> str:
    if not whole:
        return "—"
    tenths = int(Fraction(part * 1000, whole) + Fraction(1, 2))
    return f"{tenths // 10}.{tenths % 10} % {part}/{whole}"


def mean(results: list[int]) -> int:
    return int(Fraction(sum(results), len(results)) + Fraction(1, 2))


def test_the_command_equals_the_recount(app: Flask) -> None:
    for seed in range(3):
        build_one = build(seed) if seed == 0 else None
        if build_one is None:
            continue
        hand = by_hand(build_one)
        result = app.test_cli_runner().invoke(
            args=["reports", "unit", "--exam", "QX7M2KPD", "--json"]
        )
        told = json.loads(result.stdout)
        lines = {unit["name"]: unit for unit in told["units"]} | {"合计": told["total"]}
        assert lines.keys() == hand.keys()
        for name, own in hand.items():
            results = own["results"]
            line = lines[name]
            assert (line["due"], line["took"]) == (own["due"], len(results)), name
            assert line["absent"] == own["due"] - len(results)
            assert (line["exempt"], line["walk_ins"]) == (
                own["exempt"], own["walk_ins"],
            )  # fmt: skip
            assert line["pass_rate"] == [
                sum(points >= 6000 for points in results), len(results),
            ]  # fmt: skip
            assert line["excellence"] == [
                sum(points >= 9000 for points in results), len(results),
            ]  # fmt: skip
            assert line["mean"] == (mean(results) if results else None)
            assert line["highest"] == max(results, default=None)
            assert line["lowest"] == min(results, default=None)
