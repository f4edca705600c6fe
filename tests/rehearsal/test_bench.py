"""What the bench writes past the operations fits the tables as they are."""

from __future__ import annotations

from datetime import datetime

import pytest
import sqlalchemy as sa
from flask import Flask

from bench import fill
from core.db import db, write_core
from quiz.models import Answer, Candidate, Exam, Paper, Score, Sitting
from tests.quiz.factories import make_exam


@pytest.mark.usefixtures("app")
def test_a_past_exam_is_whole(
    moment: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_exam(moment)
    monkeypatch.setattr(fill, "IN_ONE", 101)  # one for each unit of the bench
    with write_core() as connection:
        fill.past_exam(connection, "TESTEXAM", 1)
    past = db.session.scalars(sa.select(Exam).where(Exam.code == "PAST0001")).one()
    assert past.results_at is not None

    def count(model: type, *where: sa.ColumnElement[bool]) -> int | None:
        query = sa.select(sa.func.count()).select_from(model)
        return db.session.scalar(query.where(*where))

    people = count(Candidate, Candidate.exam_id == past.id)
    assert people == 1  # there is one unit here
    assert count(Paper, Paper.exam_id == past.id) == people
    assert count(Sitting, Sitting.exam_id == past.id) == people
    assert count(Score) == people
    assert count(Answer) == people * fill.QUESTIONS


def test_a_drawn_exam_is_handed_in_by_all(app: Flask, moment: datetime) -> None:
    made = make_exam(moment)
    with write_core() as connection:
        fill.close_all(connection, "TESTEXAM")
    states = db.session.scalars(sa.select(Sitting.state)).all()
    assert states == ["submitted"] * len(made.candidates)
