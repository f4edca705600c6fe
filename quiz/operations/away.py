"""Noting when a page was left, inside the transaction of the message that tells it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from quiz.models import Away

KEPT = 200  # of one sitting


def record_absences(
    connection: sa.Connection, sitting_id: int, told: Mapping[int, int], now: datetime
) -> None:
    """Keep what a phone tells of leaving the page. Told again, it changes nothing.

    Two queries, none if nothing is told. Beyond ``KEPT`` nothing more is kept.

    :param told: The phone's numbers and milliseconds.
    """
    if not told:
        return
    kept = connection.execute(
        sa.select(sa.func.count())
        .select_from(Away)
        .where(Away.sitting_id == sitting_id)
    ).scalar_one()
    rows = [
        {
            "sitting_id": sitting_id,
            "number": number,
            "duration_ms": duration_ms,
            "received_at": now,
        }
        for number, duration_ms in list(told.items())[: max(0, KEPT - kept)]
    ]
    if rows:
        postgres = connection.dialect.name == "postgresql"
        insert = (postgresql.insert if postgres else sqlite.insert)(Away)
        connection.execute(insert.on_conflict_do_nothing(), rows)
