"""What a roster would change in the people that stand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from core.cells import BadCell, Note
from units.rules.identity import normal_name
from units.rules.roster import PersonLine
from units.rules.unit_merge import Change, KnownUnit


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


@dataclass(frozen=True)
class PeoplePlan:
    """What an import of a roster does."""

    new: list[tuple[int, PersonLine]] = field(default_factory=list)  # unit's id
    changed: list[tuple[KnownPerson, PersonLine]] = field(default_factory=list)
    unchanged: list[PersonLine] = field(default_factory=list)
    bad: list[BadCell] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    #: New people whose unit has somebody of that name already.
    namesakes: list[PersonLine] = field(default_factory=list)


class _Units:
    """Units found by code and by name."""

    def __init__(self, known: Iterable[KnownUnit]) -> None:
        self._by_code: dict[str, KnownUnit] = {}
        self._by_name: dict[str, KnownUnit] = {}
        for unit in known:
            self._by_code[unit.code] = unit
            self._by_name[normal_name(unit.name)] = unit
        self._closest: dict[str, str] = {}

    def of(self, line: PersonLine, bad: list[BadCell]) -> KnownUnit | None:
        """The unit of a row, or what is wrong."""
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


class _People:
    """People found by unit, name, and staff number or tail."""

    def __init__(self, known: Iterable[KnownPerson]) -> None:
        self._by_staff: dict[tuple[int, str, str], KnownPerson] = {}
        self._by_tail: dict[tuple[int, str, str], list[KnownPerson]] = {}
        self._names: set[tuple[int, str]] = set()
        for person in known:
            key = (person.unit_id, normal_name(person.name))
            self._names.add(key)
            if person.staff_number:
                self._by_staff[*key, person.staff_number] = person
            if person.tail:
                self._by_tail.setdefault((*key, person.tail), []).append(person)

    def namesake(self, unit_id: int, line: PersonLine) -> bool:
        return (unit_id, normal_name(line.name)) in self._names

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

    def confused(self, person: KnownPerson, line: PersonLine) -> bool:
        """Whether the row's tail would make this person look like another one."""
        key = (person.unit_id, normal_name(person.name), line.tail or "")
        staff = line.staff_number or person.staff_number
        return any(
            other.id != person.id and not (other.staff_number and staff)
            for other in self._by_tail.get(key, ())
        )


def plan_people(
    lines: Sequence[PersonLine],
    units: Iterable[KnownUnit],
    known: Iterable[KnownPerson],
) -> PeoplePlan:
    """Compare good rows with who stands.

    Two rows, or a row and a person, are the same if unit and name agree and the staff
    number does; where one of them has none, if the tail does.
    """
    known = list(known)
    here = _People(person for person in known if not person.left)
    gone = _People(person for person in known if person.left)
    plan = PeoplePlan()
    found_units = _Units(units)
    rows = _Repeats()
    claimed: dict[int, PersonLine] = {}
    for line in lines:
        unit = found_units.of(line, plan.bad)
        if unit is None:
            continue
        before = rows.before(unit.id, line)
        people = here.matching(unit.id, line) or gone.matching(unit.id, line)[:1]
        person = people[0] if people else None
        if before is None and person:
            before = claimed.get(person.id)
        if before:
            plan.bad.append(_same_person(line, before))
        elif len(people) > 1 or (person and here.confused(person, line)):
            plan.bad.append(_needs_number(line))
        else:
            rows.add(unit.id, line)
            if person:
                claimed[person.id] = line
            _sort_in(plan, unit.id, person, line, namesake=here.namesake(unit.id, line))
    return plan


class _Repeats:
    """Rows that mean the same person as a row before."""

    def __init__(self) -> None:
        self._by_staff: dict[tuple[int, str, str], PersonLine] = {}
        self._by_tail: dict[tuple[int, str, str], PersonLine] = {}
        self._only_tail: dict[tuple[int, str, str], PersonLine] = {}

    def before(self, unit_id: int, line: PersonLine) -> PersonLine | None:
        key = (unit_id, normal_name(line.name))
        tail = (*key, line.tail or "")
        if not line.staff_number:
            return self._by_tail.get(tail)
        return self._by_staff.get((*key, line.staff_number)) or (
            self._only_tail.get(tail)
        )

    def add(self, unit_id: int, line: PersonLine) -> None:
        key = (unit_id, normal_name(line.name))
        if line.staff_number:
            self._by_staff[*key, line.staff_number] = line
        if line.tail:
            self._by_tail.setdefault((*key, line.tail), line)
            if not line.staff_number:
                self._only_tail[*key, line.tail] = line


def _same_person(line: PersonLine, before: PersonLine) -> BadCell:
    return line.row.bad(
        "name",
        "第 %(row)d 行的“%(name)s”与工作表“%(sheet)s”第 %(before)d 行是同一个人。"
        "请删去一行；如果是两个人，请填写各自的工号",
        row=line.row.number,
        name=line.name,
        sheet=before.row.sheet,
        before=before.row.number,
    )


def _needs_number(line: PersonLine) -> BadCell:
    return line.row.bad(
        "name",
        "本单位已有与“%(name)s”同名、手机尾号也相同的人员，请填写工号加以区分",
        name=line.name,
    )


def _sort_in(
    plan: PeoplePlan,
    unit_id: int,
    person: KnownPerson | None,
    line: PersonLine,
    *,
    namesake: bool,
) -> None:
    if person is None:
        plan.new.append((unit_id, line))
        if namesake:
            plan.namesakes.append(line)
        return
    changes = list(_changes(person, line))
    plan.changes.extend(changes)
    if changes:
        plan.changed.append((person, line))
    else:
        plan.unchanged.append(line)


def _changes(person: KnownPerson, line: PersonLine) -> Iterable[Change]:
    """What the row says differently; what it leaves blank stays."""
    if person.left:
        yield Change(person.name, Note("重新列入名册"), "", "")
    if line.name != person.name:
        yield Change(person.name, Note("姓名"), person.name, line.name)
    if line.tail and line.tail != person.tail:
        yield Change(person.name, Note("手机尾号"), person.tail or "", line.tail)
    if line.staff_number and line.staff_number != person.staff_number:
        yield Change(
            person.name, Note("工号"), person.staff_number or "", line.staff_number
        )
    if line.rank is not None and line.rank != person.rank:
        yield Change(person.name, Note("职级类别"), person.rank, line.rank)
