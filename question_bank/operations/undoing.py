"""Taking back what a file brought in, as long as nobody has worked with it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import seals
from core.audit import record_audit
from core.db import write
from core.errors import Missing, Refused
from question_bank.import_queries import import_shown
from question_bank.models import BankImport, Question, QuestionVersion, Topic
from question_bank.operations.intake import lock_bank


def undo_import(*, import_id: int, actor: str, now: datetime) -> int:
    """Delete all questions of an import, and the topics that were made for it.

    The import stays in the list as undone, and the same file can be imported again.

    :return: How many questions were deleted.
    :raises Refused: If it was undone already, or one of its questions was edited, or
        chosen for an exam.
    """
    with write() as session:
        lock_bank(session)
        found = session.get(BankImport, import_id, with_for_update=True)
        if found is None:
            raise Missing("没有这次导入")
        _refuse(import_id)
        found.undone_at, found.undone_by = now, actor
        questions, versions = _ids(session, import_id)
        try:
            with session.begin_nested():
                _delete(session, QuestionVersion, versions)
                _delete(session, Question, questions)
        except sa.exc.IntegrityError:
            # A package above holds one of them, such as an exam that is published
            # and not drawn yet: it has told the bank nothing so far.
            raise Refused(
                "这次导入的题目里有的已被考试选用，不能撤销。可以逐题停用"
            ) from None
        topics = [id for id in found.topics if _drop_topic(session, id)]
        record_audit(
            session,
            "bank.undo",
            f"import:{import_id}",
            actor=actor,
            now=now,
            facts={"questions": len(questions)},
            rows=[
                seals.gone(QuestionVersion, versions),
                seals.gone(Question, questions),
                seals.gone(Topic, topics),
                seals.these(found),
            ],
        )
    return len(questions)


def _refuse(import_id: int) -> None:
    shown = import_shown(import_id)
    if shown.import_.undone_at is not None:
        raise Refused("这次导入已经撤销过了")
    if shown.used:
        raise Refused(
            "这次导入的题目里有 %(n)d 题已在试卷中使用，不能撤销。可以逐题停用",
            n=shown.used,
        )
    if shown.edited:
        raise Refused(
            "这次导入的题目里有 %(n)d 题后来修改过，不能撤销。可以逐题停用",
            n=shown.edited,
        )


def _ids(session: Session, import_id: int) -> tuple[list[int], list[int]]:
    """The questions of an import and their versions."""
    questions = list(
        session.scalars(sa.select(Question.id).where(Question.import_id == import_id))
    )
    versions = list(
        session.scalars(
            sa.select(QuestionVersion.id)
            .join(Question, Question.id == QuestionVersion.question_id)
            .where(Question.import_id == import_id)
        )
    )
    return questions, versions


def _delete(
    session: Session, model: type[Question | QuestionVersion], ids: Iterable[int]
) -> None:
    wanted = list(ids)
    for at in range(0, len(wanted), seals.AT_ONCE):
        part = wanted[at : at + seals.AT_ONCE]
        session.execute(
            sa.delete(model).where(model.id.in_(part)),
            execution_options={"synchronize_session": False},
        )


def _drop_topic(session: Session, topic_id: int) -> bool:
    """Delete a topic, if nothing is about it: no question, no row of a blueprint."""
    topic = session.get(Topic, topic_id)
    if topic is None:
        return False
    try:
        with session.begin_nested():
            session.delete(topic)
            session.flush()  # let the database refuse now
    except sa.exc.IntegrityError:
        return False
    return True
