"""Questions that must not meet: said in the bank, frozen, kept apart on every paper."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from core.db import db
from core.errors import Refused
from question_bank.models import Question
from question_bank.operations.pooling import (
    MOST_ENEMIES,
    end_enmity,
    make_enemies,
    set_pool,
)
from question_bank.queries import enemies_of, question
from quiz.models import PoolItem
from quiz.queries.exams import exam_by_id
from quiz.queries.stock import draw_plan, outlook_of
from quiz.rules.blueprint import Row
from quiz.rules.draw import digests_of
from tests.quiz.ground import (
    draw,
    make_bank,
    make_draft,
    make_units,
    papers_of,
    publish,
)

ROWS = [Row(1, "single", None, None, 6, 200), Row(2, "judge", None, None, 4, 100)]


def groups() -> dict[int, int | None]:
    db.session.rollback()
    query = sa.select(Question.id, Question.enemies).order_by(Question.id)
    return dict(db.session.execute(query).all())


def test_enemies_never_stand_on_one_paper(app: Flask, moment: datetime) -> None:
    versions = make_bank(moment, {"single": 60, "judge": 40})
    make_units(moment, [6] * 5)
    pairs = [(n, 60 + n) for n in range(1, 31)]
    for one, other in pairs:
        make_enemies(question_ids=[one, other], actor="system", now=moment)
    exam = make_draft(moment, rows=ROWS, pass_mark=900, excellent_mark=1200)
    publish(exam, moment)
    draw(exam, moment)
    assert len(papers_of(exam)) >= 30
    questions = dict(zip(versions, range(1, 101), strict=True))
    for paper in papers_of(exam):
        held = {questions[version] for version, _, _ in json.loads(paper.items)}
        assert not any(one in held and other in held for one, other in pairs)


def test_what_is_frozen_counts_and_the_digest_binds_it(
    app: Flask, moment: datetime
) -> None:
    make_bank(moment, {"single": 60, "judge": 40})
    make_units(moment, [6])
    make_enemies(question_ids=[1, 61], actor="system", now=moment)
    exam = make_draft(moment, rows=ROWS, pass_mark=900, excellent_mark=1200)
    before = outlook_of(exam_by_id(exam.id)).guarantee
    publish(exam, moment)
    frozen = exam_by_id(exam.id)
    assert digests_of(draw_plan(frozen)).bank == frozen.bank_digest
    end_enmity(question_ids=[1], actor="system", now=moment)
    assert digests_of(draw_plan(frozen)).bank == frozen.bank_digest
    found = db.session.scalars(
        sa.select(PoolItem.enemies).where(PoolItem.enemies.is_not(None))
    )
    assert list(found) == [1, 1]
    assert before == outlook_of(exam_by_id(exam.id)).guarantee
    draw(exam, moment)


def test_enemies_that_cannot_be_kept_apart_are_named_before_publishing(
    app: Flask, moment: datetime
) -> None:
    make_bank(moment, {"single": 6, "judge": 4})
    make_units(moment, [1])
    make_enemies(question_ids=[1, 7], actor="system", now=moment)
    exam = make_draft(moment, rows=ROWS, pass_mark=900, excellent_mark=1200)
    with pytest.raises(Refused, match="编号 1、7"):
        publish(exam, moment)
    assert exam_by_id(exam.id).published_at is None


def test_groups_are_joined_and_left(app: Flask, moment: datetime) -> None:
    make_bank(moment, {"single": 30})
    given: Any = {"actor": "system", "now": moment}
    assert make_enemies(question_ids=[2, 3], **given) == [2, 3]
    assert make_enemies(question_ids=[5, 6, 7], **given) == [5, 6, 7]
    assert make_enemies(question_ids=[3, 6], **given) == [2, 3, 5, 6, 7]
    assert {id for id, group in groups().items() if group == 2} == {2, 3, 5, 6, 7}
    assert enemies_of(question(3)) == [2, 5, 6, 7]
    assert end_enmity(question_ids=[2, 3, 5], **given) == 3
    assert {id for id, group in groups().items() if group} == {6, 7}
    # Whoever is left alone has no enemy.
    assert end_enmity(question_ids=[6], **given) == 2
    assert set(groups().values()) == {None}
    for ids, why in (([4], "至少要有两道"), (range(1, 30), "最多")):
        with pytest.raises(Refused, match=why):
            make_enemies(question_ids=list(ids), **given)
    assert MOST_ENEMIES < 29
    with pytest.raises(Refused, match="没有互斥"):
        end_enmity(question_ids=[1], **given)


def test_questions_are_for_exams_alone_or_for_practice_too(
    app: Flask, moment: datetime
) -> None:
    make_bank(moment, {"single": 3})
    given: Any = {"actor": "system", "now": moment}
    assert set_pool(question_ids=[1, 2], pool="exam", **given) == 2
    assert set_pool(question_ids=[2, 3], pool="exam", **given) == 1
    with pytest.raises(Refused, match="没有改动"):
        set_pool(question_ids=[1], pool="exam", **given)
    with pytest.raises(Refused, match="没有这种用途"):
        set_pool(question_ids=[1], pool="fun", **given)
    assert set_pool(question_ids=[1], pool="open", **given) == 1
