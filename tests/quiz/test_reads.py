"""Reads of the candidate's path."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from core.audit import AuditEntry
from core.db import db, read_core
from question_bank.models import QuestionVersion
from quiz.models import Candidate, Exam, Paper, Sitting
from quiz.queries.cards import known
from quiz.queries.opened import find_opened
from quiz.queries.sittings import (
    find_desk_to_close,
    find_place,
    hands_of,
    saved_answers,
)
from tests.quiz.factories import make_exam
from tests.quiz.phone import Phone


def test_a_cleared_cache_knows_no_version_of_another_database(
    app: Flask, moment: datetime
) -> None:
    make_exam(moment)
    version = db.session.scalars(sa.select(QuestionVersion.id)).first()
    assert version is not None
    known.contents([version])
    assert known.field(version)
    known.clear()
    with pytest.raises(KeyError):
        known.field(version)


def test_what_is_read_by_place_stands_in_its_place(
    app: Flask, moment: datetime
) -> None:
    """The columns of a statement and the fields of what they become are two lists."""
    made, phone = make_exam(moment), Phone(app)
    with time_machine.travel(moment + timedelta(minutes=1), tick=False):
        phone.enter("市司法局", "张伟", "0417")
        phone.save(("1", ["C"], 7))
    row = db.session.scalars(sa.select(Sitting)).one()
    with read_core() as connection:
        desk = find_desk_to_close(connection, phone.token)
        opened = find_opened(connection, phone.token)
        place = find_place(connection, made.candidates[0])
        [hand] = hands_of(connection, made.candidates[0])
        saved = saved_answers(connection, row.id, 1)["1"]
        head = connection.execute(
            sa.select(AuditEntry.n, AuditEntry.hash)
            .order_by(AuditEntry.n.desc())
            .limit(1)
        ).one()
    exam = db.session.get_one(Exam, made.exam_id)
    paper = db.session.get_one(Paper, row.paper_id)
    person = db.session.get_one(Candidate, row.candidate_id)
    assert None not in (desk, opened, place, head)
    known = {
        "sitting_id": row.id, "exam_id": exam.id, "paper_digest": paper.digest,
        "key_revision": 0, "head_n": head[0], "head_hash": head[1],
        "candidate_id": person.id, "items": paper.items, "extra_s": 0,
        "paper_id": paper.id, "q": "1", "seq": 7, "value": '["C"]',
        "received_at": moment + timedelta(minutes=1),
    }  # fmt: skip
    for found in (desk, opened, place, hand, saved):
        for name, value in vars(found).items():
            holder = next((one for one in (row, exam, person) if hasattr(one, name)), 0)
            assert value == known.get(name, getattr(holder, name, None)), name
