"""The exam of the machine, made anew for each run; and what its tables hold."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask

from core import heads
from core.audit import AuditEntry, breaks
from core.db import Model as Base
from core.db import db, read_core
from core.sealing import settle_seals
from quiz.acts import PastSheet
from quiz.models import Answer, Candidate, LateMessage, Paper, Score, Sitting
from quiz.queries.cards import known
from tests.conftest import SECRET, empty_tables, make_account
from tests.quiz.factories import QUESTIONS, make_exam
from tests.quiz.machine.model import Model
from tests.quiz.machine.parts import Person
from tests.quiz.machine.scoring import Question
from tests.quiz.sitters import set_room

PEOPLE = [
    ("市司法局", "张伟", "0417"),
    ("市司法局", "李娜", "2231"),
    ("市财政局", "王芳", "8830"),
]
ROOMS = ("一", "二", "一")
ORDER = "BADC"
SPARES = 3
ASKER, SECOND = 1, 2  # accounts


def make_world(moment: datetime) -> None:
    """An exam with two attempts for each of three people, and spare papers."""
    make_account("ivan", "invigilator")
    make_account("olga", "organizer")
    made = make_exam(moment, people=PEOPLE, order=ORDER, attempts=2)
    for candidate, room in zip(made.candidates, ROOMS, strict=True):
        set_room(candidate, room)
    with db.engine.begin() as connection:
        items = connection.execute(sa.select(Paper.items).limit(1)).scalar_one()
        for number in range(100, 100 + SPARES):
            digest = hashlib.sha256(f"{number}|{items}".encode()).hexdigest()
            connection.execute(
                sa.insert(Paper),
                {
                    "exam_id": made.exam_id,
                    "number": number,
                    "attempt": 1,
                    "items": items,
                    "digest": digest,
                },
            )
    settle_seals(now=moment)  # what tests wrote without an act is sealed as it stands


@contextmanager
def a_world(app: Flask, backend: str, moment: datetime) -> Iterator[Callable[[], None]]:
    """What brings the database back to the world as it was made."""
    if backend == "postgresql":

        def anew() -> None:
            db.session.remove()
            with db.engine.begin() as connection:
                empty_tables(connection)
            _forget(app)
            make_world(moment)

        yield anew
        return
    path = Path(app.config["SQLALCHEMY_DATABASE_URI"].removeprefix("sqlite:///"))
    kept = path.with_name("machine.db")
    make_world(moment)
    db.session.remove()
    db.engine.dispose()  # the last connection empties the WAL into the file
    shutil.copy(path, kept)

    def copied() -> None:
        db.session.remove()
        db.engine.dispose()
        for suffix in ("-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        shutil.copy(kept, path)
        _forget(app)

    yield copied
    db.session.remove()
    db.engine.dispose()


def _forget(app: Flask) -> None:
    known.clear()
    Path(app.instance_path, heads.NAME).unlink(missing_ok=True)


def model_of(moment: datetime) -> Model:
    """A model of the world as it was made."""
    with read_core() as connection:
        people = {
            row.id: Person(row.unit_id, row.room)
            for row in connection.execute(sa.select(Candidate.__table__))
        }
        papers, spares, items = {}, [], "[]"
        query = sa.select(Paper.__table__).order_by(Paper.number)
        for row in connection.execute(query):
            papers[row.id], items = row.digest, row._mapping["items"]
            if row.candidate_id is None:
                spares.append(row.id)
            else:
                people[row.candidate_id].hands[row.attempt] = row.id
    questions = [
        Question(version, kind, set(key) if kind != "fill" else key, order, points)
        for (version, order, points), (kind, _, key) in zip(
            json.loads(items), QUESTIONS, strict=True
        )
    ]
    model = Model(moment, people, papers, spares, questions, SECRET)
    model.log = stored()["log"]
    return model


def stored() -> dict[str, Any]:
    """All that the tables say of sittings, in plain values."""
    with read_core() as connection:
        return _stored(connection)


def _stored(connection: sa.Connection) -> dict[str, Any]:
    def rows(model: type[Base]) -> list[Any]:
        return list(connection.execute(sa.select(model.__table__)))

    sittings = {}
    receipts: dict[int, dict[int, Any]] = {}
    for row in rows(Sitting):
        sittings[row.id] = (
            row.candidate_id, row.attempt, row.paper_id, row.state, row.generation,
            row.holder, row.device, row.claim, row.deadline, row.deadline_before,
            row.closed_at,
        )  # fmt: skip
        if row.answers_digest:
            receipts.setdefault(row.id, {})[row.generation] = (
                row.state, row.closed_at, row.answers_digest, row.check_word,
            )  # fmt: skip
    for row in rows(PastSheet):
        receipts.setdefault(row.sitting_id, {})[row.generation] = (
            row.state, row.closed_at, row.answers_digest, row.check_word,
        )  # fmt: skip
    answers = {
        (row.sitting_id, row.generation, row.q): (row.seq, json.loads(row.value))
        for row in rows(Answer)
    }
    scores = {
        (row.sitting_id, row.generation, row.key_revision): json.loads(row.detail)
        for row in rows(Score)
    }
    late = [
        (row.sitting_id, row.why)
        for row in sorted(rows(LateMessage), key=lambda r: r.id)
    ]
    query = sa.select(AuditEntry.action).order_by(AuditEntry.n)
    assert list(breaks(connection)) == []
    return {
        "sittings": sittings,
        "answers": answers,
        "scores": scores,
        "receipts": receipts,
        "late": late,
        "log": list(connection.execute(query).scalars()),
    }


def expected(model: Model) -> dict[str, Any]:
    """The same of the model."""
    sat = model.sat.values()
    return {
        "sittings": {
            s.id: (
                s.who, s.attempt, s.paper, s.state, s.generation, s.holder, s.device,
                s.claim, s.deadline, s.before, s.closed,
            )
            for s in sat
        },
        "answers": {
            (s.id, generation, q): (n, value)
            for s in sat
            for generation, sheet in s.sheets.items()
            for q, (n, value) in sheet.items()
        },
        "scores": {(s.id, *which): got for s in sat for which, got in s.scores.items()},
        "receipts": {
            s.id: s.receipts
            for s in sat
            if s.receipts
        },
        "late": [(sitting, why) for sitting, why, _ in model.late],
        "log": model.log,
    }  # fmt: skip
