"""What people do to a running exam, as tables: they refer to those of models."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from accounts.models import Account
from core.db import Id, Model
from question_bank.models import QuestionVersion
from quiz.models import Candidate, Exam, LateMessage, Paper, Sitting


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


class EarlyClosing(Model):
    """提前结束: an exam closed before its time; can be taken back for a while."""

    __tablename__ = "early_closing"

    id: Mapped[Id]
    exam_id: Mapped[int] = mapped_column(sa.ForeignKey(Exam.id), index=True)
    reason: Mapped[str]
    closed_at: Mapped[datetime]
    #: None: from the terminal.
    closed_by: Mapped[int | None] = mapped_column(sa.ForeignKey(Account.id))
    #: When the exam was to close.
    closes_before: Mapped[datetime]
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[int | None] = mapped_column(sa.ForeignKey(Account.id))


class Proposal(Model):
    """提请: what one person asks for and a second one confirms."""

    __tablename__ = "proposal"
    __table_args__ = (
        sa.UniqueConstraint("exam_id", "key"),
        sa.CheckConstraint("kind IN ('reopen', 'admit', 'rekey')", "known_kind"),
        sa.CheckConstraint(
            "decision IN ('confirmed', 'declined', 'withdrawn')", "known_decision"
        ),
        sa.CheckConstraint(
            "(decision IS NULL) = (decided_at IS NULL)", "decided_at_a_moment"
        ),
        sa.CheckConstraint(
            "decision IS NULL OR decision != 'confirmed' OR decided_by != proposed_by",
            "confirmed_by_another",
        ),
    )

    id: Mapped[Id]
    exam_id: Mapped[int] = mapped_column(sa.ForeignKey(Exam.id))
    #: Made by the page: the same tap twice is one proposal.
    key: Mapped[str]
    #: reopen 重新开启, admit 补收, rekey 改键.
    kind: Mapped[str]
    sitting_id: Mapped[int | None] = mapped_column(sa.ForeignKey(Sitting.id))
    late_id: Mapped[int | None] = mapped_column(sa.ForeignKey(LateMessage.id))
    #: The rest of what is asked, by kind: see the operation that proposes it.
    asked: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    reason: Mapped[str]
    proposed_at: Mapped[datetime]
    proposed_by: Mapped[int] = mapped_column(sa.ForeignKey(Account.id))
    #: None: it waits.
    decision: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[int | None] = mapped_column(sa.ForeignKey(Account.id))


class PastSheet(Model):
    """前次答卷: a sheet that was closed and then opened again, with its receipt.

    Its answers stay under its generation; the sitting itself shows the newest.
    """

    __tablename__ = "past_sheet"
    __table_args__ = (sa.PrimaryKeyConstraint("sitting_id", "generation"),)

    sitting_id: Mapped[int] = mapped_column(sa.ForeignKey(Sitting.id))
    generation: Mapped[int]
    #: submitted or auto.
    state: Mapped[str]
    deadline: Mapped[datetime]
    closed_at: Mapped[datetime]
    answers_digest: Mapped[str]
    check_word: Mapped[str]
    audit_n: Mapped[int]
    receipt_code: Mapped[str] = mapped_column(unique=True)


class Incident(Model):
    """情况记录: what happened, as somebody there wrote it down. Never changed."""

    __tablename__ = "incident"
    __table_args__ = (
        sa.UniqueConstraint("exam_id", "key"),
        sa.CheckConstraint(
            "kind IN ('device', 'network', 'identity', 'conduct', 'health', 'other')",
            "known_kind",
        ),
        sa.CheckConstraint("happened_at <= noted_at", "noted_afterwards"),
        sa.CheckConstraint(
            "room IS NULL OR candidate_id IS NULL", "about_a_person_or_a_room"
        ),
    )

    id: Mapped[Id]
    exam_id: Mapped[int] = mapped_column(sa.ForeignKey(Exam.id))
    #: Made by the page: the same tap twice is one record.
    key: Mapped[str]
    #: rules.incidents.KINDS has their names.
    kind: Mapped[str]
    #: Both None: the exam as a whole.
    candidate_id: Mapped[int | None] = mapped_column(sa.ForeignKey(Candidate.id))
    room: Mapped[str | None]
    text: Mapped[str]
    happened_at: Mapped[datetime]
    noted_at: Mapped[datetime]
    noted_by: Mapped[int] = mapped_column(sa.ForeignKey(Account.id))


class KeyRevision(Model):
    """改键: the keys of an exam, corrected once more. Never changed."""

    __tablename__ = "key_revision"
    __unsealed__: ClassVar = {
        "scored_at": "says how far the scoring has come; the scores are sealed"
    }
    __table_args__ = (
        sa.UniqueConstraint("exam_id", "number"),
        sa.CheckConstraint("number > 0", "counts_from_one"),
    )

    id: Mapped[Id]
    exam_id: Mapped[int] = mapped_column(sa.ForeignKey(Exam.id))
    #: 1, 2, …; scores name it. 0 are the keys the exam was published with.
    number: Mapped[int]
    #: Who asked, who confirmed, and why.
    proposal_id: Mapped[int] = mapped_column(sa.ForeignKey(Proposal.id), unique=True)
    #: rules.rekeying.changes_digest.
    digest: Mapped[str]
    made_at: Mapped[datetime]
    #: When all sheets closed before it had their new scores; None: not yet.
    scored_at: Mapped[datetime | None]


class KeyChange(Model):
    """What a revision says of one question version."""

    __tablename__ = "key_change"
    __table_args__ = (
        sa.UniqueConstraint("revision_id", "version_id", "part"),
        sa.CheckConstraint("kind IN ('key', 'full', 'drop')", "known_kind"),
    )

    id: Mapped[Id]
    revision_id: Mapped[int] = mapped_column(sa.ForeignKey(KeyRevision.id))
    version_id: Mapped[int] = mapped_column(sa.ForeignKey(QuestionVersion.id))
    #: Of a case, the part it speaks of, from 1; 0: the question as a whole.
    part: Mapped[int] = mapped_column(default=0)
    #: key 更正答案, full 全员给分, drop 剔除.
    kind: Mapped[str]
    #: For key: the keys that are right, each as the bank keeps a key.
    keys: Mapped[list[Any]] = mapped_column(sa.JSON)


class PaperEntry(Model):
    """录入: what one person read on an answer sheet that was filled in by pen."""

    __tablename__ = "paper_entry"
    __table_args__ = (sa.UniqueConstraint("paper_id", "account_id"),)

    id: Mapped[Id]
    paper_id: Mapped[int] = mapped_column(sa.ForeignKey(Paper.id))
    account_id: Mapped[int] = mapped_column(sa.ForeignKey(Account.id))
    #: Question → value, as the save protocol has them; blanks left out.
    answers: Mapped[dict[str, list[str]]] = mapped_column(sa.JSON)
    entered_at: Mapped[datetime]


class PaperSheet(Model):
    """纸质答卷: an answer sheet that two people have entered, and what came of it."""

    __tablename__ = "paper_sheet"
    __table_args__ = (
        sa.CheckConstraint("outcome IN ('alone', 'joined', 'kept')", "known_outcome"),
        sa.CheckConstraint("first_by != second_by", "entered_by_two"),
    )

    paper_id: Mapped[int] = mapped_column(sa.ForeignKey(Paper.id), primary_key=True)
    #: The sitting it counts in, or the one that counts instead of it.
    sitting_id: Mapped[int] = mapped_column(sa.ForeignKey(Sitting.id))
    #: rules.on_paper.Outcome.
    outcome: Mapped[str]
    first_by: Mapped[int] = mapped_column(sa.ForeignKey(Account.id))
    second_by: Mapped[int] = mapped_column(sa.ForeignKey(Account.id))
    #: Where they differed: question → whose reading counts, 1 or 2.
    settled: Mapped[dict[str, int]] = mapped_column(sa.JSON)
    handed_in_at: Mapped[datetime]
    handed_in_by: Mapped[int] = mapped_column(sa.ForeignKey(Account.id))
