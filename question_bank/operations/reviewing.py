"""Bringing questions from state to state: reviewed, approved, returned, parked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import seals
from core.audit import record_audit
from core.db import db, write
from core.errors import Conflict, Missing, Refused
from question_bank.models import Question, QuestionVersion
from question_bank.operations.intake import lock_bank
from question_bank.operations.remarks import given_text, record_remark
from question_bank.rules.lifecycle import NO_WAY, obstacle

MOST = 5000  # questions in one act
CHANGED = "这道题刚被别人修改过，请刷新后再改"


@dataclass(frozen=True)
class Moved:
    """What came of bringing questions into a state."""

    done: int
    #: Why others stayed, each reason with how many.
    kept: dict[str, int]


def set_state(
    *,
    question_id: int,
    expected: str,
    state: str,
    actor: str,
    now: datetime,
    reason: str = "",
) -> None:
    """Bring a question into another state. Papers that hold it keep it.

    :param expected: The state it was seen in.
    :param reason: Why it is returned to its author; it stands there as a remark.
    :raises Conflict: If it is in another state meanwhile.
    :raises Refused: If there is no way from that state to the wanted one, it is
        approved by who wrote it, or returned without a reason.
    """
    returned = (expected, state) == ("review", "draft") and bool(reason.strip())
    text = given_text(reason) if returned else ""
    with write() as session:
        question = session.get(Question, question_id, with_for_update=True)
        if question is None:
            raise Missing("没有这道题")
        version_id, author = _newest(session, [question_id])[question_id]
        if question.state != expected:
            raise Conflict(CHANGED)
        why = obstacle(expected, state, actor=actor, author=author)
        if why == NO_WAY:
            raise Refused("这道题现在不能这样操作，请刷新后再试")
        if why:
            raise Refused(why)
        question.state = state
        facts: dict[str, object] = {"before": expected, "after": state}
        rows = [seals.these(question)]
        if returned:
            remark_id, row = record_remark(
                session,
                version_id=version_id,
                kind="return",
                text=text,
                made_by=actor,
                now=now,
            )
            facts["remark"] = remark_id
            rows.append(row)
        record_audit(
            session,
            "question.state",
            f"question:{question_id}",
            actor=actor,
            now=now,
            facts=facts,
            rows=rows,
        )


def move_questions(
    *, question_ids: Sequence[int], state: str, actor: str, now: datetime
) -> Moved:
    """Bring many questions into a state; those that cannot go there stay.

    :raises Refused: If there are too many at once, or none can go there.
    """
    if len(question_ids) > MOST:
        raise Refused("一次最多处理 %(most)d 题，请缩小范围", most=MOST)
    with write() as session:
        lock_bank(session)
        able, kept = sort_movable(question_ids, state, actor)
        if not able:
            raise Refused("选中的题都不能这样操作，没有改动")
        session.execute(
            sa.update(Question).where(Question.id.in_(able)).values(state=state)
        )
        record_audit(
            session,
            "bank.state",
            "bank",
            actor=actor,
            now=now,
            facts={"questions": len(able), "after": state},
            rows=[seals.ids(Question, able)],
        )
    return Moved(len(able), kept)


def sort_movable(
    question_ids: Iterable[int], state: str, actor: str
) -> tuple[list[int], dict[str, int]]:
    """Which questions can be brought into a state, and why others cannot.

    Two queries.
    """
    session = db.session()
    wanted = list(dict.fromkeys(question_ids))
    states = dict(
        session.execute(
            sa.select(Question.id, Question.state).where(Question.id.in_(wanted))
        ).all()
    )
    authors = _newest(session, wanted)
    able, kept = [], dict[str, int]()
    for id in wanted:
        if id not in states:
            continue
        why = obstacle(states[id], state, actor=actor, author=authors[id][1])
        if why is None:
            able.append(id)
        else:
            kept[why] = kept.get(why, 0) + 1
    return able, kept


def _newest(
    session: Session, question_ids: Sequence[int]
) -> dict[int, tuple[int, str]]:
    """The newest version of questions and who wrote it. One query."""
    query = (
        sa.select(
            QuestionVersion.question_id, QuestionVersion.id, QuestionVersion.created_by
        )
        .join(Question, Question.id == QuestionVersion.question_id)
        .where(
            Question.id.in_(question_ids), Question.current == QuestionVersion.number
        )
    )
    return {id: (version, by) for id, version, by in session.execute(query)}
