"""S1–S3, S11: the database cannot take a write. It is said; it passes by itself."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from werkzeug.test import TestResponse

from audit.queries.verification import verify
from core.db import db, engine_options, read_core, write
from core.sealing import settle_seals
from quiz.models import Answer, Sitting
from quiz.operations import answers as saving
from quiz.views import protocol
from tests.quiz.children import child
from tests.quiz.factories import Made, make_exam
from tests.quiz.phone import Phone

PEOPLE = [("市司法局", f"张{n}", f"{n:04d}") for n in range(24)]
LONG = ["很长的答案" * 40, "又一个空" * 50]  # 400 characters: a page holds three
ONE = ("1", ["C"], 1)


@pytest.fixture
def made(app: Flask, moment: datetime) -> Made:
    made = make_exam(moment, people=PEOPLE)
    settle_seals(now=moment)
    db.session.remove()
    return made


@pytest.fixture
def now(made: Made, moment: datetime) -> Iterator[None]:
    with time_machine.travel(moment + timedelta(minutes=1), tick=False):
        yield


@pytest.fixture
def phone(app: Flask, made: Made, now: None) -> Phone:
    phone = Phone(app)
    phone.enter(*PEOPLE[0])
    return phone


@contextmanager
def on_each_connection(act: Callable[[Any], None]) -> Iterator[None]:
    """Do something to every connection the application takes."""

    def taken(connection: Any, *_: object) -> None:
        act(connection)

    sa.event.listen(db.engine, "checkout", taken)
    yield
    sa.event.remove(db.engine, "checkout", taken)


def refused(reply: TestResponse) -> None:
    """503 with Retry-After, and nothing that a phone could take for an answer."""
    assert reply.status_code == 503
    assert int(reply.headers["Retry-After"]) >= 1
    assert "acked" not in (reply.json or {})


def stored() -> dict[tuple[str, str], int]:
    """(token, question) → sequence number."""
    with read_core() as connection:
        query = sa.select(Sitting.token, Answer.q, Answer.seq).join(
            Answer, Answer.sitting_id == Sitting.id
        )
        return {(row.token, row.q): row.seq for row in connection.execute(query)}


@contextmanager
def writer_elsewhere(app: Flask, backend: str) -> Iterator[None]:
    """Somebody else's connection holds the write lock of all that a save needs."""
    url = app.config["SQLALCHEMY_DATABASE_URI"]
    engine = sa.create_engine(url, **engine_options(url, 1))
    with engine.connect() as connection:
        if backend == "sqlite":
            driver: Any = connection.connection.dbapi_connection
            driver.isolation_level = None
            driver.execute("BEGIN IMMEDIATE")
        else:
            connection.exec_driver_sql("LOCK TABLE sitting IN EXCLUSIVE MODE")
        yield
        connection.rollback()
    engine.dispose()


def test_S1_a_lock_that_is_not_free_in_time_is_503_and_reads_go_on(
    app: Flask, backend: str, phone: Phone
) -> None:
    assert phone.save(ONE).status_code == 200
    before = stored()
    with writer_elsewhere(app, backend):
        refused(phone.save(("1", ["A"], 2)))
        refused(phone.submit(("1", ["A"], 2)))
        assert phone.client.get(f"/s/{phone.token}/state").status_code == 200
        assert stored() == before
    assert phone.save(("1", ["A"], 2)).status_code == 200
    assert phone.submit(("1", ["A"], 2)).status_code == 200
    assert verify(recount=True).found == []


def test_S2_a_full_database_takes_nothing_says_so_and_recovers(
    app: Flask, backend: str, made: Made, now: None
) -> None:
    if backend == "postgresql":
        pytest.skip("a full disk of PostgreSQL is its server's")
    phones = []
    for who in PEOPLE:
        phone = Phone(app)
        phone.enter(*who)
        phones.append(phone)
    with read_core() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()

    def no_larger(connection: Any) -> None:
        connection.execute(f"PRAGMA max_page_count={pages}")

    def as_ever(connection: Any) -> None:
        connection.execute("PRAGMA max_page_count=1073741823")

    acked, lost = {}, []
    with on_each_connection(no_larger):
        for phone in phones:
            reply = phone.save(("5", LONG, 1))
            if reply.status_code == 200:
                acked[phone.token, "5"] = 1
            else:
                refused(reply)
                lost.append(phone)
                path = f"/s/{phone.token}/state"
                assert phone.client.get(path).status_code == 200
        assert lost, "the database was never full"
        assert stored() == acked
    with on_each_connection(as_ever):
        for phone in lost:  # no restart: the same message again
            assert phone.save(("5", LONG, 1)).status_code == 200
    assert len(stored()) == len(PEOPLE)
    assert verify(recount=True).found == []
    with read_core() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"


