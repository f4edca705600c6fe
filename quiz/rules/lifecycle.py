"""Where an exam stands in its life."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Protocol


class State(StrEnum):
    """A derived state; each has its small template."""

    DRAFT = "draft"  # everything can still be changed
    PUBLISHED = "published"  # frozen; the papers wait for the public value
    DRAWN = "drawn"  # the papers are ready, the exam has not opened
    OPEN = "open"  # people may start
    CLOSED = "closed"  # nobody may start any more
    RESULTS_PUBLISHED = "results_published"  # candidates see their results
    ARCHIVED = "archived"  # nothing of it is changed any more, keys neither


class Life(Protocol):
    """The moments of an exam that decide."""

    @property
    def opens_at(self) -> datetime:
        """From when people may start."""
        ...

    @property
    def closes_at(self) -> datetime:
        """From when nobody may."""
        ...

    @property
    def published_at(self) -> datetime | None:
        """When it was frozen."""
        ...

    @property
    def drawn_at(self) -> datetime | None:
        """When the papers were drawn."""
        ...

    @property
    def results_at(self) -> datetime | None:
        """When the results were published."""
        ...

    @property
    def archived_at(self) -> datetime | None:
        """When it was put away for good."""
        ...


def state_of(exam: Life, now: datetime) -> State:
    """The state of an exam at a moment.

    An exam is open from ``opens_at`` on, and no more at ``closes_at``; one whose
    papers were never drawn does not open.
    """
    if exam.published_at is None:
        return State.DRAFT
    if exam.archived_at is not None:
        return State.ARCHIVED
    if exam.results_at is not None:
        return State.RESULTS_PUBLISHED
    if now >= exam.closes_at:
        return State.CLOSED
    if exam.drawn_at is None:
        return State.PUBLISHED
    return State.OPEN if now >= exam.opens_at else State.DRAWN


def reveals_draw(exam: Life) -> bool:
    """Whether the secret of the draw may be known: no paper of it can be given out."""
    return exam.results_at is not None and exam.drawn_at is not None
