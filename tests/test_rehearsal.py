"""60 simulated phones sit an exam on the real server; everything is counted again."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from io import BytesIO
from math import floor
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from app import create_app
from core.audit import Break, breaks
from core.cli import upgrade_database
from core.db import db, read_core
from quiz.operations.closing import sweep_exam
from quiz.operations.exams import create_exam
from quiz.queries.cards import known
from quiz.rules.blueprint import Row
from quiz.rules.details import ExamDetails
from quiz.tokens import new_code
from rehearsal.crowd import Habit, Outcome, hold_exam, run
from rehearsal.people import Place, Resident, places, residents
from rehearsal.phone import Patience, Who
from rehearsal.queries import people_of_exam
from rehearsal.server import environment, running
from rehearsal.stage import STARTER, publish_and_draw, settle, stock_bank
from reports.operations import open_unit_report
from reports.workbook import workbook
from tests.rehearsal.recount import UnitCount, count_units, marks_by_sitting, rows_of

PEOPLE, UNITS, WALK_AWAY = 60, 10, 12
ROWS = [
    Row(1, "single", None, None, 8, 200),
    Row(2, "multi", None, None, 4, 300),
    Row(3, "judge", None, None, 6, 200),
    Row(4, "fill", None, None, 2, 300),
]
PASS_MARK, EXCELLENT_MARK = 1000, 1600  # phones guess


@dataclass(frozen=True)
class Held:
    """What is left of the exam when the server has stopped."""

    database: Path
    exam_id: int
    outcome: Outcome
    habits: list[Habit]
    recounted: dict[str, UnitCount]
    marks: dict[int, int]
    book: bytes
    broken: list[Break]


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Held:
    """One exam for all tests below: it costs a server."""
    instance = tmp_path_factory.mktemp("hall")
    app = create_app(environment(instance), testing=True)
    known.clear()  # contents of another database
    with app.app_context():
        upgrade_database()
        exam_id, code, people = _prepare(datetime.now(UTC))
        db.session.remove()
        db.engine.dispose()  # this process holds nothing while the server writes
    habits = _habits()
    with running(instance) as server:
        outcome = run(
            hold_exam(
                people,
                habits,
                address=server.address,
                code=code,
                at_once=16,
                seed=7,
                patience=Patience(first=0.1, longest=1.0, give_up=20.0),
            )
        )
    with app.app_context():
        after = datetime.now(UTC) + timedelta(hours=5)
        key = str(app.secret_key)
        assert sweep_exam(exam_id=exam_id, now=after, key=key) == 0
        report = open_unit_report(
            now=after, key=key, by="复核", over="took", exam_id=exam_id
        )
        with read_core() as connection:
            broken = list(breaks(connection))
        with app.test_request_context():
            book = workbook(report, app.config["TIMEZONE"])
        db.session.remove()
        db.engine.dispose()
    known.clear()
    database = instance / "lawgauge.db"
    return Held(
        database=database,
        exam_id=exam_id,
        outcome=outcome,
        habits=habits,
        recounted=count_units(database, exam_id),
        marks=marks_by_sitting(database, exam_id),
        book=book,
        broken=broken,
    )


def _prepare(now: datetime) -> tuple[int, str, list[Who]]:
    """Ten units, sixty people, the starter bank, an open exam of four kinds."""
    staff: dict[Place, list[Resident]] = {}
    for one in residents():
        staff.setdefault(one.unit, []).append(one)
    sixes = [unit for unit in places() if len(staff[unit]) == PEOPLE // UNITS][:UNITS]
    settle(sixes, [one for unit in sixes for one in staff[unit]], now=now)
    stock_bank(now=now)
    details = ExamDetails(
        title="演练",
        opens_at=now,
        closes_at=now + timedelta(hours=3),
        duration_s=3600,
        pass_mark=PASS_MARK,
        excellent_mark=EXCELLENT_MARK,
        attempts=1,
        multi_rule="exact",
        show_score="at_once",
        shuffle=True,
    )
    exam = create_exam(
        details=details,
        preset="",
        rows=ROWS,
        code=new_code(),
        account_id=None,
        now=now,
        demo=True,
    )
    publish_and_draw(exam, account_id=None, now=now)
    return exam.id, exam.code, [Who(*typed) for typed in people_of_exam(exam.id)]


def _habits() -> list[Habit]:
    """One save each or several together, second thoughts, and some walk away."""
    words = _accepted_texts()
    return [
        Habit(
            together=1 + n % 4,
            answers=None if n % 5 else 3 + n % 7,
            second_thoughts=0.3 if n % 3 else 0.0,
            hands_in=n % 5 != 0,
            words=words,
        )
        for n in range(PEOPLE)
    ]


def _accepted_texts() -> tuple[str, ...]:
    """Right answers of the bank's blanks: guessing among them hits now and then."""
    found = []
    for path in sorted(STARTER.glob("*.json")):
        for question in json.loads(path.read_text(encoding="utf-8")):
            if question["type"] == "fill":
                found += [text.split("|")[0] for text in question["answer"]]
    return tuple(found[:6])


