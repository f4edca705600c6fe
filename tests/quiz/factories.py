"""An exam in a few lines: valid rows, dealt without the deal."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from core.db import write
from question_bank.models import Question, QuestionVersion, Topic
from quiz.models import BlueprintRow, Candidate, Exam, Paper, PoolItem
from tests.conftest import SECRET
from units.models import Person, Unit
from units.rules.identity import match_digest


@dataclass(frozen=True)
class Made:
    """What a test needs to know of the exam."""

    exam_id: int
    code: str
    #: (unit, name, last four digits) of each candidate, and their ids.
    people: list[tuple[str, str, str]]
    candidates: list[int]
    #: The key of each question in the bank's letters, in the order of the paper.
    keys: list[list[object]]
    #: The version of each question.
    versions: list[int]


CONTACT_NUMBER = "13900000000"
QUESTIONS: list[tuple[str, list[str], list[object]]] = [
    ("single", ["三十日", "六十日", "九十日", "一百二十日"], ["C"]),
    ("single", ["一年", "二年", "三年", "五年"], ["B"]),
    ("multi", ["警告", "罚款", "罚金", "行政拘留"], ["A", "B", "D"]),
    ("judge", [], ["F"]),
    ("fill", [], [["九十", "90"], ["书面"]]),
]


def make_exam(
    moment: datetime,
    *,
    people: Sequence[tuple[str, str, str]] = (("市司法局", "张伟", "0417"),),
    order: str = "",
    **changes: object,
) -> Made:
    """A drawn exam that opened at ``moment`` for two hours, an hour a sitting.

    :param order: The option order of every choice question on every paper.
    """
    with write() as session:
        topic = session.scalar(sa.select(Topic).where(Topic.name == "行政处罚"))
        if topic is None:  # the first exam of this test
            topic = Topic(name="行政处罚", position=1)
            session.add(topic)
            session.flush()  # generate topic.id
        versions = []
        for n, (kind, options, key) in enumerate(QUESTIONS):
            question = Question(state="approved", current=1, created_at=moment)
            version = QuestionVersion(
                number=1,
                kind=kind,
                stem=f"第{n}题的题干<b>【】【】</b>"
                if kind == "fill"
                else f"题干{n} & <i>",
                options=options,
                key=key,
                pinned=False,
                topic_id=topic.id,
                difficulty="easy",
                citations=["《行政处罚法》第六十条"],
                analysis="解析只在考后给出",
                digest=f"{n:064d}",
                created_at=moment,
            )
            question.versions = [version]
            session.add(question)
            versions.append(version)
        session.flush()  # generate version.id
        values: dict[str, object] = {
            "code": "TESTEXAM",
            "title": "法治能力测试",
            "preset": "现场抽测",
            "opens_at": moment,
            "closes_at": moment + timedelta(hours=2),
            "duration_s": 3600,
            "grace_s": 30,
            "pass_mark": 600,
            "excellent_mark": 900,
            "attempts": 1,
            "multi_rule": "exact",
            "show_score": "at_once",
            "shuffle": True,
            "contact": f"李老师 {CONTACT_NUMBER}，二楼考务室",
            "demo": False,
            "created_at": moment,
            "published_at": moment,
            "drawn_at": moment,
            "public_value": "",
            "public_source": "",
            "roster_digest": "1" * 64,
            "bank_digest": "2" * 64,
            "blueprint_digest": "3" * 64,
            "commitment": "4" * 64,
            "secret": "5" * 64,
            "seed": "6" * 64,
            **changes,
        }
        exam = Exam(**values)
        exam.rows = [BlueprintRow(position=1, kind="single", count=5, points=200)]
        session.add(exam)
        session.flush()  # generate exam.id
        session.add_all(
            PoolItem(
                exam_id=exam.id, version_id=v.id, row_id=exam.rows[0].id, ease=1700,
                used=0,
            )
            for v in versions
            if exam.published_at
        )  # fmt: skip
        items = [
            [v.id, order if v.kind in ("single", "multi") else "", 200]
            for v in versions
        ]
        text = json.dumps(items, separators=(",", ":"))
        candidates = []
        units = {unit.name: unit for unit in session.scalars(sa.select(Unit))}
        for i, (unit_name, name, tail) in enumerate(people):
            unit = units.get(unit_name)
            if unit is None:
                unit = units[unit_name] = Unit(
                    code=f"U{len(units):03d}",
                    name=unit_name,
                    initials=f"u{len(units)}",
                    category="政府部门",
                    level="市直",
                    position=len(units),
                    created_at=moment,
                )
                session.add(unit)
                session.flush()  # generate unit.id
            person = Person(
                unit_id=unit.id, name=name, phone_tail=tail, rank="", created_at=moment
            )
            session.add(person)
            session.flush()  # generate person.id
            candidate = Candidate(
                exam_id=exam.id,
                person_id=person.id,
                unit_id=unit.id,
                unit_name=unit_name,
                name=name,
                tail_digest=match_digest(SECRET, unit.code, name, tail),
                walk_in=False,
            )
            session.add(candidate)
            session.flush()  # generate candidate.id
            for attempt in range(1, exam.attempts + 1):
                number = i * exam.attempts + attempt - 1
                session.add(
                    Paper(
                        exam_id=exam.id,
                        number=number,
                        candidate_id=candidate.id,
                        attempt=attempt,
                        items=text,
                        digest=hashlib.sha256(f"{number}|{text}".encode()).hexdigest(),
                    )
                )
            candidates.append(candidate.id)
        return Made(
            exam_id=exam.id,
            code=exam.code,
            people=list(people),
            candidates=candidates,
            keys=[key for _, _, key in QUESTIONS],
            versions=[v.id for v in versions],
        )
