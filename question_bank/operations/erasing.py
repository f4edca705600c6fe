"""Forgetting what people said of questions who are themselves forgotten."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import seals
from question_bank.models import QuestionRemark

FORGOTTEN = "（提出人的个人信息已删除，原文随之删除）"


def record_forgotten_remarks(
    session: Session, remark_ids: Sequence[int]
) -> list[seals.Rows]:
    """Take the words out of remarks; that there was one, and what came of it, stays.

    A part of an act of the package privacy; returns the rows it wrote.
    """
    session.execute(
        sa.update(QuestionRemark)
        .where(QuestionRemark.id.in_(remark_ids))
        .values(text=FORGOTTEN)
    )
    return [seals.ids(QuestionRemark, remark_ids)]