FILE_LIMIT = """
import resource
phone = enter(json.loads(sys.stdin.readline()))
saved(("1", ["C"], 1))
wal = app.config["SQLALCHEMY_DATABASE_URI"].removeprefix("sqlite:///") + "-wal"
_, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (os.path.getsize(wal), hard))
saved(("2", ["B"], 2))
saved(("3", ["A"], 3))
reply = phone.submit(("1", ["C"], 1), ("2", ["B"], 2), ("3", ["A"], 3))
say(status=reply.status_code)
say(status=phone.client.get(f"/s/{phone.token}/state").status_code)
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
saved(("2", ["B"], 2))
reply = phone.submit(("1", ["C"], 1), ("2", ["B"], 2))
say(status=reply.status_code)
"""


def test_S2_S3_a_file_that_may_not_grow_is_503_and_recovers_without_a_restart(
    app: Flask, backend: str
) -> None:
    if backend == "postgresql":
        pytest.skip("the files of PostgreSQL are its server's")
    make_exam(datetime.now(UTC) - timedelta(minutes=1), people=PEOPLE)
    settle_seals(now=datetime.now(UTC))
    db.session.remove()
    with child(app, FILE_LIMIT) as one:
        one.tell(PEOPLE[0])
        phone = one.phone()
        assert one.heard()["status"] == 200
        for _ in range(2):
            said = one.heard()
            assert (said["status"], said["retry"]) == (503, "2")
        assert one.heard() == {"status": 503}
        assert one.heard() == {"status": 200}  # reads go on
        assert one.heard()["body"]["acked"] == [["2", 2]]
        assert one.heard() == {"status": 200}
        assert one.ended() == 0
    assert stored() == {(phone.token, "1"): 1, (phone.token, "2"): 2}
    assert verify(recount=True).found == []


