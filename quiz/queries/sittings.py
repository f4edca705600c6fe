"""Reads of the candidate's path: bare connections, counted queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from core import seals
from core.audit import head_hash, head_n
from core.statements import Statement
from quiz.acts import KeyRevision
from quiz.models import Answer, Candidate, Exam, Paper, Sitting, TimeGrant
from quiz.rules.timing import Window
from quiz.traces import Presence


@dataclass(frozen=True)
class Desk:
    """A sitting with what is needed to write to it."""

    sitting_id: int
    token: str
    exam_id: int
    candidate_id: int
    attempt: int
    state: str
    generation: int
    holder: int
    device: str
    claim: str | None
    started_at: datetime
    deadline: datetime
    deadline_before: datetime | None
    grace_s: int
    paused_at: datetime | None  # the exam's clock stands since then
    paper_id: int
    paper_digest: str
    items: str
    multi_rule: str
    check_word: str | None
    #: The keys in force, where it was read to be closed; 0: as published.
    key_revision: int = 0
    #: Number and hash of the last audit entry, where they were read with it.
    head_n: int | None = None
    head_hash: str | None = None

    @property
    def head(self) -> tuple[int | None, str | None] | None:
        """The head of the audit chain, if it was read and is not empty."""
        return (self.head_n, self.head_hash) if self.head_n else None


@dataclass(frozen=True)
class Saved:
    """One answer as it is stored."""

    q: str
    seq: int
    value: str
    received_at: datetime


@dataclass(frozen=True)
class Hand:
    """One attempt of a candidate: its paper and, once started, its sitting."""

    attempt: int
    paper_id: int
    sitting_id: int | None
    token: str | None
    state: str | None
    device: str | None
    claim: str | None
    holder: int | None
    deadline: datetime | None
    items: str


_sitting = Sitting.__table__.c
_exam = Exam.__table__.c
_paper = Paper.__table__.c
_answer = Answer.__table__.c

_desk_columns = (
    _sitting.id.label("sitting_id"),
    _sitting.token,
    _sitting.exam_id,
    _sitting.candidate_id,
    _sitting.attempt,
    _sitting.state,
    _sitting.generation,
    _sitting.holder,
    _sitting.device,
    _sitting.claim,
    _sitting.started_at,
    _sitting.deadline,
    _sitting.deadline_before,
    _exam.grace_s,
    _exam.paused_at,
    _sitting.paper_id,
    _paper.digest.label("paper_digest"),
    _paper["items"],
    _exam.multi_rule,
    _sitting.check_word,
)
_desk_from = sa.join(
    Sitting.__table__, Exam.__table__, _sitting.exam_id == _exam.id
).join(Paper.__table__, _sitting.paper_id == _paper.id)
_by_token = _sitting.token == sa.bindparam("token")
_key_revision = (
    sa.select(sa.func.coalesce(sa.func.max(KeyRevision.number), 0))
    .where(KeyRevision.exam_id == Exam.id)
    .correlate(Exam)
    .scalar_subquery()
    .label("key_revision")
)
_with_head = (head_n.label("head_n"), head_hash.label("head_hash"))
_to_read = sa.select(*_desk_columns).select_from(_desk_from)
_to_close = sa.select(*_desk_columns, _key_revision, *_with_head)
_to_close = _to_close.select_from(_desk_from).with_for_update(of=Sitting.__table__)


_desk_to_read = Statement(_to_read.where(_by_token), Desk)
_desk_to_save = Statement(
    _to_read.where(_by_token).with_for_update(of=Sitting.__table__), Desk
)
_desk_to_close = Statement(_to_close.where(_by_token), Desk)


def sitting_row(desk: Desk, **changed: object) -> seals.Rows:
    """The row of an open sitting with what an act changes in it, to be sealed."""
    row = {
        "id": desk.sitting_id,
        "token": desk.token,
        "exam_id": desk.exam_id,
        "candidate_id": desk.candidate_id,
        "paper_id": desk.paper_id,
        "attempt": desk.attempt,
        "state": desk.state,
        "generation": desk.generation,
        "device": desk.device,
        "started_at": desk.started_at,
        "deadline": desk.deadline,
        "deadline_before": desk.deadline_before,
    }
    return seals.values(Sitting, row | changed)


def find_desk(connection: sa.Connection, token: str) -> Desk | None:
    """The sitting of a token, to read. One query."""
    return _desk_to_read.first(connection, {"token": token})


def find_desk_to_save(connection: sa.Connection, token: str) -> Desk | None:
    """The sitting of a token, locked until the transaction ends. One query."""
    return _desk_to_save.first(connection, {"token": token})


def find_desk_to_close(connection: sa.Connection, token: str) -> Desk | None:
    """As ``find_desk_to_save``, with the head of the audit chain (lock it first)."""
    return _desk_to_close.first(connection, {"token": token})


_desk_to_run = Statement(
    _to_close.where(_sitting.id == sa.bindparam("sitting_id")), Desk
)


def find_desk_to_run(connection: sa.Connection, sitting_id: int) -> Desk | None:
    """As ``find_desk_to_close``, by id: for the acts of those who run the exam."""
    return _desk_to_run.first(connection, {"sitting_id": sitting_id})


_overdue = Statement(
    sa.select(*_desk_columns, _key_revision)
    .select_from(_desk_from)
    .where(_sitting.exam_id == sa.bindparam("exam_id"))
    .where(_sitting.state == "open")
    .where(_sitting.deadline < sa.bindparam("before"))
    .order_by(_sitting.deadline, _sitting.id)
    .limit(sa.bindparam("most", type_=sa.Integer()))
    .with_for_update(of=Sitting.__table__, skip_locked=True),
    Desk,
)


def overdue_desks(
    connection: sa.Connection, exam_id: int, before: datetime, most: int
) -> list[Desk]:
    """Open sittings whose deadline was before a moment, oldest first."""
    return _overdue.run(
        connection, {"exam_id": exam_id, "before": before, "most": most}
    )


def overdue_count(connection: sa.Connection, exam_id: int, before: datetime) -> int:
    """How many open sittings had their deadline before a moment."""
    query = (
        sa.select(sa.func.count())
        .select_from(Sitting)
        .where(Sitting.exam_id == exam_id)
        .where(Sitting.state == "open")
        .where(Sitting.deadline < before)
    )
    return connection.execute(query).scalar_one()


_answers = Statement(
    sa.select(_answer.q, _answer.seq, _answer.value, _answer.received_at)
    .where(_answer.sitting_id == sa.bindparam("sitting_id"))
    .where(_answer.generation == sa.bindparam("generation")),
    Saved,
)


def saved_answers(
    connection: sa.Connection, sitting_id: int, generation: int
) -> dict[str, Saved]:
    """The sheet of a sitting, by question. One query."""
    found = _answers.run(
        connection, {"sitting_id": sitting_id, "generation": generation}
    )
    return {saved.q: saved for saved in found}


_hands = Statement(
    sa.select(
        Paper.attempt,
        Paper.id,
        Sitting.id,
        Sitting.token,
        Sitting.state,
        Sitting.device,
        Sitting.claim,
        Sitting.holder,
        Sitting.deadline,
        Paper.items,
    )
    .select_from(Paper)
    .outerjoin(Sitting, Sitting.paper_id == Paper.id)
    .where(Paper.candidate_id == sa.bindparam("candidate_id"))
    .order_by(Paper.attempt),
    Hand,
)


def hands_of(connection: sa.Connection, candidate_id: int) -> list[Hand]:
    """All attempts dealt to a candidate, in order. One query."""
    return _hands.run(connection, {"candidate_id": candidate_id})


@dataclass(frozen=True)
class Place:
    """A candidate at the door: the exam, the person, the time given back."""

    candidate_id: int
    exam_id: int
    code: str
    title: str
    demo: bool
    name: str
    unit_name: str
    exempt_reason: str | None
    opens_at: datetime
    closes_at: datetime
    contact: str
    duration_s: int
    grace_s: int
    attempts: int
    drawn_at: datetime | None
    paused_at: datetime | None
    presence: str  # what must say that they are there
    seen: str | None  # what says so
    extra_s: int
    head_n: int | None
    head_hash: str | None

    @property
    def head(self) -> tuple[int | None, str | None]:
        """The head of the audit chain."""
        return self.head_n, self.head_hash

    @property
    def window(self) -> Window:
        """The exam's time as the rules take it."""
        return Window(
            opens=self.opens_at,
            closes=self.closes_at,
            allowed=timedelta(seconds=self.duration_s),
            grace=timedelta(seconds=self.grace_s),
        )


