"""Who may change which units and rosters."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.access import EVERYWHERE, Scope
from units.models import RosterWindow, Unit
from units.queries.units import ids_within
from units.rules.windows import Deadlines, Window

NOWHERE = Scope(everywhere=False)
OUTSIDE = "“%(name)s”不在您管理的范围内，请删去这一行"
OVER = "“%(name)s”的名册维护已经截止，现在只能查看；需要改动请联系组织者"
UNSET = "组织者还没有开放“%(name)s”的名册维护，现在只能查看"


@dataclass(frozen=True)
class Editor:
    """Who changes units and rosters, and where they may."""

    actor: str  # account:3, system
    name: str  # as the history names them; empty for the system
    scope: Scope  # units, and rosters at any time
    limited: Scope = NOWHERE  # rosters only, and only until their deadlines

    @property
    def reach(self) -> Scope:
        """The units whose rosters they may change at some time."""
        return Scope(
            everywhere=self.scope.everywhere or self.limited.everywhere,
            units=self.scope.units | self.limited.units,
        )


SYSTEM = Editor("system", "", EVERYWHERE)


def deadlines(session: Session) -> Deadlines:
    """What was said about the rosters of all units; two queries."""
    windows = session.execute(sa.select(RosterWindow.unit_id, RosterWindow.closes_at))
    by_unit = {row.unit_id: row.closes_at for row in windows}
    units = session.execute(sa.select(Unit.id, Unit.parent_id))
    return Deadlines(
        general=by_unit.pop(None, None),
        own=by_unit,
        parents={row.id: row.parent_id for row in units},
    )


def why_barred(
    session: Session, editor: Editor, units: Iterable[int], now: datetime
) -> dict[int, str]:
    """Why the rosters of some of these units may not be changed now; four queries at
    most. Each is a message with a place for the unit's name.
    """
    free = ids_within(session, editor.scope)
    if free is None:
        return {}
    limited = ids_within(session, editor.limited)
    said = deadlines(session)
    words = {Window.OVER: OVER, Window.UNSET: UNSET}
    barred: dict[int, str] = {}
    for unit in units:
        if unit in free:
            continue
        if limited is not None and unit not in limited:
            barred[unit] = OUTSIDE
        elif (window := said.window(unit, now)) in words:
            barred[unit] = words[window]
    return barred