def test_S11_a_connection_lost_before_the_commit_is_503_and_the_retry_is_stored(
    app: Flask, backend: str, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    if backend == "sqlite":
        pytest.skip("SQLite has no server to lose")
    honest = saving.store
    url = app.config["SQLALCHEMY_DATABASE_URI"]
    other = sa.create_engine(url, isolation_level="AUTOCOMMIT")

    def severed(connection: sa.Connection, *rest: Any) -> Any:
        taken = honest(connection, *rest)
        pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        with other.connect() as killer:
            killer.exec_driver_sql(f"SELECT pg_terminate_backend({pid})")
        return taken

    with monkeypatch.context() as patch:
        patch.setattr(saving, "store", severed)
        refused(phone.save(ONE))
    assert stored() == {}
    assert phone.save(ONE).status_code == 200
    with other.connect() as killer:  # and a restart of the server, as it were
        killer.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    other.dispose()
    assert phone.save(("1", ["A"], 2)).status_code == 200
    assert stored() == {(phone.token, "1"): 2}


def _gone(url: str) -> None:
    """Every connection to the database is ended, as by a restart of its server."""
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as killer:
        killer.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    engine.dispose()


def test_S11_a_connection_lost_behind_what_was_read_changes_no_answer(
    app: Flask, backend: str, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    if backend == "sqlite":
        pytest.skip("SQLite has no server to lose")
    honest = saving.save_answers

    def read_before(**given: Any) -> Any:
        db.session.execute(sa.select(Sitting.id)).all()
        _gone(app.config["SQLALCHEMY_DATABASE_URI"])
        return honest(**given)

    monkeypatch.setattr(protocol, "save_answers", read_before)
    reply = phone.save(ONE)
    assert reply.json is not None
    assert reply.json["acked"] == [["1", 1]]
    assert stored() == {(phone.token, "1"): 1}


def test_S11_a_writer_whose_session_lost_its_connection_writes_on_a_new_one(
    app: Flask, backend: str, made: Made
) -> None:
    if backend == "sqlite":
        pytest.skip("SQLite has no server to lose")
    assert db.session.scalars(sa.select(Sitting.id)).all() == []
    _gone(app.config["SQLALCHEMY_DATABASE_URI"])
    with write() as session:
        assert session.scalars(sa.select(Sitting.id)).all() == []


@pytest.mark.parametrize("said", ["database is locked", "disk I/O error"])
def test_S1_S2_a_read_that_fails_for_the_moment_is_503_too(
    app: Flask, said: str
) -> None:
    driver = engine_options("sqlite://", 1)["module"]
    error = sa.exc.OperationalError("SELECT 1", None, driver.Error(said))
    with app.test_request_context("/"):
        answer = app.make_response(app.handle_user_exception(error))
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]


def test_what_is_wrong_with_the_program_is_not_called_busy(
    app: Flask, backend: str, phone: Phone
) -> None:
    """A missing table never passes by waiting: it is an error, and loud."""
    if backend == "postgresql":
        pytest.skip("there it is a ProgrammingError anyway")
    with db.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE answer RENAME TO answer_gone")
    with pytest.raises(sa.exc.OperationalError, match="no such table"):
        phone.save(ONE)
    with db.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE answer_gone RENAME TO answer")


# --- P13: what is acknowledged is on the disk --------------------------------------

SAVES = 60
COUNTED = """
mode, marks, times = json.loads(sys.stdin.readline())
import sqlalchemy as sa
def set_mode(connection, *_):
    connection.execute(f"PRAGMA synchronous={mode}")
with app.app_context():
    sa.event.listen(db.engine, "checkout", set_mode)
phone = enter(json.loads(sys.stdin.readline()))
os.mkdir(marks + "/begin")
for n in range(1, times + 1):
    reply = phone.save(("1", ["A" if n % 2 else "C"], n))
    assert reply.json["acked"] == [["1", n]]
os.mkdir(marks + "/end")
"""


@pytest.mark.parametrize(("mode", "all_synced"), [("FULL", True), ("OFF", False)])
def test_P13_there_are_as_many_syncs_as_commits(
    app: Flask, backend: str, tmp_path: Path, mode: str, all_synced: bool
) -> None:
    """Counted by the kernel's own trace, between two marks around the saves.

    With ``OFF`` the same count is far below: the counting has teeth.
    """
    if backend == "postgresql":
        pytest.skip("PostgreSQL syncs in its own processes")
    _needs_strace(tmp_path)
    make_exam(datetime.now(UTC) - timedelta(minutes=1), people=PEOPLE)
    db.session.remove()
    log = tmp_path / "trace"
    words = ["strace", "-f", "-y", "-qq", "-o", str(log)]
    words += ["-e", "trace=fsync,fdatasync,mkdir,mkdirat"]
    with child(app, COUNTED, *words) as one:
        one.tell([mode, str(tmp_path), SAVES])
        one.tell(PEOPLE[0])
        one.phone()
        assert one.ended() == 0
    lines = log.read_text().splitlines()
    begin, end = (
        next(n for n, line in enumerate(lines) if f"/{mark}" in line)
        for mark in ("begin", "end")
    )
    synced = [one for one in lines[begin:end] if re.search(r"sync\(\d+<.*-wal>", one)]
    assert (len(synced) >= SAVES) is all_synced, len(synced)
    assert all_synced or len(synced) < SAVES // 10


def _needs_strace(folder: Path) -> None:
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("strace is not here: only the setting is seen, in the next test")
    tried = subprocess.run(
        [strace, "-o", str(folder / "tried"), "true"], check=False, capture_output=True
    )
    if tried.returncode:
        pytest.skip("this system lets nobody be traced")


def test_S6_the_connections_that_write_are_set_to_sync_every_commit(
    app: Flask, backend: str, durable: None, phone: Phone
) -> None:
    """The setting on the very connections; whether the disk obeys it cannot say."""
    if backend == "postgresql":
        pytest.skip("these are SQLite's")
    seen = set()

    def look(connection: Any) -> None:
        names = ("journal_mode", "synchronous", "foreign_keys")
        found = [connection.execute(f"PRAGMA {name}").fetchone() for name in names]
        seen.add(tuple(value for (value,) in found))

    with on_each_connection(look):
        assert phone.save(ONE).status_code == 200
        assert phone.submit(ONE).status_code == 200
    assert seen == {("wal", 2, 1)}
