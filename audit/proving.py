"""Verifying for backups: what is found, in sentences."""

from __future__ import annotations

import sqlalchemy as sa

from audit.queries.verification import dated, examine
from audit.telling import tell_break
from core.backup.checks import Verified
from core.heads import kept_heads
from quiz.models import Score


def verified(connection: sa.Connection, *, live: bool) -> Verified:
    """As ``flask audit verify``, on a connection of the caller's.

    :param live: Whether it is the database itself: then the heads kept beside it
        count as well. A copy may be older than they are.
    """
    kept = list(kept_heads()) if live else []
    chain, found = examine(connection, kept, recount=True)
    scores = connection.scalar(sa.select(sa.func.count()).select_from(Score))
    return Verified(
        problems=[tell_break(one) for one in dated(connection, found)],
        entries=chain.entries,
        scores=scores or 0,
    )
