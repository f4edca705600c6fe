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

import pytest
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
    chance = random.Random(seed)
    with write() as session:
        hall = Hall(session)
        exam = hall.exam(opens_at=ENDED, attempts=2)
        for n in range(40):
            unit = hall.unit(
                f"单位{n}",
                category=chance.choice(["甲类", "乙类", "丙类"]),
                level="市直",
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


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_command_equals_the_recount(app: Flask, seed: int) -> None:
    hand = by_hand(build(seed))
    result = app.test_cli_runner().invoke(
        args=["reports", "unit", "--exam", "QX7M2KPD", "--json"]
    )
    told = json.loads(result.stdout)
    lines = {unit["name"]: unit for unit in told["units"]} | {"合计": told["total"]}
    assert lines.keys() == hand.keys()
    for name, own in hand.items():
        results, line = own["results"], lines[name]
        took = len(results)
        assert (line["due"], line["took"]) == (own["due"], took), name
        assert line["absent"] == own["due"] - took
        assert (line["exempt"], line["walk_ins"]) == (own["exempt"], own["walk_ins"])
        assert line["pass_rate"] == [sum(one >= 6000 for one in results), took]
        assert line["excellence"] == [sum(one >= 9000 for one in results), took]
        assert line["mean"] == (mean(results) if results else None)
        assert line["highest"] == max(results, default=None)
        assert line["lowest"] == min(results, default=None)


def test_the_workbook_equals_the_recount(organizer: FlaskClient) -> None:
    exam = build(4)
    hand = by_hand(exam)
    content = organizer.get(f"/reports/{exam}.xlsx").data
    rows = list(load_workbook(io.BytesIO(content))["单位成绩表"].values)
    top = next(at for at, row in enumerate(rows) if row[0] == "单位编码")
    lines = {row[1]: dict(zip(rows[top], row, strict=True)) for row in rows[top + 1 :]}
    assert lines.keys() == hand.keys()
    for name, own in hand.items():
        results, line = own["results"], lines[name]
        took = len(results)
        passed = sum(one >= 6000 for one in results)
        assert (line["应考"], line["实考"]) == (own["due"], took), name
        assert line["合格人数"] == passed
        # A cell holds sixteen digits.
        assert line["合格率"] == (pytest.approx(passed / took) if took else "—")
        turnout = pytest.approx(took / own["due"]) if own["due"] else "—"
        assert line["参考率"] == turnout
        assert line["平均分"] == (mean(results) / 100 if results else "—")
        assert line["最高分"] == (max(results) / 100 if results else "—")


def test_the_page_equals_the_recount(organizer: FlaskClient) -> None:
    exam = build(5)
    hand = by_hand(exam)
    text = organizer.get(f"/reports/{exam}").get_data(as_text=True)
    table = BeautifulSoup(text, "html.parser").select("table")[0]
    heads = [" ".join(head.text.split()) for head in table.select("thead th")]
    shown = {}
    for row in table.select("tbody tr, tfoot tr"):
        cells = [" ".join(cell.get_text(" ").split()) for cell in row.select("td, th")]
        cells = [cell.split(" 最好")[0] for cell in cells]  # what stands beside
        shown[cells[0].split()[0]] = dict(zip(heads, cells, strict=True))
    assert shown.keys() == hand.keys()
    for name, own in hand.items():
        results, line = own["results"], shown[name]
        took = len(results)
        assert line["参考率"] == percent(took, own["due"]), name
        assert line["合格率"] == percent(sum(one >= 6000 for one in results), took)
        assert line["优秀率"] == percent(sum(one >= 9000 for one in results), took)
        expected = f"{mean(results) / 100:.2f}" if results else "—"
        assert line["平均分"] == expected
