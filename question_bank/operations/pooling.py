"""What questions may be used for, and which never meet on a paper."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import seals
from core.audit import record_audit
from core.db import write
from core.errors import Refused
from question_bank.models import Question
from question_bank.operations.intake import lock_bank
from question_bank.operations.reviewing import MOST

MOST_ENEMIES = 20  # questions that are enemies of one another
POOLS = {"open": "考试和练习", "exam": "仅考试"}


def set_pool(
    *, question_ids: Sequence[int], pool: str, actor: str, now: datetime
) -> int:
    """Say what questions are for; exams that are published keep what they have.

    :param pool: open 考试和练习, exam 仅考试.
    :return: How many were changed.
    :raises Refused: If nothing would change.
    """
    if pool not in POOLS:
        raise Refused("没有这种用途")
    if len(question_ids) > MOST:
        raise Refused("一次最多处理 %(most)d 题，请缩小范围", most=MOST)
    with write() as session:
        lock_bank(session)
        query = sa.select(Question.id).where(Question.id.in_(question_ids))
        ids = list(session.scalars(query.where(Question.pool != pool)))
        if not ids:
            raise Refused("选中的题已经是这样，没有改动")
        _write(session, ids, {"pool": pool})
        record_audit(
            session,
            "bank.pool",
            "bank",
            actor=actor,
            now=now,
            facts={"questions": len(ids), "pool": pool},
            rows=[seals.ids(Question, ids)],
        )
    return len(ids)


def make_enemies(
    *, question_ids: Sequence[int], actor: str, now: datetime
) -> list[int]:
    """Keep questions from standing on one paper; with all their enemies so far.

    :return: All that are enemies of one another now.
    :raises Refused: If it is one question, or they become too many.
    """
    with write() as session:
        lock_bank(session)
        wanted = set(question_ids)
        known = sa.select(Question.enemies).where(
            Question.id.in_(wanted), Question.enemies.is_not(None)
        )
        groups = set(session.scalars(known))
        ids = sorted(
            session.scalars(
                sa.select(Question.id).where(
                    sa.or_(Question.id.in_(wanted), Question.enemies.in_(groups))
                )
            )
        )
        if len(ids) < 2:
            raise Refused("互斥至少要有两道题")
        if len(ids) > MOST_ENEMIES:
            raise Refused(
                "互斥的题连同原来的一共 %(n)d 道，最多 %(most)d 道",
                n=len(ids),
                most=MOST_ENEMIES,
            )
        _write(session, ids, {"enemies": ids[0]})
        record_audit(
            session,
            "bank.enemies",
            "bank",
            actor=actor,
            now=now,
            facts={"questions": len(ids)},
            rows=[seals.ids(Question, ids)],
        )
    return ids


def end_enmity(*, question_ids: Sequence[int], actor: str, now: datetime) -> int:
    """Let questions stand beside any other again.

    One that is left without an enemy is free, too.

    :return: How many were changed.
    :raises Refused: If none had an enemy.
    """
    with write() as session:
        lock_bank(session)
        query = sa.select(Question.id, Question.enemies)
        found = session.execute(query.where(Question.enemies.is_not(None))).all()
        wanted = set(question_ids)
        groups = {enemies for id, enemies in found if id in wanted}
        ids = [id for id, _ in found if id in wanted]
        for group in groups:
            left = [
                id for id, enemies in found if enemies == group and id not in wanted
            ]
            ids += left if len(left) == 1 else []
        if not ids:
            raise Refused("选中的题没有互斥的题，没有改动")
        _write(session, ids, {"enemies": None})
        record_audit(
            session,
            "bank.enemies_end",
            "bank",
            actor=actor,
            now=now,
            facts={"questions": len(ids)},
            rows=[seals.ids(Question, ids)],
        )
    return len(ids)


def _write(session: Session, ids: Sequence[int], values: dict[str, object]) -> None:
    session.execute(sa.update(Question).where(Question.id.in_(ids)).values(values))
