"""What people do to a running exam, as tables: they refer to those of models."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from accounts.models import Account
from core.db import Id, Model
from quiz.models import Exam


class Pause(Model):
    """暂停: an exam stood still; at its end every deadline moved once."""

    __tablename__ = "exam_pause"
    __table_args__ = (
        sa.UniqueConstraint("exam_id", "key"),
        sa.CheckConstraint("ended_at >= began_at", "ends_after_it_began"),
    )

    id: Mapped[Id]
    exam_id: Mapped[int] = mapped_column(sa.ForeignKey(Exam.id))
    #: Made by the page: the same tap twice is one pause.
    key: Mapped[str]
    reason: Mapped[str]
    began_at: Mapped[datetime]
    #: None: from the terminal.
    began_by: Mapped[int | None] = mapped_column(sa.ForeignKey(Account.id))
    #: None: it lasts.
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[int | None] = mapped_column(sa.ForeignKey(Account.id))
