"""What people say about questions."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from core.audit import AuditEntry, record_audit
from core.db import db, write, write_core
from core.errors import Conflict, Missing, Refused
from question_bank.models import QuestionRemark, QuestionVersion
from question_bank.operations.intake import import_questions
from question_bank.operations.remarks import (
    LONGEST,
    record_remark,
    remark_on_question,
    settle_remark,
)
from tests.question_bank.drafts import SINGLE, typed


@pytest.fixture
def version(app: object, moment: datetime) -> int:
    """The version of one question."""
    import_questions(
        drafts=typed(SINGLE), accept_good=False, actor="system", now=moment
    )
    return db.session.scalars(sa.select(QuestionVersion.id)).one()


def entries() -> list[tuple[str, str]]:
    query = sa.select(AuditEntry.action, AuditEntry.object).order_by(AuditEntry.n)
    return [(row.action, row.object) for row in db.session.execute(query)]


def test_a_remark_stands_until_it_is_settled(version: int, moment: datetime) -> None:
    remark = remark_on_question(
        version_id=version, text=" 期限不对 ", actor="account:3", now=moment
    )
    found = db.session.get_one(QuestionRemark, remark)
    assert (found.text, found.made_by, found.settled_at) == (
        "期限不对",
        "account:3",
        None,
    )
    later = moment + timedelta(hours=1)
    settle_remark(remark_id=remark, outcome="已改正", actor="account:4", now=later)
    db.session.expire_all()
    found = db.session.get_one(QuestionRemark, remark)
    assert (found.settled_at, found.settled_by, found.outcome) == (
        later,
        "account:4",
        "已改正",
    )
    assert entries()[1:] == [
        ("question.remark", "question:1"),
        ("question.settle", "question:1"),
    ]
    with pytest.raises(Conflict):
        settle_remark(remark_id=remark, outcome="", actor="account:4", now=later)


@pytest.mark.parametrize("text", ["", " \n ", "长" * (LONGEST + 1)])
def test_a_remark_needs_a_text_of_a_sensible_length(
    version: int, moment: datetime, text: str
) -> None:
    with pytest.raises(Refused):
        remark_on_question(version_id=version, text=text, actor="system", now=moment)
    assert db.session.scalars(sa.select(QuestionRemark)).all() == []


def test_a_remark_on_nothing_is_missing(app: object, moment: datetime) -> None:
    with pytest.raises(Missing):
        remark_on_question(version_id=7, text="不对", actor="system", now=moment)
    with pytest.raises(Missing):
        settle_remark(remark_id=7, outcome="", actor="system", now=moment)


@pytest.mark.parametrize("opened", [write, write_core])
def test_a_higher_package_records_one_inside_its_own_act(
    version: int, moment: datetime, opened: object
) -> None:
    with opened() as session:  # type: ignore[operator]
        remark, row = record_remark(
            session,
            version_id=version,
            kind="objection",
            text="第二问没有正确选项",
            exam_code="K7MPX4QW",
            part=2,
            made_by="candidate:9",
            now=moment,
        )
        record_audit(
            session,
            "question.remark",
            "question:1",
            actor="candidate:9",
            now=moment,
            rows=[row],
        )
    db.session.rollback()  # a new look at the database
    found = db.session.get_one(QuestionRemark, remark)
    assert (found.kind, found.part, found.exam_code) == ("objection", 2, "K7MPX4QW")
