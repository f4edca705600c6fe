"""T2, T3, T11: the server's wall clock is set while people sit."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask

from app import watch_clock
from core import clock
from core.clock import Guard, watch
from core.db import db, read_core
from quiz.operations.answers import Closed
from quiz.queries.running import somebody_sits
from quiz.rules.timing import UNSURE_SWEEP, may_sweep
from tests.core.test_clock import Machine
from tests.quiz.factories import Made, make_exam
from tests.quiz.phone import Phone
from tests.quiz.sitters import Sitter, sweep

S, M = timedelta(seconds=1), timedelta(minutes=1)
HALL = [("市司法局", f"张{n}", f"{n:04d}") for n in range(UNSURE_SWEEP + 2)]


@pytest.fixture
def made(app: Flask, moment: datetime) -> Made:
    return make_exam(moment, people=HALL)


@pytest.fixture
def machine(app: Flask, moment: datetime, tmp_path: Path) -> Iterator[Machine]:
    """A machine whose clock the application goes by."""
    machine = Machine(wall=moment)

    def matters(at: datetime) -> bool:
        with app.app_context(), read_core() as connection:
            return somebody_sits(connection, at)

    watch(Guard(tmp_path, matters, machine.read))
    yield machine
    watch(None)


@pytest.mark.parametrize("set_by", [-3600, 900, -7200])
def test_T2_T3_P6_nobody_is_closed_early_or_late_by_a_step(
    app: Flask, made: Made, machine: Machine, moment: datetime, set_by: float
) -> None:
    phone = Phone(app)
    phone.enter(*HALL[0])
    machine.passes(10 * 60)
    machine.set_by(set_by)
    machine.passes(49 * 60 + 59)  # one second of the hour is left
    reply = phone.save(("1", ["C"], 1))
    assert reply.status_code == 200
    assert reply.json is not None
    assert reply.json["remaining"] == 1000
    assert sweep(made.exam_id, clock.now()) == 0
    assert phone.save(("1", ["A"], 2)).status_code == 200
    machine.passes(31)  # deadline and grace
    assert phone.save(("1", ["C"], 3)).status_code == 200
    machine.passes(0.5)
    assert phone.save(("1", ["C"], 4)).status_code == 410


def test_T3_on_a_step_the_sweep_closes_a_few_and_many_only_on_somebodys_word(
    made: Made, machine: Machine, moment: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    sitters = [
        Sitter(one).start(moment + n * M) for n, one in enumerate(made.candidates)
    ]
    machine.passes(5 * 60)
    machine.set_by(900)
    machine.passes((60 - 5 + UNSURE_SWEEP) * 60)  # all but one are over
    over = clock.now()
    assert over == moment + (60 + UNSURE_SWEEP) * M
    first = sitters[0]
    first.submit(moment + M)
    assert sweep(made.exam_id, over) == 0  # ten that are due: closed
    closed = [one.row.state for one in sitters]
    assert closed.count("auto") == UNSURE_SWEEP - 1
    assert sitters[-1].row.state == "open"


def test_T3_more_than_a_few_wait(
    app: Flask, made: Made, machine: Machine, moment: datetime
) -> None:
    sitters = [Sitter(one).start(moment) for one in made.candidates]
    machine.set_by(900)
    machine.passes(61 * 60)
    assert sweep(made.exam_id, clock.now()) == len(HALL)
    assert {one.row.state for one in sitters} == {"open"}
    with pytest.raises(Closed):  # what comes now is late all the same
        sitters[0].save(clock.now(), ("1", ["C"], 1))
    run = app.test_cli_runner().invoke
    done = run(args=["exams", "sweep", made.code])
    assert f"还有 {len(HALL)} 份待收" in done.output
    assert "--confirm" in done.output
    done = run(args=["exams", "sweep", made.code, "--confirm"])
    assert "还有 0 份待收" in done.output
    db.session.rollback()
    assert {(one.row.state, one.row.closed_at) for one in sitters} == {
        ("auto", moment + 60 * M)
    }


def test_T3_once_nobodys_time_runs_the_new_time_is_taken_and_all_are_closed(
    made: Made, machine: Machine, moment: datetime
) -> None:
    for one in made.candidates:
        Sitter(one).start(moment)
    machine.set_by(900)
    machine.passes(71 * 60)  # eleven minutes after the last deadline
    assert clock.now() == moment + 86 * M
    assert sweep(made.exam_id, clock.now()) == 0


def test_T2_the_clock_is_shown_and_taken_from_the_terminal(
    app: Flask, made: Made, machine: Machine, moment: datetime
) -> None:
    run = app.test_cli_runner().invoke
    Sitter(made.candidates[0]).start(moment)
    assert "拨动" not in run(args=["clock", "show"]).output
    machine.set_by(-3600)
    machine.passes(5)
    assert "-3600 秒" in run(args=["clock", "show"]).output
    assert "-3600 秒" in run(args=["clock", "accept"]).output
    assert clock.now() == machine.wall


@pytest.mark.parametrize(
    ("due", "step", "confirmed", "may"),
    [
        (1000, 0 * S, False, True),
        (UNSURE_SWEEP, 900 * S, False, True),
        (UNSURE_SWEEP + 1, 900 * S, False, False),
        (UNSURE_SWEEP + 1, -3600 * S, False, False),
        (1000, -3600 * S, True, True),
    ],
)
def test_T3_when_many_may_be_closed(
    due: int, step: timedelta, confirmed: bool, may: bool
) -> None:
    assert may_sweep(due, step, confirmed=confirmed) is may


def test_whose_time_is_long_over_does_not_hold_the_clock(
    made: Made, moment: datetime
) -> None:
    with read_core() as connection:
        assert not somebody_sits(connection, moment)
    Sitter(made.candidates[0]).start(moment)
    for minutes, sits in ((0, True), (69, True), (70, False), (24 * 60, False)):
        with read_core() as connection:
            assert somebody_sits(connection, moment + minutes * M) is sits


def test_who_cannot_be_asked_may_be_sitting(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[Guard] = []
    monkeypatch.setattr("app.watch", held.append)
    watch_clock(app)
    (guard,) = held
    assert guard._matters(datetime.now().astimezone()) is False
    with db.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE sitting RENAME TO sitting_gone")
    assert guard._matters(datetime.now().astimezone()) is True
    with db.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE sitting_gone RENAME TO sitting")
