"""Starting long work: a child process for each job, and seeing to those that died.

No daemon is needed. Whoever starts a job, ends one or looks at the list sees to the
others too: a queued job gets a process, one whose process is gone is queued again.
"""

from __future__ import annotations

import os
import platform
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask, current_app

from core.clock import now as moment
from core.errors import Busy
from core.jobs.kinds import wiring
from core.jobs.models import Job
from core.jobs.operations import STARTS, give_back, note_launch, queue_job
from core.jobs.queries import active_jobs
from core.jobs.runner import sign_of_life

ROOT = Path(__file__).resolve().parents[2]
AT_ONCE = 2  # processes of this kind on one machine
SILENT = timedelta(minutes=2)  # after that a process on another machine is gone
LEAST = 10  # of the processor, as ``nice`` counts: a tenth of what a phone gets
STUBBORN = timedelta(seconds=15)  # after that a job that was cancelled is killed


def start_job(
    *,
    kind: str,
    arguments: Mapping[str, Any],
    account_id: int | None,
    now: datetime,
    about: str = "",
) -> int:
    """Have long work done in a process of its own; returns at once.

    :param kind: The name of a ``kinds.Kind`` that app.py has wired.
    :param arguments: What the steps are told: anything JSON can hold.
    :param account_id: Whose job it is and who may fetch its result; None: nobody's.
    :param about: What it is about, for people: the title of an exam.
    :return: The job's id: its page is /console/jobs/<id>.
    :raises Conflict: If other work of this kind is under way with the same object.
    """
    job_id = queue_job(
        kind=kind, arguments=arguments, about=about, account_id=account_id, now=now
    )
    tend_jobs(now=now)
    return job_id


def tend_jobs(*, now: datetime) -> None:
    """See to jobs whose process is gone, and start queued ones. One query, mostly."""
    busy = 0
    waiting: list[Job] = []
    for job in active_jobs():
        if job.state == "running" and not _is_gone(job, now):
            _end_if_stubborn(job, now)
            busy += 1
        elif job.state == "running":
            if _give_back(job, now) == "queued":
                waiting.append(job)
        elif job.beat_at and now - job.beat_at < STARTS:
            busy += 1
        else:
            waiting.append(job)
    for job in waiting[: max(0, AT_ONCE - busy)]:
        _launch(job.id, now)


def _is_gone(job: Job, now: datetime) -> bool:
    """Whether the process that had a job is no more."""
    host = job.worker.rpartition(":")[0]
    if host == platform.node():
        return not sign_of_life(job.id).is_held()
    return job.beat_at is None or now - job.beat_at > SILENT


def _give_back(job: Job, now: datetime) -> str:
    kind = wiring().kinds.get(job.kind)
    try:
        return give_back(
            job_id=job.id,
            worker=job.worker,
            tries=kind.tries if kind else 0,
            now=now,
        )
    except Busy:
        return ""  # the next one who looks will


def _end_if_stubborn(job: Job, now: datetime) -> None:
    """Kill a job that has not ended although it was asked to: it may be killed."""
    asked = job.cancel_asked_at
    host, _, number = job.worker.rpartition(":")
    if asked and now - asked > STUBBORN and host == platform.node():
        with suppress(OSError):
            os.kill(int(number), getattr(signal, "SIGKILL", signal.SIGTERM))


def _launch(job_id: int, now: datetime) -> None:
    """Start the process of a queued job, unless somebody has just done so."""
    if current_app.testing:
        return  # a test runs it itself, in its own process
    try:
        if not note_launch(job_id=job_id, now=now):
            return
        process = _process(job_id)
    except (Busy, OSError) as error:
        current_app.logger.warning("job %d is not started yet: %s", job_id, error)
        return
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    threading.Thread(target=_wait_for, args=(app, process), daemon=True).start()


def _process(job_id: int) -> subprocess.Popen[bytes]:
    # Our settings come from the application; what a worker counts is its own.
    left = ("LAWGAUGE_", "PROMETHEUS_")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(left)}
    command = ["-m", "flask", "--app", "wsgi", "jobs", "run", str(job_id)]
    process = subprocess.Popen(
        [sys.executable, *command, "--background"],
        cwd=ROOT,
        env=kept | dict(wiring().environment),
        stdin=subprocess.DEVNULL,
        # A worker that is replaced, or Ctrl-C, does not take it along.
        start_new_session=True,
        creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
    )
    _give_way(process.pid)
    return process


def _give_way(pid: int) -> None:
    """Candidates first: what the processor has to spare, and first without memory."""
    with suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, pid, LEAST)
    own = Path(f"/proc/{pid}")
    # Linux may share the processor out among sessions before it looks at processes:
    # then a job, which has a session of its own, would get as much as all phones.
    with suppress(OSError):
        own.joinpath("autogroup").write_text(f"{LEAST}", encoding="ascii")
    with suppress(OSError):
        own.joinpath("oom_score_adj").write_text("500", encoding="ascii")


def _wait_for(app: Flask, process: subprocess.Popen[bytes]) -> None:
    """When a job's process has ended, in whatever way, see to the jobs again."""
    process.wait()
    with app.app_context(), suppress(Busy):
        tend_jobs(now=moment())
