"""When phones were heard of last: true within seconds, not written each time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from core.access import EVERYWHERE
from core.db import db
from core.errors import Busy
from quiz.operations.heard import store_heard
from quiz.queries.board import Seat, board_of, silent_first
from quiz.rules.whereabouts import Where
from quiz.traces import Heard
from quiz.views import heard
from quiz.views.heard import MOST, STORE_EVERY, Ear
from tests.quiz.factories import Made, make_exam
from tests.quiz.phone import Phone

S = timedelta(seconds=1)
PEOPLE = [("市司法局", "张伟", "0417"), ("市司法局", "李娜", "2231")]


@pytest.fixture
def clock(app: Flask, moment: datetime) -> Iterator[time_machine.Traveller]:
    app.extensions["ear"] = Ear()
    with time_machine.travel(moment, tick=False) as traveller:
        yield traveller


@pytest.fixture
def made(app: Flask, moment: datetime) -> Made:
    return make_exam(moment, people=PEOPLE)


def stored() -> dict[int, datetime]:
    db.session.rollback()
    return {
        row.sitting_id: row.heard_at for row in db.session.scalars(sa.select(Heard))
    }


def seats(made: Made, now: datetime) -> list[Seat]:
    db.session.rollback()
    return board_of(made.exam_id, EVERYWHERE, now)


def test_the_ear_gives_out_what_is_due_and_no_more_often(moment: datetime) -> None:
    ear = Ear()
    assert ear.note(1, moment) is None
    assert ear.note(2, moment + STORE_EVERY - S) is None
    due = ear.note(1, moment + STORE_EVERY)
    assert due == {1: moment + STORE_EVERY, 2: moment + STORE_EVERY - S}
    assert ear.note(1, moment + STORE_EVERY + S) is None


def test_what_could_not_be_stored_is_kept_and_newer_moments_stand(
    moment: datetime,
) -> None:
    ear = Ear()
    ear.note(1, moment)
    due = ear.note(2, moment + STORE_EVERY)
    assert due is not None
    ear.note(2, moment + STORE_EVERY + S)
    ear.keep(due)
    again = ear.note(3, moment + 2 * STORE_EVERY)
    assert again is not None
    assert (again[1], again[2]) == (moment, moment + STORE_EVERY + S)


def test_in_a_full_hall_many_are_stored_before_it_is_time(moment: datetime) -> None:
    ear = Ear()
    told = [ear.note(n, moment) for n in range(1, 2 * MOST + 1)]
    assert [n for n, due in enumerate(told, 1) if due] == [MOST, 2 * MOST]
    assert all(len(due) == MOST for due in told if due)
    for due in filter(None, told):
        ear.keep(due)  # the database was busy: not every request tries again
    assert ear.note(2 * MOST + 1, moment) is None


def test_an_older_moment_changes_nothing_and_no_sitting_is_no_error(
    app: Flask, made: Made, clock: time_machine.Traveller, moment: datetime
) -> None:
    phone = Phone(app)
    phone.enter(*PEOPLE[0])
    [seat, _] = seats(made, moment)
    assert seat.sitting_id is not None
    store_heard({seat.sitting_id: moment + 9 * S, 10_000: moment})
    store_heard({seat.sitting_id: moment + 5 * S})
    assert stored() == {seat.sitting_id: moment + 9 * S}


def test_saves_and_beats_are_heard_and_written_once_in_five_seconds(
    app: Flask, made: Made, clock: time_machine.Traveller, moment: datetime
) -> None:
    phone = Phone(app)
    phone.enter(*PEOPLE[0])
    for second in range(1, 21):
        clock.move_to(moment + second * S)
        if second % 2:
            assert phone.save(("1", ["A"], second)).status_code == 200
        else:
            reply = phone.client.get(f"/s/{phone.token}/state")
            assert reply.status_code == 200
        late = seats(made, moment + second * S)[0].heard_at
        assert late is not None
        assert timedelta() <= moment + second * S - late <= STORE_EVERY + S


def test_a_phone_that_says_nothing_for_a_minute_stands_on_top(
    app: Flask, made: Made, clock: time_machine.Traveller, moment: datetime
) -> None:
    phones = [Phone(app), Phone(app)]
    for phone, who in zip(phones, PEOPLE, strict=True):
        phone.enter(*who)
    for second in range(0, 120, 20):
        clock.move_to(moment + second * S)
        phones[1].client.get(f"/s/{phones[1].token}/state")
    now = moment + 100 * S
    assert [seat.where for seat in seats(made, now)] == [Where.SILENT, Where.WRITING]
    assert [seat.name for seat in silent_first(seats(made, now))] == ["张伟"]


def test_a_busy_database_costs_no_phone_its_answer(
    app: Flask,
    made: Made,
    clock: time_machine.Traveller,
    moment: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def busy(_heard: object) -> None:
        raise Busy("系统正忙，请稍后重试")

    phone = Phone(app)
    phone.enter(*PEOPLE[0])
    phone.save(("1", ["A"], 1))
    clock.move_to(moment + 6 * S)
    with monkeypatch.context() as patch:
        patch.setattr(heard, "store_heard", busy)
        assert phone.save(("1", ["B"], 2)).status_code == 200
    assert stored() == {}
    clock.move_to(moment + 12 * S)
    phone.save(("1", ["C"], 3))
    assert list(stored().values()) == [moment + 12 * S]
