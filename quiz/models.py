"""Exams, papers, sittings and scores."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from accounts.models import Account
from core.access import Scope
from core.db import Id, Model
from question_bank.models import QuestionVersion, Topic
from units.models import Person, Unit


class Exam(Model):
    """考试. Its state is derived: rules.lifecycle.state_of."""

    __tablename__ = "exam"
    __table_args__ = (
        sa.CheckConstraint("opens_at < closes_at", "opens_before_it_closes"),
        sa.CheckConstraint("duration_s > 0", "takes_time"),
        sa.CheckConstraint(
            "multi_rule IN ('exact', 'half', 'proportional')", "known_multi_rule"
        ),
        sa.CheckConstraint(
            "show_score IN ('at_once', 'after_close', 'when_published')",
            "known_show_score",
        ),
        sa.CheckConstraint(
            "show_what IN ('nothing', 'score', 'topics', 'all')", "known_show_what"
        ),
        sa.CheckConstraint(
            "presence IN ('none', 'code', 'invigilator')", "known_presence"
        ),
    )

    id: Mapped[Id]
    #: In the QR code's address: /e/<code>. Eight letters and digits.
    code: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    #: Name of the preset it was made from, for people.
    preset: Mapped[str]
    #: The unit it belongs to with all below: its organizers run it, its people sit
    #: it. None: it belongs to all, and to organizers of all.
    unit_id: Mapped[int | None] = mapped_column(sa.ForeignKey(Unit.id))
    opens_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    duration_s: Mapped[int]
    #: How late a message may arrive, in seconds.
    grace_s: Mapped[int]
    #: Marks in hundredths of a point.
    pass_mark: Mapped[int]
    excellent_mark: Mapped[int]
    #: Attempts a candidate has.
    attempts: Mapped[int]
    #: exact 少选不得分, half 少选得一半, proportional 按正确选项比例.
    multi_rule: Mapped[str]
    #: When a candidate sees the own score.
    show_score: Mapped[str]
    #: What candidates see of their results: nothing, the score, wrong topics with it,
    #: or all. What tells of questions waits for rules.revealing.
    show_what: Mapped[str] = mapped_column(default="score")
    #: Whom a candidate may ask, with a telephone or a room; shown on every page.
    contact: Mapped[str] = mapped_column(default="")
    #: What must say that somebody is there before they start: rules.presence.MODES.
    presence: Mapped[str] = mapped_column(default="none")
    #: Whether who is not on the roster may begin before an invigilator has agreed.
    provisional: Mapped[bool] = mapped_column(default=False)
    #: Rises when the addresses of the hall's screens shall open nothing more.
    hall_issue: Mapped[int] = mapped_column(default=1)
    #: Whether options are shuffled for each paper.
    shuffle: Mapped[bool]
    #: Invented data: 示例数据 stands wherever its scores stand.
    demo: Mapped[bool]
    created_at: Mapped[datetime]
    created_by: Mapped[int | None] = mapped_column(sa.ForeignKey(Account.id))
    published_at: Mapped[datetime | None]
    drawn_at: Mapped[datetime | None]
    results_at: Mapped[datetime | None]
    #: From then on nothing of it is changed, keys neither.
    archived_at: Mapped[datetime | None]
    #: Since when the exam stands still (acts.Halt); None: its clock runs.
    paused_at: Mapped[datetime | None]
    #: SHA-256 of what the draw reads, frozen at publishing.
    roster_digest: Mapped[str | None]
    bank_digest: Mapped[str | None]
    blueprint_digest: Mapped[str | None]
    #: SHA-256 of the secret, shown at publishing; the secret is revealed after.
    commitment: Mapped[str | None]
    secret: Mapped[str | None]
    #: What the public value will be, announced at publishing (a named lottery
    #: issue, dice thrown by others); empty: none, and the papers are drawn at once.
    public_source: Mapped[str] = mapped_column(default="")
    #: The public value itself; empty until it is known, or when none was announced.
    public_value: Mapped[str]
    seed: Mapped[str | None]

    unit: Mapped[Unit | None] = relationship()
    rows: Mapped[list[BlueprintRow]] = relationship(
        back_populates="exam",
        order_by="BlueprintRow.position",
        cascade="all, delete-orphan",
    )

    @property
    def scope(self) -> Scope:
        """The units whose people may be due."""
        return Scope(self.unit_id is None, frozenset(filter(None, [self.unit_id])))


class BlueprintRow(Model):
    """组卷方案的一行: so many questions of this kind, topic and difficulty."""

    __tablename__ = "blueprint_row"
    __table_args__ = (
        sa.UniqueConstraint("exam_id", "position"),
        sa.CheckConstraint("count > 0 AND points > 0", "asks_something"),
    )

    id: Mapped[Id]
    exam_id: Mapped[int] = mapped_column(sa.ForeignKey(Exam.id))
    position: Mapped[int]
    kind: Mapped[str]
    #: None: any topic.
    topic_id: Mapped[int | None] = mapped_column(sa.ForeignKey(Topic.id))
    #: What the topic was called when the exam was published; None before, and for any.
    topic_called: Mapped[str | None]
    #: None: any difficulty.
    difficulty: Mapped[str | None]
    #: Of cases: how many parts each has, so that every paper asks as much; else 0.
    parts: Mapped[int] = mapped_column(default=0)
    count: Mapped[int]
    #: Of one card, in hundredths.
    points: Mapped[int]

    exam: Mapped[Exam] = relationship(back_populates="rows")
    topic: Mapped[Topic | None] = relationship()


class PoolItem(Model):
    """A question version the bank put at an exam's disposal when it was published."""

    __tablename__ = "pool_item"
    __table_args__ = (sa.UniqueConstraint("exam_id", "version_id"),)

    id: Mapped[Id]
    exam_id: Mapped[int] = mapped_column(sa.ForeignKey(Exam.id))
    version_id: Mapped[int] = mapped_column(sa.ForeignKey(QuestionVersion.id))
    #: The blueprint row it serves: rows are made disjoint at publishing.
    row_id: Mapped[int] = mapped_column(sa.ForeignKey(BlueprintRow.id))
    #: Expected points in thousandths of a point.
    ease: Mapped[int]
    #: Papers that held it before this exam.
    used: Mapped[int]
    #: Those with the same number never stand on one paper (Question.enemies).
    enemies: Mapped[int | None]


