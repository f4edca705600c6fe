"""Writes of the table of jobs: each a short transaction of its own.

None of them runs inside the transaction of the work itself; on SQLite each waits
for the writer's turn like everybody.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from core.audit import canonical, record_audit
from core.db import write
from core.errors import Conflict, Missing
from core.jobs.kinds import Result, folder_of, kind_named
from core.jobs.models import Job
from core.jobs.queries import find_active, find_row

RESULTS_KEPT = timedelta(days=7)
STARTS = timedelta(seconds=20)  # a process that was started has the job by then
CANCELLED = "已取消"
LOST = "进程被中断，将接着做"
GIVEN_UP = (
    "进程一再中途终止，已停止重试。多半是内存不足：请关闭其他程序或缩小范围后重新开始"
)

_job: sa.Table = Job.__table__  # type: ignore[assignment]


def queue_job(
    *,
    kind: str,
    arguments: Mapping[str, Any],
    about: str,
    account_id: int | None,
    now: datetime,
) -> int:
    """Write down long work that is to be done; starts nothing.

    :return: The job's id; of the one that is under way, if the same account asked
        for the same before.
    :raises Conflict: If other work of this kind is under way with the same object.
    """
    object = kind_named(kind).object_of(arguments)
    written = canonical(dict(arguments))
    try:
        with write() as session:
            connection = session.connection()
            active = find_active(connection, kind, object)
            if active is not None:
                if (active.account_id, active.arguments) == (account_id, written):
                    return int(active.id)
                raise _under_way()
            row = {
                "kind": kind,
                "object": object,
                "about": about,
                "arguments": written,
                "account_id": account_id,
                "state": "queued",
                "step": "",
                "progress_n": 0,
                "progress_of": 0,
                "message": "",
                "file": "",
                "filename": "",
                "tries": 0,
                "worker": "",
                "created_at": now,
            }
            insert = sa.insert(_job).values(row).returning(_job.c.id)
            job_id: int = connection.execute(insert).scalar_one()
            record_audit(
                session,
                "job.start",
                f"job:{job_id}",
                actor=_actor(account_id),
                now=now,
                facts={"work": kind, "object": object},
                rows=(),
            )
            return job_id
    except sa.exc.IntegrityError as error:  # somebody was first, on PostgreSQL
        raise _under_way() from error


def _under_way() -> Conflict:
    return Conflict("同样的工作正在进行，请等它完成，或在“任务”里取消它后再试")


def _actor(account_id: int | None) -> str:
    return "system" if account_id is None else f"account:{account_id}"


def note_launch(*, job_id: int, now: datetime) -> bool:
    """Say that a process is being started for a queued job.

    :return: Whether to start one: False if somebody has just done so.
    """
    with write() as session:
        row = session.execute(
            sa.update(_job)
            .where(_job.c.id == job_id, _job.c.state == "queued")
            .where(sa.or_(_job.c.beat_at.is_(None), _job.c.beat_at < now - STARTS))
            .values(beat_at=now)
            .returning(_job.c.id)
        ).first()
    return row is not None


def claim_job(*, job_id: int, worker: str, now: datetime) -> sa.Row[Any] | None:
    """Take a queued job for this process; None if it is not to be had."""
    with write() as session:
        return session.execute(
            sa.update(_job)
            .where(_job.c.id == job_id, _job.c.state == "queued")
            .values(
                state="running",
                worker=worker,
                tries=_job.c.tries + 1,
                started_at=sa.func.coalesce(_job.c.started_at, now),
                beat_at=now,
                message="",
            )
            .returning(*_job.c)
        ).first()


def beat(
    *, job_id: int, worker: str, n: int, of: int, message: str, now: datetime
) -> bool:
    """Say that the process lives and how far it is.

    :return: Whether it should go on: the job is still its own and not cancelled.
    """
    with write() as session:
        row = session.execute(
            sa.update(_job)
            .where(*_own(job_id, worker))
            .values(beat_at=now, progress_n=n, progress_of=of, message=message)
            .returning(_job.c.cancel_asked_at)
        ).first()
    return row is not None and row.cancel_asked_at is None


def note_step(*, job_id: int, worker: str, step: str) -> None:
    """Write down that a step is done: a new try will not do it again."""
    with write() as session:
        session.execute(sa.update(_job).where(*_own(job_id, worker)).values(step=step))


def finish_job(
    *, job_id: int, worker: str, state: str, result: Result, now: datetime
) -> None:
    """Write down what came of it.

    :param state: done, failed or cancelled.
    """
    values: dict[str, object] = {
        "state": state,
        "message": result.message,
        "finished_at": now,
        "beat_at": now,
        "file": result.file.name if result.file else "",
        "filename": result.filename,
    }
    if state == "done":
        values["progress_n"] = _job.c.progress_of
    with write() as session:
        session.execute(sa.update(_job).where(*_own(job_id, worker)).values(values))


def _own(job_id: int, worker: str) -> tuple[sa.ColumnElement[bool], ...]:
    return _job.c.id == job_id, _job.c.state == "running", _job.c.worker == worker


def give_back(*, job_id: int, worker: str, tries: int, now: datetime) -> str:
    """A job whose process is gone: queue it again, or end it.

    :param tries: How many processes it may use up.
    :return: The state it has now.
    """
    with write() as session:
        row = session.execute(
            sa.select(_job).where(*_own(job_id, worker)).with_for_update()
        ).first()
        if row is None:
            return ""  # somebody else has seen to it
        ended: dict[str, object] = {"finished_at": now}
        values: dict[str, object]
        if row.cancel_asked_at is not None:
            values = {"state": "cancelled", "message": CANCELLED, **ended}
        elif row.tries >= tries:
            values = {"state": "failed", "message": GIVEN_UP, **ended}
        else:
            values = {"state": "queued", "message": LOST, "worker": "", "beat_at": None}
        session.execute(sa.update(_job).where(_job.c.id == job_id).values(values))
    return str(values["state"])


def cancel_job(*, job_id: int, account_id: int | None, now: datetime) -> str:
    """Ask for the end of a job; one that has not begun ends at once.

    :return: The state it has now; a running job ends at its next report.
    :raises Missing: If there is no such job.
    :raises Conflict: If it has ended already.
    """
    with write() as session:
        connection = session.connection()
        row = find_row(connection, job_id)
        if row is None:
            raise Missing("没有找到这个任务")
        if row.state not in ("queued", "running"):
            raise Conflict("这个任务已经结束")
        values: dict[str, object] = {"cancel_asked_at": now}
        if row.state == "queued":
            values |= {"state": "cancelled", "message": CANCELLED, "finished_at": now}
        connection.execute(sa.update(_job).where(_job.c.id == job_id).values(values))
        record_audit(
            session,
            "job.cancel",
            f"job:{job_id}",
            actor=_actor(account_id),
            now=now,
            facts={"work": row.kind, "object": row.object},
            rows=(),
        )
    return "cancelled" if row.state == "queued" else "running"


def note_download(*, job_id: int, account_id: int, now: datetime) -> None:
    """Write down that a result was fetched, before it is sent."""
    with write() as session:
        record_audit(
            session,
            "job.download",
            f"job:{job_id}",
            actor=_actor(account_id),
            now=now,
            rows=(),
        )


def sweep_results(*, now: datetime) -> int:
    """Remove the files of jobs that ended some days ago; the rows stay.

    :return: How many jobs lost their files.
    """
    with write() as session:
        old = (
            sa.select(_job.c.id)
            .where(_job.c.finished_at < now - RESULTS_KEPT)
            .where(_job.c.file != "")
        )
        ids = list(session.execute(old).scalars())
        if ids:
            session.execute(
                sa.update(_job).where(_job.c.id.in_(ids)).values(file="", filename="")
            )
    for job_id in ids:
        shutil.rmtree(folder_of(job_id), ignore_errors=True)
    return len(ids)
