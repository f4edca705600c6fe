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
from units.operations.results import ImportResult, kept, record_import, result_of
from units.queries import known_units
from units.rules.roster import Reading, UnitLine
from units.rules.unit_merge import KnownUnit, UnitPlan, plan_units


def import_units(
    *,
    reading: Reading[UnitLine],
    accept_good: bool,
    source: str,
    actor: str,
    now: datetime,
) -> ImportResult:
    """Add the units of a file and change those whose code is known.

    :param accept_good: Whether rows without fault are taken although others have
        some; else one bad row means that nothing is written.
    :param source: The file's digest.
    """
    # Before the writer's turn: loading the pinyin tables takes a while.
    initials = {line.name: initials_of(line.name) for line in reading.lines}
    with write() as session:
        plan = plan_units(reading.lines, known_units(session))
        result = result_of(reading, plan, accept_good=accept_good)
        if result.done and (plan.new or plan.changed):
            _rename(session, plan.changed, initials)
            written = _add_units(session, plan, initials, now)
            _set_parents(session, plan)
            rows = seals.ids(Unit, [*written, *(unit.id for unit, _ in plan.changed)])
            record_import(session, "units.import", result, source, actor, now, rows)
    return result


def initials_of(name: str) -> str:
    """Initials of a name's pinyin, lower case: 市司法局 → ssfj."""
    # Imported here: its tables cost a quarter of a second and 30 MiB.
    from pypinyin import Style, lazy_pinyin  # noqa: PLC0415

    letters = "".join(lazy_pinyin(name, style=Style.FIRST_LETTER)).lower()
    return "".join(letter for letter in letters if letter.isalnum())


def _rename(
    session: Session,
    changed: Sequence[tuple[KnownUnit, UnitLine]],
    initials: Mapping[str, str],
) -> None:
    # Names are unique and two units may swap theirs: first out of the way.
    renamed = [unit.id for unit, line in changed if line.name != unit.name]
    if renamed:
        aside = [{"id": unit_id, "name": f"|{unit_id}"} for unit_id in renamed]
        session.execute(sa.update(Unit), aside)
    if changed:
        session.execute(
            sa.update(Unit),
            [
                {
                    "id": unit.id,
                    "name": line.name,
                    "initials": initials[line.name],
                    "category": kept(line.category, unit.category),
                    "level": kept(line.level, unit.level),
                    "position": kept(line.position, unit.position),
                }
                for unit, line in changed
            ],
        )


def _add_units(
    session: Session, plan: UnitPlan, initials: Mapping[str, str], now: datetime
) -> list[int]:
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
    if not rows:
        return []
    return list(session.scalars(sa.insert(Unit).returning(Unit.id), rows))


def _set_parents(session: Session, plan: UnitPlan) -> None:
    lines = [*plan.new, *(line for _unit, line in plan.changed)]
    wanted = {line.code: line.parent_code for line in lines if line.parent_code}
    if wanted:
        rows = session.execute(sa.select(Unit.code, Unit.id))
        ids = {row.code: row.id for row in rows}
        session.execute(
            sa.update(Unit),
            [
                {"id": ids[code], "parent_id": ids[parent]}
                for code, parent in wanted.items()
            ],
        )
