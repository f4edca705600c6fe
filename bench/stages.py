"""Open exams to measure with, on SQLite or on a PostgreSQL server of our own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flask import Flask

from app import create_app
from core.cli import upgrade_database
from core.db import db
from quiz.queries.cards import known
from quiz.queries.exams import exam_by_code
from rehearsal.people import FIRST, SECOND, SURNAMES, Resident, places
from rehearsal.phone import Who
from rehearsal.queries import people_of_exam
from rehearsal.server import environment
from rehearsal.stage import Booking, book, publish_and_draw, settle, stock_bank
from tests.postgres import PostgresServer

DATABASE = "lawgauge.db"
OPEN_FOR = timedelta(hours=6)


@dataclass(frozen=True)
class Stage:
    """An open exam and who may sit it."""

    instance: Path
    code: str
    people: list[Who]
    url: str = ""  # of a PostgreSQL database; empty: SQLite in the folder

    @property
    def settings(self) -> dict[str, str]:
        """What a server of it needs to know besides the folder."""
        return {"LAWGAUGE_DATABASE_URL": self.url} if self.url else {}


@dataclass
class Ground:
    """Where stages are made."""

    folder: Path
    postgres: PostgresServer | None = None
    _made: int = field(default=0, init=False)

    @property
    def name(self) -> str:
        """The database, as a table's column is called."""
        return "SQLite" if self.postgres is None else "PostgreSQL"

    @property
    def on_sqlite(self) -> Ground:
        """The same folder without the server: the floor knows no other database."""
        return Ground(self._new(), None)

    def bare(self) -> Stage:
        """A fresh, empty database."""
        instance = self._new()
        url = ""
        if self.postgres is not None:
            url = self.postgres.create(self._database(instance))
        stage = Stage(instance, "", [], url)
        with application(stage):
            upgrade_database()
        return stage

    def stage(self, people: int) -> Stage:
        """A fresh database, an exam for so many people: all by the operations."""
        bare = self.bare()
        with application(bare):
            settle(places(), _crowd(people), now=datetime.now(UTC))
            stock_bank(now=datetime.now(UTC))
            code = open_exam()
            return replace(bare, code=code, people=people_of(code))

    def copy(self, stage: Stage) -> Stage:
        """The same exam in another database, with the same secret."""
        instance = self._new()
        shutil.copy(stage.instance / "secret_key", instance / "secret_key")
        url = ""
        if self.postgres is not None:
            name = self._database(instance)
            url = self.postgres.create(name, template=self._database(stage.instance))
        else:
            shutil.copy(stage.instance / DATABASE, instance / DATABASE)
        return Stage(instance, stage.code, stage.people, url)

    def _new(self) -> Path:
        self._made += 1
        path = self.folder / f"{self.name.lower()}-{self._made}"
        path.mkdir()
        return path

    def _database(self, instance: Path) -> str:
        return f"{instance.parent.name}-{instance.name}"


def open_exam() -> str:
    """An exam for everybody, published, drawn and open; returns its code."""
    now = datetime.now(UTC)
    exam = book(
        Booking(
            title="性能测量",
            opens=now,
            closes=now + OPEN_FOR,
            attempts=1,
            show_score="at_once",
        ),
        account_id=None,
        now=now,
    )
    publish_and_draw(exam, account_id=None, now=now)
    return exam.code


def people_of(code: str) -> list[Who]:
    """Who may sit an exam, with what they type at the door."""
    return [Who(*typed) for typed in people_of_exam(exam_id_of(code))]


def exam_id_of(code: str) -> int:
    """The id of an exam."""
    return exam_by_code(code).id


@contextmanager
def application(stage: Stage) -> Iterator[Flask]:
    """The application over a stage, in this process."""
    app = create_app(environment(stage.instance, **stage.settings))
    known.clear()
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()
    known.clear()


def _crowd(count: int) -> list[Resident]:
    """People with names that differ inside a unit."""
    units = places()
    people = []
    for n in range(count):
        given = FIRST[n // 7 % len(FIRST)] + SECOND[n // 11 % len(SECOND)]
        name = SURNAMES[n % len(SURNAMES)] + given
        tail = f"{n % 10_000:04d}"
        people.append(Resident(units[n % len(units)], name, tail, "", "中层"))
    return people