_extra = (
    sa.select(sa.func.coalesce(sa.func.sum(TimeGrant.seconds), 0))
    .where(TimeGrant.exam_id == Exam.id)
    .where(
        sa.or_(
            TimeGrant.candidate_id == Candidate.id,
            TimeGrant.unit_id == Candidate.unit_id,
            TimeGrant.room == Candidate.room,
            sa.and_(
                TimeGrant.candidate_id.is_(None),
                TimeGrant.unit_id.is_(None),
                TimeGrant.room.is_(None),
            ),
        )
    )
    .correlate(Exam, Candidate)
    .scalar_subquery()
)


_place = Statement(
    sa.select(
        Candidate.id.label("candidate_id"),
        Candidate.exam_id,
        Exam.code,
        Exam.title,
        Exam.demo,
        Candidate.name,
        Candidate.unit_name,
        Candidate.exempt_reason,
        Exam.opens_at,
        Exam.closes_at,
        Exam.contact,
        Exam.duration_s,
        Exam.grace_s,
        Exam.attempts,
        Exam.drawn_at,
        Exam.paused_at,
        Exam.presence,
        Presence.how.label("seen"),
        _extra.label("extra_s"),
        *_with_head,
    )
    .join(Exam, Candidate.exam_id == Exam.id)
    .outerjoin(Presence, Presence.candidate_id == Candidate.id)
    .where(Candidate.id == sa.bindparam("candidate_id")),
    Place,
)


def find_place(connection: sa.Connection, candidate_id: int) -> Place | None:
    """A candidate with the exam and the grants that reach them. One query."""
    return _place.first(connection, {"candidate_id": candidate_id})


def find_waiting(
    connection: sa.Connection, exam_id: int, device: str
) -> tuple[str, bool] | None:
    """The open sitting a device owns or has asked for.

    :return: Its token, and whether the device owns it.
    """
    query = (
        sa.select(Sitting.token, Sitting.device)
        .where(Sitting.exam_id == exam_id)
        .where(Sitting.state == "open")
        .where(sa.or_(Sitting.device == device, Sitting.claim == device))
        .order_by(Sitting.started_at.desc())
    )
    row = connection.execute(query).first()
    return (row.token, row.device == device) if row else None


def answers_as_lists(saved: Mapping[str, Saved]) -> dict[str, str]:
    """The stored values by question, blanks left out."""
    return {q: answer.value for q, answer in saved.items() if answer.value != "[]"}


def newest_seq(saved: Sequence[Saved]) -> int:
    """The highest sequence number of a sheet; 0 for an empty one."""
    return max((answer.seq for answer in saved), default=0)
