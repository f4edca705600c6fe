"""The bank learns from every exam how easy its questions are."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from core.audit import breaks
from core.db import db, read_core
from question_bank.models import QuestionUse
from question_bank.queries import outcomes
from question_bank.rules.ease import learned
from question_bank.usage import record_uses
from quiz.models import Exam
from quiz.operations.exams import publish_results
from quiz.queries.outcomes import outcomes_of
from quiz.queries.stock import bank_stock, frozen_cells
from quiz.rules.blueprint import ease_of
from tests.pages import text_of
from tests.quiz.factories import Made, make_exam
from tests.quiz.sitters import Sitter, sweep
from tests.quiz.test_protocol import RIGHT

PEOPLE = [("市司法局", f"人员{n}", f"{n:04d}") for n in range(4)]


def held(moment: datetime, **changes: Any) -> Made:
    """An exam of five questions that four people sat: each got one less right."""
    made = make_exam(moment, people=PEOPLE, **changes)
    with db.engine.begin() as connection:
        papers = dict.fromkeys(made.versions, len(PEOPLE))
        record_uses(connection, made.code, "考试", papers)
    for n, candidate in enumerate(made.candidates):
        sitter = Sitter(candidate).start(moment)
        right = list(RIGHT)[: len(RIGHT) - n]
        sitter.submit(
            moment + timedelta(minutes=1),
            *((q, value, at) for at, (q, value, *_) in enumerate(right, 1)),
        )
    later = moment + timedelta(hours=3)
    sweep(made.exam_id, later)
    publish_results(exam_id=made.exam_id, account_id=None, now=later)
    return made


def test_what_people_earned_is_noted_when_the_results_are_published(
    app: Flask, moment: datetime
) -> None:
    made = held(moment)
    with read_core() as connection:
        found = outcomes_of(connection, made.exam_id)
        assert list(breaks(connection)) == []
    assert [one.answers for one in found.values()] == [4] * 5
    assert [one.possible for one in found.values()] == [800] * 5
    assert [one.earned for one in found.values()] == [800, 800, 600, 400, 200]
    db.session.rollback()
    query = sa.select(QuestionUse.earned).order_by(QuestionUse.version_id)
    assert list(db.session.scalars(query)) == [800, 800, 600, 400, 200]
    assert outcomes()[5] == [(4, 200, 800)]


def test_the_next_draw_expects_what_was_learned(app: Flask, moment: datetime) -> None:
    made = held(moment)
    cards = {card.version: card for card in bank_stock().cards}
    last = cards[made.versions[4]]
    assert last.share == learned("easy", [(4, 200, 800)])[0] == 650
    assert ease_of(last, 200) == 1300
    cells = frozen_cells(made.exam_id).values()
    assert {ease_of(card, 200) for cell in cells for card in cell} == {1700}


def test_invented_answers_teach_nothing(app: Flask, moment: datetime) -> None:
    held(moment, demo=True)
    assert outcomes() == {}
    assert db.session.scalars(sa.select(Exam.results_at)).one() is not None


def test_the_page_of_a_question_tells_what_was_learned(
    author: FlaskClient, moment: datetime
) -> None:
    held(moment)
    page = text_of(author.get("/console/bank/5"))
    assert "65.0%（按标注的难度和 4 次作答估计）" in page
    assert "更像" not in page
