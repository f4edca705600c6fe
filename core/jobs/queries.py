"""Reads of the table of jobs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core.db import db
from core.errors import Missing
from core.jobs.kinds import wiring
from core.jobs.models import Job

ACTIVE = ("queued", "running")


@dataclass(frozen=True)
class Shown:
    """A job as people see it."""

    job: Job
    title: str
    owner: str  # the name of its account; empty: the system
    page: str  # where what came of it is seen; empty: nowhere else

    @property
    def percent(self) -> int | None:
        """How much is done; None while that is not known."""
        if self.job.progress_of <= 0:
            return None
        share = 100 * self.job.progress_n // self.job.progress_of
        return max(0, min(100, share))

    @property
    def active(self) -> bool:
        """Whether it is still to come to an end."""
        return self.job.state in ACTIVE


def find_active(connection: sa.Connection, kind: str, object: str) -> Any:
    """The job of a kind and object that is under way, or None. One query."""
    return connection.execute(
        sa.select(Job.id, Job.account_id, Job.arguments).where(
            Job.kind == kind, Job.object == object, Job.state.in_(ACTIVE)
        )
    ).first()


def find_row(connection: sa.Connection, job_id: int) -> sa.Row[Any] | None:
    """A job's row, locked on PostgreSQL until the transaction ends. One query."""
    query = sa.select(Job.__table__).where(Job.id == job_id).with_for_update()
    return connection.execute(query).first()


def active_jobs() -> Sequence[Job]:
    """Jobs that are queued or running, the oldest first. One query."""
    query = sa.select(Job).where(Job.state.in_(ACTIVE)).order_by(Job.id)
    return db.session.scalars(query.execution_options(populate_existing=True)).all()


def job_counts(since: datetime) -> tuple[int, int]:
    """How many jobs are under way, and how many have failed since. One query."""
    failed = sa.and_(Job.state == "failed", Job.finished_at >= since)
    query = sa.select(
        *(
            sa.func.coalesce(sa.func.sum(sa.case((one, 1), else_=0)), 0)
            for one in (Job.state.in_(ACTIVE), failed)
        )
    )
    active, lost = db.session.execute(query).one()
    return active, lost


def queued_jobs() -> list[int]:
    """The ids of jobs nobody has begun, the oldest first. One query."""
    query = sa.select(Job.id).where(Job.state == "queued").order_by(Job.id)
    return list(db.session.scalars(query))


def jobs_listed(
    *, account_id: int | None, offset: int, limit: int
) -> tuple[list[Shown], int]:
    """Jobs, the newest first, and how many there are. Three queries.

    :param account_id: Whose; None: everybody's.
    """
    own = [] if account_id is None else [Job.account_id == account_id]
    count = db.session.scalar(sa.select(sa.func.count()).select_from(Job).where(*own))
    query = sa.select(Job).where(*own).order_by(Job.id.desc())
    jobs = db.session.scalars(query.offset(offset).limit(limit)).all()
    return _shown(jobs), count or 0


def job_shown(job_id: int, *, account_id: int | None) -> Shown:
    """One job. Two queries.

    :param account_id: Whose it must be; None: anybody's.
    :raises Missing: If there is none, or it is another's.
    """
    job = db.session.scalar(
        sa.select(Job).where(Job.id == job_id).execution_options(populate_existing=True)
    )
    if job is None or account_id not in (None, job.account_id):
        raise Missing("没有找到这个任务")
    (shown,) = _shown([job])
    return shown


def _shown(jobs: Sequence[Job]) -> list[Shown]:
    known = wiring()
    ids = {job.account_id for job in jobs if job.account_id is not None}
    names = known.names(ids) if ids else {}
    found = []
    for job in jobs:
        kind = known.kinds.get(job.kind)
        title = str(kind.title) if kind else job.kind
        page = kind.page_of(json.loads(job.arguments)) if kind else ""
        found.append(Shown(job, title, names.get(job.account_id or 0, ""), page))
    return found
