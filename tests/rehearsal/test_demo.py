"""The demo that `make run` shows."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from audit.queries.verification import verify
from core.audit import AuditEntry
from core.db import db, write
from core.errors import Refused
from quiz.models import Exam, Sitting
from quiz.rules.lifecycle import State, state_of
from rehearsal import demo, hall
from rehearsal.people import KNOWN, places, residents
from rehearsal.queries import people_of_exam
from units.models import Person, Unit

UNITS = slice(20, 34)  # with the unit of the known candidate


@pytest.fixture
def small_city(monkeypatch: pytest.MonkeyPatch) -> int:
    """A part of the city, so that the test takes seconds; how many live there."""
    some = places()[UNITS]
    people = [one for one in residents() if one.unit in some]
    monkeypatch.setattr(demo, "places", lambda: some)
    monkeypatch.setattr(demo, "residents", lambda: people)
    return len(people)


def count(table: type[Unit] | type[Person] | type[Exam] | type[Sitting]) -> int:
    db.session.rollback()
    return db.session.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def exams() -> list[Exam]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(Exam).order_by(Exam.id)))


def test_the_demo_that_was_cut_off_goes_on_and_a_whole_one_stays(
    app: Flask, moment: datetime, small_city: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut off among the sittings; the second try ends it; a third adds nothing."""
    done = 0

    def cut_off(seat: hall.Seat, now: datetime) -> None:
        nonlocal done
        done += 1
        if done > 20:
            raise KeyboardInterrupt
        original(seat, now)

    original = hall.Seat.start
    with monkeypatch.context() as patch:
        patch.setattr(hall.Seat, "start", cut_off)
        with pytest.raises(KeyboardInterrupt):
            demo.load_demo(now=moment)
    assert demo.is_unfinished()

    demo.load_demo(now=moment)
    assert not demo.is_unfinished()
    assert (count(Unit), count(Person), count(Exam)) == (14, small_city, 2)
    closed, opened = exams()
    assert state_of(closed, moment) is State.RESULTS_PUBLISHED
    assert state_of(opened, moment) is State.OPEN
    assert closed.demo
    assert opened.demo
    states = Counter(db.session.scalars(sa.select(Sitting.state)))
    assert states["open"] == 0
    assert states["submitted"] > small_city * 0.7
    assert tuple(KNOWN) in people_of_exam(opened.id)
    assert verify(recount=True).found == []
    at = list(db.session.scalars(sa.select(AuditEntry.at).order_by(AuditEntry.n)))
    assert max(at) <= moment

    sat = count(Sitting)
    demo.load_demo(now=moment)
    assert (count(Exam), count(Sitting), count(Person)) == (2, sat, small_city)

    later = moment + demo.OPEN_FOR
    code = demo.ensure_open_exam(now=later)
    assert code not in (closed.code, opened.code)
    assert demo.ensure_open_exam(now=later) == code
    assert count(Exam) == 3


def test_the_demo_stays_out_of_a_database_with_units_of_its_own(
    app: Flask, moment: datetime
) -> None:
    with write() as session:
        session.add(
            Unit(
                code="DW001",
                name="示例单位",
                initials="sldw",
                category="",
                level="",
                position=1,
                created_at=moment,
            )
        )
    assert not demo.is_unfinished()
    with pytest.raises(Refused):
        demo.load_demo(now=moment)
    assert (count(Unit), count(Exam)) == (1, 0)


def test_the_city_is_the_same_every_time() -> None:
    people = residents()
    assert people == residents()
    assert len(people) == 606
    assert len({one.unit.code for one in people}) == 101
    seen = Counter((one.unit.code, one.name, one.tail) for one in people)
    twice = [key for key, n in seen.items() if n > 1]
    assert [name for _, name, _ in twice] == ["刘若珩"]  # told apart by staff number
    assert {one.rank for one in people} >= {"领导班子", "中层", "执法人员", "新录用"}
    assert {"㐱", "䶮", "𠮷", "·"} <= {letter for one in people for letter in one.name}


def test_the_closed_exam_lies_on_a_working_day_in_the_past(app: Flask) -> None:
    zone = app.config["TIMEZONE"]
    for day in range(14):
        today = datetime(2026, 3, 1, 12, tzinfo=zone) + timedelta(days=day)
        held = demo._day_of(today)
        assert held.weekday() < 5
        assert (held.hour, held.minute) == (9, 0)
        assert timedelta(days=3) < today - held < timedelta(days=8)
