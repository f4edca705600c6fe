"""Reading a report from the database: what is counted, in how many queries."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from core.audit import AuditEntry, breaks
from core.db import db, write
from core.errors import Missing
from quiz.models import Sitting
from reports.operations import (
    UnitReport,
    note_reading,
    open_exam_lines,
    open_unit_people,
    open_unit_report,
)
from reports.rules.ledger import Standing
from tests.reports.factories import OPENS, Hall

KEY = "k" * 40
LATER = OPENS + timedelta(days=1)


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements sent inside."""
    sent: list[str] = []

    def note(_c: Any, _k: Any, statement: str, *_rest: Any) -> None:
        if statement != "BEGIN":
            sent.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)


def report(exam_id: int, now: datetime = LATER) -> UnitReport:
    return open_unit_report(exam_id=exam_id, now=now, key=KEY, by="甲", over="took")


def test_the_ledger_of_an_exam(app: Flask) -> None:
    with write() as session:
        hall = Hall(session)
        exam = hall.exam()
        first, second = hall.unit("市司法局"), hall.unit("甲县", category="县区")
        hall.person(exam, second, "赵一", 9000)
        hall.person(exam, first, "钱二", 5999)
        hall.person(exam, first, "孙三", 6000)
        hall.person(exam, first, "李四")
        hall.person(exam, first, "周五", exempt="产假")
        hall.person(exam, first, "吴六", 10000, walk_in=True)
    found = report(exam.id)
    assert [line.unit.name for line in found.units] == ["市司法局", "甲县"]
    own = found.units[0].figures
    assert (own.due, own.took, own.absent, own.exempt, own.walk_ins) == (3, 2, 1, 1, 1)
    assert (own.mean, own.highest, own.lowest) == (6000, 6000, 5999)
    assert str(own.pass_rate) == "50.0 %  (1/2)"
    assert str(found.total.excellence) == "33.3 %  (1/3)"
    assert [one.name for one in found.people] == [
        "钱二", "孙三", "李四", "周五", "吴六", "赵一",
    ]  # fmt: skip


def test_another_exam_of_the_same_units_does_not_leak_in(app: Flask) -> None:
    with write() as session:
        hall = Hall(session)
        unit = hall.unit("市司法局")
        one, other = hall.exam(), hall.exam(code="HG4T9WZA")
        hall.person(one, unit, "赵一", 7000)
        hall.person(other, unit, "赵一", 9900)
    assert report(one.id).total.highest == 7000
    lines, count = open_exam_lines(now=LATER, key=KEY, offset=0, limit=20)
    assert count == 2
    assert {line.exam.code: line.total.highest for line in lines} == {
        "QX7M2KPD": 7000,
        "HG4T9WZA": 9900,
    }


def test_the_newest_key_revision_counts_and_only_of_the_sheet_that_stands(
    app: Flask,
) -> None:
    with write() as session:
        hall = Hall(session)
        exam, unit = hall.exam(), hall.unit("市司法局")
        person = hall.person(exam, unit, "赵一")
        sitting = hall.sitting(exam, person, 1, 5800, "submitted", generation=2)
        hall.score(sitting, 9900, generation=1, key_revision=3)
        hall.score(sitting, 6200, key_revision=2)
        hall.score(sitting, 6100, key_revision=1)
    assert report(exam.id).total.total == 6200


def test_the_unit_is_the_one_frozen_at_publishing(app: Flask) -> None:
    with write() as session:
        hall = Hall(session)
        exam, unit = hall.exam(), hall.unit("市司法局")
        hall.person(exam, unit, "赵一", 7000)
        unit.name = "市司法与法治局"
    (line,) = report(exam.id).units
    assert line.unit.name == "市司法局"


def test_a_report_sweeps_what_is_overdue_first(app: Flask) -> None:
    """The closing time is the deadline, and the report shows it at once."""
    with write() as session:
        hall = Hall(session)
        exam, unit = hall.exam(), hall.unit("市司法局")
        hall.person(exam, unit, "赵一", None)
    db.session.scalars(sa.select(Sitting)).all()  # an old view of the table is open
    found = report(exam.id)
    (one,) = found.people
    assert (found.waiting, one.entrant.standing) == (0, Standing.AUTO)
    assert (one.entrant.result, found.total.unfinished) == (0, 0)
    assert one.closed_at == OPENS + timedelta(minutes=65)


