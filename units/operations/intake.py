"""Taking a roster from a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import db, write
from core.errors import Busy
from units.models import Person, RosterChange
from units.operations.editing import (
    Editor,
    Happened,
    lock_rosters,
    record_changes,
)
from units.operations.results import (
    ImportResult,
    Stale,
    kept,
    record_import,
    result_of,
)
from units.queries.history import state_of_rosters
from units.queries.people import preview_people
from units.rules.changes import Change
from units.rules.people_merge import PeoplePlan, settled
from units.rules.roster import PersonLine, Reading

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
        plan = preview_people(reading.lines, editor.scope, complete=wish.complete)
        if wish.stamp is not None and wish.stamp != plan.stamp:
            raise Stale()
        result = outcome(reading, plan, wish)
        if not result.done or not plan.writes:
            return result
        plan = settled(plan, wish.decided(plan) or ())
        with write() as session:
            lock_rosters(session)
            if state_of_rosters(session) != seen:
                continue
            _apply(session, plan, editor, filename, now)
            record_import(session, "people.import", result, source, editor, now)
        return result
    raise Busy("名册正在被别人修改，请稍后再导入")


def outcome(reading: Reading[PersonLine], plan: PeoplePlan, wish: Wish) -> ImportResult:
    """What an import does, or would do."""
    decided = wish.decided(plan)
    if decided is not None:
        plan = settled(plan, decided)
    good = wish.accept_good and not wish.complete
    return result_of(reading, plan, accept_good=good)


def _apply(
    session: Session, plan: PeoplePlan, editor: Editor, filename: str, now: datetime
) -> None:
    changed = [
        *(
            (one.person, one.person.unit_id, one.line, one.changes)
            for one in plan.changed
        ),
        *((one.person, one.unit_id, one.line, one.changes) for one in plan.moved),
    ]
    if changed:
        session.execute(
            sa.update(Person),
            [
                {
                    "id": person.id,
                    "unit_id": unit_id,
                    "name": line.name,
                    "phone_tail": kept(line.tail, person.tail),
                    "staff_number": kept(line.staff_number, person.staff_number),
                    "rank": kept(line.rank, person.rank),
                    "left_at": None,
                }
                for person, unit_id, line, _changes in changed
            ],
        )
    if plan.left:
        gone = [{"id": person.id, "left_at": now} for person in plan.left]
        session.execute(sa.update(Person), gone)
    happened = [
        *(
            Happened(
                "returned" if one.person.left else "changed",
                one.person.unit_id,
                one.person.id,
                details=_told(one.changes),
            )
            for one in plan.changed
        ),
        *(
            Happened(
                "moved",
                one.unit_id,
                one.person.id,
                from_unit_id=one.person.unit_id,
                details=_told(one.changes),
            )
            for one in plan.moved
        ),
        *(Happened("left", person.unit_id, person.id) for person in plan.left),
    ]
    record_changes(session, happened, editor=editor, now=now, source=filename)
    _add_people(session, plan.new, editor, filename, now)


def _told(changes: Sequence[Change]) -> list[Change]:
    """Without what the act itself already says."""
    return [change for change in changes if change.field != "returned"]


def _add_people(
    session: Session,
    new: Sequence[tuple[int, PersonLine]],
    editor: Editor,
    filename: str,
    now: datetime,
) -> None:
    if not new:
        return
    last = session.scalar(sa.select(sa.func.max(Person.id))) or 0
    session.execute(
        sa.insert(Person),
        [
            {
                "unit_id": unit_id,
                "name": line.name,
                "phone_tail": line.tail,
                "staff_number": line.staff_number,
                "rank": line.rank or "",
                "left_at": None,
                "created_at": now,
            }
            for unit_id, line in new
        ],
    )
    # Thousands of rows by one statement: the ids of the new need not be fetched, they
    # are those after the last (nobody else adds any while the rosters are locked).
    fixed = sa.select(
        sa.literal(now, RosterChange.at.type),
        sa.literal(editor.actor),
        sa.literal(editor.name),
        sa.literal("made"),
        Person.unit_id,
        Person.id,
        sa.literal([], RosterChange.details.type),
        sa.literal(""),
        sa.literal(filename),
    ).where(Person.id > last)
    columns = ("at", "actor", "by_name", "what", "unit_id", "person_id")
    session.execute(
        sa.insert(RosterChange).from_select(
            [*columns, "details", "reason", "source"], fixed
        )
    )
