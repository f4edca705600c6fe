"""Topics by name, made where there are none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.errors import Refused
from question_bank.models import Topic
from question_bank.rules.topics import NO_TOPIC


class Topics(dict[str, int]):
    """Ids of topics by name, and the ids of those that were made for it."""

    def __init__(self, ids: Mapping[str, int], made: Iterable[int]) -> None:
        super().__init__(ids)
        self.made = list(made)


def record_topics(session: Session, names: Iterable[str]) -> Topics:
    """Ids of topics by name; makes those that are missing, in the order given.

    The name of a topic that was merged means the one it was merged into. Inside an
    operation only. Two or three queries.
    """
    wanted = list(dict.fromkeys(name or NO_TOPIC for name in names))
    meant = sa.func.coalesce(Topic.merged_into, Topic.id)
    ids = dict(session.execute(sa.select(Topic.name, meant)).all())
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


def hold_topics(session: Session, ids: Iterable[int]) -> dict[int, int]:
    """What these topics mean now: themselves, or what they were merged into.

    Until the transaction ends none of them is merged or removed. One query.

    :raises Refused: If one is gone.
    """
    wanted = set(ids)
    query = sa.select(Topic.id, sa.func.coalesce(Topic.merged_into, Topic.id))
    held = query.where(Topic.id.in_(wanted)).order_by(Topic.id)
    found = dict(session.execute(held.with_for_update(read=True)).all())
    if len(found) < len(wanted):
        raise Refused("选的知识点里有的刚被删除，请刷新页面后再选")
    return found
