"""What a list of units would change in the units that stand."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from core.cells import BadCell
from units.rules.changes import Change, difference_stamp
from units.rules.identity import normal_name
from units.rules.roster import UnitLine
from units.rules.tree import stands_below_itself


@dataclass(frozen=True)
class KnownUnit:
    """A unit in the database."""

    id: int
    code: str
    name: str
    category: str
    level: str
    parent_code: str | None
    position: int
    closed: bool = False  # no longer in use


@dataclass(frozen=True)
class ChangedUnit:
    """A unit of which the file says something else."""

    unit: KnownUnit
    line: UnitLine
    changes: Sequence[Change]


@dataclass(frozen=True)
class UnitPlan:
    """What an import of units does."""

    new: list[UnitLine] = field(default_factory=list)
    changed: list[ChangedUnit] = field(default_factory=list)
    unchanged: list[UnitLine] = field(default_factory=list)
    bad: list[BadCell] = field(default_factory=list)

    @property
    def stamp(self) -> str:
        """Of the difference, to notice that it has become another one."""
        return difference_stamp(
            [
                *(("new", *line.row.place) for line in self.new),
                *(("changed", one.unit.id, *one.changes) for one in self.changed),
                ("unchanged", len(self.unchanged)),
                *(("bad", cell.sheet, cell.where) for cell in self.bad),
            ]
        )


def plan_units(
    lines: Sequence[UnitLine],
    known: Iterable[KnownUnit],
    mine: Container[int] | None = None,
) -> UnitPlan:
    """Compare good rows with what stands; units are the same if their codes are.

    A row is bad if its code stands in the file before or belongs to a unit that was
    closed, if its name would then belong to two units, if its parent would be missing,
    closed or below itself, or if it reaches beyond the units of whoever imports. A bad
    row may make others bad: that is followed until nothing more changes.

    :param mine: Ids of the units one may change and put others below; None: all.
    """
    standing = {unit.code: unit for unit in known}
    plan = UnitPlan()
    good = _without_repeats(lines, plan.bad)
    while True:
        bad = [
            *_closed_units(good, standing),
            *_name_clashes(good, standing),
            *_bad_parents(good, standing),
            *([] if mine is None else _beyond(good, standing, mine)),
        ]
        if not bad:
            break
        plan.bad.extend(bad)
        rows = {(cell.sheet, cell.row) for cell in bad}
        good = [one for one in good if (one.row.sheet, one.row.number) not in rows]
    for line in good:
        unit = standing.get(line.code)
        if unit is None:
            plan.new.append(line)
            continue
        if changes := tuple(_changes(unit, line)):
            plan.changed.append(ChangedUnit(unit, line, changes))
        else:
            plan.unchanged.append(line)
    return plan


def _without_repeats(lines: Sequence[UnitLine], bad: list[BadCell]) -> list[UnitLine]:
    first: dict[str, UnitLine] = {}
    for line in lines:
        before = first.setdefault(line.code, line)
        if before is not line:
            bad.append(
                line.row.bad(
                    "code",
                    "编码 %(code)s 与工作表“%(sheet)s”第 %(row)d 行重复，"
                    "请改正或删去一行",
                    code=line.code,
                    sheet=before.row.sheet,
                    row=before.row.number,
                )
            )
    return list(first.values())


def _closed_units(
    lines: Sequence[UnitLine], standing: Mapping[str, KnownUnit]
) -> Iterable[BadCell]:
    for line in lines:
        unit = standing.get(line.code)
        if unit and unit.closed:
            yield line.row.bad(
                "code",
                "编码 %(code)s 的单位“%(name)s”已停用，"
                "请先在它的页面上恢复，或删去这一行",
                code=line.code,
                name=unit.name,
            )


def _beyond(
    lines: Sequence[UnitLine],
    standing: Mapping[str, KnownUnit],
    mine: Container[int],
) -> Iterable[BadCell]:
    """Rows that change a unit, or make one, where this account may not."""
    reached = {unit.code for unit in standing.values() if unit.id in mine}
    waiting = [line for line in lines if line.code not in standing]
    while found := [line for line in waiting if line.parent_code in reached]:
        reached.update(line.code for line in found)
        waiting = [line for line in waiting if line.code not in reached]
    for line in lines:
        if line.code not in reached:
            yield line.row.bad(
                "code" if line.code in standing else "parent_code",
                "这个单位不在您管理的范围内，请删去这一行，或核对上级编码",
            )
        elif line.parent_code and line.parent_code not in reached:
            parent = standing[line.code].parent_code
            if line.parent_code != parent:
                yield line.row.bad("parent_code", "上级单位不在您管理的范围内，请核对")


def _name_clashes(
    lines: Sequence[UnitLine], standing: Mapping[str, KnownUnit]
) -> list[BadCell]:
    """Rows whose name would belong to two units afterwards."""
    renamed = {line.code for line in lines}
    owner = {
        normal_name(unit.name): unit
        for unit in standing.values()
        if unit.code not in renamed
    }
    bad: list[BadCell] = []
    seen: dict[str, UnitLine] = {}
    for line in lines:
        name = normal_name(line.name)
        if name in owner:
            bad.append(
                line.row.bad(
                    "name",
                    "“%(name)s”已是停用单位（编码 %(code)s）的名称，"
                    "请先恢复那个单位，或换一个名称"
                    if owner[name].closed
                    else "“%(name)s”已是编码为 %(code)s 的单位的名称，"
                    "请核对；不同单位重名时，在名称前写上上级单位",
                    name=line.name,
                    code=owner[name].code,
                )
            )
        elif name in seen:
            bad.append(
                line.row.bad(
                    "name",
                    "“%(name)s”与工作表“%(sheet)s”第 %(row)d 行的单位同名，请核对",
                    name=line.name,
                    sheet=seen[name].row.sheet,
                    row=seen[name].row.number,
                )
            )
        else:
            seen[name] = line
    return bad


def _bad_parents(
    lines: Sequence[UnitLine], standing: Mapping[str, KnownUnit]
) -> Iterable[BadCell]:
    parents = {unit.code: unit.parent_code for unit in standing.values()}
    for line in lines:
        parents[line.code] = line.parent_code or parents.get(line.code)
    for line in lines:
        if line.parent_code is None:
            continue
        above = standing.get(line.parent_code)
        if line.parent_code not in parents:
            yield line.row.bad(
                "parent_code",
                "没有编码为 %(code)s 的上级单位，请核对，或先导入它",
                code=line.parent_code,
            )
        elif above and above.closed:
            yield line.row.bad(
                "parent_code", "上级单位“%(name)s”已停用，请核对", name=above.name
            )
        elif stands_below_itself(parents, line.code, line.parent_code):
            yield line.row.bad("parent_code", "上级单位绕了一圈又回到本单位，请核对")


def _changes(unit: KnownUnit, line: UnitLine) -> Iterable[Change]:
    """What the row says differently; what it leaves blank stays."""
    said = (
        ("name", unit.name, line.name),
        ("category", unit.category, line.category),
        ("level", unit.level, line.level),
        ("parent", unit.parent_code or "", line.parent_code),
        (
            "position",
            str(unit.position),
            None if line.position is None else str(line.position),
        ),
    )
    for name, old, new in said:
        if new is not None and new != old:
            yield Change(name, old, new)