class Candidate(Model):
    """应考人员: a person frozen into an exam with the unit they had."""

    __tablename__ = "candidate"
    __table_args__ = (
        sa.UniqueConstraint("exam_id", "person_id"),
        sa.Index("ix_candidate_exam_unit", "exam_id", "unit_id"),
        sa.Index("ix_candidate_exam_tail", "exam_id", "tail_digest"),
        sa.Index("ix_candidate_exam_staff", "exam_id", "staff_digest"),
    )

    id: Mapped[Id]
    exam_id: Mapped[int] = mapped_column(sa.ForeignKey(Exam.id))
    #: None for a walk-in who is on no roster.
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey(Person.id))
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey(Unit.id))
    unit_name: Mapped[str]
    #: The unit's category and level and the person's rank group, as they were. None
    #: where the exam was published before these were frozen.
    category: Mapped[str | None]
    level: Mapped[str | None]
    rank: Mapped[str | None]
    name: Mapped[str]
    #: units.rules.identity.match_digest with the phone's tail, the staff number.
    tail_digest: Mapped[str | None]
    staff_digest: Mapped[str | None]
    #: 免考: the reason; None if due.
    exempt_reason: Mapped[str | None]
    #: Admitted on the day without being on the roster: never in 参考率.
    walk_in: Mapped[bool]
    #: 考场 as people call it, "第3考场"; None: no rooms.
    room: Mapped[str | None]
    #: Which 准考凭证 of theirs counts: the first, or one that replaced it.
    ticket: Mapped[int] = mapped_column(default=1)

    unit: Mapped[Unit] = relationship()


class Paper(Model):
    """试卷: drawn before it is needed."""

    __tablename__ = "paper"
    __table_args__ = (
        sa.UniqueConstraint("candidate_id", "attempt"),
        sa.UniqueConstraint("exam_id", "number"),
    )

    id: Mapped[Id]
    exam_id: Mapped[int] = mapped_column(sa.ForeignKey(Exam.id))
    #: Place in the draw, from 0: hand × hand size + place in the hand.
    number: Mapped[int]
    #: None: a spare.
    candidate_id: Mapped[int | None] = mapped_column(sa.ForeignKey(Candidate.id))
    attempt: Mapped[int]
    #: Canonical JSON, a list of [version id, option order, points in hundredths]:
    #: order "BADC" shows the bank's option B as A; empty where none are shuffled.
    items: Mapped[str]
    #: SHA-256 of exam code | number | items.
    digest: Mapped[str]


class Sitting(Model):
    """作答: one person with one paper."""

    __tablename__ = "sitting"
    __unsealed__: ClassVar = {
        "holder": "rises with every page that is opened on the sitting",
        "claim": "a phone that asks; what was agreed to is an act",
    }
    __table_args__ = (
        sa.UniqueConstraint("candidate_id", "attempt"),
        sa.CheckConstraint(
            "state IN ('open', 'submitted', 'auto', 'void')", "known_state"
        ),
        sa.CheckConstraint(
            "(state = 'open') = (closed_at IS NULL)", "open_until_closed"
        ),
        sa.Index("ix_sitting_exam_state", "exam_id", "state", "deadline"),
    )

    id: Mapped[Id]
    #: In the address /s/<token>; works only with the device cookie.
    token: Mapped[str] = mapped_column(unique=True)
    exam_id: Mapped[int] = mapped_column(sa.ForeignKey(Exam.id))
    candidate_id: Mapped[int] = mapped_column(sa.ForeignKey(Candidate.id))
    paper_id: Mapped[int] = mapped_column(sa.ForeignKey(Paper.id), unique=True)
    attempt: Mapped[int]
    state: Mapped[str]
    #: Numbers the sheet: rises when the sitting is reopened.
    generation: Mapped[int]
    #: Numbers the device that owns it: rises at take-over.
    holder: Mapped[int]
    #: SHA-256 of the device cookie.
    device: Mapped[str]
    #: A device that asks to take over, waiting for the old one to agree.
    claim: Mapped[str | None]
    started_at: Mapped[datetime]
    #: rules.timing.deadline, kept here because every save needs it.
    deadline: Mapped[datetime]
    #: What it was when the exam was closed early, should that be taken back.
    deadline_before: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    #: SHA-256 of the final answers, and what the receipt shows.
    answers_digest: Mapped[str | None]
    check_word: Mapped[str | None]
    #: The audit entry of the closing; named on the receipt.
    audit_n: Mapped[int | None]
    #: Of the receipt's address, /v/<code>; each sheet has its own.
    receipt_code: Mapped[str | None] = mapped_column(unique=True)


