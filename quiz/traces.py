"""What people leave in a hall besides their answers, as tables.

They refer to those of models, as ``acts`` does.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from accounts.models import Account
from core.db import Model
from quiz.models import Candidate, Sitting


class Heard(Model):
    """最近联系: when the phone of a sitting was heard of last, within a few seconds."""

    __tablename__ = "heard"
    __unsealed__ = "a hint for the hall; counts for nothing"

    sitting_id: Mapped[int] = mapped_column(sa.ForeignKey(Sitting.id), primary_key=True)
    heard_at: Mapped[datetime]


class Presence(Model):
    """签到: that somebody was there, and who or what says so. The newest stands."""

    __tablename__ = "presence"
    __table_args__ = (
        sa.CheckConstraint(
            "how IN ('scan', 'digits', 'invigilator', 'phone')", "known_how"
        ),
        sa.CheckConstraint(
            "(how = 'invigilator') = (reason IS NOT NULL)", "admitted_for_a_reason"
        ),
    )

    candidate_id: Mapped[int] = mapped_column(
        sa.ForeignKey(Candidate.id), primary_key=True
    )
    #: scan: the code on the hall's screen; digits: its six digits, typed;
    #: invigilator: somebody there; phone: nothing but the person's own phone.
    how: Mapped[str]
    at: Mapped[datetime]
    #: Whose screen it was, or as the roster has it; None: no rooms.
    room: Mapped[str | None]
    reason: Mapped[str | None]
    #: The invigilator.
    account_id: Mapped[int | None] = mapped_column(sa.ForeignKey(Account.id))
