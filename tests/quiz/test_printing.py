"""Drawn papers are printed for people without a phone."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from core.access import EVERYWHERE, Scope
from core.db import db, write
from core.entries import AuditEntry, AuditPayload
from core.jobs.queries import job_shown
from core.jobs.runner import run_job
from quiz.exam_papers import Heading, papers_values
from quiz.models import Candidate, Exam, Score
from quiz.operations.on_paper import enter_sheet, hand_in_sheet
from quiz.queries.on_paper import by_unit, entries_of, papers_to_print
from tests.conftest import SECRET, make_account
from tests.pages import text_of
from tests.quiz.factories import Made, make_exam
from tests.quiz.phone import Phone
from tests.quiz.test_cases import asked, paper_of
from tests.quiz.test_cases import exam as cases  # noqa: F401 - a fixture

PEOPLE = [
    ("市司法局", "张伟", "0417"),
    ("市司法局", "𠮷野", "0418"),
    ("市财政局", "李四", "0419"),
]
HEADING = Heading("法治能力测试", "TESTEXAM", 60, "half", "打印")


@pytest.fixture
def exam(app: Flask) -> Made:
    """Three people of two units."""
    return make_exam(
        datetime.now(UTC) - timedelta(minutes=5), people=PEOPLE, order="BADC"
    )


def ask(
    client: FlaskClient, exam: Made, query: str = "", **fields: Any
) -> TestResponse:
    address = f"/console/exams/{exam.exam_id}/print{query}"
    page = client.get(address).get_data(as_text=True)
    csrf = page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
    form = {"csrf_token": csrf, "unit": "", "reason": "两人没有手机"} | fields
    return client.post(address, data=form)


def names(exam: Made, scope: Scope = EVERYWHERE) -> list[str]:
    db.session.rollback()  # what others have written meanwhile
    return [one.name for one in papers_to_print(exam.exam_id, scope)]


def test_everybody_due_has_a_paper_until_it_is_handed_in(
    app: Flask, exam: Made
) -> None:
    assert names(exam) == ["张伟", "𠮷野", "李四"]
    phone = Phone(app)
    phone.enter(*PEOPLE[0])
    assert "张伟" in names(exam)  # the phone may break
    phone.submit()
    assert names(exam) == ["𠮷野", "李四"]
    with write() as session:
        session.execute(
            sa.update(Candidate)
            .where(Candidate.name == "李四")
            .values(exempt_reason="病假")
        )
    assert names(exam) == ["𠮷野"]


def test_one_prints_for_the_people_one_looks_after(exam: Made) -> None:
    unit = db.session.scalar(
        sa.select(Candidate.unit_id).where(Candidate.name == "李四")
    )
    assert names(exam, Scope(False, frozenset([unit or 0]))) == ["李四"]


def test_what_is_printed_holds_no_key(exam: Made) -> None:
    papers = papers_to_print(exam.exam_id, EVERYWHERE)
    values = papers_values(HEADING, papers)
    told = json.dumps(values, ensure_ascii=False)
    for word in ("书面", "解析", "key", "行政处罚法"):
        assert word not in told
    paper = values["papers"][0]
    questions = [q for part in paper["sections"] for q in part["placed"]]
    assert [q["label"] for q in questions] == ["1", "2", "3", "4", "5"]
    assert questions[0]["options"][0] == "A．六十日"  # the order of this paper
    assert "少选得一半" in paper["sections"][1]["title"]
    boxes = [
        (q["boxes"], q["blanks"]) for part in paper["sheet"] for q in part["questions"]
    ]
    letters = ["A", "B", "C", "D"]
    assert boxes == [(letters, 0)] * 3 + [(["√", "×"], 0), ([], 2)]
    assert [len(unit) for unit in by_unit(papers)] == [2, 1]


def test_M10_printing_is_written_down_and_done_by_a_job(
    organizer: FlaskClient, exam: Made
) -> None:
    reply = ask(organizer, exam)
    assert reply.status_code == 303
    job_id = int(reply.location.rpartition("/")[2])
    entry, payload = db.session.execute(
        sa.select(AuditEntry, AuditPayload)
        .join(AuditPayload, AuditPayload.n == AuditEntry.n)
        .where(AuditEntry.action == "exam.print")
    ).one()
    assert json.loads(entry.facts)["papers"] == 3
    assert "两人没有手机" in payload.payload
    assert run_job(job_id)
    shown = job_shown(job_id, account_id=None).job
    assert shown.state == "done"
    assert shown.message == "共 3 份试卷，每份附答题卡；2 个文件"
    with (
        organizer.get(f"/console/jobs/{job_id}/file") as file,
        zipfile.ZipFile(io.BytesIO(file.data)) as archive,
    ):
        assert archive.namelist() == ["001 市司法局 2份.pdf", "002 市财政局 1份.pdf"]
        assert all(archive.read(name)[:4] == b"%PDF" for name in archive.namelist())


def test_one_person_is_one_file(organizer: FlaskClient, exam: Made) -> None:
    reply = ask(organizer, exam, f"?candidate={exam.candidates[1]}")
    job_id = int(reply.location.rpartition("/")[2])
    assert run_job(job_id)
    shown = job_shown(job_id, account_id=None).job
    assert shown.filename.endswith(".pdf")
    assert shown.message.startswith("共 1 份试卷")


def test_without_a_reason_or_papers_nothing_is_printed(
    organizer: FlaskClient, exam: Made
) -> None:
    assert ask(organizer, exam, reason="").status_code == 400
    with write() as session:
        session.execute(sa.update(Candidate).values(exempt_reason="病假"))
    reply = ask(organizer, exam)
    assert reply.status_code == 400
    assert "没有可以打印的试卷" in text_of(reply)


def test_an_exam_that_is_not_drawn_has_nothing_to_print(
    organizer: FlaskClient, exam: Made
) -> None:
    with write() as session:
        session.execute(sa.update(Exam).values(drawn_at=None))
    page = organizer.get(f"/console/exams/{exam.exam_id}/print")
    assert "抽卷之后才能打印" in text_of(page)


def test_the_parts_of_a_case_stand_under_one_stem_and_are_scored(
    cases: Exam,  # noqa: F811
    moment: datetime,
) -> None:
    paper = paper_of("人员1-0")
    places, right = asked(paper)
    printable = next(
        one for one in papers_to_print(cases.id, EVERYWHERE) if one.paper_id == paper.id
    )
    [values] = papers_values(HEADING, [printable])["papers"]
    case = values["sections"][-1]["placed"][0]
    assert (case["label"], case["stem"][0][:2]) == ("3", "材料")
    assert [part["label"] for part in case["parts"]] == ["3.1", "3.2", "3.3"]
    labels = [q["label"] for part in values["sheet"] for q in part["questions"]]
    assert labels == [place.q for place in places] == ["1", "2", "3.1", "3.2", "3.3"]
    at = max(moment, cases.opens_at)
    two = [make_account(name, "organizer") for name in ("first", "second")]
    for account in two:
        enter_sheet(paper_id=paper.id, answers=right, account_id=account, now=at)
    db.session.rollback()
    hand_in_sheet(
        paper_id=paper.id,
        chosen={},
        seen=[one.entered_at for one in entries_of(paper.id)],
        account_id=two[0],
        now=at,
        key=SECRET,
    )
    db.session.rollback()
    assert db.session.scalars(sa.select(Score.points)).all() == [900]
