"""X1–X4: a worker dies or stops at each point of a save, a hand-in, a start, a sweep.

The child is a whole application; it dies by ``os._exit`` where the driver is about to
be told the statement. Nothing is faked on this side: what is read is what is stored.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from audit.queries.verification import verify
from core import turns
from core.db import db, read_core
from core.sealing import settle_seals
from quiz.models import Answer, Score, Sitting
from quiz.operations.closing import sweep_exam
from tests.conftest import SECRET
from tests.quiz.children import CRASH, child
from tests.quiz.factories import Made, make_exam
from tests.quiz.phone import Phone

PEOPLE = [("市司法局", f"张{n}", f"{n:04d}") for n in range(8)]
ONE, TWO = ("1", ["C"], 1), ("2", ["B"], 2)

#: For each line it reads: a phone enters and saves; a process forked from this one
#: does the act, and dies where the line says, as the driver is told the statement.
DIES = """
POINT, begun, count = "", False, 0
def about_to(sql):
    global begun, count
    text = " ".join(sql.split()).upper()
    if text.startswith("BEGIN IMMEDIATE") or (not SQLITE and "FOR UPDATE" in text):
        if POINT == "before BEGIN":
            crash()
        begun, count = True, 0
        if SQLITE:
            return
    if not begun:
        return
    count += 1
    if POINT == "after BEGIN" and count == (1 if SQLITE else 2):
        crash()
    if POINT == "before COMMIT" and text.startswith("COMMIT"):
        crash()
    if text.startswith(POINT):
        crash()
def arm():
    import sqlalchemy as sa
    if POINT == "before the reply":
        import quiz.views.protocol
        quiz.views.protocol.written = crash
        app.after_request_funcs.setdefault(None, []).append(crash)
    elif SQLITE:
        def watch(connection, *_):
            connection.set_trace_callback(about_to)
        with app.app_context():
            sa.event.listen(db.engine, "checkout", watch)
    else:
        import psycopg
        execute, commit = psycopg.Cursor.execute, psycopg.Connection.commit
        def told(self, query, *args, **more):
            about_to(query if isinstance(query, str) else str(query))
            return execute(self, query, *args, **more)
        def committing(self):
            about_to("COMMIT")
            return commit(self)
        psycopg.Cursor.execute, psycopg.Connection.commit = told, committing
for line in sys.stdin:
    POINT, who = json.loads(line)
    phone = enter(who)
    phone.save(("1", ["C"], 1))
    pid = os.fork()
    if not pid:
        arm()
        act()
        os._exit(0)
    say(code=os.waitstatus_to_exitcode(os.wait()[1]))
"""
SAVES = """
def act():
    phone.save(("2", ["B"], 2))
"""
SUBMITS = """
def act():
    phone.submit(("1", ["C"], 1), ("2", ["B"], 2))
"""
SWEEPS = """
from datetime import datetime, timedelta, UTC
from quiz.operations.closing import sweep_exam
def act():
    with app.app_context():
        sweep_exam(exam_id=1, now=datetime.now(UTC) + timedelta(hours=5),
                   key=app.config["SECRET_KEY"])
