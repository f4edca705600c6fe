"""Taking a roster from a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import seals
from core.db import db, write
from core.errors import Busy
from core.seals import Rows
from units.models import Person, RosterChange
from units.operations.editing import (
    Happened,
    change_rows,
    lock_rosters,
    record_rows,
)
from units.operations.ranks import record_adopted
from units.operations.results import (
    ImportResult,
    Stale,
    kept,
    record_import,
    result_of,
)
from units.queries.editors import Editor
from units.queries.history import state_of_rosters
from units.queries.people import preview_people
from units.rules.matching import KnownPerson
from units.rules.people_merge import PeoplePlan, settled
from units.rules.roster import PersonLine, Reading

_person: sa.Table = Person.__table__  # type: ignore[assignment]
TRIES = 5  # how often a difference is worked out anew because somebody was faster


@dataclass(frozen=True)
class Wish:
    """How a roster is to be taken."""

    complete: bool = False  # who is not in the file leaves its units
    accept_good: bool = False  # rows without fault, although others have some
    #: Of the difference that was shown; None: none was.
    stamp: str | None = None
    #: For each doubt whether the row means the person who stands; None: not asked yet.
    same: Sequence[bool] | None = None
    #: As ``same``, for all doubts alike.
    all_same: bool | None = None
    adopt_ranks: bool = False  # words for the rank that are not on the list join it

    def decided(self, plan: PeoplePlan) -> Sequence[bool] | None:
        """What was decided on the doubts of a plan; None if one is left open."""
        if self.all_same is not None:
            return [self.all_same] * len(plan.doubts)
        if self.same is not None and len(self.same) == len(plan.doubts):
            return self.same
        return None if plan.doubts else ()


def import_people(
    *,
    reading: Reading[PersonLine],
    wish: Wish,
    source: str,
    filename: str,
    editor: Editor,
    now: datetime,
) -> ImportResult:
    """Bring the rosters to what a file says.

    What is to be written is worked out before the writer's turn, which others wait
    for (a start storm may run), and holds if nothing has changed when the turn comes.
    Nothing is written while a row is bad, unless good ones may be taken, or a doubt
    is undecided. With a complete file every row must be good: behind a bad one may be
    somebody who would be taken off the roster.

    :param source: The file's digest.
    :raises Stale: If the difference is another one than was shown.
    """
    for _ in range(TRIES):
        db.session.rollback()  # look at what stands now
        seen = state_of_rosters(db.session())
        plan = preview_people(reading.lines, editor, complete=wish.complete, now=now)
        if wish.stamp is not None and wish.stamp != plan.stamp:
            raise Stale()
        result = outcome(reading, plan, wish)
        if not result.done or not plan.writes:
            return result
        plan = settled(plan, wish.decided(plan) or ())
        rows = _rows_of(plan, editor, filename, now)
        with write() as session:
            lock_rosters(session)
            if state_of_rosters(session) != seen:
                continue
            if wish.adopt_ranks:
                record_adopted(session, plan.unknown_ranks, editor, now)
            written = _write(session, rows, editor, filename, now)
            record_import(
                session, "people.import", result, source, editor, now, written
            )
        return result
    raise Busy("名册正在被别人修改，请稍后再导入")


def outcome(reading: Reading[PersonLine], plan: PeoplePlan, wish: Wish) -> ImportResult:
    """What an import does, or would do."""
    decided = wish.decided(plan)
    if decided is not None:
        plan = settled(plan, decided)
    good = wish.accept_good and not wish.complete
    return result_of(reading, plan, accept_good=good)


@dataclass(frozen=True)
class _Rows:
    """What is written, made before the turn."""

    changed: list[dict[str, Any]]
    gone: list[dict[str, Any]]
    new: list[dict[str, Any]]
    changes: list[dict[str, Any]]  # of those who stand


def _rows_of(plan: PeoplePlan, editor: Editor, filename: str, now: datetime) -> _Rows:
    changed: list[tuple[KnownPerson, int, PersonLine]] = [
        *((one.person, one.person.unit_id, one.line) for one in plan.changed),
        *((one.person, one.unit_id, one.line) for one in plan.moved),
    ]
    happened = _happened(plan)
    return _Rows(
        changed=[
            {
                "person": person.id,
                "unit_id": unit_id,
                "name": line.name,
                "phone_tail": kept(line.tail, person.tail),
                "staff_number": kept(line.staff_number, person.staff_number),
                "rank": kept(line.rank, person.rank),
                "left_at": None,
            }
            for person, unit_id, line in changed
        ],
        gone=[{"person": person.id, "left_at": now} for person in plan.left],
        new=[
            {
                "unit_id": unit_id,
                "name": line.name,
                "phone_tail": line.tail,
                "staff_number": line.staff_number,
                "rank": line.rank or "",
                "left_at": None,
                "created_at": now,
            }
            for unit_id, line in plan.new
        ],
        changes=change_rows(happened, editor=editor, now=now, source=filename),
    )


def _happened(plan: PeoplePlan) -> list[Happened]:
    """What is put on record of those who stand."""
    return [
        *(
            Happened(
                "returned" if one.person.left else "changed",
                one.person.unit_id,
                one.person.id,
                # That somebody is back is what the act itself says.
                details=[c for c in one.changes if c.field != "returned"],
            )
            for one in plan.changed
        ),
        *(
            Happened(
                "moved",
                one.unit_id,
                one.person.id,
                from_unit_id=one.person.unit_id,
                details=one.changes,
            )
            for one in plan.moved
        ),
        *(Happened("left", person.unit_id, person.id) for person in plan.left),
    ]


def _write(
    session: Session, rows: _Rows, editor: Editor, filename: str, now: datetime
) -> list[Rows]:
    """Write everything; returns what is to be sealed."""
    # Tables instead of classes: the ORM takes several times as long over thousands
    # of rows, and everybody else waits meanwhile.
    connection = session.connection()
    last = connection.scalar(sa.select(sa.func.max(_person.c.id))) or 0
    before = state_of_rosters(session)
    update = sa.update(_person).where(_person.c.id == sa.bindparam("person"))
    for found in (rows.changed, rows.gone):
        if found:
            fields = [name for name in found[0] if name != "person"]
            values: dict[str, Any] = {name: sa.bindparam(name) for name in fields}
            connection.execute(update.values(values), found)
    record_rows(session, rows.changes)
    if rows.new:
        connection.execute(sa.insert(_person), rows.new)
        _record_new(connection, last, editor, filename, now)
    stood = [row["person"] for row in (*rows.changed, *rows.gone)]
    return [
        seals.ids(Person, stood),
        seals.where(Person, _person.c.id > last),
        seals.where(RosterChange, RosterChange.id > before),
    ]


def _record_new(
    connection: sa.Connection, last: int, editor: Editor, filename: str, now: datetime
) -> None:
    """Put everybody on record who was added after the last.

    One statement: the ids of thousands need not be fetched, and nobody else adds any
    while the rosters are locked.
    """
    change = RosterChange.__table__.c
    columns = {
        "at": sa.literal(now, change.at.type),
        "actor": sa.literal(editor.actor),
        "by_name": sa.literal(editor.name),
        "what": sa.literal("made"),
        "unit_id": _person.c.unit_id,
        "person_id": _person.c.id,
        "details": sa.literal([], change.details.type),
        "reason": sa.literal(""),
        "source": sa.literal(filename),
    }
    found = sa.select(*columns.values()).where(_person.c.id > last)
    connection.execute(sa.insert(RosterChange).from_select(list(columns), found))
