"""Finding the unit a row of a roster names, and the person it means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from core.cells import BadCell
from units.rules.identity import normal_name
from units.rules.roster import PersonLine
from units.rules.unit_merge import KnownUnit


@dataclass(frozen=True)
class KnownPerson:
    """A person in the database."""

    id: int
    unit_id: int
    name: str
    tail: str | None
    staff_number: str | None
    rank: str
    left: bool  # no longer on the roster


class Units:
    """Units found by code and by name."""

    def __init__(self, known: Iterable[KnownUnit], barred: Mapping[int, str]) -> None:
        """:param barred: Why a unit's roster may not be changed, by its id; a message
        with a place for the unit's name.
        """
        self._by_code: dict[str, KnownUnit] = {}
        self._by_name: dict[str, KnownUnit] = {}
        for unit in known:
            self._by_code[unit.code] = unit
            self._by_name[normal_name(unit.name)] = unit
        self._barred = barred
        self._closest: dict[str, str] = {}

    def of(self, line: PersonLine, bad: list[BadCell]) -> KnownUnit | None:
        """The unit of a row, or what is wrong."""
        unit = self._named(line, bad)
        if unit is None:
            return None
        field = "unit_name" if line.unit_name else "unit_code"
        if unit.closed:
            bad.append(
                line.row.bad(field, "单位“%(name)s”已停用，请核对", name=unit.name)
            )
            return None
        if unit.id in self._barred:
            bad.append(line.row.bad(field, self._barred[unit.id], name=unit.name))
            return None
        return unit

    def _named(self, line: PersonLine, bad: list[BadCell]) -> KnownUnit | None:
        by_code = self._by_code.get(line.unit_code)
        by_name = self._by_name.get(normal_name(line.unit_name))
        if line.unit_code and by_code is None:
            bad.append(
                line.row.bad(
                    "unit_code",
                    "没有编码为 %(code)s 的单位，请核对，或先导入单位",
                    code=line.unit_code,
                )
            )
        elif line.unit_name and by_name is None:
            bad.append(self._unknown_name(line))
        elif by_code and by_name and by_code is not by_name:
            bad.append(
                line.row.bad(
                    "unit_name",
                    "编码 %(code)s 是“%(right)s”，与这里的单位名称不一致，请核对",
                    code=line.unit_code,
                    right=by_code.name,
                )
            )
        else:
            return by_code or by_name
        return None

    def _unknown_name(self, line: PersonLine) -> BadCell:
        wanted = line.unit_name
        if wanted not in self._closest:
            names = {unit.name for unit in self._by_code.values()}
            close = get_close_matches(wanted, sorted(names), n=1, cutoff=0.6)
            self._closest[wanted] = close[0] if close else ""
        if self._closest[wanted]:
            return line.row.bad(
                "unit_name",
                "没有名为“%(name)s”的单位，是不是“%(close)s”？请核对，或先导入单位",
                name=wanted,
                close=self._closest[wanted],
            )
        return line.row.bad(
            "unit_name", "没有名为“%(name)s”的单位，请核对，或先导入单位", name=wanted
        )


class People:
    """People found by unit, name, and staff number or tail."""

    def __init__(self, known: Iterable[KnownPerson]) -> None:
        self._by_staff: dict[tuple[int, str, str], KnownPerson] = {}
        self._by_tail: dict[tuple[int, str, str], list[KnownPerson]] = {}
        self._by_name: dict[tuple[int, str], list[KnownPerson]] = {}
        self._anywhere: dict[tuple[str, str, str], list[KnownPerson]] = {}
        for person in known:
            name = normal_name(person.name)
            key = (person.unit_id, name)
            self._by_name.setdefault(key, []).append(person)
            if person.staff_number:
                self._by_staff[*key, person.staff_number] = person
                number = (name, "staff", person.staff_number)
                self._anywhere.setdefault(number, []).append(person)
            if person.tail:
                self._by_tail.setdefault((*key, person.tail), []).append(person)
                number = (name, "tail", person.tail)
                self._anywhere.setdefault(number, []).append(person)

    def of_that_name(self, unit_id: int, line: PersonLine) -> Sequence[KnownPerson]:
        """Everybody in the unit with the row's name."""
        return self._by_name.get((unit_id, normal_name(line.name)), ())

    def matching(self, unit_id: int, line: PersonLine) -> list[KnownPerson]:
        """Who a row may mean; by staff number first, then by tail."""
        key = (unit_id, normal_name(line.name))
        if line.staff_number:
            person = self._by_staff.get((*key, line.staff_number))
            if person:
                return [person]
        if not line.tail:
            return []
        return [
            person
            for person in self._by_tail.get((*key, line.tail), ())
            if not (person.staff_number and line.staff_number)
        ]

    def elsewhere(self, unit_id: int, line: PersonLine) -> list[KnownPerson]:
        """Who in another unit has the row's name and one of its numbers."""
        name = normal_name(line.name)
        numbers = (("staff", line.staff_number), ("tail", line.tail))
        found = {
            person.id: person
            for kind, number in numbers
            if number
            for person in self._anywhere.get((name, kind, number), ())
            if person.unit_id != unit_id and not told_apart(person, line)
        }
        return list(found.values())

    def confused(self, person: KnownPerson, line: PersonLine) -> bool:
        """Whether the row's tail would make this person look like another one."""
        key = (person.unit_id, normal_name(person.name), line.tail or "")
        staff = line.staff_number or person.staff_number
        return any(
            other.id != person.id and not (other.staff_number and staff)
            for other in self._by_tail.get(key, ())
        )


class Repeats:
    """Rows that mean the same person as a row before."""

    def __init__(self) -> None:
        self._by_staff: dict[tuple[int, str, str], PersonLine] = {}
        self._by_tail: dict[tuple[int, str, str], PersonLine] = {}
        self._only_tail: dict[tuple[int, str, str], PersonLine] = {}

    def before(self, unit_id: int, line: PersonLine) -> PersonLine | None:
        """The row before, if there is one."""
        key = (unit_id, normal_name(line.name))
        tail = (*key, line.tail or "")
        if not line.staff_number:
            return self._by_tail.get(tail)
        return self._by_staff.get((*key, line.staff_number)) or (
            self._only_tail.get(tail)
        )

    def add(self, unit_id: int, line: PersonLine) -> None:
        """Remember a row."""
        key = (unit_id, normal_name(line.name))
        if line.staff_number:
            self._by_staff[*key, line.staff_number] = line
        if line.tail:
            self._by_tail.setdefault((*key, line.tail), line)
            if not line.staff_number:
                self._only_tail[*key, line.tail] = line


def told_apart(person: KnownPerson, line: PersonLine) -> bool:
    """Whether both have a staff number and these differ: two people for certain."""
    return bool(
        person.staff_number
        and line.staff_number
        and person.staff_number != line.staff_number
    )


def looks_like(person: KnownPerson, line: PersonLine) -> bool:
    """Whether a row of the person's unit would be taken for them."""
    if normal_name(person.name) != normal_name(line.name):
        return False
    if person.staff_number and line.staff_number:
        return person.staff_number == line.staff_number
    return person.tail is not None and person.tail == line.tail
