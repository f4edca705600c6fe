"""Certificates with what decides whether they still hold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from quiz.acts import PastSheet
from quiz.afterwards import Certificate
from quiz.models import Candidate, Exam, Score, Sitting
from quiz.rules.vouchers import Status, certificate_status


@dataclass(frozen=True)
class Merit:
    """The newest score of a closed sheet."""

    exam_id: int
    candidate_id: int
    generation: int
    key_revision: int
    points: int
    pass_mark: int


@dataclass(frozen=True)
class Certified:
    """A certificate, whose it is, and what became of its score."""

    code: str
    issued_at: datetime
    sitting_id: int
    exam_code: str
    name: str
    unit_name: str
    state: str  # of the attempt
    generation: int
    newest_generation: int
    closed_at: datetime  # of the sheet it was issued for
    points: int  # it was issued for
    newest_points: int | None  # of the newest sheet; None: it is open again
    pass_mark: int

    @property
    def status(self) -> Status:
        """Whether it still holds."""
        return certificate_status(
            state=self.state,
            same_sheet=self.generation == self.newest_generation,
            points=self.points,
            newest=self.newest_points,
            pass_mark=self.pass_mark,
        )


def find_merit(connection: sa.Connection, sitting_id: int) -> Merit | None:
    """What a certificate of a sitting would rest on. One query."""
    query = (
        sa.select(
            Sitting.exam_id,
            Sitting.candidate_id,
            Score.generation,
            Score.key_revision,
            Score.points,
            Exam.pass_mark,
        )
        .join(Score, Score.sitting_id == Sitting.id)
        .join(Exam, Exam.id == Sitting.exam_id)
        .where(Sitting.id == sitting_id, Score.generation == Sitting.generation)
        .where(Sitting.state.in_(("submitted", "auto")))
        .order_by(Score.key_revision.desc())
        .limit(1)
    )
    row = connection.execute(query).first()
    return Merit(*row) if row else None


_newest = (
    sa.select(Score.points)
    .where(Score.sitting_id == Sitting.id, Score.generation == Sitting.generation)
    .order_by(Score.key_revision.desc())
    .limit(1)
    .correlate(Sitting)
    .scalar_subquery()
)
_certified = (
    sa.select(
        Certificate.code,
        Certificate.issued_at,
        Certificate.sitting_id,
        Exam.code.label("exam_code"),
        Candidate.name,
        Candidate.unit_name,
        Sitting.state,
        Certificate.generation,
        Sitting.generation.label("newest_generation"),
        sa.func.coalesce(PastSheet.closed_at, Sitting.closed_at).label("closed_at"),
        Score.points,
        _newest.label("newest_points"),
        Exam.pass_mark,
    )
    .join(Sitting, Sitting.id == Certificate.sitting_id)
    .join(Candidate, Candidate.id == Sitting.candidate_id)
    .join(Exam, Exam.id == Sitting.exam_id)
    .join(
        Score,
        sa.and_(
            Score.sitting_id == Certificate.sitting_id,
            Score.generation == Certificate.generation,
            Score.key_revision == Certificate.key_revision,
        ),
    )
    .outerjoin(
        PastSheet,
        sa.and_(
            PastSheet.sitting_id == Certificate.sitting_id,
            PastSheet.generation == Certificate.generation,
        ),
    )
    .order_by(Certificate.id.desc())
)


def certificates_of(connection: sa.Connection, sitting_id: int) -> list[Certified]:
    """The certificates of a sitting, newest first. One query."""
    return _read(connection, Certificate.sitting_id == sitting_id)


def find_certificate(connection: sa.Connection, code: str) -> Certified | None:
    """A certificate by its code. One query."""
    return next(iter(_read(connection, Certificate.code == code)), None)


def _read(connection: sa.Connection, which: sa.ColumnElement[bool]) -> list[Certified]:
    rows: list[Any] = list(connection.execute(_certified.where(which)))
    return [Certified(*row) for row in rows]
