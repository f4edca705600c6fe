"""What a list of units would change in the units that stand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from core.cells import BadCell, Note
from units.rules.identity import normal_name
from units.rules.roster import UnitLine


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


@dataclass(frozen=True)
class Change:
    """One thing about one unit or person that an import changes."""

    whose: str
    what: Note  # the field's name
    old: str
    new: str


@dataclass(frozen=True)
class UnitPlan:
    """What an import of units does."""

    new: list[UnitLine] = field(default_factory=list)
    changed: list[tuple[KnownUnit, UnitLine]] = field(default_factory=list)
    unchanged: list[UnitLine] = field(default_factory=list)
    bad: list[BadCell] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)


def plan_units(lines: Sequence[UnitLine], known: Iterable[KnownUnit]) -> UnitPlan:
    """Compare good rows with what stands; units are the same if their codes are.

    A row is bad if its code stands in the file before, if its name would then belong
    to two units, or if its parent would be missing or below itself. A bad row may make
    others bad: that is followed until nothing more changes.
    """
    standing = {unit.code: unit for unit in known}
    plan = UnitPlan()
    good = _without_repeats(lines, plan.bad)
    while True:
        bad = [*_name_clashes(good, standing), *_bad_parents(good, standing)]
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
        changes = list(_changes(unit, line))
        plan.changes.extend(changes)
        if changes:
            plan.changed.append((unit, line))
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


def _name_clashes(
    lines: Sequence[UnitLine], standing: Mapping[str, KnownUnit]
) -> list[BadCell]:
    """Rows whose name would belong to two units afterwards."""
    renamed = {line.code for line in lines}
    owner = {
        normal_name(unit.name): (unit.code, None)
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
                    "“%(name)s”已是编码为 %(code)s 的单位的名称，请核对编码和名称",
                    name=line.name,
                    code=owner[name][0],
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
) -> list[BadCell]:
    parents = {unit.code: unit.parent_code for unit in standing.values()}
    for line in lines:
        parents[line.code] = line.parent_code or parents.get(line.code)
    bad: list[BadCell] = []
    for line in lines:
        if line.parent_code is None:
            continue
        if line.parent_code not in parents:
            bad.append(
                line.row.bad(
                    "parent_code",
                    "没有编码为 %(code)s 的上级单位，请核对，或先导入它",
                    code=line.parent_code,
                )
            )
        elif _is_below_itself(line.code, parents):
            bad.append(
                line.row.bad("parent_code", "上级单位绕了一圈又回到本单位，请核对")
            )
    return bad


def _is_below_itself(code: str, parents: Mapping[str, str | None]) -> bool:
    above = parents[code]
    for _step in range(len(parents)):
        if above is None or above == code:
            break
        above = parents.get(above)
    return above == code


def _changes(unit: KnownUnit, line: UnitLine) -> Iterable[Change]:
    """What the row says differently; what it leaves blank stays."""
    if line.name != unit.name:
        yield Change(unit.name, Note("名称"), unit.name, line.name)
    if line.category is not None and line.category != unit.category:
        yield Change(unit.name, Note("类别"), unit.category, line.category)
    if line.level is not None and line.level != unit.level:
        yield Change(unit.name, Note("级别"), unit.level, line.level)
    if line.parent_code is not None and line.parent_code != unit.parent_code:
        yield Change(
            unit.name, Note("上级编码"), unit.parent_code or "", line.parent_code
        )
    if line.position is not None and line.position != unit.position:
        yield Change(unit.name, Note("序号"), str(unit.position), str(line.position))
