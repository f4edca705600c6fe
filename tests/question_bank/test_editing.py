"""New versions and other states."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from core.audit import AuditEntry
from core.db import db, write
from core.errors import Conflict, Missing, Refused
from question_bank.models import Question, QuestionVersion
from question_bank.operations.editing import revise_question
from question_bank.operations.intake import import_questions
from question_bank.operations.reviewing import set_state
from question_bank.queries import draft_of, question
from question_bank.rules.content import content_digest
from question_bank.rules.lifecycle import STATES
from question_bank.rules.validity import Draft
from tests.question_bank.drafts import FILL, MULTI, SINGLE, single, typed


@pytest.fixture
def ids(app: object, moment: datetime) -> list[int]:
    """Two questions: 单选 and 多选."""
    import_questions(
        drafts=typed(SINGLE, MULTI), accept_good=False, actor="system", now=moment
    )
    return list(db.session.scalars(sa.select(Question.id).order_by(Question.id)))


def revise(question_id: int, base: int, draft: Draft, moment: datetime) -> int:
    return revise_question(
        question_id=question_id,
        base=base,
        draft=draft,
        actor="account:1",
        now=moment,
    )


def state_of(question_id: int) -> str:
    return str(
        db.session.scalar(sa.select(Question.state).where(Question.id == question_id))
    )


def test_an_edit_makes_a_version_and_leaves_the_old_one(
    ids: list[int], moment: datetime
) -> None:
    changed = single(stem="改过的题干（ ）", topic="新的知识点", difficulty="hard")
    later = moment + timedelta(hours=1)
    assert revise(ids[0], 1, changed, later) == 2
    found = question(ids[0])
    assert (found.current, found.state) == (2, "review")
    assert [draft_of(version) for version in found.versions] == [SINGLE, changed]
    assert [version.created_at for version in found.versions] == [moment, later]
    assert found.versions[1].digest == content_digest(changed)


def test_an_edit_of_what_somebody_else_has_changed_is_a_conflict(
    ids: list[int], moment: datetime
) -> None:
    revise(ids[0], 1, single(key=("B",)), moment)
    with pytest.raises(Conflict):
        revise(ids[0], 1, single(key=("A",)), moment)
    assert question(ids[0]).current == 2


@pytest.mark.parametrize(
    ("draft", "reason"),
    [
        (SINGLE, "内容没有变化，没有保存新版本"),
        (single(key=()), "没有答案"),
        (MULTI, "题库里已有这道题（编号 2）"),
    ],
)
def test_an_edit_that_cannot_be_is_refused_and_changes_nothing(
    ids: list[int], moment: datetime, draft: Draft, reason: str
) -> None:
    with pytest.raises(Refused) as caught:
        revise(ids[0], 1, draft, moment)
    assert str(caught.value) == reason
    assert db.session.scalar(sa.select(sa.func.count(QuestionVersion.id))) == 2


def test_the_order_of_the_letters_of_a_key_is_no_change(
    ids: list[int], moment: datetime
) -> None:
    with pytest.raises(Refused, match="没有变化"):
        revise(ids[1], 1, replace(MULTI, key=("C", "B", "A")), moment)


def test_a_question_may_get_back_what_it_held_before(
    ids: list[int], moment: datetime
) -> None:
    revise(ids[0], 1, single(key=("B",)), moment)
    assert revise(ids[0], 2, SINGLE, moment) == 3


def test_the_kind_of_a_question_may_change(ids: list[int], moment: datetime) -> None:
    assert revise(ids[0], 1, FILL, moment) == 2
    assert draft_of(question(ids[0]).versions[-1]) == FILL


def test_a_question_that_is_not_there_is_missing(
    ids: list[int], moment: datetime
) -> None:
    with pytest.raises(Missing):
        revise(999, 1, FILL, moment)
    with pytest.raises(Missing):
        set_state(
            question_id=999, expected="draft", state="approved", actor="x", now=moment
        )
    with pytest.raises(Missing):
        question(999)


def test_a_question_goes_from_state_to_state(ids: list[int], moment: datetime) -> None:
    before = "approved"
    for state in ("parked", "approved", "retired", "approved"):
        set_state(
            question_id=ids[0],
            expected=before,
            state=state,
            actor="account:1",
            now=moment,
        )
        assert state_of(ids[0]) == state
        before = state
    assert state_of(ids[1]) == "approved"


@pytest.mark.parametrize("state", ["approved", "draft", "nonsense"])
def test_there_are_ways_a_question_cannot_go(
    ids: list[int], moment: datetime, state: str
) -> None:
    with pytest.raises(Refused):
        set_state(
            question_id=ids[0],
            expected="approved",
            state=state,
            actor="account:1",
            now=moment,
        )
    assert state_of(ids[0]) == "approved"


def test_a_state_that_was_changed_meanwhile_is_a_conflict(
    ids: list[int], moment: datetime
) -> None:
    with pytest.raises(Conflict):
        set_state(
            question_id=ids[0],
            expected="parked",
            state="approved",
            actor="account:1",
            now=moment,
        )


def test_changes_are_written_down_with_their_actor(
    ids: list[int], moment: datetime
) -> None:
    revise(ids[0], 1, single(key=("B",)), moment)
    set_state(
        question_id=ids[0],
        expected="review",
        state="retired",
        actor="account:1",
        now=moment,
    )
    entries = db.session.scalars(sa.select(AuditEntry).order_by(AuditEntry.n)).all()
    assert [(entry.action, entry.object) for entry in entries[1:]] == [
        ("question.revise", f"question:{ids[0]}"),
        ("question.state", f"question:{ids[0]}"),
    ]
    assert {entry.actor for entry in entries[1:]} == {"account:1"}
    assert '"before":"review"' in entries[2].facts


@pytest.mark.parametrize("state", STATES)
def test_the_table_knows_every_state_of_the_rules(ids: list[int], state: str) -> None:
    with write() as session:
        session.execute(sa.update(Question).values(state=state))


def test_the_table_knows_no_other_state(ids: list[int]) -> None:
    with pytest.raises(sa.exc.IntegrityError), write() as session:
        session.execute(sa.update(Question).values(state="nonsense"))
