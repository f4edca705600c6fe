"""Writing people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import seals
from core.access import EVERYWHERE, Scope
from core.audit import record_audit
from core.cells import Cell, Row, Table
from core.db import write
from core.errors import Missing, Refused
from units.models import Person
from units.operations.results import ImportResult, kept, record_import, result_of
from units.queries import known_people, known_units
from units.rules.people_merge import KnownPerson, plan_people
from units.rules.roster import PersonLine, Reading, read_people


def import_people(
    *,
    reading: Reading[PersonLine],
    accept_good: bool,
    source: str,
    actor: str,
    now: datetime,
    scope: Scope = EVERYWHERE,
) -> ImportResult:
    """Add the people of a file to the roster and change those who are known.

    Nobody leaves the roster by an import. Parameters as for ``import_units``.

    :param scope: A row of a unit outside it is a bad row.
    """
    with write() as session:
        plan = plan_people(
            reading.lines, known_units(session, scope), known_people(session)
        )
        result = result_of(reading, plan, accept_good=accept_good)
        if result.done and (plan.new or plan.changed):
            written = _add_people(session, plan.new, now)
            written += _change_people(session, plan.changed)
            rows = seals.ids(Person, written)
            record_import(session, "people.import", result, source, actor, now, rows)
    return result


def add_person(
    *,
    unit_code: str,
    name: str,
    phone: str,
    staff_number: str,
    rank: str,
    actor: str,
    now: datetime,
) -> None:
    """Put one person on the roster, by the same rules as an import.

    :raises Refused: If something is missing or wrong, or the person is on it already.
    """
    typed = {
        "unit_code": unit_code,
        "name": name,
        "phone": phone,
        "staff_number": staff_number,
        "rank": rank,
    }
    row = Row("", 1, {field: Cell(text.strip(), "A1") for field, text in typed.items()})
    reading = read_people(Table([row], [], []))
    with write() as session:
        plan = plan_people(reading.lines, known_units(session), known_people(session))
        for cell in reading.all_bad(plan.bad):
            raise Refused(cell.reason, **cell.values)
        back = [(who, line) for who, line in plan.changed if who.left]
        if not plan.new and not back:
            raise Refused("“%(name)s”已经在这个单位的名册上", name=name.strip())
        written = _add_people(session, plan.new, now)
        written += _change_people(session, back)
        record_audit(
            session,
            "people.add",
            f"unit:{unit_code}",
            actor=actor,
            now=now,
            rows=[seals.ids(Person, written)],
        )


def remove_person(*, person_id: int, actor: str, now: datetime) -> str:
    """Take somebody off the roster; exams already published keep them.

    :return: The person's name.
    :raises Missing: If nobody of that id is on the roster.
    """
    with write() as session:
        person = session.get(Person, person_id)
        if person is None or person.left_at is not None:
            raise Missing("这个人已经不在名册上，请刷新页面")
        person.left_at = now
        record_audit(
            session,
            "people.remove",
            f"person:{person_id}",
            actor=actor,
            now=now,
            facts={"unit": person.unit_id},
            rows=[seals.these(person)],
        )
        return person.name


def _add_people(
    session: Session, new: Sequence[tuple[int, PersonLine]], now: datetime
) -> list[int]:
    if not new:
        return []
    written = session.scalars(
        sa.insert(Person).returning(Person.id),
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
    return list(written)


def _change_people(
    session: Session, changed: Sequence[tuple[KnownPerson, PersonLine]]
) -> list[int]:
    if changed:
        session.execute(
            sa.update(Person),
            [
                {
                    "id": person.id,
                    "name": line.name,
                    "phone_tail": kept(line.tail, person.tail),
                    "staff_number": kept(line.staff_number, person.staff_number),
                    "rank": kept(line.rank, person.rank),
                    "left_at": None,
                }
                for person, line in changed
            ],
        )
    return [person.id for person, _ in changed]
