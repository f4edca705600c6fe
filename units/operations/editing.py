"""What every change of units and rosters shares: who, where, in turn, and on record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import seals
from core.access import Scope
from core.audit import record_audit
from core.errors import Forbidden, Missing, Refused
from core.seals import Rows
from units.models import RosterChange, Unit
from units.queries.editors import Editor, why_barred
from units.queries.history import state_of_rosters
from units.queries.units import inside
from units.rules.tree import Node, places

_change: sa.Table = RosterChange.__table__  # type: ignore[assignment]
_LOCK = 0x1A36A070  # any fixed number: PostgreSQL's advisory lock of all rosters


@dataclass(frozen=True)
class Happened:
    """One change of one unit or person, to be put on record."""

    what: str
    unit_id: int
    person_id: int | None = None
    from_unit_id: int | None = None
    details: Sequence[tuple[str, str, str]] = ()  # field, old, new


def lock_rosters(session: Session) -> None:
    """Keep other changes of units and rosters out until the transaction ends.

    Two of them could, each for itself, be right, and together close a circle in the
    tree or put somebody on a roster twice. SQLite has one writer anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))


def unit_to_change(session: Session, scope: Scope, unit_id: int | None) -> Unit:
    """A unit of a scope, read afresh; after ``lock_rosters``.

    :raises Missing: If there is no such unit in it.
    """
    unit = session.scalar(
        sa.select(Unit)
        .where(Unit.id == unit_id, inside(Unit.id, scope))
        .execution_options(populate_existing=True)
    )
    if unit is None:
        raise Missing("没有这个单位，可能已被更改，请从单位列表重新进入")
    return unit


def roster_to_change(
    session: Session, editor: Editor, unit_id: int, now: datetime
) -> Unit:
    """A unit in use whose roster may be changed now; after ``lock_rosters``.

    :raises Missing: If there is no such unit where the editor may.
    :raises Forbidden: If the roster's deadline is over, or none was set.
    :raises Refused: If the unit is closed.
    """
    unit = unit_to_change(session, editor.reach, unit_id)
    for reason in why_barred(session, editor, [unit_id], now).values():
        raise Forbidden(reason, name=unit.name)
    if unit.closed_at is not None:
        raise Refused("单位“%(name)s”已停用，不能列入人员", name=unit.name)
    return unit


def record_changes(
    session: Session,
    happened: Sequence[Happened],
    *,
    editor: Editor,
    now: datetime,
    reason: str = "",
    source: str = "",
) -> Rows:
    """Put changes on record, within their transaction.

    :return: Their rows, to be sealed by the act's entry in the audit log.
    """
    rows = change_rows(happened, editor=editor, now=now, reason=reason, source=source)
    return record_rows(session, rows)


def change_rows(
    happened: Sequence[Happened],
    *,
    editor: Editor,
    now: datetime,
    reason: str = "",
    source: str = "",
) -> list[dict[str, Any]]:
    """Changes as rows of the table."""
    return [
        {
            "at": now,
            "actor": editor.actor,
            "by_name": editor.name,
            "what": one.what,
            "unit_id": one.unit_id,
            "from_unit_id": one.from_unit_id,
            "person_id": one.person_id,
            "details": [list(detail) for detail in one.details],
            "reason": reason,
            "source": source,
        }
        for one in happened
    ]


def record_rows(session: Session, rows: Sequence[dict[str, Any]]) -> Rows:
    """Write rows made by ``change_rows``; as ``record_changes``."""
    before = state_of_rosters(session)
    if rows:
        # The table, not the class: there may be thousands.
        session.connection().execute(sa.insert(_change), rows)
    return seals.where(RosterChange, _change.c.id > before)


def record_act(
    session: Session,
    action: str,
    object: str,
    *,
    editor: Editor,
    now: datetime,
    rows: Iterable[Rows],
    facts: Mapping[str, Any] | None = None,
    personal: Mapping[str, Any] | None = None,
) -> None:
    """Write an act to the audit log, within its transaction.

    What was before and after stands in ``RosterChange``: names and numbers of people
    do not belong into the chain.
    """
    record_audit(
        session,
        action,
        object,
        actor=editor.actor,
        now=now,
        rows=rows,
        facts=facts,
        personal=personal,
    )


def number_places(session: Session) -> None:
    """Write anew where each unit stands; after every change of the tree."""
    rows = session.execute(
        sa.select(Unit.id, Unit.parent_id, Unit.position, Unit.code, Unit.place)
    ).all()
    now_at = places(Node(row.id, row.parent_id, row.position, row.code) for row in rows)
    moved = [
        {"id": row.id, "place": now_at[row.id]}
        for row in rows
        if row.place != now_at[row.id]
    ]
    if moved:
        session.execute(sa.update(Unit), moved)
