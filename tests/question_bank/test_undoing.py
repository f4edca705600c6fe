"""One file is one import: recorded, and undone as a whole while nobody used it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import pytest
import sqlalchemy as sa

from core.audit import AuditEntry, breaks
from core.db import db, read_core, write
from core.errors import Missing, Refused
from question_bank.import_queries import earlier_import, import_shown
from question_bank.models import BankImport, Question, QuestionVersion, Topic
from question_bank.operations.intake import ImportResult, Source, import_questions
from question_bank.operations.reviewing import set_state
from question_bank.operations.undoing import undo_import
from question_bank.rules.validity import Draft
from question_bank.usage import record_uses
from quiz.models import BlueprintRow, PoolItem
from tests.question_bank.drafts import ALL_KINDS, SINGLE, single, typed
from tests.quiz.factories import make_exam

pytestmark = pytest.mark.usefixtures("app")
SOURCE = Source("题目.xlsx", "ab" * 32)


def take(
    moment: datetime, drafts: Sequence[Draft] = ALL_KINDS, source: Source = SOURCE
) -> ImportResult:
    return import_questions(
        drafts=typed(*drafts),
        accept_good=True,
        actor="account:1",
        now=moment,
        source=source,
    )


def undo(number: int | None, moment: datetime) -> int:
    assert number is not None
    return undo_import(import_id=number, actor="account:2", now=moment)


def stored(model: type[Question] | type[QuestionVersion] | type[Topic]) -> int:
    db.session.rollback()
    return db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def versions() -> list[int]:
    return list(db.session.scalars(sa.select(QuestionVersion.id)))


def test_a_file_is_kept_with_who_when_and_its_counts(moment: datetime) -> None:
    result = take(moment, [*ALL_KINDS, SINGLE, single(key=())])
    (made,) = db.session.scalars(sa.select(BankImport))
    assert made.id == result.import_id
    assert (made.at, made.actor, made.filename) == (moment, "account:1", "题目.xlsx")
    counts = (made.total, made.added, made.known, made.repeated, made.bad)
    assert counts == (6, 4, 0, 1, 1)
    assert earlier_import(SOURCE.sha256) == made
    entry = db.session.scalars(sa.select(AuditEntry)).one()
    assert (entry.action, entry.object) == ("bank.import", f"import:{made.id}")


def test_a_file_that_adds_nothing_is_no_import(moment: datetime) -> None:
    take(moment)
    assert take(moment).import_id is None
    assert len(list(db.session.scalars(sa.select(BankImport)))) == 1


def test_what_was_put_right_belongs_to_the_same_import(moment: datetime) -> None:
    first = take(moment, [SINGLE, single(key=())])
    again = replace(SOURCE, import_id=first.import_id)
    second = take(moment, [SINGLE, single(stem="改好的题（ ）")], again)
    assert second.import_id == first.import_id
    (made,) = db.session.scalars(sa.select(BankImport))
    assert (made.added, made.bad) == (2, 0)
    assert undo(made.id, moment) == 2


def test_an_undone_import_goes_on_as_a_new_one(moment: datetime) -> None:
    first = take(moment)
    undo(first.import_id, moment)
    second = take(moment, source=replace(SOURCE, import_id=first.import_id))
    assert second.import_id != first.import_id


def test_undoing_leaves_nothing_and_the_log_whole(moment: datetime) -> None:
    import_questions(
        drafts=typed(single(stem="早就有的题（ ）", topic="民法典")),
        accept_good=False,
        actor="system",
        now=moment,
    )
    result = take(moment, [*ALL_KINDS, single(stem="另一题（ ）", topic="民法典")])
    assert undo(result.import_id, moment) == 5
    assert (stored(Question), stored(QuestionVersion)) == (1, 1)
    assert list(db.session.scalars(sa.select(Topic.name))) == ["民法典"]
    assert earlier_import(SOURCE.sha256) is None
    with read_core() as connection:
        assert list(breaks(connection)) == []


def test_a_topic_that_somebody_uses_meanwhile_stays(moment: datetime) -> None:
    result = take(moment)
    import_questions(
        drafts=typed(single(stem="后来的题（ ）")),
        accept_good=False,
        actor="system",
        now=moment,
    )
    undo(result.import_id, moment)
    assert list(db.session.scalars(sa.select(Topic.name))) == ["行政处罚"]


def test_an_approved_question_may_be_undone(moment: datetime) -> None:
    result = take(moment)
    (number, *_) = db.session.scalars(sa.select(Question.id).order_by(Question.id))
    set_state(
        question_id=number,
        expected="review",
        state="approved",
        actor="account:2",
        now=moment,
    )
    assert undo(result.import_id, moment) == 4


def test_an_import_with_a_question_in_a_paper_is_not_undone(moment: datetime) -> None:
    result = take(moment)
    with write() as session:
        record_uses(session.connection(), "EXAM0001", "考试", {versions()[0]: 3})
    with pytest.raises(Refused, match="有 1 题已在试卷中使用"):
        undo(result.import_id, moment)
    assert stored(Question) == 4
    shown = import_shown(result.import_id or 0)
    assert (shown.left, shown.used, shown.can_be_undone) == (4, 1, False)


def test_an_import_that_a_published_exam_chose_from_is_not_undone(
    moment: datetime,
) -> None:
    """Before the draw the exam has told the bank nothing: its own table holds it."""
    result = take(moment)
    chosen = versions()[0]
    made = make_exam(moment, drawn_at=None)
    with write() as session:
        row = session.scalars(
            sa.select(BlueprintRow.id).where(BlueprintRow.exam_id == made.exam_id)
        ).one()
        session.add(
            PoolItem(
                exam_id=made.exam_id, version_id=chosen, row_id=row, ease=0, used=0
            )
        )
    before = stored(QuestionVersion)
    with pytest.raises(Refused, match="已被考试选用，不能撤销"):
        undo(result.import_id, moment)
    assert stored(QuestionVersion) == before
    found = db.session.get(BankImport, result.import_id)
    assert found is not None
    assert found.undone_at is None


def test_an_import_is_undone_once(moment: datetime) -> None:
    result = take(moment)
    undo(result.import_id, moment)
    with pytest.raises(Refused, match="已经撤销过了"):
        undo(result.import_id, moment)
    with pytest.raises(Missing):
        undo(99, moment)
