"""What a database must be for us to believe it: whole, consistent, unaltered.

Every check takes a connection, so that the same ones look at the live database, at
a copy and at what was restored.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from core.audit import AuditEntry, breaks
from core.storage import structure_problems


@dataclass(frozen=True)
class Recount:
    """Scores counted again from papers, answers and keys."""

    checked: int
    different: Sequence[str]  # a sentence for each that differs


#: Counts scores again; a package above this one brings it.
Recounting = Callable[[sa.Connection], Recount]


@dataclass(frozen=True)
class Findings:
    """What the checks have found."""

    problems: Sequence[str]  # sentences; none: all is well
    entries: int  # of the audit log
    scores: int  # counted again

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


def examine(connection: sa.Connection, *, recounting: Recounting | None) -> Findings:
    """All checks: structure, audit chain, scores.

    :param recounting: None where the schema is not this program's: nothing that
        reads tables by their columns is done then.
    """
    problems = list(structure_problems(connection, thorough=True))
    if problems or recounting is None:
        return Findings(problems, 0, 0)
    problems += [f"审计记录第 {one.n} 条：{one.why}" for one in breaks(connection)]
    entries = connection.scalar(sa.select(sa.func.count()).select_from(AuditEntry))
    recount = recounting(connection)
    problems += recount.different
    return Findings(problems, entries or 0, recount.checked)
