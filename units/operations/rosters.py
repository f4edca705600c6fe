"""Deadlines of rosters, and saying that one is right."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import seals
from core.db import write
from core.errors import Conflict, Forbidden, Missing, Refused
from units.models import Person, RosterCheck, RosterWindow
from units.operations.editing import (
    lock_rosters,
    record_act,
    roster_to_change,
    unit_to_change,
)
from units.queries.editors import Editor
from units.queries.rosters import newest_change_of


def set_window(
    *, unit_id: int | None, closes_at: datetime, editor: Editor, now: datetime
) -> None:
    """Say until when liaisons keep the roster of a unit and of all below it.

    :param unit_id: None: of all units for which nothing nearer is said.
    :raises Missing: If the unit is not in the editor's scope.
    :raises Forbidden: If it is for all units, and the editor answers for some only.
    """
    with write() as session:
        lock_rosters(session)
        meant = _meant(session, editor, unit_id)
        window = session.scalar(
            sa.select(RosterWindow).where(
                RosterWindow.unit_id.is_not_distinct_from(unit_id)
            )
        )
        if window is None:
            window = RosterWindow(unit_id=unit_id, closes_at=closes_at)
            session.add(window)
        window.closes_at = closes_at
        session.flush()  # generate window.id
        record_act(
            session,
            "roster.window",
            meant,
            editor=editor,
            now=now,
            rows=[seals.these(window)],
            facts={"closes_at": closes_at.isoformat()},
        )


def drop_window(*, unit_id: int | None, editor: Editor, now: datetime) -> None:
    """Take a deadline back: what stands above it counts again.

    :raises Missing: If there is none, or the unit is not in the editor's scope.
    :raises Forbidden: As ``set_window``.
    """
    with write() as session:
        lock_rosters(session)
        meant = _meant(session, editor, unit_id)
        window = session.scalar(
            sa.select(RosterWindow).where(
                RosterWindow.unit_id.is_not_distinct_from(unit_id)
            )
        )
        if window is None:
            raise Missing("这里没有单独的期限，请刷新页面")
        session.delete(window)
        record_act(
            session,
            "roster.window_end",
            meant,
            editor=editor,
            now=now,
            rows=[seals.gone(RosterWindow, [window.id])],
        )


def check_roster(*, unit_id: int, seen: int, editor: Editor, now: datetime) -> int:
    """核对: say that the roster of a unit, as it was shown, is right.

    :param seen: Number of the newest change that was shown.
    :return: How many stand on it.
    :raises Conflict: If it changed since.
    :raises Forbidden: If its deadline is over, or none was set.
    """
    with write() as session:
        lock_rosters(session)
        unit = roster_to_change(session, editor, unit_id, now)
        newest = newest_change_of(unit_id)
        if newest != seen:
            raise Conflict("“%(name)s”的名册刚有改动，请再核对一遍", name=unit.name)
        people = (
            session.scalar(
                sa.select(sa.func.count(Person.id)).where(
                    Person.unit_id == unit_id, Person.left_at.is_(None)
                )
            )
            or 0
        )
        if not people:
            raise Refused("“%(name)s”的名册还是空的，请先列入人员", name=unit.name)
        check = RosterCheck(
            unit_id=unit_id,
            at=now,
            actor=editor.actor,
            by_name=editor.name,
            people=people,
            seen=newest,
        )
        session.add(check)
        session.flush()  # generate check.id
        record_act(
            session,
            "roster.check",
            f"unit:{unit.code}",
            editor=editor,
            now=now,
            rows=[seals.these(check)],
            facts={"people": people, "seen": newest},
        )
        return people


def _meant(session: Session, editor: Editor, unit_id: int | None) -> str:
    """What a deadline is for, as the audit log names it.

    :raises Missing: If the unit is not in the editor's scope.
    :raises Forbidden: If it is for all units, and the editor answers for some only.
    """
    if unit_id is not None:
        return f"unit:{unit_to_change(session, editor.scope, unit_id).code}"
    if not editor.scope.everywhere:
        raise Forbidden("您的账号只管理部分单位，请给其中的单位单独设置期限")
    return "units"
