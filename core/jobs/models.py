"""Long work as rows."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped

from core.db import Id, Model

_ACTIVE = sa.text("state IN ('queued', 'running')")


class Job(Model):
    """任务: a piece of work that is too long for a page."""

    __tablename__ = "job"
    __unsealed__ = (
        "tells how far work is; what the work wrote is sealed by its own acts"
    )
    __table_args__ = (
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'done', 'failed', 'cancelled')",
            "known_state",
        ),
        sa.CheckConstraint(
            "(state IN ('queued', 'running')) = (finished_at IS NULL)",
            "active_until_finished",
        ),
        # One of a kind and object at a time, whoever asks.
        sa.Index(
            "uq_job_active",
            "kind",
            "object",
            unique=True,
            sqlite_where=_ACTIVE,
            postgresql_where=_ACTIVE,
        ),
        sa.Index("ix_job_account", "account_id", "id"),
    )

    id: Mapped[Id]
    #: The name of a kinds.Kind.
    kind: Mapped[str]
    #: What it works on, such as exam:4; may be empty.
    object: Mapped[str]
    #: The same for people: a title; may be empty.
    about: Mapped[str]
    #: Canonical JSON.
    arguments: Mapped[str]
    #: Whose it is; None: the system's, or somebody's at the terminal. No foreign
    #: key: accounts stand above this package.
    account_id: Mapped[int | None]
    state: Mapped[str]
    #: The last step that was finished; a new try goes on behind it.
    step: Mapped[str]
    progress_n: Mapped[int]
    #: 0: it is not known how much there is to do.
    progress_of: Mapped[int]
    #: What it is doing, or what came of it: one sentence.
    message: Mapped[str]
    #: The result: its name in the job's folder, and the name it is downloaded as.
    file: Mapped[str]
    filename: Mapped[str]
    #: How often a process has begun it.
    tries: Mapped[int]
    #: host:process number, of the process that has it.
    worker: Mapped[str]
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    #: When its process was last heard of; of a queued job, when one was started.
    beat_at: Mapped[datetime | None]
    cancel_asked_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
