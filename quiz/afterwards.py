"""What comes after a sitting, as tables: they refer to those of models."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from accounts.models import Account
from core.db import Id, Model
from question_bank.models import QuestionVersion
from quiz.models import Exam, Sitting


class Certificate(Model):
    """证书: that a result was good enough. Whether it still holds is derived."""

    __tablename__ = "certificate"
    __table_args__ = (sa.UniqueConstraint("sitting_id", "generation", "key_revision"),)

    id: Mapped[Id]
    #: Of its address, /v/<code>.
    code: Mapped[str] = mapped_column(unique=True)
    sitting_id: Mapped[int] = mapped_column(sa.ForeignKey(Sitting.id))
    #: These two name the score it was issued for.
    generation: Mapped[int]
    key_revision: Mapped[int]
    issued_at: Mapped[datetime]


class Objection(Model):
    """异议: 这道题有问题, or 申请复核 of the whole score; answered once."""

    __tablename__ = "objection"
    __table_args__ = (
        sa.UniqueConstraint("sitting_id", "generation", "q"),
        sa.CheckConstraint("outcome IN ('upheld', 'kept')", "known_outcome"),
        sa.CheckConstraint(
            "(outcome IS NULL) = (answered_at IS NULL)", "answered_at_a_moment"
        ),
    )

    id: Mapped[Id]
    exam_id: Mapped[int] = mapped_column(sa.ForeignKey(Exam.id), index=True)
    sitting_id: Mapped[int] = mapped_column(sa.ForeignKey(Sitting.id))
    generation: Mapped[int]
    #: The question's number on the paper; empty: the score as a whole.
    q: Mapped[str]
    version_id: Mapped[int | None] = mapped_column(sa.ForeignKey(QuestionVersion.id))
    text: Mapped[str]
    made_at: Mapped[datetime]
    #: upheld 采纳, kept 维持; None: it waits.
    outcome: Mapped[str | None]
    answer: Mapped[str] = mapped_column(default="")
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[int | None] = mapped_column(sa.ForeignKey(Account.id))
