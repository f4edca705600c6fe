"""Changing the tree of units by hand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import seals
from core.cells import Cell, Row, Table
from core.db import write
from core.errors import Conflict, Forbidden, Refused
from units.models import Person, Unit
from units.operations.editing import (
    Happened,
    lock_rosters,
    number_places,
    record_act,
    record_changes,
    unit_to_change,
)
from units.operations.units import initials_of
from units.queries.editors import Editor
from units.queries.units import known_units
from units.rules.changes import difference_stamp
from units.rules.roster import UnitLine, read_units
from units.rules.tree import Node, shifted, stands_below_itself
from units.rules.unit_merge import KnownUnit, plan_units


@dataclass(frozen=True)
class TypedUnit:
    """A unit as somebody typed it."""

    code: str
    name: str
    category: str
    level: str


def make_unit(
    *, typed: TypedUnit, parent_id: int | None, editor: Editor, now: datetime
) -> int:
    """Make a unit, last among its siblings, by the same rules as an import.

    :return: Its id.
    :raises Refused: If something is missing or wrong, or the code or the name is taken.
    :raises Missing: If the parent is not in the editor's scope.
    """
    line = _line(typed)
    initials = initials_of(line.name)
    with write() as session:
        lock_rosters(session)
        parent = _parent(session, editor, parent_id)
        known = known_units(session)
        if any(unit.code == line.code for unit in known):
            raise Refused("编码 %(code)s 已经有单位在用，请换一个", code=line.code)
        _check(line, known)
        unit = Unit(
            code=line.code,
            name=line.name,
            initials=initials,
            category=line.category or "",
            level=line.level or "",
            parent_id=parent.id if parent else None,
            position=_last(session, parent_id) + 1,
            place=0,
            created_at=now,
        )
        session.add(unit)
        session.flush()  # generate unit.id
        number_places(session)
        _record(session, "unit.make", "made", unit, editor, now, parent=parent_id)
        return unit.id


def change_unit(
    *, unit_id: int, typed: TypedUnit, seen: str, editor: Editor, now: datetime
) -> None:
    """Rename a unit, or change its category or level. Its code never changes: files
    and the digests of published exams know it by that.

    :param seen: ``stamp_of`` what the person saw.
    :raises Conflict: If somebody else changed it meanwhile.
    :raises Refused: If something is missing or wrong, or the name is taken.
    """
    with write() as session:
        lock_rosters(session)
        unit = unit_to_change(session, editor.scope, unit_id)
        if seen != stamp_of(unit):
            raise Conflict(
                "这个单位刚被别人改过，现在是“%(name)s”，请核对后再保存",
                name=unit.name,
            )
        line = _line(TypedUnit(unit.code, typed.name, typed.category, typed.level))
        _check(line, known_units(session))
        details = [
            (field, old, new)
            for field, old, new in (
                ("name", unit.name, line.name),
                ("category", unit.category, line.category or ""),
                ("level", unit.level, line.level or ""),
            )
            if old != new
        ]
        if not details:
            return
        unit.name, unit.initials = line.name, initials_of(line.name)
        unit.category, unit.level = line.category or "", line.level or ""
        fields = [field for field, _old, _new in details]
        _record(
            session,
            "unit.change",
            "changed",
            unit,
            editor,
            now,
            details=details,
            fields=fields,
        )


def move_unit(
    *, unit_id: int, parent_id: int | None, editor: Editor, now: datetime
) -> None:
    """Put a unit below another one, last among its children, with all below it.

    :raises Refused: If the parent is closed, or the unit itself or below it.
    :raises Missing: If one of the two is not in the editor's scope.
    """
    with write() as session:
        lock_rosters(session)
        unit = _in_use(session, editor, unit_id)
        if unit.parent_id == parent_id:
            return
        # Whoever answers for a part of the tree does not take it elsewhere.
        before = _parent(session, editor, unit.parent_id)
        parent = _parent(session, editor, parent_id)
        parents = {
            row.id: row.parent_id
            for row in session.execute(sa.select(Unit.id, Unit.parent_id))
        }
        if stands_below_itself(parents, unit.id, parent_id):
            raise Refused(
                "“%(parent)s”是“%(unit)s”本身或它的下级，不能作它的上级",
                parent=parent.name if parent else "",
                unit=unit.name,
            )
        unit.position = _last(session, parent_id) + 1
        unit.parent_id = parent_id
        session.flush()  # the order is read from the table
        number_places(session)
        detail = (
            "parent",
            before.name if before else "",
            parent.name if parent else "",
        )
        _record(
            session,
            "unit.move",
            "moved",
            unit,
            editor,
            now,
            details=[detail],
            parent=parent_id,
        )


def shift_unit(*, unit_id: int, step: int, editor: Editor, now: datetime) -> None:
    """Let a unit trade places with the one before (step -1) or after it (step 1).

    At the end of the row nothing happens.
    """
    with write() as session:
        lock_rosters(session)
        unit = _in_use(session, editor, unit_id)
        _parent(session, editor, unit.parent_id)
        siblings = session.execute(
            sa.select(Unit.id, Unit.parent_id, Unit.position, Unit.code).where(
                Unit.parent_id.is_not_distinct_from(unit.parent_id),
                Unit.closed_at.is_(None),
            )
        )
        new = shifted([Node(*row) for row in siblings], unit.id, step)
        if not new:
            return
        positions = [{"id": one, "position": at} for one, at in new.items()]
        session.execute(sa.update(Unit), positions)
        number_places(session)
        _record(
            session,
            "unit.shift",
            "changed",
            unit,
            editor,
            now,
            details=[("order", "", str(step))],
            also=new,
            step=step,
        )


def close_unit(*, unit_id: int, editor: Editor, now: datetime) -> None:
    """停用: the unit takes part in nothing new and keeps its history.

    :raises Refused: While there are people on its roster or units in use below it.
    """
    with write() as session:
        lock_rosters(session)
        unit = _in_use(session, editor, unit_id)
        people = session.scalar(
            sa.select(sa.func.count(Person.id)).where(
                Person.unit_id == unit_id, Person.left_at.is_(None)
            )
        )
        if people:
            raise Refused(
                "“%(name)s”还有 %(n)d 人在册，请先把他们移到别的单位或移出名册",
                name=unit.name,
                n=people,
            )
        below = session.scalar(
            sa.select(sa.func.count(Unit.id)).where(
                Unit.parent_id == unit_id, Unit.closed_at.is_(None)
            )
        )
        if below:
            raise Refused(
                "“%(name)s”还有 %(n)d 个下级单位，请先把它们移到别处或停用",
                name=unit.name,
                n=below,
            )
        unit.closed_at = now
        _record(session, "unit.close", "closed", unit, editor, now)


def reopen_unit(*, unit_id: int, editor: Editor, now: datetime) -> None:
    """Take a closed unit into use again.

    :raises Refused: If it is in use, or the unit above it is closed.
    """
    with write() as session:
        lock_rosters(session)
        unit = unit_to_change(session, editor.scope, unit_id)
        if unit.closed_at is None:
            raise Refused("“%(name)s”没有停用", name=unit.name)
        above = session.get(Unit, unit.parent_id) if unit.parent_id else None
        if above and above.closed_at is not None:
            raise Refused("请先恢复它的上级单位“%(name)s”", name=above.name)
        unit.closed_at = None
        _record(session, "unit.reopen", "reopened", unit, editor, now)


def stamp_of(unit: Unit) -> str:
    """What a person saw of a unit, to notice that somebody else changed it."""
    return difference_stamp([(unit.name, unit.category, unit.level)])


def _line(typed: TypedUnit) -> UnitLine:
    """What was typed, read by the rules of an import.

    :raises Refused: If something is missing or wrong.
    """
    texts = {
        "code": typed.code,
        "name": typed.name,
        "category": typed.category,
        "level": typed.level,
    }
    cells = {field: Cell(text.strip(), "A1") for field, text in texts.items()}
    reading = read_units(Table([Row("", 1, cells)], [], []))
    for cell in reading.bad:
        raise Refused(cell.reason, **cell.values)
    return reading.lines[0]


def _check(line: UnitLine, known: list[KnownUnit]) -> None:
    for cell in plan_units([line], known).bad:
        raise Refused(cell.reason, **cell.values)


def _in_use(session: Session, editor: Editor, unit_id: int) -> Unit:
    unit = unit_to_change(session, editor.scope, unit_id)
    if unit.closed_at is not None:
        raise Refused("“%(name)s”已经停用，请先恢复", name=unit.name)
    return unit


def _parent(session: Session, editor: Editor, parent_id: int | None) -> Unit | None:
    """The unit to stand below; None: at the top, for who answers for everything."""
    if parent_id is None:
        if not editor.scope.everywhere:
            raise Forbidden("您的账号只管理部分单位，不能改动最上一级")
        return None
    parent = unit_to_change(session, editor.scope, parent_id)
    if parent.closed_at is not None:
        raise Refused("上级单位“%(name)s”已停用", name=parent.name)
    return parent


def _last(session: Session, parent_id: int | None) -> int:
    return (
        session.scalar(
            sa.select(sa.func.max(Unit.position)).where(
                Unit.parent_id.is_not_distinct_from(parent_id)
            )
        )
        or 0
    )


def _record(
    session: Session,
    action: str,
    what: str,
    unit: Unit,
    editor: Editor,
    now: datetime,
    *,
    details: Sequence[tuple[str, str, str]] = (),
    also: Iterable[int] = (),
    **facts: object,
) -> None:
    """Put a change of a unit on record, and its act into the audit log.

    :param also: Ids of other units that the act wrote.
    """
    happened = Happened(what, unit.id, details=details)
    changes = record_changes(session, [happened], editor=editor, now=now)
    record_act(
        session,
        action,
        f"unit:{unit.code}",
        editor=editor,
        now=now,
        rows=[seals.ids(Unit, [unit.id, *also]), changes],
        facts=facts,
    )
