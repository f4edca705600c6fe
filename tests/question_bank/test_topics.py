"""Arranging the tree of topics: /console/bank/topics."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from core.audit import breaks
from core.db import db, read_core
from core.entries import AuditEntry
from core.errors import Missing, Refused
from question_bank.export_queries import selected_questions
from question_bank.models import Topic
from question_bank.operations.arranging import (
    add_topic,
    move_topic,
    remove_topic,
    rename_topic,
    shift_topic,
)
from question_bank.operations.intake import import_questions
from question_bank.operations.labelling import label_questions
from question_bank.rules.exporting import Selection
from question_bank.topic_queries import TopicNode, topic_tree, topics_listed
from tests.conftest import signed_in
from tests.pages import text_of
from tests.question_bank.counting import at_most
from tests.question_bank.drafts import JUDGE, MULTI, SINGLE, single, typed

#: The topics of ``bank``, by the order in which they were made.
PUNISHING, CIVIL, CONTRACTS = 1, 2, 3


@pytest.fixture
def bank(app: Flask, moment: datetime) -> None:
    """Two questions of 行政处罚, one of 民法典, and 合同编 without any below it."""
    import_questions(
        drafts=typed(SINGLE, MULTI, single(topic="民法典", stem="民法典的题（ ）")),
        accept_good=False,
        actor="system",
        now=moment,
    )
    acted: dict[str, Any] = {"actor": "system", "now": moment}
    assert add_topic(name="合同编", parent_id=CIVIL, **acted) == CONTRACTS


def outline() -> list[tuple[int, str]]:
    db.session.rollback()
    return [(id, name) for id, name in topics_listed()]


def post(client: FlaskClient, address: str, **fields: object) -> TestResponse:
    page = client.get("/console/bank/topics").get_data(as_text=True)
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found
    return client.post(address, data={"csrf_token": found[1], **fields})


def told(client: FlaskClient, response: TestResponse) -> str:
    assert response.status_code == 303
    return text_of(client.get(response.headers["Location"]))


def is_sealed(action: str, times: int = 1) -> None:
    """Whether the acts are in the log and every row is as it was sealed."""
    db.session.rollback()
    query = sa.select(sa.func.count()).where(AuditEntry.action == action)
    assert db.session.scalar(query) == times
    with read_core() as connection:
        assert list(breaks(connection)) == []


@pytest.mark.usefixtures("bank")
def test_the_tree_counts_what_is_its_own_and_what_stands_below(
    moment: datetime,
) -> None:
    import_questions(
        drafts=typed(single(topic="合同编", stem="合同编的题（ ）")),
        accept_good=False,
        actor="account:9",  # waits for review
        now=moment,
    )
    with at_most(2):
        tree = topic_tree()
    assert tree == [
        TopicNode(PUNISHING, "行政处罚", 2, 2, 2, 2),
        TopicNode(
            *(CIVIL, "民法典", 1, 1, 1, 2),
            children=[TopicNode(CONTRACTS, "合同编", 0, 1, 0, 1)],
        ),
    ]


@pytest.mark.usefixtures("bank")
def test_topics_are_added_renamed_moved_and_shifted_by_plain_forms(
    author: FlaskClient,
) -> None:
    page = text_of(author.get("/console/bank/topics"))
    assert "（可用 1 / 全部 1 题） 连同下级 1 / 1" in page
    assert 'aria-label="上移“民法典”"' in page
    added = post(author, "/console/bank/topics", act="add", name="物权编", parent=CIVIL)
    assert "已新增知识点" in told(author, added)
    post(author, "/console/bank/topics", shift="up:4")
    post(author, "/console/bank/topics", shift="down:1")
    post(author, "/console/bank/topics", shift="up:2")  # is the first by now
    assert outline() == [
        (2, "民法典"),
        (4, "\u3000物权编"),
        (3, "\u3000合同编"),
        (1, "行政处罚"),
    ]
    here = "/console/bank/topics/3"
    assert "已改名" in told(author, post(author, here, act="rename", name="合同"))
    post(author, here, act="move", parent="")
    assert outline()[1:] == [(4, "\u3000物权编"), (1, "行政处罚"), (3, "合同")]
    for action in ("topic.rename", "topic.move"):
        is_sealed(action)
    is_sealed("topic.shift", 2)
    is_sealed("topic.add", 2)


@pytest.mark.usefixtures("bank")
def test_a_topic_is_not_put_below_itself_and_no_name_stands_twice(
    author: FlaskClient,
) -> None:
    before = outline()
    here = f"/console/bank/topics/{CIVIL}"
    page = text_of(author.get(here))
    refused = post(author, here, act="move", parent=CONTRACTS)
    assert "不能放到自己或自己的下级里" in told(author, refused)
    refused = post(author, here, act="rename", name="行政处罚")
    assert "已经有知识点“行政处罚”" in told(author, refused)
    refused = post(author, "/console/bank/topics", act="add", name="合同编")
    assert "已经有知识点“合同编”" in told(author, refused)
    assert outline() == before
    assert "没有写知识点的题都在这里" not in page


@pytest.mark.usefixtures("bank")
def test_a_topic_that_is_empty_is_removed_and_no_other(
    author: FlaskClient, moment: datetime
) -> None:
    acted: dict[str, Any] = {"actor": "system", "now": moment}
    assert "只能删除没有题目" in text_of(author.get(f"/console/bank/topics/{CIVIL}"))
    with pytest.raises(Refused, match="还有"):
        remove_topic(topic_id=CIVIL, **acted)
    here = f"/console/bank/topics/{CONTRACTS}"
    assert "已删除“合同编”" in told(author, post(author, here, act="remove"))
    assert author.get(here).status_code == 404
    is_sealed("topic.remove")
    # Without a question of today it still has versions of yesterday.
    label_questions(question_ids=[3], topic="行政处罚", difficulty="", **acted)
    with pytest.raises(Refused, match="旧版本"):
        remove_topic(topic_id=CIVIL, **acted)
    assert [name for _, name in outline()] == ["行政处罚", "民法典"]


@pytest.mark.usefixtures("bank")
def test_a_topic_that_is_gone_is_not_found(moment: datetime) -> None:
    acted: dict[str, Any] = {"actor": "system", "now": moment}
    with pytest.raises(Missing):
        rename_topic(topic_id=99, name="新", **acted)
    with pytest.raises(Missing):
        shift_topic(topic_id=99, step=1, **acted)
    with pytest.raises(Missing):
        move_topic(topic_id=CIVIL, parent_id=99, **acted)


@pytest.mark.usefixtures("bank")
def test_where_questions_without_a_topic_go_is_not_renamed(
    author: FlaskClient, moment: datetime
) -> None:
    import_questions(
        drafts=typed(single(topic="", stem="没写知识点（ ）"), JUDGE),
        accept_good=False,
        actor="system",
        now=moment,
    )
    page = text_of(author.get("/console/bank/topics/4"))
    assert "没有写知识点的题都在这里" in page
    assert "并入另一个知识点" not in page
    with pytest.raises(Refused, match="不能改名"):
        rename_topic(topic_id=4, name="其他", actor="system", now=moment)


@pytest.mark.usefixtures("bank")
def test_who_does_not_edit_the_bank_reads_the_tree_only(app: Flask) -> None:
    for role in ("reviewer", "auditor"):
        client = signed_in(app, f"one-{role}", role)
        page = client.get("/console/bank/topics").get_data(as_text=True)
        assert "民法典" in page
        assert "上移" not in page
        assert client.get("/console/bank/topics/1").status_code == 403


@pytest.mark.usefixtures("bank")
def test_an_export_by_topic_takes_what_stands_below_too(moment: datetime) -> None:
    label_questions(
        question_ids=[1], topic="合同编", difficulty="", actor="system", now=moment
    )
    found = selected_questions(Selection(topic_id=CIVIL))
    assert [kept.question_id for kept in found] == [1, 3]


def test_topics_are_not_lost_where_a_parent_is_in_no_order(
    app: Flask, moment: datetime
) -> None:
    acted: dict[str, Any] = {"actor": "system", "now": moment}
    first = add_topic(name="甲", parent_id=None, **acted)
    second = add_topic(name="乙", parent_id=None, **acted)
    move_topic(topic_id=first, parent_id=second, **acted)
    assert outline() == [(second, "乙"), (first, "\u3000甲")]
    assert db.session.scalar(sa.select(sa.func.count(Topic.id))) == 2
