"""Writing units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import seals
from core.db import write
from units.models import Unit
from units.operations.editing import (
    Happened,
    lock_rosters,
    number_places,
    record_changes,
)
from units.operations.results import (
    ImportResult,
    Stale,
    kept,
    record_import,
    result_of,
)
from units.queries.editors import Editor
from units.queries.units import ids_within, known_units
from units.rules.roster import Reading, UnitLine
from units.rules.unit_merge import ChangedUnit, UnitPlan, plan_units


def import_units(
    *,
    reading: Reading[UnitLine],
    accept_good: bool,
    stamp: str | None,
    source: str,
    filename: str,
    editor: Editor,
    now: datetime,
) -> ImportResult:
    """Add the units of a file and change those whose code is known.

    :param accept_good: Whether rows without fault are taken although others have
        some; else one bad row means that nothing is written.
    :param stamp: Of the difference that was shown; None: none was.
    :param source: The file's digest.
    :raises Stale: If the difference is another one by now.
    """
    # Before the writer's turn: loading the pinyin tables takes a while.
    initials = {line.name: initials_of(line.name) for line in reading.lines}
    with write() as session:
        lock_rosters(session)
        mine = ids_within(session, editor.scope)
        plan = plan_units(reading.lines, known_units(session), mine)
        if stamp is not None and stamp != plan.stamp:
            raise Stale()
        result = result_of(reading, plan, accept_good=accept_good)
        if result.done and (plan.new or plan.changed):
            _rename(session, plan.changed, initials)
            _add_units(session, plan, initials, now)
            ids = _set_parents(session, plan)
            number_places(session)
            happened = [Happened("made", ids[line.code]) for line in plan.new]
            happened += [
                Happened("changed", one.unit.id, details=one.changes)
                for one in plan.changed
            ]
            changes = record_changes(
                session, happened, editor=editor, now=now, source=filename
            )
            touched = [one.unit_id for one in happened]
            rows = [seals.ids(Unit, touched), changes]
            record_import(session, "units.import", result, source, editor, now, rows)
    return result


def initials_of(name: str) -> str:
    """Initials of a name's pinyin, lower case: 市司法局 → ssfj."""
    # Imported here: its tables cost a quarter of a second and 30 MiB.
    from pypinyin import Style, lazy_pinyin  # noqa: PLC0415

    letters = "".join(lazy_pinyin(name, style=Style.FIRST_LETTER)).lower()
    return "".join(letter for letter in letters if letter.isalnum())


def _rename(
    session: Session, changed: Sequence[ChangedUnit], initials: Mapping[str, str]
) -> None:
    # Names are unique and two units may swap theirs: first out of the way.
    renamed = [one.unit.id for one in changed if one.line.name != one.unit.name]
    if renamed:
        aside = [{"id": unit_id, "name": f"|{unit_id}"} for unit_id in renamed]
        session.execute(sa.update(Unit), aside)
    if changed:
        session.execute(
            sa.update(Unit),
            [
                {
                    "id": one.unit.id,
                    "name": one.line.name,
                    "initials": initials[one.line.name],
                    "category": kept(one.line.category, one.unit.category),
                    "level": kept(one.line.level, one.unit.level),
                    "position": kept(one.line.position, one.unit.position),
                }
                for one in changed
            ],
        )


def _add_units(
    session: Session, plan: UnitPlan, initials: Mapping[str, str], now: datetime
) -> None:
    last = session.scalar(sa.select(sa.func.max(Unit.position))) or 0
    rows: list[dict[str, Any]] = []
    for line in plan.new:
        last = last + 1 if line.position is None else max(last, line.position)
        rows.append(
            {
                "code": line.code,
                "name": line.name,
                "initials": initials[line.name],
                "category": line.category or "",
                "level": line.level or "",
                "position": last if line.position is None else line.position,
                "created_at": now,
            }
        )
    if rows:
        session.execute(sa.insert(Unit), rows)


def _set_parents(session: Session, plan: UnitPlan) -> dict[str, int]:
    """Also returns the id of every code."""
    lines = [*plan.new, *(one.line for one in plan.changed)]
    wanted = {line.code: line.parent_code for line in lines if line.parent_code}
    ids = {row.code: row.id for row in session.execute(sa.select(Unit.code, Unit.id))}
    if wanted:
        session.execute(
            sa.update(Unit),
            [
                {"id": ids[code], "parent_id": ids[parent]}
                for code, parent in wanted.items()
            ],
        )
    return ids
