"""A bank and a roster to make exams from, in a few lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from core.db import db, write
from question_bank.models import Question, QuestionVersion, Topic
from quiz.models import Candidate, Exam, Paper
from quiz.operations.draw import draw_exam, publish_exam
from quiz.operations.exams import create_exam
from quiz.rules.blueprint import Row
from quiz.rules.details import ExamDetails
from quiz.rules.presets import PRESETS, rows_of
from tests.conftest import SECRET
from units.models import Person, Unit

LEVELS = ("easy", "medium", "hard")
#: Twenty times what the spot test takes of each kind.
PLENTY = {"single": 600, "multi": 200, "judge": 200}
OPTIONS = {"single": 4, "multi": 5, "judge": 0, "fill": 0}
KEYS = {"single": ["A"], "multi": ["A", "B"], "judge": ["T"], "fill": [["九十"]]}


def make_bank(
    moment: datetime, counts: Mapping[str, int], *, topic: str = "民法典"
) -> list[int]:
    """Approved questions of one topic, every difficulty in turn; their version ids."""
    with write() as session:
        shelf = Topic(name=topic, position=1)
        session.add(shelf)
        session.flush()  # generate shelf.id
        versions = []
        for kind, count in counts.items():
            for n in range(count):
                version = QuestionVersion(
                    number=1,
                    kind=kind,
                    stem=f"{topic}{kind}第{n}题",
                    options=[f"选项{o}" for o in range(OPTIONS[kind])],
                    key=KEYS[kind],
                    pinned=False,
                    topic_id=shelf.id,
                    difficulty=LEVELS[n % 3],
                    citations=[],
                    analysis="",
                    digest=f"{topic}|{kind}|{n}",
                    created_at=moment,
                )
                question = Question(state="approved", current=1, created_at=moment)
                question.versions = [version]
                session.add(question)
                versions.append(version)
        session.flush()  # generate version.id
        return [version.id for version in versions]


def make_units(moment: datetime, sizes: Sequence[int]) -> list[int]:
    """Units with so many people each; their ids."""
    ids = []
    with write() as session:
        for n, size in enumerate(sizes, 1):
            unit = Unit(
                code=f"999000{n:03d}",
                name=f"第{n}局",
                initials=f"d{n}j",
                category="政府部门" if n % 2 else "县区",
                level="市直",
                position=n,
                created_at=moment,
            )
            unit.people = [
                Person(
                    name=f"人员{n}-{m}",
                    phone_tail=f"{m:04d}",
                    rank="",
                    created_at=moment,
                )
                for m in range(size)
            ]
            session.add(unit)
            session.flush()  # generate unit.id
            ids.append(unit.id)
    return ids


def details(moment: datetime, **changes: object) -> ExamDetails:
    """A spot test that opens a day after ``moment``."""
    return replace(
        ExamDetails(
            title="法治素养测试",
            opens_at=moment + timedelta(days=1),
            closes_at=moment + timedelta(days=1, hours=2),
            duration_s=3600,
            pass_mark=6000,
            excellent_mark=9000,
            attempts=1,
            multi_rule="exact",
            show_score="at_once",
            shuffle=True,
        ),
        **changes,  # type: ignore[arg-type]
    )


def make_draft(
    moment: datetime,
    *,
    rows: Sequence[Row] | None = None,
    code: str = "K7MPX4QW",
    **changes: object,
) -> Exam:
    """A draft, by default of the spot test."""
    return create_exam(
        details=details(moment, **changes),
        preset=PRESETS[0].name,
        rows=rows_of(PRESETS[0]) if rows is None else rows,
        code=code,
        account_id=None,
        now=moment,
    )


def publish(
    exam: Exam,
    moment: datetime,
    *,
    units: Sequence[int] | None = None,
    public_source: str = "",
    secret: str = "5e" * 32,
) -> None:
    """Publish a draft."""
    publish_exam(
        exam_id=exam.id,
        unit_ids=units,
        public_source=public_source,
        secret=secret,
        key=SECRET,
        account_id=None,
        now=moment,
    )


def draw(exam: Exam, moment: datetime, public_value: str = "") -> int:
    """Draw the papers of a published exam."""
    return draw_exam(
        exam_id=exam.id, public_value=public_value, account_id=None, now=moment
    )


def papers_of(exam: Exam) -> list[Paper]:
    """All papers in the order of their numbers."""
    select = sa.select(Paper).where(Paper.exam_id == exam.id).order_by(Paper.number)
    return list(db.session.scalars(select))


def candidates_of(exam: Exam) -> list[Candidate]:
    """The frozen roster."""
    select = sa.select(Candidate).where(Candidate.exam_id == exam.id)
    return list(db.session.scalars(select.order_by(Candidate.id)))


def count(model: type[object]) -> int:
    """Rows of a table."""
    return db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0