"""
IN_A_CLOSING = ["UPDATE SITTING", "INSERT INTO SCORE", "INSERT INTO AUDIT_ENTRY"]


@pytest.fixture
def made(app: Flask) -> Made:
    made = make_exam(datetime.now(UTC) - timedelta(minutes=1), people=PEOPLE)
    settle_seals(now=datetime.now(UTC))
    db.session.remove()
    return made


def crashes(app: Flask, act: str, points: Sequence[str]) -> Iterator[Phone]:
    """For each point a phone whose worker died there, after its first answer."""
    with child(app, act + DIES) as one:
        for point, who in zip(points, PEOPLE, strict=False):
            one.tell([point, who])
            phone = one.phone()
            assert one.heard() == {"code": CRASH}, point
            yield phone


def answers(phone: Phone) -> dict[str, tuple[int, str]]:
    with read_core() as connection:
        query = (
            sa.select(Answer.q, Answer.seq, Answer.value)
            .join(Sitting, Sitting.id == Answer.sitting_id)
            .where(Sitting.token == phone.token)
        )
        return {row.q: (row.seq, row.value) for row in connection.execute(query)}


def points(phone: Phone) -> list[int]:
    with read_core() as connection:
        query = (
            sa.select(Score.points)
            .join(Sitting, Sitting.id == Score.sitting_id)
            .where(Sitting.token == phone.token)
        )
        return list(connection.execute(query).scalars())


def impossible() -> int:
    """X3: sittings that are closed without a score, or open with one."""
    scored = sa.exists().where(
        Score.sitting_id == Sitting.id, Score.generation == Sitting.generation
    )
    query = (
        sa.select(sa.func.count())
        .select_from(Sitting)
        .where(Sitting.state != "void", (Sitting.state == "open") == scored)
    )
    with read_core() as connection:
        return connection.execute(query).scalar_one()


def whole() -> None:
    """The file is sound, the log and every seal and score hold."""
    assert impossible() == 0
    assert verify(recount=True).found == []
    if db.engine.dialect.name == "sqlite":
        with read_core() as connection:
            for check in ("integrity_check", "foreign_key_check"):
                found = connection.exec_driver_sql(f"PRAGMA {check}").scalars().all()
                assert found in ([], ["ok"])


FIRST = {"1": (1, '["C"]')}
BOTH = FIRST | {"2": (2, '["B"]')}


def test_X1_a_save_that_died_is_not_stored_and_its_retry_is(
    app: Flask, made: Made
) -> None:
    places = ["before BEGIN", "after BEGIN", "before COMMIT"]
    for phone in crashes(app, SAVES, places):
        assert answers(phone) == FIRST
        reply = phone.save(TWO)
        assert reply.json is not None
        assert reply.json["acked"] == [["2", 2]]
        assert answers(phone) == BOTH
    whole()


def test_X2_N2_a_save_whose_reply_was_lost_is_stored_and_acknowledged_again(
    app: Flask, made: Made
) -> None:
    (phone,) = crashes(app, SAVES, ["before the reply"])
    assert answers(phone) == BOTH
    reply = phone.save(TWO)
    assert reply.json is not None
    assert reply.json["acked"] == [["2", 2]]
    assert answers(phone) == BOTH
    whole()


def test_X1_X3_a_hand_in_that_died_leaves_the_sitting_open_and_its_retry_closes_it(
    app: Flask, made: Made
) -> None:
    places = ["before BEGIN", "after BEGIN", *IN_A_CLOSING, "before COMMIT"]
    for phone in crashes(app, SUBMITS, places):
        assert answers(phone) == FIRST
        assert points(phone) == []
        assert impossible() == 0
        first = phone.submit(ONE, TWO)
        assert first.status_code == 200
        assert phone.submit(ONE, TWO).json == first.json
        assert points(phone) == [400]
    whole()


def test_X2_a_hand_in_whose_reply_was_lost_is_done_once(app: Flask, made: Made) -> None:
    (phone,) = crashes(app, SUBMITS, ["before the reply"])
    with read_core() as connection:
        word = connection.execute(sa.select(Sitting.check_word)).scalar_one()
    assert word
    assert phone.submit(ONE, TWO).status_code == 200
    page = phone.client.get(f"/s/{phone.token}/receipt").get_data(as_text=True)
    assert word in page
    assert points(phone) == [400]
    whole()


def test_X1_X3_a_sweep_that_died_is_done_by_the_next_one(
    app: Flask, made: Made
) -> None:
    places = ["after BEGIN", *IN_A_CLOSING, "before COMMIT"]
    later = datetime.now(UTC) + timedelta(hours=5)
    for phone in crashes(app, SWEEPS, places):
        assert points(phone) == []
        assert impossible() == 0
        assert sweep_exam(exam_id=made.exam_id, now=later, key=SECRET) == 0
        assert points(phone) == [200]
    with read_core() as connection:
        states = connection.execute(sa.select(Sitting.state)).scalars().all()
    assert states == ["auto"] * len(places)
    whole()


STOPS = """
phone = enter(json.loads(sys.stdin.readline()))
from quiz.operations import answers as module
store = module.store
def stops(*args):
    taken = store(*args)
    os.kill(os.getpid(), signal.SIGSTOP)
    return taken
module.store = stops
saved(("1", ["C"], 1))
"""


def test_X4_a_stopped_writer_costs_a_503_and_does_its_work_once(
    app: Flask, made: Made, backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "DEADLINE", 0.2)
    with child(app, STOPS) as stopped:
        stopped.tell(PEOPLE[0])
        phone = stopped.phone()
        os.waitid(os.P_PID, stopped.process.pid, os.WSTOPPED | os.WNOWAIT)
        reply = phone.save(TWO)  # the same sitting, by another worker
        assert reply.status_code == 503
        assert int(reply.headers["Retry-After"]) >= 1
        assert phone.client.get(f"/s/{phone.token}/state").status_code == 200
        assert answers(phone) == {}
        os.kill(stopped.process.pid, signal.SIGCONT)
        assert stopped.heard()["body"]["acked"] == [["1", 1]]
        stopped.ended()
        assert phone.save(TWO).status_code == 200
    assert answers(phone) == BOTH
    whole()


FORKS = """
phone = enter(json.loads(sys.stdin.readline()))
saved(("1", ["C"], 1))
with app.app_context():
    held = db.engine.connect()  # the parent's connection is in use
    held.exec_driver_sql("SELECT 1")
    ours = db.engine.pool
    if os.fork():
        _, code = os.wait()
        held.exec_driver_sql("SELECT 1")
        held.close()
    else:
        code = 0 if db.engine.pool is not ours else 3
        reply = phone.save(("2", ["B"], 2))
        os._exit(code or (0 if reply.status_code == 200 else 4))
    say(code=code)
saved(("3", ["A"], 3))
"""


def test_K13_a_forked_child_opens_connections_of_its_own(
    app: Flask, made: Made
) -> None:
    with child(app, FORKS) as one:
        one.tell(PEOPLE[0])
        phone = one.phone()
        assert one.heard()["status"] == 200
        assert one.heard() == {"code": 0}
        assert one.heard()["status"] == 200
        assert one.ended() == 0
    assert set(answers(phone)) == {"1", "2", "3"}
    whole()
