"""A backup is taken while phones save answers through the real server."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app import ROOT, create_app
from core.backup.restoring import restore_backup
from core.db import db
from core.errors import Refused
from quiz.operations.closing import sweep_exam
from quiz.queries.cards import known
from rehearsal.crowd import Outcome
from rehearsal.server import environment, running
from tests.answering import Crowd, prepare

PEOPLE, WALK_AWAY = 24, 5


@dataclass
class Held:
    """An exam, the backups taken while it went on, and one after it."""

    instance: Path
    outcome: Outcome
    during: list[Path]
    last: Path


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
    exam = prepare(instance, PEOPLE)
    taken = [instance / f"during-{n}.zip" for n in range(3)]
    with running(instance) as server:
        crowd = Crowd(exam, server.address, walk_away=WALK_AWAY, give_up=20.0)
        try:
            for target in taken:
                flask(instance, "backup", str(target))
        finally:
            outcome = crowd.stop()
        with pytest.raises(AssertionError, match="服务正在运行"):
            flask(instance, "restore", str(taken[0]), "--replace")
    app = create_app(environment(instance), testing=True)
    known.clear()
    with app.app_context():
        after = datetime.now(UTC) + timedelta(hours=12)
        assert sweep_exam(exam_id=exam.exam_id, now=after, key=str(app.secret_key)) == 0
        db.session.remove()
        db.engine.dispose()
    last = instance / "last.zip"
    flask(instance, "backup", str(last), "--with-secret")
    yield Held(instance, outcome, taken, last)
    known.clear()


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
