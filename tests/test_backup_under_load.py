"""A backup is taken while phones save answers through the real server."""

from __future__ import annotations

import asyncio
import itertools
import random
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app import ROOT, create_app
from core.backup.restoring import restore_backup
from core.cli import upgrade_database
from core.db import db
from core.errors import Refused
from quiz.operations.closing import sweep_exam
from quiz.queries.cards import known
from rehearsal.crowd import Outcome, gather, guess, run
from rehearsal.people import places, residents
from rehearsal.phone import Patience, Phone, Who
from rehearsal.queries import people_of_exam
from rehearsal.server import environment, running
from rehearsal.stage import Booking, book, publish_and_draw, settle, stock_bank

PEOPLE, WALK_AWAY = 24, 5
PAUSE, LONGEST = 0.1, 120.0  # seconds between two answers, and of all this


@dataclass
class Held:
    """An exam, the backups taken while it went on, and one after it."""

    instance: Path
    exam_id: int
    outcome: Outcome
    during: list[Path] = field(default_factory=list)
    last: Path = Path()


async def answer_until(enough: threading.Event, phone: Phone, n: int) -> None:
    """Sit the exam, answering all over again, until the backups are taken."""
    chance = random.Random(n)
    await phone.scan()
    await phone.identify()
    await phone.start()
    left = LONGEST
    for one in itertools.cycle(phone.questions):
        left -= PAUSE
        if enough.is_set() or left < 0:
            break
        phone.tap(one.q, guess(one, ("依法行政",), chance))
        await phone.save()
        await asyncio.sleep(PAUSE)
    if n >= WALK_AWAY:
        await phone.hand_in()
    phone.leave()


def flask(instance: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "flask", *arguments],
        cwd=ROOT,
        env=environment(instance),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Held]:
    instance = tmp_path_factory.mktemp("hall")
    exam_id, code, people = prepare(instance)
    found: list[Outcome] = []
    taken: list[Path] = []
    enough = threading.Event()
    with running(instance) as server:

        def phones() -> None:
            crowd = gather(
                people,
                lambda phone, n: answer_until(enough, phone, n),
                address=server.address,
                code=code,
                at_once=PEOPLE,
                seed=11,
                patience=Patience(first=0.1, longest=1.0, give_up=20.0),
            )
            found.append(run(crowd))

        crowd = threading.Thread(target=phones)
        crowd.start()
        try:
            for n in range(3):
                taken.append(instance / f"during-{n}.zip")
                flask(instance, "backup", str(taken[-1]))
        finally:
            enough.set()
            crowd.join()
        with pytest.raises(AssertionError, match="服务正在运行"):
            flask(instance, "restore", str(taken[0]), "--replace")
    app = create_app(environment(instance), testing=True)
    known.clear()
    with app.app_context():
        after = datetime.now(UTC) + timedelta(hours=12)
        assert sweep_exam(exam_id=exam_id, now=after, key=str(app.secret_key)) == 0
        db.session.remove()
        db.engine.dispose()
    last = instance / "last.zip"
    flask(instance, "backup", str(last), "--with-secret")
    yield Held(instance, exam_id, found[0], taken, last)
    known.clear()


def prepare(instance: Path) -> tuple[int, str, list[Who]]:
    app = create_app(environment(instance), testing=True)
    known.clear()
    now = datetime.now(UTC)
    with app.app_context():
        upgrade_database()
        settle(places(), residents(), now=now)
        stock_bank(now=now)
        booking = Booking("备份演练", now, now + timedelta(hours=3), 1, "at_once")
        exam = book(booking, account_id=None, now=now)
        publish_and_draw(exam, account_id=None, now=now)
        people = [Who(*typed) for typed in people_of_exam(exam.id)][:PEOPLE]
        db.session.remove()
        db.engine.dispose()
        return exam.id, exam.code, people


def rows(database: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(database)) as connection:
        return list(connection.execute(sql))


def restored(path: Path, folder: Path) -> Path:
    """The database of a backup, in an instance that had only another key."""
    app = create_app(environment(folder), testing=True)
    with app.app_context():
        restore_backup(
            path, replace=False, other_key=True, passphrase="", now=datetime.now(UTC)
        )
        db.session.remove()
        db.engine.dispose()
    return folder / "lawgauge.db"


def test_the_phones_noticed_nothing(held: Held) -> None:
    assert held.outcome.errors == []
    assert held.outcome.times.refused == {}
    assert held.outcome.receipts == PEOPLE - WALK_AWAY
    assert held.outcome.acknowledged > 10 * PEOPLE


ANSWERS = "SELECT sitting_id, generation, q, seq, value FROM answer"
SCORES = (
    "SELECT sitting_id, generation, key_revision, points, detail FROM score ORDER BY 1"
)


def test_S10_a_backup_taken_under_load_is_one_moment_of_the_exam(
    held: Held, tmp_path: Path
) -> None:
    """Whole, and every answer in it is one the live database has or had before."""
    final = {row[:3]: row[3] for row in rows(held.instance / "lawgauge.db", ANSWERS)}
    scores = rows(held.instance / "lawgauge.db", SCORES)
    moments = []
    for n, path in enumerate(held.during):
        folder = tmp_path / f"one-{n}"
        database = restored(path, folder)
        assert rows(database, "PRAGMA integrity_check") == [("ok",)]
        assert rows(database, "PRAGMA foreign_key_check") == []
        answers = rows(database, ANSWERS)
        moments.append(sum(int(str(row[3])) for row in answers))
        assert all(row[3] <= final[row[:3]] for row in answers)  # type: ignore[operator]
        assert set(rows(database, SCORES)) <= set(scores)
    # Sequence numbers only rise: each was taken while they answered.
    moments.append(sum(int(str(seq)) for seq in final.values()))
    assert moments == sorted(set(moments))


def test_P15_the_restored_scores_are_the_scores(held: Held, tmp_path: Path) -> None:
    database = restored(held.last, tmp_path / "again")
    live = rows(held.instance / "lawgauge.db", SCORES)
    assert len(live) == PEOPLE
    assert rows(database, SCORES) == live
    key = (held.instance / "secret_key").read_text()
    assert (tmp_path / "again" / "secret_key").read_text() == key


def test_S10_a_file_copied_by_hand_is_not_a_backup(held: Held, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    copy.write_bytes((held.instance / "lawgauge.db").read_bytes())
    with pytest.raises(Refused, match="不是备份"):
        restored(copy, tmp_path / "other")
