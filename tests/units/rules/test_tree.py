"""The tree of units."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from units.rules.tree import (
    Node,
    Tree,
    ancestors,
    nearest,
    places,
    shifted,
    stands_below_itself,
)

#: 1 ─ 2 ─ 4, 5;  1 ─ 3;  6
NODES = [
    Node(1, None, 1, "A"),
    Node(2, 1, 1, "A1"),
    Node(3, 1, 2, "A2"),
    Node(4, 2, 1, "A1a"),
    Node(5, 2, 1, "A1b"),
    Node(6, None, 2, "B"),
]
PARENTS = {node.id: node.parent_id for node in NODES}


@st.composite
def forests(draw: st.DrawFn) -> list[Node]:
    """Any forest: the parent of each is one made before."""
    size = draw(st.integers(0, 30))
    return [
        Node(
            n,
            draw(st.none() | st.integers(1, n - 1)) if n > 1 else None,
            draw(st.integers(0, 3)),
            f"{n:03d}",
        )
        for n in range(1, size + 1)
    ]


def test_it_is_read_from_top_to_bottom() -> None:
    assert list(Tree(NODES).walk()) == [(1, 0), (2, 1), (4, 2), (5, 2), (3, 1), (6, 0)]
    assert places(NODES) == {1: 1, 2: 2, 4: 3, 5: 4, 3: 5, 6: 6}


def test_a_part_of_the_tree_has_its_own_roots() -> None:
    part = Tree(node for node in NODES if node.id in (2, 4, 5))
    assert list(part.walk()) == [(2, 0), (4, 1), (5, 1)]
    assert part.above(5) == [2]


def test_the_way_up_begins_with_the_parent() -> None:
    assert Tree(NODES).above(5) == [2, 1]
    assert list(ancestors(PARENTS, 1)) == []


def test_a_circle_ends_the_way_up() -> None:
    assert list(ancestors({"a": "b", "b": "a"}, "a")) == ["b"]


def test_numbers_are_summed_up_the_tree() -> None:
    totals = Tree(NODES).totals({1: 1, 4: 10, 5: 100, 6: 1000})
    assert totals == {1: 111, 2: 110, 3: 0, 4: 10, 5: 100, 6: 1000}


@pytest.mark.parametrize(
    ("most", "unfolded"),
    [(0, set()), (3, set()), (4, {1}), (5, {1}), (6, {1, 2}), (99, {1, 2})],
)
def test_a_page_unfolds_whole_families_as_long_as_there_is_room(
    most: int, unfolded: set[int]
) -> None:
    tree = Tree(NODES)
    assert tree.unfolded(tree.children(None), most=most, deep=9) == unfolded


def test_a_page_goes_only_so_deep() -> None:
    assert Tree(NODES).unfolded([1], most=99, deep=1) == {1}


@pytest.mark.parametrize(
    ("unit", "parent", "circle"),
    [(1, 1, True), (1, 5, True), (2, 4, True), (2, 6, False), (2, None, False)],
)
def test_a_unit_never_stands_below_itself(
    unit: int, parent: int | None, circle: bool
) -> None:
    assert stands_below_itself(PARENTS, unit, parent) is circle


def test_neighbours_trade_positions() -> None:
    siblings = [Node(n, None, n * 10, str(n)) for n in (1, 2, 3)]
    assert shifted(siblings, 2, -1) == {2: 10, 1: 20}
    assert shifted(siblings, 2, 1) == {3: 20, 2: 30}
    assert shifted(siblings, 1, -1) == {}
    assert shifted(siblings, 3, 1) == {}


def test_equal_positions_are_numbered_before_they_are_traded() -> None:
    assert shifted([Node(4, 2, 1, "a"), Node(5, 2, 1, "b")], 5, -1) == {4: 2}


def test_the_nearest_word_counts() -> None:
    assert nearest(PARENTS, {1: "one", 2: "two"}, 5) == "two"
    assert nearest(PARENTS, {1: "one", 2: "two"}, 3) == "one"
    assert nearest(PARENTS, {1: "one"}, 6) is None


def test_a_tree_may_be_deeper_than_a_program_may_call_itself() -> None:
    chain = [Node(n, n - 1 or None, 1, str(n)) for n in range(1, 5001)]
    tree = Tree(chain)
    assert list(tree.walk())[-1] == (5000, 4999)
    assert len(tree.above(5000)) == 4999
    assert tree.totals({5000: 1})[1] == 1


@given(forests())
def test_every_unit_stands_once_and_below_its_parent(nodes: list[Node]) -> None:
    at = places(nodes)
    assert sorted(at.values()) == list(range(1, len(nodes) + 1))
    for node in nodes:
        if node.parent_id is not None:
            assert at[node.parent_id] < at[node.id]


@given(forests(), st.integers(1, 30), st.sampled_from([-1, 1]))
def test_trading_places_moves_nobody_else(
    nodes: list[Node], unit: int, step: int
) -> None:
    chosen = next((node for node in nodes if node.id == unit), None)
    if chosen is None:
        return
    siblings = [node for node in nodes if node.parent_id == chosen.parent_id]
    new = shifted(siblings, unit, step)
    after = [
        Node(node.id, node.parent_id, new.get(node.id, node.position), node.code)
        for node in siblings
    ]
    before_ids = Tree(siblings).children(None)
    after_ids = Tree(after).children(None)
    at = before_ids.index(unit)
    to = at + step
    expected = list(before_ids)
    if 0 <= to < len(expected):
        expected[at], expected[to] = expected[to], expected[at]
    assert list(after_ids) == expected
