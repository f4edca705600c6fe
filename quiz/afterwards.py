"""What comes after a sitting, as tables: they refer to those of models."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Id, Model
from quiz.models import Sitting


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
