"""Long work: queued once, done step by step, taken up again, cancelled, owned."""

from __future__ import annotations

import dataclasses
import os
import platform
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_babel import lazy_gettext

from accounts.queries import find_account
from core.audit import AuditEntry
from core.clock import now
from core.db import db, write_core
from core.errors import Busy, Conflict, Missing, Refused
from core.jobs import runner, starting
from core.jobs.kinds import Kind, Result, Step, Work, folder_of
from core.jobs.models import Job
from core.jobs.operations import (
    GIVEN_UP,
    RESULTS_KEPT,
    cancel_job,
    claim_job,
    sweep_results,
)
from core.jobs.progress import progress
from core.jobs.queries import job_shown, jobs_listed
from core.jobs.runner import run_job, sign_of_life
from core.jobs.starting import SILENT, start_job, tend_jobs
from tests.conftest import make_account, sign_in, signed_in

Wire = Callable[..., None]


@pytest.fixture
def wire(app: Flask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Wire:
    """Give the application one kind of work, ``try``, made of these steps."""
    monkeypatch.setattr(app, "instance_path", str(tmp_path))

    def wire(*steps: Step, tries: int = 3) -> None:
        kind = Kind(
            name="try",
            title=lazy_gettext("试验"),
            steps=steps,
            object_of=lambda arguments: f"thing:{arguments.get('thing', 1)}",
            tries=tries,
        )
        wired = dataclasses.replace(app.extensions["jobs"], kinds={"try": kind})
        monkeypatch.setitem(app.extensions, "jobs", wired)

    return wire


def start(account_id: int | None = None, **arguments: Any) -> int:
    return start_job(
        kind="try", arguments=arguments, account_id=account_id, now=now(), about="甲"
    )


def job(job_id: int) -> Job:
    db.session.rollback()  # see what others have written meanwhile
    return job_shown(job_id, account_id=None).job


def nothing(_work: Work) -> None:
    return None


def lost(job_id: int, *, host: str | None = None, beat: datetime | None = None) -> Job:
    """A job whose process died: claimed, and nobody holds its sign of life."""
    claimed = claim_job(job_id=job_id, worker="elsewhere:1", now=now())
    assert claimed is not None
    worker = f"{host or platform.node()}:999999"
    with write_core() as connection:
        connection.execute(
            sa.update(Job)
            .where(Job.id == job_id)
            .values(worker=worker, beat_at=beat or now())
        )
    return job(job_id)


# --- queueing -----------------------------------------------------------------


def test_a_job_is_queued_with_its_audit_entry(wire: Wire) -> None:
    wire(nothing)
    job_id = start(thing=4)
    found = job(job_id)
    assert (found.state, found.object, found.about) == ("queued", "thing:4", "甲")
    entry = db.session.scalar(
        sa.select(AuditEntry).where(AuditEntry.action == "job.start")
    )
    assert entry is not None
    assert entry.object == f"job:{job_id}"


def test_the_same_work_asked_for_twice_is_one_job(wire: Wire) -> None:
    wire(nothing)
    account = make_account("olga", "organizer")
    assert start(account, thing=1) == start(account, thing=1)
    assert jobs_listed(account_id=None, offset=0, limit=9)[1] == 1


def test_other_work_on_the_same_object_is_refused_while_one_is_under_way(
    wire: Wire,
) -> None:
    wire(nothing)
    first = start(make_account("olga", "organizer"), thing=1)
    other = make_account("oleg", "organizer")
    with pytest.raises(Conflict):
        start(other, thing=1)
    assert start(other, thing=2) != first
    run_job(first)
    assert start(other, thing=1) > first


def test_the_table_itself_holds_one_active_job_of_a_kind_and_object(wire: Wire) -> None:
    wire(nothing)
    job_id = start(thing=1)
    columns = [c.name for c in Job.__table__.columns if c.name != "id"]
    copy = sa.select(*(Job.__table__.c[c] for c in columns)).where(Job.id == job_id)
    with pytest.raises(sa.exc.IntegrityError), write_core() as connection:
        connection.execute(sa.insert(Job).from_select(columns, copy))


def test_an_unknown_kind_is_an_error_of_the_program(wire: Wire) -> None:
    wire(nothing)
    with pytest.raises(KeyError):
        start_job(kind="no", arguments={}, account_id=None, now=now())


# --- doing ----------------------------------------------------------------------


def test_a_job_gives_its_file_and_sentence(wire: Wire) -> None:
    def make(work: Work) -> Result:
        file = work.folder / "out.txt"
        file.write_text(str(work.arguments["thing"]))
        return Result("做好了", file, "结果.txt")

    wire(make)
    job_id = start(thing=7)
    assert run_job(job_id)
    found = job(job_id)
    assert (found.state, found.message, found.filename) == (
        "done",
        "做好了",
        "结果.txt",
    )
    assert (folder_of(job_id) / found.file).read_text() == "7"
    assert found.finished_at is not None
    assert found.tries == 1


def test_a_job_is_done_once(wire: Wire) -> None:
    done: list[int] = []
    wire(lambda work: done.append(work.job_id))
    job_id = start()
    assert run_job(job_id)
    assert not run_job(job_id)
    assert done == [job_id]


def test_two_processes_never_have_one_job(wire: Wire) -> None:
    wire(nothing)
    job_id = start()
    other = sign_of_life(job_id)
    assert other.take()
    assert not run_job(job_id)
    assert job(job_id).state == "queued"
    other.leave()
    assert run_job(job_id)


def test_what_is_refused_stands_in_the_row(wire: Wire) -> None:
    def refuse(_work: Work) -> None:
        raise Refused("第 %(n)d 行没有单位", n=3)

    wire(refuse)
    job_id = start()
    run_job(job_id)
    assert (job(job_id).state, job(job_id).message) == ("failed", "第 3 行没有单位")


def test_an_error_of_the_program_is_logged_and_never_shown(
    wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    def break_down(_work: Work) -> None:
        raise ValueError("张三 1234")

    wire(break_down)
    job_id = start()
    run_job(job_id)
    assert job(job_id).state == "failed"
    assert "张三" not in job(job_id).message
    assert str(job_id) in job(job_id).message
    assert "ValueError" in caplog.text


def test_a_busy_database_is_waited_for(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[int] = []

    def step(work: Work) -> Result:
        tries.append(work.job_id)
        if len(tries) < 3:
            raise Busy("系统正忙")
        return Result("好")

    monkeypatch.setattr(time, "sleep", lambda _seconds: None)
    wire(step)
    job_id = start()
    run_job(job_id)
    assert (job(job_id).state, len(tries)) == ("done", 3)


def test_progress_reaches_the_table_while_the_work_goes_on(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "BEAT", 0.02)
    seen: list[tuple[int, int, str]] = []

    def slow(work: Work) -> None:
        progress(3, 10, "第三步")
        end = time.monotonic() + 5
        while not seen and time.monotonic() < end:
            with db.engine.connect() as connection:
                row = connection.execute(
                    sa.select(Job.progress_n, Job.progress_of, Job.message).where(
                        Job.id == work.job_id
                    )
                ).one()
            if row[1]:
                seen.append((row[0], row[1], row[2]))
            time.sleep(0.02)

    wire(slow)
    run_job(start())
    assert seen == [(3, 10, "第三步")]


def test_progress_without_a_job_says_nothing_to_anybody(app: Flask) -> None:
    progress(1, 2, "…")


# --- steps and crashes ----------------------------------------------------------


class Killed(BaseException):
    """Stands for the end of the process: nothing in the runner may catch it."""


def steps_with_a_crash(done: list[str]) -> Sequence[Step]:
    def first(_work: Work) -> None:
        done.append("first")

    def second(_work: Work) -> None:
        done.append("second")
        if done.count("second") == 1:
            raise Killed

    def third(_work: Work) -> Result:
        done.append("third")
        return Result("好")

    return first, second, third


def test_X9_a_job_goes_on_behind_the_last_finished_step(wire: Wire) -> None:
    done: list[str] = []
    wire(*steps_with_a_crash(done))
    job_id = start()
    with pytest.raises(Killed):
        run_job(job_id)
    assert (job(job_id).state, job(job_id).step) == ("running", "first")
    tend_jobs(now=now())
    assert job(job_id).state == "queued"
    assert run_job(job_id)
    assert done == ["first", "second", "second", "third"]
    assert (job(job_id).state, job(job_id).tries) == ("done", 2)


def test_X6_a_job_that_kills_every_process_is_given_up(wire: Wire) -> None:
    wire(nothing, tries=2)
    job_id = start()
    for state in ("queued", "failed"):
        lost(job_id)
        tend_jobs(now=now())
        assert job(job_id).state == state
    assert job(job_id).message == GIVEN_UP


def test_a_job_whose_process_lives_is_left_alone(wire: Wire) -> None:
    wire(nothing)
    job_id = start()
    lost(job_id)
    life = sign_of_life(job_id)
    assert life.take()
    tend_jobs(now=now() + timedelta(days=1))
    assert job(job_id).state == "running"
    life.leave()


def test_a_job_on_another_machine_is_gone_when_it_was_silent(wire: Wire) -> None:
    wire(nothing)
    job_id = start()
    heard = now()
    lost(job_id, host="other-machine", beat=heard)
    tend_jobs(now=heard + SILENT)
    assert job(job_id).state == "running"
    tend_jobs(now=heard + SILENT + timedelta(seconds=1))
    assert job(job_id).state == "queued"


def test_a_kind_this_program_does_not_know_fails_with_a_sentence(
    wire: Wire, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire(nothing)
    job_id = start()
    wired = dataclasses.replace(app.extensions["jobs"], kinds={})
    monkeypatch.setitem(app.extensions, "jobs", wired)
    run_job(job_id)
    assert job(job_id).state == "failed"
    assert "不会做" in job(job_id).message


# --- cancelling -----------------------------------------------------------------


def test_a_queued_job_is_cancelled_at_once(wire: Wire) -> None:
    wire(nothing)
    job_id = start()
    assert cancel_job(job_id=job_id, account_id=None, now=now()) == "cancelled"
    assert not run_job(job_id)
    with pytest.raises(Conflict):
        cancel_job(job_id=job_id, account_id=None, now=now())


def test_a_running_job_ends_at_its_next_report(
    wire: Wire, monkeypatch: pytest.MonkeyPatch, app: Flask
) -> None:
    monkeypatch.setattr(runner, "BEAT", 0.02)
    reached: list[int] = []

    def endless(work: Work) -> None:
        def cancel() -> None:
            with app.app_context():
                cancel_job(job_id=work.job_id, account_id=None, now=now())

        thread = threading.Thread(target=cancel)
        thread.start()
        thread.join()
        for n in range(1000):
            reached.append(n)
            progress(n, 1000)
            time.sleep(0.01)

    wire(endless)
    job_id = start()
    run_job(job_id)
    assert job(job_id).state == "cancelled"
    assert len(reached) < 999


def test_a_lost_job_that_was_cancelled_is_not_begun_again(wire: Wire) -> None:
    wire(nothing)
    job_id = start()
    lost(job_id)
    cancel_job(job_id=job_id, account_id=None, now=now())
    tend_jobs(now=now())
    assert job(job_id).state == "cancelled"


# --- results --------------------------------------------------------------------


def write_file(work: Work) -> Result:
    file = work.folder / "out.txt"
    file.write_text("成绩")
    return Result("好", file, "成绩 表.txt")


def test_results_go_after_some_days_and_the_row_stays(wire: Wire) -> None:
    wire(write_file)
    job_id = start()
    run_job(job_id)
    assert sweep_results(now=now() + RESULTS_KEPT - timedelta(minutes=1)) == 0
    assert sweep_results(now=now() + RESULTS_KEPT + timedelta(minutes=1)) == 1
    assert not folder_of(job_id).exists()
    assert (job(job_id).state, job(job_id).file) == ("done", "")


@pytest.fixture
def done(app: Flask, wire: Wire) -> int:
    """A job that has a result, and whose it is."""
    wire(write_file)
    account = make_account("olga-of-the-job", "organizer")
    job_id = start(account)
    run_job(job_id)
    return job_id


def test_A10_a_result_is_for_whose_job_it_is_and_nobody_else(
    app: Flask, done: int
) -> None:
    owner = sign_in(app, "olga-of-the-job")
    reply = owner.get(f"/console/jobs/{done}/file")
    assert reply.status_code == 200
    assert reply.get_data(as_text=True) == "成绩"
    assert "attachment" in reply.headers["Content-Disposition"]
    reply.close()
    other = signed_in(app, "oleg", "organizer")
    assert other.get(f"/console/jobs/{done}/file").status_code == 404
    assert other.get(f"/console/jobs/{done}").status_code == 404
    assert other.get(f"/console/jobs/{done}/progress").status_code == 404
    admin = signed_in(app, "anna", "admin")
    assert admin.get(f"/console/jobs/{done}").status_code == 200
    assert admin.get(f"/console/jobs/{done}/file").status_code == 404


def test_a_download_is_in_the_audit_log(app: Flask, done: int) -> None:
    sign_in(app, "olga-of-the-job").get(f"/console/jobs/{done}/file").close()
    entry = db.session.scalar(
        sa.select(AuditEntry).where(AuditEntry.action == "job.download")
    )
    assert entry is not None
    assert entry.object == f"job:{done}"


# --- pages and commands -----------------------------------------------------------


def test_the_page_of_a_running_job_works_with_and_without_javascript(
    app: Flask, wire: Wire
) -> None:
    wire(nothing)
    client = signed_in(app, "olga", "organizer")
    account = find_account("olga")
    assert account is not None
    job_id = start(account.id)
    page = client.get(f"/console/jobs/{job_id}").get_data(as_text=True)
    assert '<noscript><meta http-equiv="refresh"' in page
    assert f'data-job="/console/jobs/{job_id}/progress"' in page
    told = client.get(f"/console/jobs/{job_id}/progress").get_json()
    assert (told["active"], told["state"], told["tone"]) == (True, "排队中", "plain")
    run_job(job_id)
    page = client.get(f"/console/jobs/{job_id}").get_data(as_text=True)
    assert "refresh" not in page
    assert "data-job=" not in page
    assert client.get(f"/console/jobs/{job_id}/progress").get_json()["active"] is False
    assert "试验" in client.get("/console/jobs").get_data(as_text=True)


def test_cancelling_from_the_page(app: Flask, wire: Wire) -> None:
    wire(nothing)
    client = signed_in(app, "olga", "organizer")
    account = find_account("olga")
    assert account is not None
    job_id = start(account.id)
    page = client.get(f"/console/jobs/{job_id}").get_data(as_text=True)
    csrf = page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
    reply = client.post(f"/console/jobs/{job_id}/cancel", data={"csrf_token": csrf})
    assert reply.status_code == 303
    assert job(job_id).state == "cancelled"


def test_the_commands_list_run_show_and_cancel(app: Flask, wire: Wire) -> None:
    wire(write_file)
    cli = app.test_cli_runner()
    first, second = start(thing=1), start(thing=2)
    assert "排队中" in cli.invoke(args=["jobs", "list"]).output
    assert cli.invoke(args=["jobs", "cancel", str(second)]).output == "已取消\n"
    ran = cli.invoke(args=["jobs", "run"])
    assert ran.exit_code == 0, ran.output
    shown = cli.invoke(args=["jobs", "show", str(first)]).output
    assert "已完成" in shown
    assert "成绩 表.txt" in shown
    assert job(second).state == "cancelled"
    assert cli.invoke(args=["jobs", "show", "99"]).exit_code == 1


def test_a_failed_job_ends_the_command_with_1(app: Flask, wire: Wire) -> None:
    def refuse(_work: Work) -> None:
        raise Refused("不行")

    wire(refuse)
    job_id = start()
    result = app.test_cli_runner().invoke(args=["jobs", "run", str(job_id)])
    assert result.exit_code == 1
    assert "不行" in result.output


def test_what_is_not_there_is_missing(wire: Wire) -> None:
    wire(nothing)
    with pytest.raises(Missing):
        job_shown(99, account_id=None)
    with pytest.raises(Missing):
        cancel_job(job_id=99, account_id=None, now=datetime.now(UTC))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells and does this")
def test_a_job_takes_what_is_left_of_the_processor_and_goes_first_without_memory() -> (
    None
):
    child = subprocess.Popen(["sleep", "60"], start_new_session=True)
    try:
        starting._give_way(child.pid)
        own = Path(f"/proc/{child.pid}")
        assert os.getpriority(os.PRIO_PROCESS, child.pid) == starting.LEAST
        assert own.joinpath("oom_score_adj").read_text().strip() == "500"
        session = own / "autogroup"
        if session.exists():  # the kernel shares out among sessions first
            assert session.read_text().split()[-2:] == ["nice", f"{starting.LEAST}"]
    finally:
        child.kill()
        child.wait()
