"""Topics by name, made where there are none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session

from question_bank.models import Topic

#: The topic of questions that name none.
NO_TOPIC = "未分类"


class Topics(dict[str, int]):
    """Ids of topics by name, and the ids of those that were made for it."""

    def __init__(self, ids: Mapping[str, int], made: Iterable[int]) -> None:
        super().__init__(ids)
        self.made = list(made)


def record_topics(session: Session, names: Iterable[str]) -> Topics:
    """Ids of topics by name; makes those that are missing, in the order given.

    Inside an operation only. Two or three queries.
    """
    wanted = list(dict.fromkeys(name or NO_TOPIC for name in names))
    ids = dict(session.execute(sa.select(Topic.name, Topic.id)).all())
    missing = [name for name in wanted if name not in ids]
    if not missing:
        return Topics(ids, ())
    last = session.scalar(sa.select(sa.func.max(Topic.position))) or 0
    made = session.execute(
        sa.insert(Topic).returning(Topic.name, Topic.id),
        [
            {"name": name, "position": place}
            for place, name in enumerate(missing, last + 1)
        ],
    )
    new = dict(made.all())
    return Topics(ids | new, new.values())
