"""Databases to hold exams on: made once, then copied for each run."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flask import Flask

from app import create_app
from core.cli import upgrade_database
from core.db import db, write
from core.sealing import settle_seals
from quiz.models import Exam
from quiz.operations.exams import create_exam
from quiz.queries.cards import known
from quiz.rules.blueprint import Row
from quiz.rules.details import ExamDetails
from quiz.tokens import new_code
from rehearsal.people import Place, Resident, places, residents
from rehearsal.phone import Who
from rehearsal.queries import people_of_exam
from rehearsal.server import environment
from rehearsal.stage import publish_and_draw, settle, stock_bank
from tests.postgres import PostgresServer

DATABASE = "lawgauge.db"
UNITS = 8
GRACE_S = 3  # of the exams here: a bell that rings, and is over soon after
ROWS = (
    Row(1, "single", None, None, 10, 200),
    Row(2, "multi", None, None, 5, 300),
    Row(3, "judge", None, None, 4, 200),
    Row(4, "fill", None, None, 2, 300),
)


@dataclass(frozen=True)
class Held:
    """An exam of a run."""

    id: int
    code: str
    people: list[Who]


@dataclass(frozen=True)
class Site:
    """A database of one run, with the folder of its instance."""

    instance: Path
    url: str
    server: PostgresServer | None

    @property
    def control(self) -> Path:
        """Where the harness and the workers meet."""
        return self.instance / "chaos"

    @property
    def settings(self) -> dict[str, str]:
        """What the server needs to know besides its folder."""
        named = {"LAWGAUGE_DATABASE_URL": self.url} if self.url else {}
        return {"LAWGAUGE_MODE": "exam", **named}

    @contextmanager
    def application(self) -> Iterator[Flask]:
        """The application over it, in this process."""
        app = create_app(environment(self.instance, **self.settings), testing=True)
        known.clear()
        with app.app_context():
            yield app
            db.session.remove()
            db.engine.dispose()
        known.clear()


@dataclass
class Ground:
    """Where runs take place.

    :param server: A PostgreSQL server of our own; None: SQLite.
    """

    folder: Path
    server: PostgresServer | None
    _made: int = field(default=0, init=False)
    _first: Site | None = field(default=None, init=False)

    @property
    def name(self) -> str:
        """The database, for people."""
        return "sqlite" if self.server is None else "postgresql"

    def site(self) -> Site:
        """A fresh copy: units, people and a bank, and no exam yet."""
        if self._first is None:
            self._first = self._new(template=None)
            now = datetime.now(UTC)
            with self._first.application():
                upgrade_database()
                settle(*_small_city(), now=now)
                stock_bank(now=now)
                settle_seals(now=now)
        return self._new(template=self._first)

    def _new(self, *, template: Site | None) -> Site:
        self._made += 1
        name = f"{self.name}-{os.getpid()}-{self._made}"
        instance = self.folder / name
        instance.mkdir()
        url = ""
        if template is not None:
            for kept in ("secret_key", "audit.heads"):
                shutil.copy(template.instance / kept, instance / kept)
        if self.server is not None:
            old = template.instance.name if template else "template1"
            url = self.server.create(name, template=old)
        elif template is not None:
            shutil.copy(template.instance / DATABASE, instance / DATABASE)
        made = Site(instance, url, self.server)
        made.control.mkdir()
        return made


def hold(title: str, people: slice, *, closes: datetime, lasts: timedelta) -> Held:
    """An exam that is open now, by the operations people use; needs the application."""
    now = datetime.now(UTC)
    details = ExamDetails(
        title=title,
        opens_at=closes - lasts,
        closes_at=closes,
        duration_s=int(lasts.total_seconds()),
        pass_mark=1000,
        excellent_mark=1600,
        attempts=1,
        multi_rule="exact",
        show_score="at_once",
        shuffle=True,
    )
    exam = create_exam(
        details=details,
        preset="",
        rows=ROWS,
        code=new_code(),
        account_id=None,
        now=now,
        demo=True,
    )
    with write() as session:
        # Nobody can set the grace; publishing seals what stands here.
        session.get_one(Exam, exam.id).grace_s = GRACE_S
    publish_and_draw(exam, account_id=None, now=now)
    who = [Who(*typed) for typed in people_of_exam(exam.id)]
    return Held(exam.id, exam.code, who[people])


def _small_city() -> tuple[list[Place], list[Resident]]:
    units = places()[:UNITS]
    return units, [one for one in residents() if one.unit in units]
