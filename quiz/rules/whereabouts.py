"""Where somebody of an exam stands, as the people in the hall see it."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

#: A phone that is well sends something every 50 s at the longest, and what it sends
#: is known to all processes 5 s later.
SILENT_AFTER = timedelta(seconds=60)


class Where(StrEnum):
    """One of these each person is, at any moment."""

    ABSENT = "absent"  # 未到: nothing was heard of them
    HERE = "here"  # 已签到: present, not yet writing
    WRITING = "writing"  # 作答中: a phone that was heard of a moment ago
    SILENT = "silent"  # 失联: writing, but the phone says nothing
    DONE = "done"  # 已交: handed in or collected
    EXEMPT = "exempt"  # 免考: not expected


def where(
    state: str | None,
    heard: datetime | None,
    now: datetime,
    *,
    present: bool,
    exempt: bool,
) -> Where:
    """Where somebody stands.

    :param state: Of the newest sitting that is not void; None: there is none.
    :param heard: When its phone was heard of last.
    :param present: Whether the person has been seen or has checked in.
    """
    if state == "open":
        assert heard is not None
        return Where.SILENT if now - heard > SILENT_AFTER else Where.WRITING
    if state is not None:
        return Where.DONE
    if exempt:
        return Where.EXEMPT
    return Where.HERE if present else Where.ABSENT
