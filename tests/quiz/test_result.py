"""Results by the exam's policy; nothing of a question before everybody is through."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from core.db import db
from quiz.models import Answer, Exam, PoolItem, Sitting
from quiz.operations.rekeying import confirm_rekey, propose_rekey
from quiz.rules.details import SHOW_SCORES, SHOW_WHATS
from quiz.rules.rekeying import Change
from tests.conftest import make_account
from tests.pages import text_of
from tests.quiz.factories import Made, make_exam
from tests.quiz.phone import Phone

PEOPLE = [("市司法局", "张伟", "0417"), ("市财政局", "王芳", "8830")]
#: One wrong, one left blank: 4 of 10 points.
SHEET = (("1", ["A"], 1), ("2", ["B"], 2), ("4", ["F"], 3), ("5", ["30", ""], 4))
KEYS = ("解析只在考后给出", "第六十条", "书面", "正确答案", 'class="right"')
TOPIC = "行政处罚"
AFTER = timedelta(hours=2, minutes=10)


@pytest.fixture
def clock(moment: datetime) -> Iterator[Any]:
    with time_machine.travel(moment + timedelta(minutes=1), tick=False) as traveller:
        yield traveller


def sat(app: Flask, moment: datetime, what: str, **changes: Any) -> tuple[Made, Phone]:
    made = make_exam(moment, people=PEOPLE, show_what=what, **changes)
    phone = Phone(app)
    phone.enter(*PEOPLE[0])
    phone.submit(*SHEET)
    return made, phone


def seen(phone: Phone) -> str:
    reply = phone.client.get(f"/s/{phone.token}/result")
    assert reply.status_code == 200
    return text_of(reply)


def told(page: str) -> tuple[bool, bool, bool]:
    """Whether score, wrong topics, and keys are on a page."""
    assert any(key in page for key in KEYS) is all(key in page for key in KEYS)
    return "<b>4</b>" in page, TOPIC in page, KEYS[0] in page


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        ("nothing", (False, False, False)),
        ("score", (True, False, False)),
        ("topics", (True, True, False)),
        ("all", (True, True, True)),
    ],
)
def test_the_policy_says_what_is_shown(
    app: Flask, moment: datetime, clock: Any, what: str, expected: tuple[bool, ...]
) -> None:
    _, phone = sat(app, moment, what)
    before = seen(phone)
    assert told(before) == (what != "nothing", False, False)
    clock.move_to(moment + AFTER)
    assert told(seen(phone)) == expected


@pytest.mark.parametrize("what", SHOW_WHATS)
@pytest.mark.parametrize("show", SHOW_SCORES)
def test_M9_no_policy_shows_a_key_before_the_exam_is_over(
    app: Flask, moment: datetime, clock: Any, what: str, show: str
) -> None:
    _, phone = sat(app, moment, what, show_score=show, results_at=moment)
    code = db.session.scalars(sa.select(Sitting.receipt_code)).one()
    db.session.rollback()
    for minutes in (1, 119, 120, 129):
        clock.move_to(moment + timedelta(minutes=minutes))
        other = Phone(app)
        pages = [
            phone.client.get(f"/s/{phone.token}/result"),
            phone.client.get(f"/s/{phone.token}/receipt"),
            other.identify(*PEOPLE[0]),
            app.test_client().get(f"/v/{code}"),
        ]
        for page in pages:
            text = text_of(page)
            assert page.status_code == 200
            assert TOPIC not in text
            assert not [key for key in KEYS if key in text]


def test_M9_whoever_still_answers_holds_the_keys_back(
    app: Flask, moment: datetime, clock: Any
) -> None:
    _, phone = sat(app, moment, "all")
    slow = Phone(app)
    slow.enter(*PEOPLE[1])
    clock.move_to(moment + AFTER)
    page = seen(phone)
    assert told(page) == (True, False, False)
    assert "所有人都交卷之后" in page
    with db.engine.begin() as connection:
        connection.execute(
            sa.update(Sitting)
            .where(Sitting.state == "open")
            .values(state="auto", closed_at=moment + AFTER)
        )
    assert told(seen(phone)) == (True, True, True)


def test_M9_a_make_up_that_may_ask_the_same_holds_the_keys_back(
    app: Flask, moment: datetime, clock: Any
) -> None:
    made, phone = sat(app, moment, "all")
    later = moment + timedelta(days=7)
    other = make_exam(later, people=PEOPLE[1:], code="MAKEUP22", title="补考")
    clock.move_to(moment + AFTER)
    assert told(seen(phone)) == (True, True, True)  # it asks other questions
    share(other.exam_id, made.versions[0])
    page = seen(phone)
    assert told(page) == (True, False, False)
    assert "另一场可能用到同样题目的考试" in page
    assert "补考" not in page
    clock.move_to(later + AFTER)
    assert told(seen(phone)) == (True, True, True)
    with db.engine.begin() as connection:  # a draft holds nothing back
        connection.execute(
            sa.update(Exam)
            .where(Exam.id == other.exam_id)
            .values(published_at=None, closes_at=later + timedelta(days=9))
        )
    assert told(seen(phone)) == (True, True, True)


def share(exam_id: int, version_id: int) -> None:
    """Let another exam ask a question, too."""
    with db.engine.begin() as connection:
        pool = sa.select(PoolItem.id).where(PoolItem.exam_id == exam_id).limit(1)
        connection.execute(
            sa.update(PoolItem)
            .where(PoolItem.id == pool.scalar_subquery())
            .values(version_id=version_id)
        )


def test_a_changed_key_is_shown_and_its_old_explanation_is_not(
    app: Flask, moment: datetime, clock: Any
) -> None:
    made, phone = sat(app, moment, "all")
    clock.move_to(moment + AFTER)
    changes = [Change(made.versions[0], "key", (("A",),))]
    changes += [Change(version, "full") for version in made.versions[1:]]
    proposal = propose_rekey(
        exam_id=made.exam_id,
        changes=changes,
        reason="答案有误",
        key="tap",
        account_id=make_account("ivan", "organizer"),
        now=moment + AFTER,
    )
    confirm_rekey(
        proposal_id=proposal,
        account_id=make_account("olga", "reviewer"),
        now=moment + AFTER,
    )
    page = seen(phone)
    assert "<b>10</b>" in page
    assert "考后更正了本题的答案" in page
    assert "全员给分" in page
    assert "解析只在考后给出" not in page
    assert "没有错题" in page


def test_a_result_is_found_again_by_identifying(
    app: Flask, moment: datetime, clock: Any
) -> None:
    sat(app, moment, "all")
    clock.move_to(moment + AFTER)
    other = Phone(app)
    receipt = other.start(other.identify(*PEOPLE[0]), receipt="1").location
    assert told(text_of(other.client.get(receipt))) != (True, True, True)
    result = receipt.replace("receipt", "result")
    assert told(text_of(other.client.get(result))) == (True, True, True)
    assert app.test_client().get(result).status_code == 404


def test_V5_without_the_answers_the_score_is_left(
    app: Flask, moment: datetime, clock: Any
) -> None:
    _, phone = sat(app, moment, "all")
    clock.move_to(moment + AFTER)
    with db.engine.begin() as connection:
        connection.execute(sa.delete(Answer))
    page = seen(phone)
    assert "答案已按保存期限删除" in page
    assert "您选了" not in page
    assert "<b>4</b>" in page
