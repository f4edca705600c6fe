"""What a database must be for us to believe it: whole, consistent, unaltered.

Every check takes a connection, so that the same ones look at the live database, at
a copy and at what was restored. A damaged file is one thing: it is refused. Rows that
were altered are another: a copy of them is as good as they are, and is evidence.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import sqlalchemy as sa
from flask import Flask, current_app

from core.schema import head_revision, revision_of
from core.storage import structure_problems


@dataclass(frozen=True)
class Verified:
    """What verifying the audit log, the rows and the scores has found."""

    problems: Sequence[str]  # a sentence for each
    entries: int  # of the audit log
    scores: int  # counted again


class Verifying(Protocol):
    """Verifies a whole database; a package above this one brings it."""

    def __call__(self, connection: sa.Connection, *, live: bool) -> Verified:
        """Verify.

        :param live: Whether it is the database itself, not a copy.
        """


@dataclass(frozen=True)
class Wiring:
    """What only higher packages know."""

    verifying: Verifying
    #: Called after an older backup was put back: the log is shorter than it was.
    put_back: Callable[[str, datetime], None]


def init_backup(
    app: Flask, *, verifying: Verifying, put_back: Callable[[str, datetime], None]
) -> None:
    """Tell this package what only higher ones know.

    :param put_back: Given the reason and the moment.
    """
    app.extensions["backup"] = Wiring(verifying, put_back)


def wiring() -> Wiring:
    """What this application was told."""
    found: Wiring = current_app.extensions["backup"]
    return found


@dataclass(frozen=True)
class Findings:
    """What the checks have found."""

    damage: Sequence[str]  # the file or a reference is broken
    problems: Sequence[str]  # what is in it was altered
    entries: int
    scores: int

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong at all."""
        return not (self.damage or self.problems)


def examine(connection: sa.Connection, *, live: bool) -> Findings:
    """All checks: structure, and if it has this program's tables all else.

    :param live: Whether it is the database itself, not a copy.
    """
    damage = list(structure_problems(connection, thorough=True))
    if damage or revision_of(connection) != head_revision():
        return Findings(damage, (), 0, 0)
    done = wiring().verifying(connection, live=live)
    return Findings((), done.problems, done.entries, done.scores)
