"""The table of deadline, grace and grants; and what no clock can do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from core.db import db, read_core
from quiz.models import LateMessage, Sitting
from quiz.operations.answers import Closed
from quiz.operations.grants import give_time
from quiz.queries.exams import exam_by_code
from quiz.queries.sheets import received_in_grace
from quiz.rules.grants import Reach
from tests.quiz.factories import Made, make_exam
from tests.quiz.phone import Phone
from tests.quiz.sitters import Sitter, sweep

WHO = ("市司法局", "张伟", "0417")
S, MS = timedelta(seconds=1), timedelta(milliseconds=1)
HOUR = timedelta(hours=1)
GRACE = 30 * S

# start          deadline        + grace
#   |-- counts ------|-- counts ----|-- 410, kept -----      (both ends inclusive)
EDGES = [
    (-HOUR + S, True), (-S, True), (timedelta(), True), (MS, True), (S, True),
    (GRACE - S, True), (GRACE, True), (GRACE + MS, False), (GRACE + S, False),
    (HOUR, False), (24 * HOUR, False),
]  # fmt: skip
GRANTS = [(), (60,), (1,), (60, 600)]


@pytest.fixture
def made(app: Flask, moment: datetime) -> Made:
    return make_exam(moment, people=[WHO])


def give(made: Made, seconds: int, now: datetime, key: str) -> None:
    give_time(
        exam_id=made.exam_id, reach=Reach(), seconds=seconds, reason="断网", key=key,
        account_id=None, now=now,
    )  # fmt: skip


def kept() -> list[str]:
    with read_core() as connection:
        return list(connection.execute(sa.select(LateMessage.why)).scalars())


def counts(act: Any) -> bool:
    try:
        act()
    except Closed as closed:
        late = closed.status, closed.why
    else:
        return True
    assert late == (410, "deadline")
    return False


@pytest.mark.parametrize("early", [True, False], ids=["given before", "while sitting"])
@pytest.mark.parametrize("grants", GRANTS, ids=lambda given: f"grants {given}")
@pytest.mark.parametrize("edge", EDGES, ids=lambda e: f"{e[0].total_seconds():+g} s")
def test_P5_T4_N9_N10_what_still_counts(
    made: Made,
    moment: datetime,
    edge: tuple[timedelta, bool],
    grants: tuple[int, ...],
    early: bool,
) -> None:
    """A save and a hand-in alike, whether time was given before or while sitting."""
    off, taken = edge
    for n, seconds in enumerate(grants if early else ()):
        give(made, seconds, moment, f"{n}")
    sitter = Sitter(made.candidates[0]).start(moment)
    for n, seconds in enumerate(() if early else grants):
        give(made, seconds, moment + S, f"{n}")
    ends = moment + HOUR + sum(grants) * S
    assert sitter.row.deadline == ends
    assert counts(lambda: sitter.save(ends + off, ("1", ["C"], 1))) is taken
    assert counts(lambda: sitter.submit(ends + off, ("2", ["B"], 2))) is taken
    assert kept() == ([] if taken else ["deadline", "deadline"])
    assert sitter.row.state == ("submitted" if taken else "open")


@pytest.mark.parametrize("off", [-S, timedelta(), S, GRACE - S, GRACE])
def test_P5_the_sweep_leaves_what_may_still_be_saved(
    made: Made, moment: datetime, off: timedelta
) -> None:
    sitter = Sitter(made.candidates[0]).start(moment)
    sweep(made.exam_id, moment + HOUR + off)
    assert sitter.row.state == "open"
    sitter.save(moment + HOUR + off, ("1", ["C"], 1))


@pytest.mark.parametrize("off", [GRACE + MS, GRACE + S, HOUR])
def test_P5_T11_and_closes_the_rest_at_its_deadline(
    made: Made, moment: datetime, off: timedelta
) -> None:
    sitter = Sitter(made.candidates[0]).start(moment)
    sweep(made.exam_id, moment + HOUR + off)
    row = sitter.row
    assert (row.state, row.closed_at) == ("auto", moment + HOUR)


@pytest.mark.parametrize(
    ("after", "state"),
    [(-S, "open"), (timedelta(), "open"), (GRACE, "open"), (GRACE + MS, "auto")],
)
def test_T6_K8_a_grant_comes_in_time_until_the_sheet_is_collected(
    made: Made, moment: datetime, after: timedelta, state: str
) -> None:
    sitter = Sitter(made.candidates[0]).start(moment)
    at = moment + HOUR + after
    sweep(made.exam_id, at)
    give(made, 60, at, "late")
    assert sitter.row.state == state
    expected = moment + HOUR + (60 * S if state == "open" else timedelta())
    assert sitter.row.deadline == expected


def test_N9_what_came_in_grace_can_be_told(made: Made, moment: datetime) -> None:
    sitter = Sitter(made.candidates[0]).start(moment)
    sitter.save(moment + HOUR, ("1", ["C"], 1))
    sitter.save(moment + HOUR + MS, ("2", ["B"], 2))
    sitter.submit(moment + HOUR + GRACE, ("1", ["C"], 1), ("3", ["A"], 3))
    with read_core() as connection:
        assert received_in_grace(connection, sitter.row.id) == ["2", "3"]


@pytest.mark.parametrize("at_ms", [0, 7 * 24 * 3600 * 1000, None])
def test_T1_the_phones_clock_decides_nothing(
    app: Flask, made: Made, moment: datetime, at_ms: int | None
) -> None:
    with time_machine.travel(moment, tick=False) as clock:
        phone = Phone(app)
        phone.enter(*WHO)
        answer = {"q": "1", "seq": 1, "value": ["C"], "at_ms": at_ms}
        wrong = {
            "server_now": 0, "deadline": 9_999_999_999_999, "remaining": 10**9,
            "now": "1999-01-01", "tz": "America/New_York",
        }  # fmt: skip
        sent = phone.body() | {"n": 1, "answers": [answer]} | wrong
        for off, status in ((GRACE, 200), (GRACE + MS, 410)):
            clock.move_to(moment + HOUR + off)
            reply = phone.client.put(f"/s/{phone.token}/answers", json=sent)
            assert reply.status_code == status


def test_T5_who_starts_three_minutes_before_the_end_is_told_what_is_left(
    app: Flask, made: Made, moment: datetime
) -> None:
    with time_machine.travel(moment + 2 * HOUR - 180 * S, tick=False):
        phone = Phone(app)
        confirm = phone.identify(*WHO).get_data(as_text=True)
        assert "11:00" in confirm  # Beijing: the exam closes then
        phone.enter(*WHO)
        assert phone.state["remaining_ms"] == 180_000
    with read_core() as connection:
        ends = connection.execute(sa.select(Sitting.deadline)).scalar_one()
    assert ends == moment + 2 * HOUR


def test_T8_times_are_typed_and_shown_in_beijing_and_stored_in_utc(
    app: Flask, moment: datetime
) -> None:
    run = app.test_cli_runner().invoke
    options = ["--title", "测试", "--opens", "2026-11-24 09:00", "--json"]
    made = run(args=["exams", "new", *options])
    assert made.exit_code == 0
    assert '"opens_at": "2026-11-24 09:00"' in made.output
    code = made.output.split('"code": "')[1][:8]
    db.session.rollback()
    assert (
        exam_by_code(code).opens_at == moment == datetime(2026, 11, 24, 1, tzinfo=UTC)
    )


@pytest.mark.parametrize(
    "opens",
    [
        datetime(2026, 12, 31, 15, 30, tzinfo=UTC),  # 23:30 in Beijing: over New Year
        datetime(2026, 12, 31, 23, 30, tzinfo=UTC),
        datetime(2028, 2, 28, 15, 30, tzinfo=UTC),  # into a leap day
        datetime(2028, 2, 29, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(2027, 3, 14, 6, 59, tzinfo=UTC),  # summer time begins elsewhere
        datetime(2030, 6, 30, 23, 59, 59, tzinfo=UTC),  # where leap seconds go
    ],
    ids=str,
)
def test_T9_an_hour_is_an_hour_over_every_kind_of_midnight(
    app: Flask, opens: datetime
) -> None:
    made = make_exam(opens, people=[WHO])
    sitter = Sitter(made.candidates[0]).start(opens)
    assert sitter.row.deadline - sitter.row.started_at == HOUR
    assert sitter.save(opens + HOUR + GRACE, ("1", ["C"], 1)).acked == [("1", 1)]
    with pytest.raises(Closed):
        sitter.save(opens + HOUR + GRACE + MS, ("1", ["A"], 2))
    with time_machine.travel(opens + HOUR + 2 * GRACE, tick=False):
        sweep(made.exam_id, opens + HOUR + 2 * GRACE)
    assert sitter.row.closed_at == opens + HOUR
