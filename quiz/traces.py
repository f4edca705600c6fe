"""What people leave in a hall besides their answers, as tables.

They refer to those of models, as ``acts`` does.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from accounts.models import Account
from core.db import Id, Model
from quiz.models import Candidate, Exam, Sitting
from units.models import Unit


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


class Joining(Model):
    """申请加入: somebody on no roster asks to be let in.

    The name goes from here with the decision, which is an act of its own.
    """

    __tablename__ = "joining"
    __unsealed__ = "a wish; what came of it is an act"
    __table_args__ = (
        sa.CheckConstraint(
            "(decided_at IS NULL) = (accepted IS NULL)", "decided_or_not"
        ),
        sa.Index("ix_joining_exam_device", "exam_id", "device"),
    )

    id: Mapped[Id]
    exam_id: Mapped[int] = mapped_column(sa.ForeignKey(Exam.id))
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey(Unit.id))
    name: Mapped[str]
    #: units.rules.identity.match_digest, as a candidate is found by.
    number_digest: Mapped[str]
    #: SHA-256 of the device cookie of the phone that asked.
    device: Mapped[str]
    asked_at: Mapped[datetime]
    #: Who was made of it: when accepted, or before that if the exam lets people begin.
    candidate_id: Mapped[int | None] = mapped_column(sa.ForeignKey(Candidate.id))
    accepted: Mapped[bool | None]
    decided_at: Mapped[datetime | None]
