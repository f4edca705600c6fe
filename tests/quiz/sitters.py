"""People who sit, by operations alone: no pages, no cookies."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask import Flask

from core.db import db
from core.errors import Busy
from quiz.models import Candidate, Sitting
from quiz.operations.answers import Reply, save_answers
from quiz.operations.closing import submit_sitting, sweep_exam
from quiz.operations.entry import start_sitting
from tests.conftest import SECRET

Typed = tuple[str, list[str], int]  # question, value, sequence number


class Sitter:
    """One candidate with one phone, whose page was opened once."""

    def __init__(self, candidate_id: int, device: str | None = None) -> None:
        self.candidate_id = candidate_id
        self.device = device or f"device-{candidate_id}"
        self.token = ""
        self.generation = 1
        self.holder = 1

    def start(self, now: datetime) -> Sitter:
        """Begin, or come back to a running sitting."""
        self.token = start_sitting(
            candidate_id=self.candidate_id, device=self.device, now=now
        ).token
        return self

    def body(self, answers: Iterable[Typed]) -> dict[str, Any]:
        """A message of the protocol."""
        rows = [{"q": q, "seq": seq, "value": value} for q, value, seq in answers]
        return {
            "generation": self.generation,
            "holder": self.holder,
            "n": len(rows),
            "answers": rows,
        }

    def save(self, now: datetime, *answers: Typed) -> Reply:
        """Save answers."""
        return save_answers(
            token=self.token, device=self.device, body=self.body(answers), now=now
        )

    def submit(self, now: datetime, *answers: Typed) -> None:
        """Hand in."""
        submit_sitting(
            token=self.token,
            device=self.device,
            body=self.body(answers),
            now=now,
            key=SECRET,
        )

    @property
    def row(self) -> Sitting:
        """The sitting as it is stored now."""
        db.session.rollback()
        found = sa.select(Sitting).where(Sitting.token == self.token)
        return db.session.scalars(found.execution_options(populate_existing=True)).one()


def sweep(exam_id: int, now: datetime) -> int:
    """Close what is overdue; returns how many are left."""
    return sweep_exam(exam_id=exam_id, now=now, key=SECRET)


def set_room(candidate_id: int, room: str) -> None:
    """Put a candidate into a room."""
    db.session.rollback()
    with db.engine.begin() as connection:
        connection.execute(
            sa.update(Candidate).where(Candidate.id == candidate_id).values(room=room)
        )


def at_once(app: Flask, *acts: Callable[[], Any]) -> list[Any]:
    """Run acts in threads of their own that begin together.

    Who is told that the system is busy tries again, as people and phones do: the
    machine may be slow.

    :return: What each returned, or the exception it raised.
    """
    barrier = threading.Barrier(len(acts))
    results: list[Any] = [None] * len(acts)

    def run(place: int, act: Callable[[], Any]) -> None:
        with app.app_context():
            barrier.wait()
            for _ in range(30):
                try:
                    results[place] = act()
                except Exception as error:
                    results[place] = error
                finally:
                    db.session.remove()
                if not isinstance(results[place], Busy):
                    break

    db.session.rollback()  # this thread holds no read transaction meanwhile
    threads = [
        threading.Thread(target=run, args=(place, act))
        for place, act in enumerate(acts)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
