"""补时 and 暂停: the deadline moves for those who are meant, once, and phones learn."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import chain, combinations

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from core.audit import AuditEntry, breaks
from core.db import db, read_core
from core.errors import Conflict, Missing, Refused
from quiz.models import Exam, TimeGrant
from quiz.operations.answers import Closed
from quiz.operations.exams import publish_results
from quiz.operations.grants import Granted, give_time, pause_exam, resume_exam
from quiz.operations.rooms import assign_room
from quiz.queries.running import find_pause, grants_of
from quiz.rules.grants import Reach
from tests.conftest import make_account
from tests.quiz.factories import Made, make_exam
from tests.quiz.phone import Phone
from tests.quiz.sitters import Sitter, at_once, set_room, sweep

PEOPLE = [
    ("市司法局", "张伟", "0417"),
    ("市司法局", "李娜", "2231"),
    ("市财政局", "王芳", "8830"),
]
S, M = timedelta(seconds=1), timedelta(minutes=1)


@pytest.fixture
def made(app: Flask, moment: datetime) -> Made:
    made = make_exam(moment, people=PEOPLE)
    set_room(made.candidates[0], "第1考场")
    set_room(made.candidates[2], "第1考场")
    set_room(made.candidates[1], "第2考场")
    return made


@pytest.fixture
def account(app: Flask) -> int:
    return make_account("ivan", "invigilator")


def unit_of(made: Made, place: int) -> int:
    db.session.rollback()
    sql = sa.text("SELECT unit_id FROM candidate WHERE id = :id")
    return int(db.session.execute(sql, {"id": made.candidates[place]}).scalar_one())


def give(made: Made, now: datetime, reach: Reach, seconds: int, **more: str) -> Granted:
    values = {"reason": "网络故障", "key": f"{reach}-{seconds}", **more}
    return give_time(
        exam_id=made.exam_id,
        reach=reach,
        seconds=seconds,
        account_id=None,
        now=now,
        **values,
    )


def everybody(made: Made, now: datetime) -> list[Sitter]:
    return [Sitter(candidate).start(now) for candidate in made.candidates]


@pytest.mark.parametrize(
    ("kind", "moved"),
    [("person", [1]), ("unit", [0, 1]), ("room", [0, 2]), ("exam", [0, 1, 2])],
)
def test_P8_time_reaches_those_who_are_meant_and_nobody_else(
    made: Made, moment: datetime, kind: str, moved: list[int]
) -> None:
    reach = {
        "person": Reach(candidate_id=made.candidates[1]),
        "unit": Reach(unit_id=unit_of(made, 0)),
        "room": Reach(room="第1考场"),
        "exam": Reach(),
    }[kind]
    sitters = everybody(made, moment)
    granted = give(made, moment + M, reach, 300)
    assert (granted.moved, granted.closed, granted.again) == (len(moved), 0, False)
    for place, sitter in enumerate(sitters):
        extra = 5 * M if place in moved else timedelta()
        assert sitter.row.deadline == moment + 60 * M + extra


KINDS = ("person", "unit", "room", "exam")
ALL_SETS = list(chain.from_iterable(combinations(KINDS, n) for n in range(5)))


@pytest.mark.parametrize("before", [True, False], ids=["before", "while sitting"])
@pytest.mark.parametrize("kinds", ALL_SETS, ids="+".join)
def test_T7_grants_of_every_reach_add_up_whenever_they_were_given(
    made: Made, moment: datetime, kinds: tuple[str, ...], before: bool
) -> None:
    given = {
        "person": (Reach(candidate_id=made.candidates[0]), 60),
        "unit": (Reach(unit_id=unit_of(made, 0)), 120),
        "room": (Reach(room="第1考场"), 240),
        "exam": (Reach(), 480),
    }
    sitter = Sitter(made.candidates[0])
    if not before:
        sitter.start(moment)
    for kind in kinds:
        give(made, moment, *given[kind])
    if before:
        sitter.start(moment)
    seconds = sum(given[kind][1] for kind in kinds)
    assert sitter.row.deadline == moment + 60 * M + seconds * S


def test_a_double_tap_gives_time_once(made: Made, moment: datetime) -> None:
    (sitter, *_) = everybody(made, moment)
    first = give(made, moment, Reach(), 300, key="tap-1")
    again = give(made, moment + S, Reach(), 300, key="tap-1")
    assert (again.grant_id, again.again, again.moved) == (first.grant_id, True, 0)
    assert sitter.row.deadline == moment + 65 * M
    with pytest.raises(Conflict):
        give(made, moment, Reach(), 600, key="tap-1")
    give(made, moment, Reach(), 300, key="tap-2")
    assert sitter.row.deadline == moment + 70 * M


def test_two_taps_at_the_same_moment_give_time_once(
    app: Flask, made: Made, moment: datetime
) -> None:
    (sitter, *_) = everybody(made, moment)
    results = at_once(app, *[lambda: give(made, moment, Reach(), 300)] * 4)
    assert sorted(one.again for one in results) == [False, True, True, True]
    assert sitter.row.deadline == moment + 65 * M


def test_what_was_given_is_listed_and_audited_with_its_giver(
    made: Made, account: int, moment: datetime
) -> None:
    everybody(made, moment)
    give_time(
        exam_id=made.exam_id,
        reach=Reach(room="第1考场"),
        seconds=600,
        reason=" 停电 ",
        key="tap",
        account_id=account,
        now=moment,
    )
    with read_core() as connection:
        (grant,) = grants_of(connection, made.exam_id)
        assert list(breaks(connection)) == []
    assert (grant.reach, grant.seconds) == (Reach(room="第1考场"), 600)
    assert (grant.reason, grant.granted_by) == ("停电", account)
    entry = db.session.scalars(
        sa.select(AuditEntry).where(AuditEntry.action == "exam.grant")
    ).one()
    assert entry.actor == f"account:{account}"
    assert '"moved":2' in entry.facts
    assert '"room":"第1考场"' in entry.facts
    assert "停电" not in entry.facts


@pytest.mark.parametrize("seconds", [0, -60, 24 * 3600 + 1])
def test_no_time_or_more_than_a_day_is_refused(
    made: Made, moment: datetime, seconds: int
) -> None:
    with pytest.raises(Refused):
        give(made, moment, Reach(), seconds)


def test_a_grant_wants_a_reason_and_somebody_to_reach(
    made: Made, moment: datetime
) -> None:
    with pytest.raises(Refused, match="原因"):
        give(made, moment, Reach(), 60, reason=" ")
    for reach in (Reach(room="第9考场"), Reach(unit_id=999), Reach(candidate_id=999)):
        with pytest.raises(Refused, match="没有要补时的人"):
            give(made, moment, reach, 60)
    with pytest.raises(Missing):
        give_time(
            exam_id=99, reach=Reach(), seconds=60, reason="x", key="k",
            account_id=None, now=moment,
        )  # fmt: skip
    assert db.session.scalar(sa.select(sa.func.count()).select_from(TimeGrant)) == 0


def test_after_the_results_no_time_is_given(made: Made, moment: datetime) -> None:
    publish_results(exam_id=made.exam_id, account_id=None, now=moment + 180 * M)
    with pytest.raises(Refused, match="成绩已经公布"):
        give(made, moment + 181 * M, Reach(), 60)


def test_T6_P8_a_page_that_thinks_time_is_up_learns_with_its_next_message(
    app: Flask, made: Made, moment: datetime
) -> None:
    with time_machine.travel(moment, tick=False) as clock:
        phone = Phone(app)
        phone.enter(*PEOPLE[0])
        clock.move_to(moment + 60 * M - 5 * S)
        give(made, moment + 60 * M - 5 * S, Reach(), 600)
        clock.move_to(moment + 60 * M + 31 * S)  # its old deadline and grace are over
        reply = phone.save(("1", ["C"], 1))
        assert reply.status_code == 200
        assert reply.json is not None
        assert reply.json["acked"] == [["1", 1]]
        assert reply.json["remaining"] == (10 * M - 31 * S) / timedelta(milliseconds=1)
        state = phone.client.get(f"/s/{phone.token}/state").json
        assert state is not None
        assert state["remaining_ms"] == reply.json["remaining"]


def test_K8_after_the_sweep_a_grant_moves_nothing_and_says_so(
    made: Made, moment: datetime
) -> None:
    (sitter, *_) = everybody(made, moment)
    late = moment + 61 * M
    sweep(made.exam_id, late)
    granted = give(made, late, Reach(), 600)
    assert (granted.moved, granted.closed) == (0, 3)
    assert (sitter.row.state, sitter.row.deadline) == ("auto", moment + 60 * M)


def test_K8_a_grant_before_the_sweep_keeps_the_sitting_open(
    made: Made, moment: datetime
) -> None:
    (sitter, *_) = everybody(made, moment)
    late = moment + 61 * M
    assert give(made, late, Reach(), 600).moved == 3
    sweep(made.exam_id, late)
    assert sitter.row.state == "open"
    sitter.save(late, ("1", ["C"], 1))


@pytest.mark.parametrize("turn", range(4))
def test_K8_of_grant_and_sweep_at_one_moment_one_wins(
    app: Flask, made: Made, moment: datetime, turn: int
) -> None:
    sitters = everybody(made, moment)
    late = moment + 61 * M
    acts = [lambda: give(made, late, Reach(), 600), lambda: sweep(made.exam_id, late)]
    granted = at_once(app, *(acts if turn % 2 else acts[::-1]))[0 if turn % 2 else 1]
    states = [sitter.row.state for sitter in sitters]
    ends = [sitter.row.deadline for sitter in sitters]
    # All or nothing here: a grant is one transaction, so is a sweep of three.
    assert granted.moved + granted.closed == 3
    if granted.moved:
        assert (states, ends) == (["open"] * 3, [moment + 70 * M] * 3)
    else:
        assert (states, ends) == (["auto"] * 3, [moment + 60 * M] * 3)


@pytest.mark.parametrize("turn", range(6))
def test_a_grant_misses_nobody_who_is_just_starting(
    app: Flask, made: Made, moment: datetime, turn: int
) -> None:
    sitter = Sitter(made.candidates[turn % 3])
    at_once(
        app,
        lambda: give(made, moment, Reach(), 600),
        lambda: sitter.start(moment),
    )
    assert sitter.row.deadline == moment + 70 * M


# --- 暂停 ---------------------------------------------------------------------


def pause(made: Made, now: datetime, key: str = "alarm") -> int:
    return pause_exam(
        exam_id=made.exam_id, reason="火警", key=key, account_id=None, now=now
    )


def resume(made: Made, now: datetime, pause_id: int) -> timedelta:
    return resume_exam(
        exam_id=made.exam_id, pause_id=pause_id, account_id=None, now=now
    )


def closes(made: Made) -> datetime:
    db.session.rollback()
    return db.session.execute(sa.select(Exam.closes_at)).scalar_one()


def test_T12_a_pause_moves_every_deadline_and_the_closing_time_once(
    made: Made, moment: datetime
) -> None:
    sitters = everybody(made, moment)[:2]
    alarm = moment + 20 * M
    stood = 7 * M + timedelta(milliseconds=123)
    first = pause(made, alarm)
    assert pause(made, alarm + S) == first  # the same tap again
    for _ in range(2):
        assert resume(made, alarm + stood, first) == stood
    for sitter in sitters:
        assert sitter.row.deadline == moment + 60 * M + stood
    assert closes(made) == moment + 120 * M + stood
    assert resume(made, alarm + 40 * M, first) == stood  # and much later


def test_T12_each_act_is_one_audit_entry(made: Made, moment: datetime) -> None:
    everybody(made, moment)
    first = pause(made, moment + M)
    pause(made, moment + M)
    for _ in range(2):
        resume(made, moment + 2 * M, first)
    actions = list(db.session.scalars(sa.select(AuditEntry.action).order_by("n")))
    assert actions == ["sitting.start"] * 3 + ["exam.pause", "exam.resume"]
    assert list(breaks(db.session.connection())) == []


def test_T12_while_it_is_paused_nobodys_time_runs(
    app: Flask, made: Made, moment: datetime
) -> None:
    with time_machine.travel(moment, tick=False) as clock:
        phone = Phone(app)
        phone.enter(*PEOPLE[0])
        alarm = moment + 59 * M
        pause(made, alarm)
        for later in (0 * M, 5 * M, 500 * M):  # long after the old deadline
            clock.move_to(alarm + later)
            body = phone.save(("1", ["C"], 1)).json
            assert body is not None
            assert (body["remaining"], body["paused"]) == (60_000, True)
            state = phone.client.get(f"/s/{phone.token}/state").json
            assert state is not None
            assert (state["remaining_ms"], state["paused"]) == (60_000, True)
            sweep(made.exam_id, alarm + later)
    with read_core() as connection:
        pause_id = find_pause(connection, made.exam_id)
    assert pause_id is not None
    resume(made, alarm + 500 * M, pause_id)
    db.session.rollback()
    ends = db.session.scalar(sa.text("SELECT deadline FROM sitting"))
    assert str(ends).startswith(f"{moment + 560 * M:%Y-%m-%d %H:%M}")


def test_T12_nobody_starts_during_a_pause_and_who_starts_after_has_the_own_time(
    made: Made, moment: datetime
) -> None:
    alarm = moment + 20 * M
    first = pause(made, alarm)
    with pytest.raises(Refused, match="暂停"):
        Sitter(made.candidates[0]).start(alarm + M)
    resume(made, alarm + 10 * M, first)
    sitter = Sitter(made.candidates[0]).start(alarm + 10 * M)
    assert sitter.row.deadline == alarm + 10 * M + 60 * M  # an hour, not more
    last = Sitter(made.candidates[1]).start(moment + 129 * M)
    assert last.row.deadline == moment + 130 * M  # the window has moved


def test_T12_a_running_sitting_is_opened_again_during_a_pause(
    made: Made, moment: datetime
) -> None:
    sitter = Sitter(made.candidates[0]).start(moment)
    token = sitter.token
    pause(made, moment + M)
    assert sitter.start(moment + 2 * M).token == token


def test_T12_whose_time_was_over_before_the_pause_gets_none(
    made: Made, moment: datetime
) -> None:
    over = Sitter(made.candidates[0]).start(moment)
    grace = Sitter(made.candidates[1]).start(moment + 30 * S)
    running = Sitter(made.candidates[2]).start(moment + 10 * M)
    alarm = moment + 60 * M + 31 * S  # the first is past its grace, not yet swept
    first = pause(made, alarm)
    with pytest.raises(Closed):
        over.save(alarm + M, ("1", ["C"], 1))
    grace.save(alarm + M, ("1", ["C"], 1))
    sweep(made.exam_id, alarm + M)
    assert over.row.state == "auto"
    assert grace.row.state == "open"
    resume(made, alarm + 5 * M, first)
    assert over.row.deadline == moment + 60 * M
    assert grace.row.deadline == moment + 65 * M + 30 * S
    assert running.row.deadline == moment + 75 * M


def test_T12_grants_and_pauses_add_up(made: Made, moment: datetime) -> None:
    (sitter, *_) = everybody(made, moment)
    first = pause(made, moment + 10 * M)
    give(made, moment + 11 * M, Reach(), 120)
    resume(made, moment + 15 * M, first)
    second = pause(made, moment + 20 * M, key="again")
    resume(made, moment + 21 * M, second)
    assert sitter.row.deadline == moment + (60 + 2 + 5 + 1) * M


def test_a_pause_is_refused_twice_without_reason_or_outside_the_exam(
    made: Made, moment: datetime
) -> None:
    for outside in (moment - M, moment + 120 * M):
        with pytest.raises(Refused, match="没有在进行"):
            pause(made, outside)
    with pytest.raises(Refused, match="原因"):
        pause_exam(
            exam_id=made.exam_id, reason="", key="k", account_id=None, now=moment
        )
    pause(made, moment)
    with pytest.raises(Conflict):
        pause(made, moment, key="another tap")
    with pytest.raises(Conflict):
        resume(made, moment, 77)
    with pytest.raises(Refused, match="暂停"):
        publish_results(exam_id=made.exam_id, account_id=None, now=moment + 180 * M)


# --- 考场 ---------------------------------------------------------------------


def test_a_room_is_given_to_people_of_the_exam_only(
    made: Made, moment: datetime
) -> None:
    assign_room(
        exam_id=made.exam_id, candidate_ids=made.candidates, room=" 第7考场 ",
        account_id=None, now=moment,
    )  # fmt: skip
    assert give(made, moment, Reach(room="第7考场"), 60).moved == 0
    for wrong, room in (([], "A"), ([999], "A"), (made.candidates, " ")):
        with pytest.raises(Refused):
            assign_room(
                exam_id=made.exam_id, candidate_ids=wrong, room=room,
                account_id=None, now=moment,
            )  # fmt: skip


# --- 命令 ---------------------------------------------------------------------


@pytest.fixture
def at_opening(moment: datetime) -> Iterator[time_machine.Traveller]:
    with time_machine.travel(moment, tick=False) as traveller:
        yield traveller


def test_time_is_given_from_the_terminal(
    app: Flask, made: Made, moment: datetime, at_opening: time_machine.Traveller
) -> None:
    sitters = everybody(made, moment)
    run = app.test_cli_runner().invoke
    one = ["--minutes", "5", "--reason", "断网"]
    done = run(args=["exams", "grant", made.code, *one, "--person", "李娜"])
    assert (done.exit_code, "1 份作答已延长" in done.output) == (0, True)
    done = run(args=["exams", "grant", made.code, *one, "--unit", "市财政局", "--json"])
    assert json.loads(done.output) == {"closed": 0, "minutes": 5, "moved": 1}
    for options in (["--person", "无此人"], ["--unit", "x"], ["--room", "x"]):
        done = run(args=["exams", "grant", made.code, *one, *options])
        assert done.exit_code == 1
        assert done.output.startswith("Error: ")
    assert [one.row.deadline for one in sitters] == [
        moment + 60 * M, moment + 65 * M, moment + 65 * M,
    ]  # fmt: skip


def test_an_exam_is_paused_and_resumed_from_the_terminal(
    app: Flask, made: Made, moment: datetime, at_opening: time_machine.Traveller
) -> None:
    (sitter, *_) = everybody(made, moment)
    run = app.test_cli_runner().invoke
    assert run(args=["exams", "resume", made.code]).exit_code == 1
    done = run(args=["exams", "pause", made.code, "--reason", "火警"])
    assert done.exit_code == 0
    at_opening.shift(90)
    done = run(args=["exams", "resume", made.code])
    assert "1 分 30 秒" in done.output
    assert sitter.row.deadline == moment + 61 * M + 30 * S
    done = run(args=["exams", "room", made.code, "大礼堂", "--unit", "市司法局"])
    assert done.output.strip() == "大礼堂：2 人"
