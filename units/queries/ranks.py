"""Reading the list of rank groups."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from core.db import db
from units.models import Person, RankGroup
from units.rules.ranks import USUAL


@dataclass(frozen=True)
class RankCount:
    """A word and how many people on the rosters it is written of."""

    name: str
    people: int


def rank_words() -> list[str]:
    """The words of the list in their order; one query."""
    words = db.session.scalars(
        sa.select(RankGroup.name).order_by(RankGroup.position, RankGroup.id)
    ).all()
    return list(words) or list(USUAL)


def ranks_listed() -> tuple[list[RankCount], list[RankCount]]:
    """The list, and the words in use that are not on it; two queries."""
    rows = db.session.execute(
        sa.select(Person.rank, sa.func.count())
        .where(Person.left_at.is_(None), Person.rank != "")
        .group_by(Person.rank)
    )
    used = {row[0]: row[1] for row in rows}
    listed = [RankCount(w, used.pop(w, 0)) for w in rank_words()]
    others = sorted(used.items(), key=lambda one: (-one[1], one[0]))
    return listed, [RankCount(*one) for one in others]
