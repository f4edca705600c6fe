"""/console/bank/check, and the job that looks for questions that are alike."""

from __future__ import annotations

import io
import re
from datetime import datetime

import openpyxl
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from core.db import db
from core.jobs.models import Job
from core.jobs.runner import run_job
from question_bank.likeness import find_pairs
from question_bank.operations.intake import import_questions
from tests.pages import text_of
from tests.question_bank.counting import at_most
from tests.question_bank.drafts import SINGLE, many, single, typed

NEAR = single(stem=SINGLE.stem.replace("行政处罚决定", "处罚决定"), key=("B",))
FAR = single(
    stem="国家宪法日是哪一天？（ ）",
    options=("12月4日", "1月1日"),
    key=("A",),
    analysis="",
)


@pytest.fixture
def bank(app: Flask, moment: datetime) -> None:
    """Two questions that are alike and one that is not."""
    import_questions(
        drafts=typed(SINGLE, FAR, NEAR), accept_good=False, actor="system", now=moment
    )


@pytest.mark.usefixtures("bank")
def test_the_page_tells_what_the_checks_find(author: FlaskClient) -> None:
    page = text_of(author.get("/console/bank/check"))
    assert "检查了可用和待审的 3 题" in page
    assert "没有解析" in page
    assert "国家宪法日是哪一天" in page
    assert "单选 3/30" in page


def test_an_empty_bank_has_nothing_to_tell(author: FlaskClient) -> None:
    assert "没有发现问题" in text_of(author.get("/console/bank/check"))


@pytest.mark.usefixtures("bank")
def test_pairs_that_are_alike_are_found_in_one_query_the_likest_first() -> None:
    with at_most(1):
        (pair,) = find_pairs()
    assert (pair.question_id, pair.other_id) == (3, 1)


def test_progress_is_told_to_the_end(app: Flask, moment: datetime) -> None:
    import_questions(drafts=many(260), accept_good=False, actor="system", now=moment)
    told: list[tuple[int, int]] = []
    find_pairs(lambda done, total: told.append((done, total)))
    assert told == [(250, 260), (260, 260)]


@pytest.mark.usefixtures("bank")
def test_alike_questions_come_as_a_workbook_side_by_side(author: FlaskClient) -> None:
    page = author.get("/console/bank/check").get_data(as_text=True)
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found
    begun = author.post("/console/bank/check/alike", data={"csrf_token": found[1]})
    assert begun.status_code == 302
    job_id = db.session.scalars(sa.select(Job.id)).one()
    db.session.rollback()
    run_job(job_id)
    page = text_of(author.get(begun.location))
    assert "找到 1 对相似的题" in page
    file = author.get(f"{begun.location}/file")
    rows = list(openpyxl.load_workbook(io.BytesIO(file.get_data()))["相似的题"].values)
    assert rows[0][0] == "相似程度"
    assert (rows[1][1], rows[1][3], rows[1][4], rows[1][6], rows[1][7]) == (
        "3", "B", "1", "C", "不同"
    )  # fmt: skip
    file.close()
