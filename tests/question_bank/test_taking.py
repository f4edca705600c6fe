"""Taking very many questions of a file: a job does it, once and whole or not at all."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from core.audit import AuditEntry, breaks
from core.clock import now
from core.db import db, read_core
from core.jobs.kinds import Work
from core.jobs.models import Job
from core.jobs.operations import cancel_job, claim_job, give_back
from core.jobs.progress import Cancelled, listening
from core.jobs.queries import job_shown
from core.jobs.runner import run_job
from question_bank.intake_job import put_file_away, write_questions
from question_bank.models import Question, Topic
from question_bank.operations.intake import import_questions
from tests.conftest import signed_in
from tests.pages import text_of
from tests.question_bank.drafts import typed
from tests.question_bank.test_review import (
    CLEAN,
    PAPER,
    Desk,
    colours,
    form_of,
    imports,
    many_unlike,
    stored,
    workbook,
)


@pytest.fixture
def desk(author: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """An author to whom two questions are many."""
    monkeypatch.setattr("question_bank.views.intake.MANY", 2)
    return Desk(author)


def job_of(desk: Desk, address: str, **pressed: str) -> int:
    """The job that takes what is chosen of a file."""
    reply = desk.post(address, **pressed or {"good": "1"})
    assert reply.status_code == 303, text_of(reply)
    return int(reply.location.rpartition("/")[2])


def state_of(job_id: int) -> tuple[str, str]:
    db.session.rollback()
    job = job_shown(job_id, account_id=None).job
    return job.state, job.message


def jobs() -> int:
    db.session.rollback()
    return db.session.scalar(sa.select(sa.func.count()).select_from(Job)) or 0


def entries() -> list[AuditEntry]:
    db.session.rollback()
    query = sa.select(AuditEntry).where(AuditEntry.action == "bank.import")
    return list(db.session.scalars(query))


def lose(job_id: int) -> None:
    """The process of a job dies; somebody who looks queues it again."""
    worker = "elsewhere:1"
    assert claim_job(job_id=job_id, worker=worker, now=now()) is not None
    assert give_back(job_id=job_id, worker=worker, tries=3, now=now()) == "queued"


def work_of(job_id: int) -> Work:
    job = job_shown(job_id, account_id=None).job
    arguments: dict[str, Any] = json.loads(job.arguments)
    return Work(job_id, job.account_id, "", arguments, Path("nowhere"))


def test_few_questions_are_taken_at_once_and_without_a_job(author: FlaskClient) -> None:
    desk = Desk(author)
    done = desk.post(desk.paste(CLEAN), good="1")
    (made,) = imports()
    assert done.location == f"/console/bank/imports/{made.id}"
    assert (stored(), jobs()) == (2, 0)


def test_many_are_taken_by_a_job_that_tells_how_far_it_is(desk: Desk) -> None:
    address = desk.paste(CLEAN)
    job_id = job_of(desk, address)
    assert stored() == 0
    page = desk.get(f"/console/jobs/{job_id}")
    assert "导入题目" in page
    assert "粘贴的文字.txt" in page
    said: list[tuple[int, int, str]] = []
    with listening(SimpleNamespace(heard=lambda *what: said.append(what))):
        assert run_job(job_id)
    assert said == [
        (0, 2, "正在核对题目"),
        (0, 2, "正在写入题库"),
        (2, 2, "正在写入题库"),
    ]
    assert state_of(job_id) == ("done", "导入 2 题")
    (made,) = imports()
    (entry,) = entries()
    assert json.loads(entry.facts) == {
        "added": 2,
        "bad": 0,
        "known": 0,
        "repeated": 0,
        "digest": made.sha256,
        "job": job_id,
    }
    assert (entry.actor, entry.object) == (made.actor, f"import:{made.id}")
    with read_core() as connection:
        assert list(breaks(connection)) == []
    # It ends where a small one ends, and goes back as a whole.
    leads = job_shown(job_id, account_id=None).page
    assert desk.client.get(leads).location == f"/console/bank/imports/{made.id}"
    desk.post(f"/console/bank/imports/{made.id}/undo")
    assert stored() == 0
    assert desk.client.get(leads).location == f"/console/bank/imports/{made.id}"
    assert desk.client.get(address).status_code == 404


def test_F7_pressing_twice_imports_once(desk: Desk) -> None:
    address = desk.paste(CLEAN)
    job_id = job_of(desk, address)
    assert job_of(desk, address) == job_id
    assert run_job(job_id)
    assert not run_job(job_id)
    assert desk.post(address, good="1").status_code == 404
    assert (stored(), len(imports()), len(entries())) == (2, 1, 1)


def test_nothing_is_changed_in_a_file_that_is_being_taken(desk: Desk) -> None:
    address = desk.paste(PAPER)
    job_id = job_of(desk, address)
    assert desk.client.get(address).location == f"/console/jobs/{job_id}"
    for sent in (
        desk.post(f"{address}/3", skip="1"),
        desk.post(f"{address}/fill", all_topic="宪法"),
        desk.post(address, cancel="1"),
    ):
        assert sent.status_code == 409
        assert "这份文件正在导入" in text_of(sent)
    assert job_of(desk, address, green="1") == job_id
    assert run_job(job_id)


def test_what_is_left_waits_and_belongs_to_the_same_import(desk: Desk) -> None:
    address = desk.paste(PAPER)
    job_id = job_of(desk, address)
    assert run_job(job_id)
    assert state_of(job_id) == ("done", "导入 3 题；2 题有误，没有导入")
    assert desk.client.get(job_shown(job_id, account_id=None).page).location == address
    assert colours(desk.get(address)) == ["known", "known", "known", "red", "red"]
    fields = form_of(desk.get(f"{address}?edit=3"))
    desk.post(f"{address}/3", **fields | {"key": "A"})
    desk.post(f"{address}/4", skip="1")
    desk.post(address, good="1")
    (made,) = imports()
    assert (made.total, made.added, made.bad) == (5, 4, 0)


def test_the_green_ones_alone_are_taken_and_no_other_is_called_known(
    desk: Desk,
) -> None:
    address = desk.paste(PAPER)
    job_id = job_of(desk, address, green="1")
    assert run_job(job_id)
    assert state_of(job_id) == ("done", "导入 2 题；2 题有误，没有导入")
    (made,) = imports()
    assert (made.total, made.added, made.known, made.bad) == (5, 2, 0, 2)
    assert colours(desk.get(address)) == ["known", "known", "yellow", "red", "red"]


def test_X9_a_job_that_died_before_its_commit_writes_all_of_it_later(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("question_bank.operations.intake.AT_ONCE", 2)
    content = workbook(*many_unlike(5))
    job_id = job_of(desk, desk.upload(content, "题目.xlsx"))

    def die(done: int, _of: int, _message: str) -> None:
        if done == 4:
            raise SystemExit

    with (
        pytest.raises(SystemExit),
        listening(SimpleNamespace(heard=die)),
    ):
        write_questions(work_of(job_id))
    topics = sa.select(sa.func.count()).select_from(Topic)
    assert (stored(), imports(), entries(), db.session.scalar(topics)) == (0, [], [], 0)
    lose(job_id)
    assert run_job(job_id)
    assert state_of(job_id) == ("done", "导入 5 题")
    assert (stored(), len(imports())) == (5, 1)


@pytest.mark.parametrize("text", [CLEAN, PAPER])
@pytest.mark.parametrize("put_away", [False, True])
def test_X9_a_job_that_died_after_its_commit_tells_what_it_did(
    desk: Desk, text: str, put_away: bool
) -> None:
    address = desk.paste(text)
    job_id = job_of(desk, address)
    work = work_of(job_id)
    write_questions(work)
    if put_away:
        put_file_away(work)
    lose(job_id)
    assert run_job(job_id)
    told = {CLEAN: "导入 2 题", PAPER: "导入 3 题；2 题有误，没有导入"}
    assert state_of(job_id) == ("done", told[text])
    (made,) = imports()
    assert (made.added, len(entries())) == (stored(), 1)
    leads = desk.client.get(job_shown(job_id, account_id=None).page).location
    assert leads == (address if text == PAPER else f"/console/bank/imports/{made.id}")


def test_a_job_that_is_cancelled_on_the_way_leaves_everything_as_it_was(
    desk: Desk,
) -> None:
    address = desk.paste(CLEAN)
    job_id = job_of(desk, address)

    def stop(done: int, _of: int, _message: str) -> None:
        if done:
            raise Cancelled

    with listening(SimpleNamespace(heard=stop)):
        assert run_job(job_id)
    assert state_of(job_id)[0] == "cancelled"
    assert (stored(), imports()) == (0, [])
    assert "每一题都读清楚了" in desk.get(address)


def test_a_job_cancelled_in_time_gives_the_file_back(desk: Desk) -> None:
    address = desk.paste(CLEAN)
    cancel_job(job_id=job_of(desk, address), account_id=None, now=now())
    assert "每一题都读清楚了" in desk.get(address)
    desk.post(f"{address}/0", skip="1")
    desk.post(address, good="1")
    assert stored() == 1


def test_what_the_bank_got_meanwhile_is_known(desk: Desk) -> None:
    drafts = many_unlike(3)
    job_id = job_of(desk, desk.upload(workbook(*drafts), "题目.xlsx"))
    import_questions(
        drafts=typed(*drafts), accept_good=False, actor="system", now=now()
    )
    assert run_job(job_id)
    assert state_of(job_id) == ("done", "没有新题，题库没有变化；3 题题库里已有")
    leads = desk.client.get(job_shown(job_id, account_id=None).page).location
    assert leads == "/console/bank"
    assert (stored(), len(imports())) == (3, 0)


def test_a_file_that_went_before_the_job_came_is_said(
    desk: Desk, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = job_of(desk, desk.paste(CLEAN))
    later = now() + timedelta(days=1, minutes=1)
    monkeypatch.setattr("question_bank.intake_job.now", lambda: later)
    assert run_job(job_id)
    state, message = state_of(job_id)
    assert state == "failed"
    assert "超过一天，请重新上传" in message
    assert db.session.scalar(sa.select(sa.func.count(Question.id))) == 0


def test_the_result_of_a_file_of_another_is_none_of_it(desk: Desk, app: Flask) -> None:
    address = desk.paste(PAPER)
    job_id = job_of(desk, address)
    assert run_job(job_id)
    other = signed_in(app, "otto", "author")
    leads = other.get(f"{address}/result")
    assert leads.location == "/console/bank"
