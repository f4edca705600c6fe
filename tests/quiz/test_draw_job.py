"""The papers of a large exam are drawn by a job; no page waits for them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from core.db import db
from core.jobs.kinds import Work
from core.jobs.models import Job
from core.jobs.runner import run_job
from quiz.jobs import draw_papers
from quiz.models import Exam, Paper
from tests.accounts.browser import fill, page
from tests.quiz.ground import PLENTY, make_bank, make_draft, make_units


@pytest.fixture
def units(moment: datetime, app: Flask, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Three people, which is many from now on."""
    monkeypatch.setattr("quiz.views.drawing.LARGE", 3)
    make_bank(moment, PLENTY)
    return [str(unit) for unit in make_units(moment, [3])]


@pytest.fixture
def exam(moment: datetime, units: list[str]) -> Exam:
    return make_draft(datetime.now(moment.tzinfo))


def papers() -> int:
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalar(sa.select(sa.func.count()).select_from(Paper)) or 0


def press_draw(client: FlaskClient, address: str, **typed: str) -> TestResponse:
    token = page(client.get(address)).one("main form [name=csrf_token]")["value"]
    return client.post(f"{address}/draw", data={"csrf_token": token, **typed})


def test_publishing_a_large_exam_leads_to_the_job_that_draws_it(
    organizer: FlaskClient, exam: Exam, units: list[str]
) -> None:
    address = f"/console/exams/{exam.id}"
    leads = fill(organizer, f"{address}/publish", unit=units).location
    job_id = int(leads.rpartition("/")[2])
    assert leads == f"/console/jobs/{job_id}"
    assert papers() == 0
    assert "待抽卷" in page(organizer.get(address)).text
    # Asking again leads to the same job.
    assert press_draw(organizer, address).location == leads
    assert run_job(job_id)
    assert papers() == 4
    shown = page(organizer.get(leads))
    assert "4 份试卷已抽好" in shown.text
    assert shown.one("a.btn-primary")["href"] == address
    assert "待抽卷" not in page(organizer.get(address)).text


def test_what_cannot_be_drawn_is_said_before_a_job_is_begun(
    organizer: FlaskClient, exam: Exam, units: list[str]
) -> None:
    address = f"/console/exams/{exam.id}"
    fill(organizer, f"{address}/publish", unit=units, public_source="福彩 3D")
    answer = press_draw(organizer, address, public_value="3|0|7")
    assert answer.status_code == 400
    assert "不含竖线" in page(answer).text
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Job)) == 0


def test_a_draw_that_is_begun_again_finds_its_papers(
    organizer: FlaskClient, exam: Exam, units: list[str], tmp_path: Path
) -> None:
    fill(organizer, f"/console/exams/{exam.id}/publish", unit=units)
    assert papers() == 0
    arguments = {"exam_id": exam.id, "public_value": ""}
    work = Work(1, None, "", arguments, tmp_path)
    first = draw_papers(work)
    assert papers() == 4
    assert draw_papers(work) == first
    assert papers() == 4
