"""Whom time is given to, and how much at once."""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import Refused

LONGEST_GRANT_S = 24 * 3600


@dataclass(frozen=True)
class Reach:
    """Whom a grant reaches: one person, one unit, one room, or everybody."""

    candidate_id: int | None = None
    unit_id: int | None = None
    room: str | None = None

    def __post_init__(self) -> None:
        """A grant has one kind of reach, so that each is counted once."""
        given = (self.candidate_id, self.unit_id, self.room)
        if sum(one is not None for one in given) > 1:
            raise ValueError("a grant reaches a person, a unit, a room or everybody")

    def facts(self) -> dict[str, object]:
        """What of it is set, for the audit log."""
        return {name: value for name, value in vars(self).items() if value is not None}


def check_grant(seconds: int) -> None:
    """See whether so much time can be given at once.

    :raises Refused: If it is none, or more than a day.
    """
    if seconds <= 0:
        raise Refused("补时应多于 0 秒，请填写要补的分钟数")
    if seconds > LONGEST_GRANT_S:
        raise Refused("一次最多补时 24 小时，请核对填写的分钟数")