class Answer(Model):
    """答案: the newest value of one question on one sheet."""

    __tablename__ = "answer"
    # Saves write no entry: the sheet as a whole is sealed when it is closed.
    __sealed_together__ = ("sitting_id", "generation")
    __unsealed__: ClassVar = {"at_ms": "by the phone's clock; decides nothing"}
    __table_args__ = (
        sa.PrimaryKeyConstraint("sitting_id", "generation", "q"),
        {"sqlite_with_rowid": False},
    )

    sitting_id: Mapped[int] = mapped_column(sa.ForeignKey(Sitting.id))
    generation: Mapped[int]
    #: "7"; a part of a case is "12.2".
    q: Mapped[str]
    seq: Mapped[int]
    #: Canonical JSON of a list of texts, letters as the paper shows them.
    value: Mapped[str]
    #: Since the page began, by the phone; a hint only.
    at_ms: Mapped[int | None]
    received_at: Mapped[datetime]


class LateMessage(Model):
    """What arrived when it no longer counted: kept, never thrown away."""

    __tablename__ = "late_message"
    __unsealed__ = "counts for nothing unless people admit it, which is an act"

    id: Mapped[Id]
    sitting_id: Mapped[int] = mapped_column(sa.ForeignKey(Sitting.id), index=True)
    received_at: Mapped[datetime]
    #: submitted, moved, void, deadline, generation.
    why: Mapped[str]
    body: Mapped[str]


class Away(Model):
    """离开页面: as the phone tells it; shown to people, decides nothing."""

    __tablename__ = "away"
    __unsealed__ = "told by a phone; decides nothing"
    __table_args__ = (sa.PrimaryKeyConstraint("sitting_id", "number"),)

    sitting_id: Mapped[int] = mapped_column(sa.ForeignKey(Sitting.id))
    #: Made by the phone, so that telling it again adds nothing.
    number: Mapped[int]
    duration_ms: Mapped[int]
    received_at: Mapped[datetime]


class TimeGrant(Model):
    """补时: time given back to a person, a unit, a room or the whole exam."""

    __tablename__ = "time_grant"
    __table_args__ = (
        sa.UniqueConstraint("exam_id", "key"),
        sa.CheckConstraint("seconds > 0", "gives_time"),
        sa.CheckConstraint(
            "(unit_id IS NULL OR candidate_id IS NULL)"
            " AND (room IS NULL OR (unit_id IS NULL AND candidate_id IS NULL))",
            "reaches_one_kind",
        ),
    )

    id: Mapped[Id]
    exam_id: Mapped[int] = mapped_column(sa.ForeignKey(Exam.id))
    #: Made by the page: the same tap twice gives time once.
    key: Mapped[str]
    #: All three None: everybody in the exam.
    unit_id: Mapped[int | None] = mapped_column(sa.ForeignKey(Unit.id))
    candidate_id: Mapped[int | None] = mapped_column(sa.ForeignKey(Candidate.id))
    room: Mapped[str | None]
    seconds: Mapped[int]
    reason: Mapped[str]
    granted_at: Mapped[datetime]
    #: None: from the terminal.
    granted_by: Mapped[int | None] = mapped_column(sa.ForeignKey(Account.id))


class Score(Model):
    """成绩: f(paper, answers, key version, rule). Never changed."""

    __tablename__ = "score"
    __table_args__ = (sa.UniqueConstraint("sitting_id", "generation", "key_revision"),)

    id: Mapped[Id]
    sitting_id: Mapped[int] = mapped_column(sa.ForeignKey(Sitting.id))
    generation: Mapped[int]
    #: 0: the keys the exam was published with.
    key_revision: Mapped[int]
    #: Hundredths of a point.
    points: Mapped[int]
    #: Canonical JSON: hundredths for each question, in the paper's order.
    detail: Mapped[str]
    scored_at: Mapped[datetime]


class EntryTry(Model):
    """Wrong identifications of one name at one exam."""

    __tablename__ = "entry_try"
    __unsealed__ = "counts wrong identifications; forgotten after a while"
    __table_args__ = (sa.UniqueConstraint("exam_id", "who"),)

    id: Mapped[Id]
    exam_id: Mapped[int] = mapped_column(sa.ForeignKey(Exam.id))
    #: Keyed digest of unit and name.
    who: Mapped[str]
    failures: Mapped[int]
    failed_at: Mapped[datetime]
