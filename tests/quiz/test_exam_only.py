"""What is kept for exams (仅考试) is shown nowhere else: there is no practice, and what
a candidate sees outside the own paper holds no question of the bank.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
import time_machine
from flask import Flask

from core.db import db
from question_bank.models import Question, QuestionVersion
from question_bank.operations.intake import import_questions
from question_bank.operations.pooling import set_pool
from tests.question_bank.drafts import single, typed
from tests.quiz.factories import make_exam
from tests.quiz.phone import Phone

ROOT = Path(__file__).resolve().parents[2]
PEOPLE = [("市司法局", "张伟", "0417")]
#: Modules outside the bank that read what questions ask, and for whom. One that shows
#: them for practice has to leave out those of the pool exam, and to say so here.
READERS = {
    "quiz.acts": "a key of a table",
    "quiz.models": "a key of a table",
    "quiz.bank_cli": "the bank's checks, on the terminal",
    "quiz.views.bank_check": "the bank's checks, for authors and reviewers",
    "quiz.queries.stock": "what an exam draws from; reads no text",
    "quiz.queries.cards": "a sitting's own paper",
    "quiz.queries.review": "a closed sheet's own paper, by the exam's policy",
    "quiz.queries.revisions": "keys of an exam, for organizers",
    "quiz.queries.objections": "the question that is objected to, for organizers",
    "quiz.afterwards": "a key of a table",
    "rehearsal.queries": "the right answers, for simulated phones",
}
TEXTS = {"QuestionVersion", "contents", "kept_questions", "question", "draft_of"}


def readers() -> Iterator[str]:
    """Modules above the bank that import what has the text of questions."""
    for package in ("quiz", "reports", "audit", "privacy", "rehearsal", "core"):
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if (
                    isinstance(node, ast.ImportFrom)
                    and (node.module or "").startswith("question_bank")
                    and TEXTS & {name.name for name in node.names}
                ):
                    yield ".".join(path.relative_to(ROOT).with_suffix("").parts)


def test_whatever_reads_questions_says_for_whom() -> None:
    assert set(readers()) == set(READERS)


def test_before_an_exam_no_page_of_a_candidate_holds_a_question_of_the_bank(
    app: Flask, moment: datetime
) -> None:
    with time_machine.travel(moment - timedelta(minutes=10), tick=False):
        made = make_exam(moment, people=PEOPLE)
        usual = single(
            stem="国家宪法日是每年的哪一天？",
            options=("3月15日", "6月26日", "12月4日", "12月13日"),
        )
        import_questions(
            drafts=typed(usual), accept_good=False, actor="system", now=moment
        )
        ids = list(db.session.scalars(sa.select(Question.id)))
        set_pool(question_ids=ids, pool="exam", actor="system", now=moment)
        phone = Phone(app, made.code)
        pages = [phone.client.get(f"/e/{made.code}"), phone.identify(*PEOPLE[0])]
        pages.append(phone.start(pages[-1], wait="1"))
        where = pages[-1].headers["Location"]
        pages.append(phone.client.get(where))
    assert 'name="try"' in pages[-1].get_data(as_text=True)
    asked = list(db.session.scalars(sa.select(QuestionVersion.stem)))
    assert usual.stem in asked
    for page in pages:
        text = page.get_data(as_text=True)
        assert not [stem for stem in asked if stem.split("（")[0] in text]