def test_everybody_gets_through_without_an_error(held: Held) -> None:
    assert held.outcome.errors == []
    assert held.outcome.times.refused == {}
    assert len(held.outcome.phones) == PEOPLE
    assert held.outcome.receipts == PEOPLE - WALK_AWAY


def test_every_acknowledged_answer_is_stored(held: Held) -> None:
    """The newest acknowledged value of each question is the stored one."""
    sittings = {row["token"]: row["id"] for row in rows_of(held.database, "sitting")}
    stored = {
        (row["sitting_id"], row["q"]): (row["seq"], json.loads(row["value"]))
        for row in rows_of(held.database, "answer")
    }
    promised: dict[tuple[int, str], tuple[int, list[str]]] = {}
    for phone in held.outcome.phones:
        for entry in phone.acknowledged:
            where = sittings[phone.token], entry.q
            if entry.seq > promised.get(where, (0, []))[0]:
                promised[where] = entry.seq, list(entry.value)
    assert len(promised) > 800
    assert {where: stored.get(where) for where in promised} == promised


def test_every_sitting_is_closed_and_has_one_score(held: Held) -> None:
    """Who walked away is swept at the deadline, the others closed themselves."""
    states = Counter(row["state"] for row in rows_of(held.database, "sitting"))
    assert states == {"submitted": PEOPLE - WALK_AWAY, "auto": WALK_AWAY}
    scored = Counter(row["sitting_id"] for row in rows_of(held.database, "score"))
    assert scored == dict.fromkeys(held.marks, 1)


def test_scores_equal_an_independent_recount(held: Held) -> None:
    scores = {
        row["sitting_id"]: row["points"] for row in rows_of(held.database, "score")
    }
    assert scores == held.marks
    assert len(set(scores.values())) > 10  # the guesses did not all come to nothing


def test_the_receipt_shows_the_check_word_of_the_database(held: Held) -> None:
    words = {
        row["token"]: row["check_word"] for row in rows_of(held.database, "sitting")
    }
    for phone in held.outcome.phones:
        assert not phone.receipt or words[phone.token] in phone.receipt


def test_the_audit_chain_holds(held: Held) -> None:
    assert held.broken == []


def test_the_workbook_equals_an_independent_recount(held: Held) -> None:
    """Unit by unit: who was due, took it, passed; mean, highest and lowest."""
    shown = _unit_sheet(held.book)
    assert len(held.recounted) == UNITS
    for name, count in held.recounted.items():
        row = shown.pop(name)
        assert (row["应考"], row["实考"], row["免考"]) == (
            count.due,
            count.took,
            count.exempt,
        )
        assert (row["合格人数"], row["优秀人数"]) == (count.passed, count.excellent)
        assert row["平均分"] == _shown(count.mean)
        assert row["最高分"] == _shown(count.highest)
        assert row["最低分"] == _shown(count.lowest)
        assert row["参考率"] == pytest.approx(count.took / count.due)
    assert list(shown) == ["合计"]
    assert shown["合计"]["应考"] == PEOPLE
    assert shown["合计"]["合格人数"] == sum(c.passed for c in held.recounted.values())
    assert 0 < shown["合计"]["优秀人数"] < shown["合计"]["合格人数"] < PEOPLE


def test_the_rows_are_really_there(held: Held) -> None:
    """The file that was read is the server's, and whole."""
    connection = sqlite3.connect(held.database)
    try:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    finally:
        connection.close()


def _shown(value: Fraction | None) -> float | str:
    """Points with two decimals, half-up; a dash where there are none."""
    if value is None:
        return "—"
    return floor(value * 100 + Fraction(1, 2)) / 100


def _unit_sheet(content: bytes) -> dict[str, dict[str, Any]]:
    """The first sheet by unit and heading."""
    sheet = load_workbook(BytesIO(content)).worksheets[0]
    rows: list[list[Any]] = [[c.value for c in row] for row in sheet.iter_rows()]
    (top,) = [n for n, row in enumerate(rows) if row[:2] == ["单位编码", "单位"]]
    table = [dict(zip(rows[top], row, strict=True)) for row in rows[top + 1 :]]
    return {row["单位"]: row for row in table if row["单位"]}
