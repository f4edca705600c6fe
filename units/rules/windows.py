"""Until when liaisons may keep a roster, and whether it was found right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from units.rules.tree import nearest


class Window(StrEnum):
    """Whether liaisons may change a roster."""

    UNSET = "unset"  # nobody has said until when: not yet
    OPEN = "open"
    OVER = "over"


class Checked(StrEnum):
    """Whether a roster was found right."""

    NO = "no"  # 未核对
    OLD = "old"  # 核对后有改动
    YES = "yes"  # 已核对


@dataclass(frozen=True)
class Deadlines:
    """What was said about the rosters of all units."""

    general: datetime | None  # for all; None: nothing
    own: Mapping[int, datetime]  # by unit, for it and all below it
    parents: Mapping[int, int | None]

    def of(self, unit: int) -> datetime | None:
        """A unit's deadline: the nearest that was set, else the general one."""
        return nearest(self.parents, self.own, unit) or self.general

    def window(self, unit: int, now: datetime) -> Window:
        """Whether liaisons may change a unit's roster; the deadline itself is over."""
        deadline = self.of(unit)
        if deadline is None:
            return Window.UNSET
        return Window.OPEN if now < deadline else Window.OVER


@dataclass(frozen=True)
class Gaps:
    """What a liaison should look at before saying that a roster is right."""

    people: int
    no_tail: int  # only a staff number: they must know it on the day
    no_rank: int
    unlisted_rank: int  # a word that is not on the list
    namesakes: int  # of a name that stands there more than once

    @property
    def any(self) -> bool:
        """Whether there is anything to look at."""
        return not self.people or bool(
            self.no_tail or self.no_rank or self.unlisted_rank or self.namesakes
        )
