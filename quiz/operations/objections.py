"""异议: made by who sat, answered by an organizer; those who set questions read them.

An objection changes no score. Where it is right, the keys are changed (rekeying),
for everybody.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core import seals
from core.audit import lock_chain, record_audit
from core.db import write_core
from core.errors import Conflict, Missing, Refused
from question_bank.operations.remarks import record_remark
from quiz.afterwards import Objection
from quiz.models import Exam, Paper, Sitting
from quiz.operations.exams import actor_of
from quiz.queries.cards import items_of, places_on
from quiz.rules.objections import OUTCOMES, given_answer, given_objection


def make_objection(*, sitting_id: int, q: str, text: str, now: datetime) -> int:
    """Say that a question, or the score as a whole, is not right.

    The caller has seen that the question, or the score, is shown to its owner. What
    is said of a question stands in the bank as a remark, too, without who said it.

    :param q: The question's number on the paper; empty: the score as a whole.
    :return: The objection's id; saying the same again is the same objection.
    :raises Missing: If the sheet is not closed, or the paper has no such question.
    :raises Refused: Without a reason, or if the exam is archived.
    :raises Conflict: If something else was said of it already.
    """
    text = given_objection(text)
    with write_core() as connection:
        lock_chain(connection)
        sheet = _sheet(connection, sitting_id)
        if sheet.archived_at is not None:
            raise Refused("考试已经归档，不再受理异议；请联系组织单位")
        known = connection.execute(
            sa.select(Objection.id, Objection.text)
            .where(Objection.sitting_id == sitting_id, Objection.q == q)
            .where(Objection.generation == sheet.generation)
        ).first()
        if known is not None:
            if known.text == text:
                return int(known.id)
            raise Conflict("已经提过，不能再改；答复会显示在成绩页上")
        version_id = _version(sheet._mapping["items"], q)
        objection_id = connection.execute(
            sa.insert(Objection).returning(Objection.id),
            {
                "exam_id": sheet.exam_id,
                "sitting_id": sitting_id,
                "generation": sheet.generation,
                "q": q,
                "version_id": version_id,
                "text": text,
                "made_at": now,
                "answer": "",
            },
        ).scalar_one()
        rows = [seals.ids(Objection, [objection_id])]
        if version_id is not None:
            _, remark = record_remark(
                connection,
                version_id=version_id,
                kind="objection",
                text=text,
                made_by="candidate",
                now=now,
                exam_code=sheet.code,
            )
            rows.append(remark)
        record_audit(
            connection,
            "objection.make",
            f"objection:{objection_id}",
            actor=f"candidate:{sheet.candidate_id}",
            now=now,
            facts={"exam": sheet.exam_id, "sitting": sitting_id},
            rows=rows,
            personal={"reason": text},
        )
        return int(objection_id)


def answer_objection(
    *,
    exam_id: int,
    objection_id: int,
    outcome: str,
    answer: str,
    account_id: int,
    now: datetime,
) -> None:
    """Answer an objection: once, for its owner to read.

    :param outcome: upheld or kept.
    :raises Missing: If there is none in this exam.
    :raises Refused: Without an answer or an outcome.
    :raises Conflict: If it was answered already.
    """
    answer = given_answer(answer)
    if outcome not in OUTCOMES:
        raise Refused("请选择采纳还是维持")
    with write_core() as connection:
        lock_chain(connection)
        found = connection.execute(
            sa.select(Objection.answered_at)
            .where(Objection.id == objection_id, Objection.exam_id == exam_id)
            .with_for_update()
        ).first()
        if found is None:
            raise Missing("没有这条异议")
        if found.answered_at is not None:
            raise Conflict("这条异议已经答复过，请刷新页面")
        connection.execute(
            sa.update(Objection)
            .where(Objection.id == objection_id)
            .values(
                outcome=outcome, answer=answer, answered_at=now, answered_by=account_id
            )
        )
        record_audit(
            connection,
            "objection.answer",
            f"objection:{objection_id}",
            actor=actor_of(account_id),
            now=now,
            facts={"exam": exam_id, "outcome": outcome},
            rows=[seals.ids(Objection, [objection_id])],
            personal={"reason": answer},
        )


def _sheet(connection: sa.Connection, sitting_id: int) -> Any:
    """A closed sheet of an exam, locked."""
    row = connection.execute(
        sa.select(
            Sitting.exam_id,
            Sitting.candidate_id,
            Sitting.generation,
            Exam.code,
            Exam.archived_at,
            Paper.items,
        )
        .join(Exam, Exam.id == Sitting.exam_id)
        .join(Paper, Paper.id == Sitting.paper_id)
        .where(Sitting.id == sitting_id, Sitting.state.in_(("submitted", "auto")))
        .with_for_update(of=Sitting.__table__)
    ).first()
    if row is None:
        raise Missing("这次作答没有成绩，不能提出异议")
    return row


def _version(items: str, q: str) -> int | None:
    """The question version with a number on a paper; None: the paper as a whole."""
    if not q:
        return None
    versions = {place.q: place.version_id for place in places_on(items_of(items))}
    if q not in versions:
        raise Missing("试卷里没有这道题")
    return versions[q]
