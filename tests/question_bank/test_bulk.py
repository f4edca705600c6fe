"""Many questions at once: what would come of it is said, then done."""

from __future__ import annotations

import re
from datetime import datetime

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from core.audit import breaks
from core.db import db, read_core
from core.errors import Refused
from question_bank.models import Question
from question_bank.operations.intake import import_questions
from question_bank.operations.labelling import label_questions
from question_bank.queries import question
from tests.conftest import signed_in
from tests.pages import text_of
from tests.question_bank.drafts import ALL_KINDS, typed


@pytest.fixture
def bank(app: Flask, moment: datetime) -> None:
    """Four questions that wait for review, by somebody who is gone."""
    import_questions(
        drafts=typed(*ALL_KINDS), accept_good=False, actor="account:999", now=moment
    )


def states() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(Question.state).order_by(Question.id)))


def send(client: FlaskClient, address: str, **fields: object) -> TestResponse:
    page = client.get("/console/bank").get_data(as_text=True)
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found
    return client.post(address, data={"csrf_token": found[1], **fields})


@pytest.mark.usefixtures("bank")
def test_what_would_come_of_each_act_is_said_before_it_is_done(
    author: FlaskClient,
) -> None:
    page = text_of(send(author, "/console/bank/bulk", ids=["1", "3"]))
    assert "处理 2 题" in page
    assert "2 题会变为“可用”。从现在起可以进入新的试卷。" in page
    assert "2 题会变为“停用”" in page
    assert states() == ["review"] * 4
    done = send(author, "/console/bank/bulk/do", ids="1,3", state="approved")
    assert done.status_code == 302
    assert states() == ["approved", "review", "approved", "review"]
    again = text_of(send(author, "/console/bank/bulk", ids=["1", "2"]))
    assert "1 题会变为“可用”" in again
    assert "1 题不动：现在的状态不能这样操作" in again


@pytest.mark.usefixtures("bank")
def test_all_that_the_list_was_narrowed_to_are_meant(author: FlaskClient) -> None:
    page = send(author, "/console/bank/bulk", all="1", kind="fill")
    assert "处理 1 题" in text_of(page)
    assert "处理 4 题" in text_of(send(author, "/console/bank/bulk", all="1"))


@pytest.mark.usefixtures("bank")
def test_nothing_chosen_and_nothing_known_are_refused(author: FlaskClient) -> None:
    nothing = send(author, "/console/bank/bulk")
    assert "请先在列表里选中题目" in text_of(nothing)
    unknown = send(author, "/console/bank/bulk/do", ids="1", state="nonsense")
    assert unknown.status_code == 400
    assert states() == ["review"] * 4


@pytest.mark.usefixtures("bank")
def test_an_author_is_offered_and_does_no_more_than_an_author_may(app: Flask) -> None:
    writer = signed_in(app, "wendy", "author")
    page = text_of(send(writer, "/console/bank/bulk", ids=["1"]))
    assert "送审" in page
    assert "停用" not in page
    refused = send(writer, "/console/bank/bulk/do", ids="1", state="retired")
    assert refused.status_code == 403
    assert states() == ["review"] * 4


@pytest.mark.usefixtures("bank")
def test_many_get_another_topic_and_keep_state_and_author(
    author: FlaskClient,
) -> None:
    done = send(author, "/console/bank/bulk/do", ids="1,2", state="label", topic="程序")
    assert done.status_code == 302
    found = question(1)
    assert (found.current, found.state) == (2, "review")
    newest = found.versions[-1]
    assert (newest.topic.name, newest.created_by) == ("程序", "account:999")
    assert newest.digest == found.versions[0].digest
    assert question(3).current == 1
    with read_core() as connection:
        assert list(breaks(connection)) == []


@pytest.mark.usefixtures("bank")
def test_labels_that_change_nothing_are_refused(moment: datetime) -> None:
    for topic, difficulty, why in (
        ("行政处罚", "easy", "没有改动"),
        ("", "", "请填写知识点"),
        ("", "五星", "没有这种难度"),
        ("长" * 61, "", "最多 60 个字"),
    ):
        with pytest.raises(Refused, match=why):
            label_questions(
                question_ids=[1], topic=topic, difficulty=difficulty,
                actor="system", now=moment,
            )  # fmt: skip
