"""Topics, questions, and their immutable versions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Id, Model


class Topic(Model):
    """知识点: what a question is about; a tree."""

    __tablename__ = "topic"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(unique=True)
    parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("topic.id"))
    position: Mapped[int]
    #: What it was merged into: old versions and papers keep it, nothing new is put
    #: under it, and whoever names it means the other one. None: in use.
    merged_into: Mapped[int | None] = mapped_column(sa.ForeignKey("topic.id"))


class BankImport(Model):
    """题目导入: one file that brought questions in, or one pasted text."""

    __tablename__ = "bank_import"

    id: Mapped[Id]
    at: Mapped[datetime]
    #: account:3, or system from the terminal.
    actor: Mapped[str]
    #: As the person named it.
    filename: Mapped[str]
    #: Of the file's bytes, hexadecimal.
    sha256: Mapped[str] = mapped_column(index=True)
    #: How many questions it held, and how many of them were added, were in the bank
    #: already, stood in the file twice, and could not be taken.
    total: Mapped[int]
    added: Mapped[int]
    known: Mapped[int]
    repeated: Mapped[int]
    bad: Mapped[int]
    #: Ids of the topics that were made for it.
    topics: Mapped[list[int]] = mapped_column(sa.JSON)
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str | None]


class Question(Model):
    """题目: a lasting identity; its content is its newest version."""

    __tablename__ = "question"
    __table_args__ = (
        sa.CheckConstraint(
            "state IN ('draft', 'review', 'approved', 'parked', 'retired')",
            "known_state",
        ),
        sa.CheckConstraint("pool IN ('open', 'exam')", "known_pool"),
    )

    id: Mapped[Id]
    #: draft 草稿, review 待审, approved 可用, parked 暂停, retired 停用.
    state: Mapped[str]
    #: The number of the newest version.
    current: Mapped[int]
    #: open 考试和练习, exam 仅考试: never shown in practice.
    pool: Mapped[str] = mapped_column(default="open")
    #: Questions with the same number never stand on one paper; None: with any.
    enemies: Mapped[int | None] = mapped_column(index=True)
    created_at: Mapped[datetime]
    #: The file that brought it; None: typed by hand, or from before there were any.
    import_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey(BankImport.id), index=True
    )

    versions: Mapped[list[QuestionVersion]] = relationship(back_populates="question")


class QuestionVersion(Model):
    """题目版本: what was asked and what was right. Never changed."""

    __tablename__ = "question_version"
    __table_args__ = (
        sa.UniqueConstraint("question_id", "number"),
        sa.CheckConstraint(
            "kind IN ('single', 'multi', 'judge', 'fill', 'case')", "known_kind"
        ),
        sa.CheckConstraint(
            "difficulty IN ('easy', 'medium', 'hard')", "known_difficulty"
        ),
    )

    id: Mapped[Id]
    question_id: Mapped[int] = mapped_column(sa.ForeignKey(Question.id))
    number: Mapped[int]
    kind: Mapped[str]
    stem: Mapped[str]
    #: Texts of the options in the bank's order; empty for judge, fill and case.
    options: Mapped[list[str]] = mapped_column(sa.JSON)
    #: single ["B"], multi ["A", "C"], judge ["T"] or ["F"]; fill: a list of the
    #: accepted texts for each blank, [["90", "九十"], …]; case: empty.
    key: Mapped[list[Any]] = mapped_column(sa.JSON)
    #: Options that keep their place when a paper shuffles them.
    pinned: Mapped[bool]
    #: The questions of a case, which share its stem: {"kind", "stem", "options", "key",
    #: "pinned", "citations", "analysis"} as above; empty for all other kinds.
    parts: Mapped[list[Any]] = mapped_column(sa.JSON, default=list)
    topic_id: Mapped[int] = mapped_column(sa.ForeignKey(Topic.id))
    difficulty: Mapped[str]
    #: ["《行政处罚法》第六十条", …]
    citations: Mapped[list[str]] = mapped_column(sa.JSON)
    analysis: Mapped[str]
    #: 应知应会清单 item, 适用对象 and the like.
    tags: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    #: Where it comes from, in people's words.
    source: Mapped[str] = mapped_column(default="")
    #: Of kind, stem, options and key as compared: two questions with the same
    #: digest are the same question (rules.content.content_digest).
    digest: Mapped[str] = mapped_column(index=True)
    created_at: Mapped[datetime]
    #: Who wrote it: account:3, or system; empty: from before that was kept.
    created_by: Mapped[str] = mapped_column(default="")

    question: Mapped[Question] = relationship(back_populates="versions")
    topic: Mapped[Topic] = relationship()


class QuestionUse(Model):
    """That an exam has a question in its papers; pushed down by quiz."""

    __tablename__ = "question_use"
    __table_args__ = (sa.UniqueConstraint("version_id", "exam_code"),)

    id: Mapped[Id]
    version_id: Mapped[int] = mapped_column(sa.ForeignKey(QuestionVersion.id))
    exam_code: Mapped[str]
    exam_title: Mapped[str]
    #: How many papers hold it.
    papers: Mapped[int]
    #: What came of it when the results were published: how many closed sheets asked it,
    #: and the hundredths earned of those possible. 0: not yet, or an invented exam.
    answers: Mapped[int] = mapped_column(default=0)
    earned: Mapped[int] = mapped_column(default=0)
    possible: Mapped[int] = mapped_column(default=0)


class QuestionRemark(Model):
    """题目意见: what somebody has to say about a version, until it is settled."""

    __tablename__ = "question_remark"
    __table_args__ = (
        sa.CheckConstraint("kind IN ('note', 'return', 'objection')", "known_kind"),
        sa.CheckConstraint(
            "(settled_at IS NULL) = (settled_by IS NULL)", "settled_by_somebody"
        ),
    )

    id: Mapped[Id]
    version_id: Mapped[int] = mapped_column(
        sa.ForeignKey(QuestionVersion.id), index=True
    )
    #: The part of a case it speaks of, from 1; 0: the question as a whole.
    part: Mapped[int]
    #: note 意见, return 退回, objection 考生异议.
    kind: Mapped[str]
    text: Mapped[str]
    #: The exam an objection comes from; empty: none.
    exam_code: Mapped[str]
    made_at: Mapped[datetime]
    #: account:3, candidate:9, or system.
    made_by: Mapped[str]
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[str | None]
    #: What came of it.
    outcome: Mapped[str]
