"""What a roster would change in the people that stand.

Two rows, or a row and a person, are the same if unit and name agree and the staff
number does; where one of them has none, if the tail does. Whatever is less than that
is a doubt: a person decides it, never this module.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from core.cells import BadCell
from units.rules.changes import Change, difference_stamp
from units.rules.identity import normal_name
from units.rules.matching import KnownPerson, People, Repeats, Units, told_apart
from units.rules.roster import PersonLine
from units.rules.unit_merge import KnownUnit


@dataclass(frozen=True)
class ChangedPerson:
    """Somebody of whom the file says something else; also who comes back."""

    person: KnownPerson
    line: PersonLine
    changes: Sequence[Change]


@dataclass(frozen=True)
class MovedPerson:
    """Somebody who was in another unit."""

    person: KnownPerson
    unit_id: int  # where the file has them
    line: PersonLine
    changes: Sequence[Change]  # besides the unit


@dataclass(frozen=True)
class Doubt:
    """A row that may mean somebody who stands, or somebody else of that name."""

    person: KnownPerson
    unit_id: int
    line: PersonLine

    @property
    def moves(self) -> bool:
        """Whether the person would have come from another unit."""
        return self.person.unit_id != self.unit_id


@dataclass(frozen=True)
class PeoplePlan:
    """What an import of a roster does."""

    complete: bool = False  # who is not in the file leaves its units
    new: list[tuple[int, PersonLine]] = field(default_factory=list)  # unit's id
    changed: list[ChangedPerson] = field(default_factory=list)
    moved: list[MovedPerson] = field(default_factory=list)
    left: list[KnownPerson] = field(default_factory=list)
    unchanged: list[PersonLine] = field(default_factory=list)
    doubts: list[Doubt] = field(default_factory=list)
    bad: list[BadCell] = field(default_factory=list)
    #: New people whose unit has somebody of that name already.
    namesakes: list[PersonLine] = field(default_factory=list)
    #: Words for the rank that are not on the list, with the number of their rows.
    unknown_ranks: Counter[str] = field(default_factory=Counter)
    #: The units the file speaks of.
    units: set[int] = field(default_factory=set)

    @property
    def writes(self) -> bool:
        """Whether it does anything, once the doubts are settled."""
        return bool(self.new or self.changed or self.moved or self.left or self.doubts)

    @property
    def stamp(self) -> str:
        """Of the difference, to notice that it has become another one."""
        return difference_stamp(
            [
                ("complete", self.complete, len(self.unchanged)),
                ("ranks", *sorted(self.unknown_ranks.items())),
                *(("new", unit, *line.row.place) for unit, line in self.new),
                *(("changed", one.person.id, *one.changes) for one in self.changed),
                *(
                    ("moved", one.person.id, one.person.unit_id, one.unit_id)
                    for one in self.moved
                ),
                *(("left", person.id) for person in self.left),
                *(
                    ("doubt", *vars(one.person).values(), *one.line.row.place)
                    for one in self.doubts
                ),
                *(("bad", cell.sheet, cell.where) for cell in self.bad),
            ]
        )


def plan_people(
    lines: Sequence[PersonLine],
    units: Iterable[KnownUnit],
    known: Iterable[KnownPerson],
    *,
    complete: bool = False,
    barred: Mapping[int, str] | None = None,
    ranks: Collection[str] | None = None,
) -> PeoplePlan:
    """Compare good rows with who stands.

    :param complete: Whether the file holds everybody of the units it speaks of.
    :param barred: Why the roster of a unit may not be changed, by the unit's id.
    :param ranks: The words for the rank that are on the list; None: any.
    """
    known = list(known)
    here = People(person for person in known if not person.left)
    plan = PeoplePlan(complete=complete)
    claimed, open_rows = _match(plan, lines, Units(units, barred or {}), here, known)
    doubtful = _doubts(plan, open_rows, here, claimed)
    for unit_id, line in open_rows:
        if line.row.place not in doubtful:
            plan.new.append((unit_id, line))
            if here.of_that_name(unit_id, line):
                plan.namesakes.append(line)
    if complete:
        asked = {doubt.person.id for doubt in plan.doubts}
        plan.left.extend(
            person
            for person in known
            if not person.left
            and person.unit_id in plan.units
            and person.id not in claimed
            and person.id not in asked
        )
    return plan if ranks is None else _look_at_ranks(plan, ranks)


def settled(plan: PeoplePlan, same: Sequence[bool]) -> PeoplePlan:
    """A plan without doubts.

    :param same: For each doubt whether the row means the person who stands. If not,
        the row is somebody new; and with a complete file, who stands leaves.
    """
    new, changed = list(plan.new), list(plan.changed)
    moved, left = list(plan.moved), list(plan.left)
    for doubt, is_same in zip(plan.doubts, same, strict=True):
        person, line = doubt.person, doubt.line
        changes = tuple(changes_of(person, line))
        if is_same and doubt.moves:
            moved.append(MovedPerson(person, doubt.unit_id, line, changes))
        elif is_same:
            changed.append(ChangedPerson(person, line, changes))
        else:
            new.append((doubt.unit_id, line))
            if plan.complete and person.unit_id in plan.units:
                left.append(person)
    return replace(plan, new=new, changed=changed, moved=moved, left=left, doubts=[])


def changes_of(person: KnownPerson, line: PersonLine) -> Iterable[Change]:
    """What the row says differently; what it leaves blank stays."""
    if person.left:
        yield Change("returned", "", "")
    said = (
        ("name", person.name, line.name),
        ("tail", person.tail or "", line.tail),
        ("staff_number", person.staff_number or "", line.staff_number),
        ("rank", person.rank, line.rank),
    )
    for name, old, new in said:
        if new and new != old:
            yield Change(name, old, new)


def _match(
    plan: PeoplePlan,
    lines: Sequence[PersonLine],
    units: Units,
    here: People,
    known: Sequence[KnownPerson],
) -> tuple[dict[int, PersonLine], list[tuple[int, PersonLine]]]:
    """Sort in what is certain.

    :return: Who is meant by which row, and the rows that mean nobody who stands.
    """
    gone = People(person for person in known if person.left)
    rows = Repeats()
    claimed: dict[int, PersonLine] = {}
    open_rows: list[tuple[int, PersonLine]] = []
    for line in lines:
        unit = units.of(line, plan.bad)
        if unit is None:
            continue
        plan.units.add(unit.id)
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
            if person is None:
                open_rows.append((unit.id, line))
                continue
            claimed[person.id] = line
            if changes := tuple(changes_of(person, line)):
                plan.changed.append(ChangedPerson(person, line, changes))
            else:
                plan.unchanged.append(line)
    return claimed, open_rows


def _doubts(
    plan: PeoplePlan,
    open_rows: Sequence[tuple[int, PersonLine]],
    here: People,
    claimed: Mapping[int, PersonLine],
) -> set[tuple[str, int]]:
    """Ask about rows that mean, perhaps, one certain person whom no row means yet.

    :return: The places of those rows.
    """
    of_name = Counter((unit, normal_name(line.name)) for unit, line in open_rows)
    maybe: list[Doubt] = []
    for unit_id, line in open_rows:
        found = [p for p in here.elsewhere(unit_id, line) if p.id not in claimed]
        if not found and of_name[unit_id, normal_name(line.name)] == 1:
            found = [
                person
                for person in here.of_that_name(unit_id, line)
                if person.id not in claimed and not told_apart(person, line)
            ]
        if len(found) == 1:
            maybe.append(Doubt(found[0], unit_id, line))
    wanted = Counter(doubt.person.id for doubt in maybe)
    plan.doubts.extend(doubt for doubt in maybe if wanted[doubt.person.id] == 1)
    return {doubt.line.row.place for doubt in plan.doubts}


def _look_at_ranks(plan: PeoplePlan, ranks: Collection[str]) -> PeoplePlan:
    lines = [
        *(line for _unit, line in plan.new),
        *(one.line for one in plan.changed),
        *(one.line for one in plan.doubts),
    ]
    for line in lines:
        if line.rank and line.rank not in ranks:
            plan.unknown_ranks[line.rank] += 1
    return plan


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