def test_a_look_closes_two_hundred_and_says_how_many_are_left(app: Flask) -> None:
    with write() as session:
        hall = Hall(session)
        exam, unit = hall.exam(), hall.unit("市司法局")
        for n in range(203):
            hall.person(exam, unit, f"人员{n}", None)
    found = report(exam.id)
    assert (found.waiting, found.total.took, found.total.unfinished) == (3, 203, 3)
    assert (report(exam.id).waiting, report(exam.id).total.unfinished) == (0, 0)


def test_somebody_within_time_is_not_swept(app: Flask) -> None:
    with write() as session:
        hall = Hall(session)
        exam, unit = hall.exam(), hall.unit("市司法局")
        hall.person(exam, unit, "赵一", None)
    found = report(exam.id, OPENS + timedelta(minutes=30))
    assert (found.total.took, found.total.unfinished, found.waiting) == (1, 1, 0)
    assert not found.exam.over


def test_a_report_takes_three_queries_whatever_the_number_of_people(app: Flask) -> None:
    with write() as session:
        hall = Hall(session)
        exam = hall.exam()
        for n in range(12):
            hall.person(exam, hall.unit(f"单位{n}"), "赵一", 7000, 8000)
    with counted() as sent:
        report(exam.id)
    assert len(sent) == 3, sent
    with counted() as sent:
        open_unit_people(
            exam_id=exam.id, unit_id=1, now=LATER, key=KEY, by="甲", over="took"
        )
    assert len(sent) == 3, sent
    with counted() as sent:
        open_exam_lines(now=LATER, key=KEY, offset=0, limit=20)
    assert len(sent) == 4, sent


@pytest.mark.parametrize("wanted", [{"exam_id": 99}, {"code": "NOPE"}, {"exam_id": 1}])
def test_there_is_no_report_of_nothing_or_of_a_draft(
    app: Flask, wanted: dict[str, Any]
) -> None:
    with write() as session:
        assert Hall(session).exam(published=False).id == 1
    with pytest.raises(Missing):
        open_unit_report(now=LATER, key=KEY, by="甲", over="took", **wanted)
    assert open_exam_lines(now=LATER, key=KEY, offset=0, limit=20) == ([], 0)


def test_a_unit_without_anybody_in_the_exam_has_no_page(app: Flask) -> None:
    with write() as session:
        hall = Hall(session)
        exam, unit = hall.exam(), hall.unit("市司法局")
    with pytest.raises(Missing):
        open_unit_people(
            exam_id=exam.id, unit_id=unit.id, now=LATER, key=KEY, by="甲", over="took"
        )


def test_a_reading_is_written_into_the_chain_without_a_name(app: Flask) -> None:
    with write() as session:
        hall = Hall(session)
        exam, unit = hall.exam(), hall.unit("市司法局")
        hall.person(exam, unit, "赵一", 7000)
    found = report(exam.id)
    note_reading(
        action="report.download",
        exam=found.exam,
        form="xlsx",
        people=1,
        actor="account:7",
        now=datetime(2026, 11, 25, tzinfo=UTC),
    )
    entry = db.session.scalars(sa.select(AuditEntry)).one()
    assert (entry.action, entry.object) == ("report.download", f"exam:{exam.id}")
    assert entry.actor == "account:7"
    assert '"people":1' in entry.facts
    assert "赵一" not in entry.facts
    with db.engine.connect() as connection:
        assert list(breaks(connection)) == []


def test_a_unit_is_reported_in_the_category_it_was_frozen_with(app: Flask) -> None:
    """Of an exam published before that was frozen, in today's."""
    with write() as session:
        hall = Hall(session)
        old, new = hall.exam(), hall.exam(code="NEWERXXX")
        unit = hall.unit("市司法局", category="政府部门", level="市直")
        hall.person(old, unit, "赵一", 9000)
        frozen = hall.person(new, unit, "赵一", 9000)
        frozen.category, frozen.level, frozen.rank = "群团", "", "中层"
    for exam, category, level in ((old, "政府部门", "市直"), (new, "群团", "")):
        (line,) = report(exam.id).units
        assert (line.unit.category, line.unit.level) == (category, level)
