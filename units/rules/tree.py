"""The tree of units: its order, what lies below, what may stand where. Any depth."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

Key = TypeVar("Key", int, str)
Value = TypeVar("Value")


@dataclass(frozen=True)
class Node:
    """A unit as the tree knows it."""

    id: int
    parent_id: int | None
    position: int  # among the units of one parent; equal ones go by code
    code: str


class Tree:
    """Units below one another. A unit whose parent is not among them is a root."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        known = {node.id: node for node in nodes}
        self._parents: dict[int, int | None] = {}
        self._children: dict[int | None, list[int]] = {}
        for node in sorted(known.values(), key=in_order):
            parent = node.parent_id if node.parent_id in known else None
            self._parents[node.id] = parent
            self._children.setdefault(parent, []).append(node.id)

    def children(self, unit: int | None) -> Sequence[int]:
        """The units right below one, in order; of None: the roots."""
        return self._children.get(unit, ())

    def walk(self) -> Iterator[tuple[int, int]]:
        """Every unit and its depth, as the tree is read from top to bottom."""
        waiting = [(root, 0) for root in reversed(self.children(None))]
        while waiting:
            unit, depth = waiting.pop()
            yield unit, depth
            below = reversed(self.children(unit))
            waiting.extend((one, depth + 1) for one in below)

    def above(self, unit: int) -> list[int]:
        """From the unit's parent up to its root."""
        return list(ancestors(self._parents, unit))

    def totals(self, own: Mapping[int, int]) -> dict[int, int]:
        """A number of each unit together with those of all units below it."""
        total = {unit: own.get(unit, 0) for unit in self._parents}
        for unit, _depth in reversed(list(self.walk())):
            total[unit] += sum(total[below] for below in self.children(unit))
        return total

    def unfolded(self, roots: Sequence[int], *, most: int, deep: int) -> set[int]:
        """Units whose children stand on a page, too, that shows these roots.

        Level by level and whole families only.

        :param most: How many units the page holds; the roots stand there anyway.
        :param deep: How many levels below the roots it shows at the most.
        """
        found: set[int] = set()
        count = len(roots)
        level = list(roots)
        for _ in range(deep):
            following: list[int] = []
            for unit in level:
                family = self.children(unit)
                if family and count + len(family) <= most:
                    count += len(family)
                    found.add(unit)
                    following.extend(family)
            level = following
        return found


def in_order(node: Node) -> tuple[int, str]:
    """What the units of one parent are sorted by."""
    return node.position, node.code


def places(nodes: Iterable[Node]) -> dict[int, int]:
    """Where each unit stands, from 1, when the tree is read from top to bottom."""
    return {unit: n for n, (unit, _depth) in enumerate(Tree(nodes).walk(), 1)}


def ancestors(parents: Mapping[Key, Key | None], unit: Key) -> Iterator[Key]:
    """From a unit's parent upwards; ends where a circle would begin again."""
    seen = {unit}
    above = parents.get(unit)
    while above is not None and above not in seen:
        seen.add(above)
        yield above
        above = parents.get(above)


def stands_below_itself(
    parents: Mapping[Key, Key | None], unit: Key, parent: Key | None
) -> bool:
    """Whether a unit would stand below itself if it had this parent."""
    if parent is None:
        return False
    return unit == parent or unit in ancestors(parents, parent)


def shifted(siblings: Iterable[Node], unit: int, step: int) -> dict[int, int]:
    """The positions that change when a unit trades places with a neighbour.

    :param step: -1: with the one before, 1: with the one after.
    :return: By unit; empty if there is no such neighbour.
    """
    order = sorted(siblings, key=in_order)
    at = next(n for n, node in enumerate(order) if node.id == unit)
    to = at + step
    if not 0 <= to < len(order):
        return {}
    order[at], order[to] = order[to], order[at]
    numbers = sorted(node.position for node in order)
    if len(set(numbers)) < len(numbers):
        numbers = list(range(1, len(numbers) + 1))
    return {
        node.id: number
        for node, number in zip(order, numbers, strict=True)
        if node.position != number
    }


def nearest(
    parents: Mapping[int, int | None], values: Mapping[int, Value], unit: int
) -> Value | None:
    """What was said for a unit, or for the nearest above it for which it was."""
    for one in (unit, *ancestors(parents, unit)):
        if one in values:
            return values[one]
    return None
