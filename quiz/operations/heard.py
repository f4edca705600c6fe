"""Storing when phones were heard of last: many at once, now and then."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from core.db import UTCDateTime, write_together
from quiz.models import Sitting
from quiz.traces import Heard


def store_heard(heard: Mapping[int, datetime]) -> None:
    """Keep the newest moment of each sitting. One statement for each.

    :param heard: Moments by sitting; one that does not exist is passed over.
    """
    with write_together() as connection:
        postgres = connection.dialect.name == "postgresql"
        insert = (postgresql.insert if postgres else sqlite.insert)(Heard)
        at = sa.bindparam("at", type_=UTCDateTime())
        insert = insert.from_select(
            ["sitting_id", "heard_at"],
            sa.select(Sitting.id, at).where(Sitting.id == sa.bindparam("of")),
        )
        newest = insert.excluded.heard_at
        connection.execute(
            insert.on_conflict_do_update(
                index_elements=["sitting_id"],
                set_={"heard_at": newest},
                where=newest > Heard.__table__.c.heard_at,
            ),
            # In one order everywhere: no two processes wait for each other.
            [
                {"of": sitting_id, "at": heard[sitting_id]}
                for sitting_id in sorted(heard)
            ],
        )
