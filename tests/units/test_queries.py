"""Reading units and people."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from core.access import EVERYWHERE, Scope
from core.db import db
from core.errors import Missing
from tests.units.rosters import take_people, take_units
from units.queries.people import people_on_roster
from units.queries.units import (
    all_units,
    counts,
    unit_choices,
    unit_for,
    units_within,
)


@pytest.mark.parametrize(
    ("word", "codes"),
    [
        ("司法", ["A1"]),
        ("S", ["A1", "A2"]),
        (" ss fj ", ["A1"]),
        ("群团", ["A3"]),
        ("a2", ["A2"]),
        ("没有", []),
        ("%", []),
        ("", ["A1", "A2", "A3"]),
    ],
)
def test_units_are_found_by_name_initials_category_and_code(
    app: Flask, tmp_path: Path, word: str, codes: list[str]
) -> None:
    take_units(tmp_path)
    assert [unit.code for unit in all_units(word)] == codes


def test_choices_stand_in_the_organizers_order(app: Flask, tmp_path: Path) -> None:
    take_units(
        tmp_path, [["A", "甲局", "", "", "", "2"], ["B", "乙局", "", "", "", "1"]]
    )
    assert [(c.name, c.initials) for c in unit_choices()] == [
        ("乙局", "yj"),
        ("甲局", "jj"),
    ]


def test_a_roster_may_be_asked_for_some_units(app: Flask, tmp_path: Path) -> None:
    take_units(tmp_path)
    take_people(tmp_path)
    second = all_units()[1]
    assert [p.unit_id for p in people_on_roster([second.id])] == [second.id]
    assert people_on_roster([]) == []


def test_counts_of_an_empty_system_are_zero(app: Flask) -> None:
    assert (counts().units, counts().people, counts().units_without_people) == (0, 0, 0)


def test_a_unit_that_is_not_there_is_said_so(app: Flask) -> None:
    with pytest.raises(Missing):
        unit_for(EVERYWHERE, 99)


@pytest.mark.parametrize(
    ("roots", "codes"),
    [
        (["C"], ["C", "C1", "C11", "C2"]),
        (["C1"], ["C1", "C11"]),
        (["C1", "C11", "D"], ["C1", "C11", "D"]),
        ([], []),
    ],
)
def test_a_scope_is_a_unit_and_all_below_it(
    app: Flask, tmp_path: Path, roots: list[str], codes: list[str]
) -> None:
    tree = [("C", ""), ("C1", "C"), ("C2", "C"), ("C11", "C1"), ("D", "")]
    take_units(tmp_path, [[code, f"单位{code}", "", "", up] for code, up in tree])
    ids = {unit.code: unit.id for unit in all_units()}
    scope = Scope(everywhere=False, units=frozenset(ids[code] for code in roots))
    within = {row.id for row in db.session.execute(units_within(scope))}
    assert within == {ids[code] for code in codes}
    everywhere = units_within(Scope(everywhere=True))
    assert len(db.session.execute(everywhere).all()) == 5
