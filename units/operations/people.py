"""Changing rosters by hand, one person at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import seals
from core.cells import Cell, Row, Table
from core.db import write
from core.errors import Conflict, Forbidden, Missing, Refused
from units.models import Person
from units.operations.editing import (
    Happened,
    lock_rosters,
    record_act,
    record_changes,
    roster_to_change,
    unit_to_change,
)
from units.queries.editors import Editor, why_barred
from units.queries.people import known_in_unit
from units.rules.changes import Change, difference_stamp
from units.rules.matching import KnownPerson, People, looks_like
from units.rules.people_merge import changes_of
from units.rules.roster import PersonLine, read_people

LONGEST_REASON = 100


@dataclass(frozen=True)
class TypedPerson:
    """A person as somebody typed them."""

    name: str
    phone: str
    staff_number: str
    rank: str


def add_person(
    *,
    unit_id: int,
    typed: TypedPerson,
    namesake: bool,
    editor: Editor,
    now: datetime,
) -> int:
    """Put one person on the roster, by the same rules as an import.

    Who left the unit before comes back under the old number.

    :param namesake: Whether the unit may have somebody else of that name.
    :return: The person's id.
    :raises Refused: If something is missing or wrong, if the person is on the roster
        already, or if somebody of that name is and this was not said to be another.
    """
    line = _line(typed)
    with write() as session:
        lock_rosters(session)
        unit = roster_to_change(session, editor, unit_id, now)
        known = known_in_unit(session, unit_id)
        here = [person for person in known if not person.left]
        _refuse_double(line, here, None)
        others = People(here).of_that_name(unit_id, line)
        if others and not namesake:
            raise Refused(
                "“%(unit)s”已有一位%(name)s（%(numbers)s）。如果是同一个人，请去修改"
                "那一位的信息；确实是另一个人，请勾选“是另一个同名的人”再保存",
                unit=unit.name,
                name=line.name,
                numbers="；".join(map(numbers_of, others)),
            )
        before = People(person for person in known if person.left)
        back = before.matching(unit_id, line)[:1]
        if back:
            happened = _bring_back(session, back[0], line)
        else:
            happened = _insert(session, unit_id, line, now)
        _record(session, "people.add", happened, editor, now, unit=unit_id)
        return happened.person_id or 0


def edit_person(
    *, person_id: int, typed: TypedPerson, seen: str, editor: Editor, now: datetime
) -> None:
    """Correct what is written of somebody on the roster.

    :param seen: ``stamp_of`` what the editor saw.
    :raises Conflict: If somebody else changed it meanwhile.
    :raises Refused: If something is missing or wrong, or they would look like a
        colleague of theirs.
    """
    line = _line(typed)
    with write() as session:
        lock_rosters(session)
        person = person_to_change(session, editor, person_id, now)
        if seen != stamp_of(person):
            raise Conflict(
                "%(name)s的信息刚被别人改过，请刷新页面，核对后再保存", name=person.name
            )
        _refuse_double(line, known_in_unit(session, person.unit_id), person.id)
        details = [
            Change(field, old or "", new or "")
            for field, old, new in (
                ("name", person.name, line.name),
                ("tail", person.phone_tail, line.tail),
                ("staff_number", person.staff_number, line.staff_number),
                ("rank", person.rank, line.rank),
            )
            if (old or "") != (new or "")
        ]
        if not details:
            return
        person.name, person.phone_tail = line.name, line.tail
        person.staff_number, person.rank = line.staff_number, line.rank or ""
        happened = Happened("changed", person.unit_id, person.id, details=details)
        fields = [change.field for change in details]
        _record(session, "people.edit", happened, editor, now, fields=fields)


def move_person(
    *, person_id: int, unit_id: int, reason: str, editor: Editor, now: datetime
) -> None:
    """Move somebody to another unit; exams already published keep the old one.

    :raises Refused: If it is the unit they are in, or somebody there looks like them.
    """
    reason = _reason(reason)
    with write() as session:
        lock_rosters(session)
        person = person_to_change(session, editor, person_id, now)
        before = person.unit_id
        unit = roster_to_change(session, editor, unit_id, now)
        if unit_id == before:
            raise Refused(
                "%(name)s就在“%(unit)s”，请选择另一个单位",
                name=person.name,
                unit=unit.name,
            )
        _refuse_double(_as_line(person), known_in_unit(session, unit_id), person.id)
        person.unit_id = unit_id
        happened = Happened("moved", unit_id, person.id, from_unit_id=before)
        facts = {"from_unit": before, "to_unit": unit_id}
        _record(session, "people.move", happened, editor, now, reason, **facts)


def take_off(*, person_id: int, reason: str, editor: Editor, now: datetime) -> str:
    """Take somebody off the roster; exams already published keep them.

    :return: The person's name.
    :raises Missing: If nobody of that id is on a roster one may change.
    """
    reason = _reason(reason)
    with write() as session:
        lock_rosters(session)
        person = person_to_change(session, editor, person_id, now)
        person.left_at = now
        happened = Happened("left", person.unit_id, person.id)
        facts = {"unit": person.unit_id}
        _record(session, "people.remove", happened, editor, now, reason, **facts)
        return person.name


def put_back(*, person_id: int, editor: Editor, now: datetime) -> str:
    """Put somebody who left back on the roster of the unit they left.

    :return: The person's name.
    :raises Refused: If they are on it, the unit is closed, or somebody looks like them.
    """
    with write() as session:
        lock_rosters(session)
        person = person_to_change(session, editor, person_id, now, left=True)
        roster_to_change(session, editor, person.unit_id, now)
        known = known_in_unit(session, person.unit_id)
        _refuse_double(_as_line(person), known, person.id)
        person.left_at = None
        happened = Happened("returned", person.unit_id, person.id)
        _record(session, "people.return", happened, editor, now, unit=person.unit_id)
        return person.name


def person_to_change(
    session: Session,
    editor: Editor,
    person_id: int,
    now: datetime,
    *,
    left: bool = False,
) -> Person:
    """Somebody whose roster one may change, read afresh; after ``lock_rosters``.

    :param left: Who is wanted: somebody who left, or somebody on the roster.
    :raises Missing: If there is nobody of that id where one may.
    :raises Forbidden: If the roster's deadline is over, or none was set.
    """
    person = session.get(Person, person_id, populate_existing=True)
    if person is None or (person.left_at is not None) != left:
        raise Missing("这个人已经不在名册上，请刷新页面")
    unit_to_change(session, editor.reach, person.unit_id)
    for reason in why_barred(session, editor, [person.unit_id], now).values():
        raise Forbidden(reason, name=person.unit.name)
    return person


def stamp_of(person: Person) -> str:
    """What an editor saw of a person, to notice that somebody else changed them."""
    seen = (person.name, person.phone_tail, person.staff_number, person.rank)
    return difference_stamp([seen])


def numbers_of(person: KnownPerson) -> str:
    """What somebody is told apart by, for people."""
    tail = f"尾号 {person.tail}" if person.tail else ""
    staff = f"工号 {person.staff_number}" if person.staff_number else ""
    return "、".join(text for text in (tail, staff) if text)


def _line(typed: TypedPerson) -> PersonLine:
    """What was typed, read by the rules of an import.

    :raises Refused: If something is missing or wrong.
    """
    texts = {
        # The unit is chosen, not typed: any word will do.
        "unit_code": "0",
        "name": typed.name,
        "phone": typed.phone,
        "staff_number": typed.staff_number,
        "rank": typed.rank,
    }
    cells = {field: Cell(text.strip(), "A1") for field, text in texts.items()}
    reading = read_people(Table([Row("", 1, cells)], [], []))
    for cell in reading.bad:
        raise Refused(cell.reason, **cell.values)
    return reading.lines[0]


def _as_line(person: Person) -> PersonLine:
    row = Row("", 1, {})
    return PersonLine(
        row,
        unit_code="",
        unit_name="",
        name=person.name,
        tail=person.phone_tail,
        staff_number=person.staff_number,
        rank=person.rank,
    )


def _refuse_double(
    line: PersonLine, known: Sequence[KnownPerson], own_id: int | None
) -> None:
    """Refuse what would put one person on a roster twice, or make two look alike."""
    for other in known:
        if other.id != own_id and not other.left and looks_like(other, line):
            raise Refused(
                "这个单位的名册上已经有%(name)s（%(numbers)s）；"
                "如果是两个人，请填写各自的工号",
                name=other.name,
                numbers=numbers_of(other),
            )


def _insert(
    session: Session, unit_id: int, line: PersonLine, now: datetime
) -> Happened:
    person = Person(
        unit_id=unit_id,
        name=line.name,
        phone_tail=line.tail,
        staff_number=line.staff_number,
        rank=line.rank or "",
        left_at=None,
        created_at=now,
    )
    session.add(person)
    session.flush()  # generate person.id
    return Happened("made", unit_id, person.id)


def _bring_back(session: Session, known: KnownPerson, line: PersonLine) -> Happened:
    details = [one for one in changes_of(known, line) if one.field != "returned"]
    session.execute(
        sa.update(Person)
        .where(Person.id == known.id)
        .values(
            name=line.name,
            phone_tail=line.tail or known.tail,
            staff_number=line.staff_number or known.staff_number,
            rank=line.rank or known.rank,
            left_at=None,
        )
    )
    return Happened("returned", known.unit_id, known.id, details=details)


def _reason(text: str) -> str:
    text = " ".join(text.split())
    if len(text) > LONGEST_REASON:
        raise Refused("原因最多 %(most)d 个字，请缩短", most=LONGEST_REASON)
    return text


def _record(
    session: Session,
    action: str,
    happened: Happened,
    editor: Editor,
    now: datetime,
    reason: str = "",
    **facts: Any,
) -> None:
    """Put a change of a person on record, and its act into the audit log."""
    session.flush()  # the change refers to what it changed
    person_id = happened.person_id or 0
    changes = record_changes(session, [happened], editor=editor, now=now, reason=reason)
    record_act(
        session,
        action,
        f"person:{person_id}",
        editor=editor,
        now=now,
        rows=[seals.ids(Person, [person_id]), changes],
        facts=facts,
    )
