"""Units and people as somebody sees them whose role is bound to a county."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from core.access import EVERYWHERE, Scope
from core.errors import Missing
from tests.units.rosters import NOW, PEOPLE_HEADINGS, book, take_people, take_units
from units.files import read_people_file
from units.operations.intake import Wish, import_people
from units.queries.editors import Editor
from units.queries.people import people_on_roster, person_for, preview_people
from units.queries.units import all_units, counts, unit_choices, unit_for

TREE = [
    ["C", "清河市", "", "", "", "1"],
    ["A", "甲县", "", "", "C", "2"],
    ["A1", "甲县东镇", "", "", "A", "3"],
    ["B", "乙县", "", "", "C", "4"],
]
PEOPLE = [["甲县东镇", "贾甲", "0001"], ["乙县", "贝乙", "0002"]]


@pytest.fixture
def own(app: Flask, tmp_path: Path) -> Scope:
    """The scope of 甲县, in a city with two counties and somebody in each."""
    take_units(tmp_path, TREE)
    take_people(tmp_path, PEOPLE)
    return Scope(everywhere=False, units=frozenset({ids()["A"]}))


def ids() -> dict[str, int]:
    return {unit.code: unit.id for unit in all_units()}


def test_lists_and_counts_hold_the_scope_and_no_more(own: Scope) -> None:
    assert [unit.code for unit in all_units("", own)] == ["A", "A1"]
    assert [unit.code for unit in all_units("乙", own)] == []
    assert [unit.name for unit in unit_choices(own)] == ["甲县", "甲县东镇"]
    found = counts(own)
    assert (found.units, found.people, found.units_without_people) == (2, 1, 1)


def test_a_unit_outside_the_scope_is_not_found(own: Scope) -> None:
    known = ids()
    assert unit_for(own, known["A1"]).code == "A1"
    for code in ("B", "C"):
        assert unit_for(EVERYWHERE, known[code]).code == code
        with pytest.raises(Missing):
            unit_for(own, known[code])


def test_a_person_is_found_in_the_scope_alone(own: Scope) -> None:
    mine, other = people_on_roster()
    assert person_for(own, mine.id).name == "贾甲"
    assert person_for(EVERYWHERE, other.id).name == "贝乙"
    with pytest.raises(Missing):
        person_for(own, other.id)


def test_a_roster_row_of_a_unit_outside_the_scope_is_a_bad_row(
    own: Scope, tmp_path: Path
) -> None:
    rows = [["甲县东镇", "辛人", "0003"], ["乙县", "别人", "0004"]]
    path = book(tmp_path / "more.xlsx", PEOPLE_HEADINGS, rows)
    reading = read_people_file(path, filename=path.name)
    editor = Editor("account:1", "olivia", own)
    plan = preview_people(reading.lines, editor, complete=False, now=NOW)
    assert [line.name for _unit, line in plan.new] == ["辛人"]
    assert [cell.row for cell in plan.bad] == [3]
    result = import_people(
        reading=reading,
        wish=Wish(accept_good=True),
        source="0" * 64,
        filename=path.name,
        editor=editor,
        now=NOW,
    )
    assert (result.added, result.bad_rows) == (1, 1)
    assert [one.name for one in people_on_roster()] == ["贾甲", "辛人", "贝乙"]
