"""What people say about a question, and what comes of it."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import seals
from core.audit import record_audit
from core.db import write
from core.errors import Conflict, Missing, Refused
from question_bank.models import QuestionRemark, QuestionVersion
from question_bank.rules.wording import tidy

LONGEST = 500  # characters of a remark


def record_remark(
    session: Session | sa.Connection,
    *,
    version_id: int,
    kind: str,
    text: str,
    made_by: str,
    now: datetime,
    part: int = 0,
    exam_code: str = "",
) -> tuple[int, seals.Rows]:
    """Note what somebody has to say about a version. Two queries.

    Inside an operation only: the caller's audit entry names the act and takes the
    row to seal. The text is cut nowhere: check it with ``given_text`` first.

    :param kind: note 意见, return 退回, objection 考生异议.
    :param part: Of a case, from 1; 0: the question as a whole.
    :return: The remark's id, and its row.
    :raises Missing: If there is no such version.
    """
    found = sa.select(QuestionVersion.id).where(QuestionVersion.id == version_id)
    if session.execute(found).first() is None:
        raise Missing("没有这道题")
    values = {
        "version_id": version_id,
        "part": part,
        "kind": kind,
        "text": text,
        "exam_code": exam_code,
        "made_at": now,
        "made_by": made_by,
        "outcome": "",
    }
    insert = sa.insert(QuestionRemark).returning(QuestionRemark.id)
    remark_id: int = session.execute(insert, values).scalar_one()
    return remark_id, seals.ids(QuestionRemark, [remark_id])


def given_text(typed: str) -> str:
    """A remark as it is kept.

    :raises Refused: If there is none, or it is too long.
    """
    text = tidy(typed)
    if not text:
        raise Refused("请写出意见的内容")
    if len(text) > LONGEST:
        raise Refused(
            "意见有 %(length)d 个字，最多 %(most)d 个字", length=len(text), most=LONGEST
        )
    return text


def remark_on_question(*, version_id: int, text: str, actor: str, now: datetime) -> int:
    """Say something about a question; it stands there until somebody settles it.

    :return: The remark's id.
    :raises Refused: Without a text.
    """
    text = given_text(text)
    with write() as session:
        remark_id, row = record_remark(
            session,
            version_id=version_id,
            kind="note",
            text=text,
            made_by=actor,
            now=now,
        )
        record_audit(
            session,
            "question.remark",
            f"question:{_question_of(session, version_id)}",
            actor=actor,
            now=now,
            facts={"remark": remark_id},
            rows=[row],
        )
    return remark_id


def settle_remark(*, remark_id: int, outcome: str, actor: str, now: datetime) -> int:
    """Say that a remark was dealt with, and how.

    :param outcome: In a few words; may be empty.
    :return: The question's id.
    :raises Missing: If there is no such remark.
    :raises Conflict: If it was settled already.
    """
    outcome = tidy(outcome)
    if outcome:
        outcome = given_text(outcome)
    with write() as session:
        remark = session.get(QuestionRemark, remark_id, with_for_update=True)
        if remark is None:
            raise Missing("没有这条意见")
        if remark.settled_at is not None:
            raise Conflict("这条意见已经处理过，请刷新页面")
        remark.settled_at, remark.settled_by = now, actor
        remark.outcome = outcome
        question_id = _question_of(session, remark.version_id)
        record_audit(
            session,
            "question.settle",
            f"question:{question_id}",
            actor=actor,
            now=now,
            facts={"remark": remark_id},
            rows=[seals.these(remark)],
        )
    return question_id


def _question_of(session: Session, version_id: int) -> int:
    query = sa.select(QuestionVersion.question_id)
    return session.scalars(query.where(QuestionVersion.id == version_id)).one()
