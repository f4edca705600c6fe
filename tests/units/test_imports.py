"""Importing units and people: all or nothing, once, in one transaction."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from core.audit import AuditEntry, AuditPayload, breaks
from core.db import db
from core.errors import Refused
from tests.units.rosters import (
    PEOPLE,
    PEOPLE_HEADINGS,
    Rows,
    book,
    take_people,
    take_units,
)
from units.files import (
    people_template,
    read_people_file,
    read_units_file,
    units_template,
)
from units.models import Person, Unit
from units.operations.units import import_units, initials_of
from units.queries.editors import SYSTEM
from units.queries.people import people_on_roster
from units.queries.units import all_units, counts

ORG = Path(__file__).resolve().parents[3] / "shared" / "org" / "units_101.csv"


def entries() -> list[AuditEntry]:
    return list(db.session.scalars(sa.select(AuditEntry).order_by(AuditEntry.n)))


def test_units_are_imported_with_initials_and_order(app: Flask, tmp_path: Path) -> None:
    result = take_units(tmp_path)
    assert (result.done, result.added, result.bad) == (True, 3, [])
    units = all_units()
    assert [unit.name for unit in units] == ["市司法局", "市公安局", "团市委"]
    assert [unit.initials for unit in units] == ["ssfj", "sgaj", "tsw"]
    assert [unit.position for unit in units] == [1, 2, 3]


def test_later_units_stand_behind_unless_a_number_says_otherwise(
    app: Flask, tmp_path: Path
) -> None:
    take_units(tmp_path)
    take_units(tmp_path, [["B1", "市水利局"], ["B2", "市纪委", "", "", "", "0"]])
    assert [unit.code for unit in all_units()] == ["B2", "A1", "A2", "A3", "B1"]


def test_parents_are_set_whatever_the_order_of_the_rows(
    app: Flask, tmp_path: Path
) -> None:
    take_units(tmp_path, [["C2", "县司法局", "", "", "C1"], ["C1", "某县"]])
    child = db.session.scalar(sa.select(Unit).where(Unit.code == "C2"))
    parent = db.session.scalar(sa.select(Unit).where(Unit.code == "C1"))
    assert child
    assert parent
    assert child.parent_id == parent.id


def test_changed_units_are_updated_and_counted(app: Flask, tmp_path: Path) -> None:
    take_units(tmp_path)
    changed = [["A1", "市公安局"], ["A2", "市司法局", "群团"], ["A3", "团市委"]]
    result = take_units(tmp_path, changed)
    assert (result.added, result.changed, result.unchanged) == (0, 2, 1)
    units = {unit.code: unit for unit in all_units()}
    assert (units["A1"].name, units["A1"].initials) == ("市公安局", "sgaj")
    assert units["A1"].category == "政府部门"  # left blank in the file
    assert units["A2"].category == "群团"


def test_people_are_imported_into_their_units(app: Flask, tmp_path: Path) -> None:
    take_units(tmp_path)
    assert take_people(tmp_path).added == 3
    people = [(p.unit_code, p.name, p.tail, p.rank) for p in people_on_roster()]
    assert people == [
        ("A1", "张三", "0012", "中层"),
        ("A1", "李四", "0013", ""),
        ("A2", "张三", "0012", ""),
    ]
    assert [unit.people for unit in all_units()] == [2, 1, 0]
    assert counts().units_without_people == 1


def test_only_the_tail_of_a_phone_reaches_the_database(
    app: Flask, tmp_path: Path
) -> None:
    take_units(tmp_path)
    take_people(tmp_path, [["市司法局", "张三", 13900000012]])
    assert db.session.scalar(sa.select(Person.phone_tail)) == "0012"


def test_F6_one_bad_row_of_many_and_nothing_is_imported(
    app: Flask, tmp_path: Path
) -> None:
    take_units(tmp_path)
    rows = [["市司法局", f"人员{n}", f"{n:04d}"] for n in range(5000)]
    rows[4319] = ["市司发局", "", "12"]
    result = take_people(tmp_path, rows)
    assert not result.done
    assert {cell.where for cell in result.bad} == {"B4321", "C4321"}
    assert counts().people == 0
    assert [entry.action for entry in entries()] == ["units.import"]


def test_F6_good_rows_are_imported_when_that_is_wished(
    app: Flask, tmp_path: Path
) -> None:
    take_units(tmp_path)
    rows = [*PEOPLE, ["市司法局", "", "0014"], ["没有的局", "王五", "0015"]]
    result = take_people(tmp_path, rows, accept_good=True)
    assert (result.done, result.added, result.bad_rows) == (True, 3, 2)
    assert counts().people == 3
    assert json.loads(entries()[-1].facts)["refused"] == 2


def test_F7_the_same_file_twice_adds_nothing_and_says_so(
    app: Flask, tmp_path: Path
) -> None:
    take_units(tmp_path)
    take_people(tmp_path)
    before = len(entries())
    for result in (take_units(tmp_path), take_people(tmp_path)):
        assert (result.added, result.changed, result.unchanged) == (0, 0, 3)
        assert [str(note) for note in result.sentences()] == [
            "没有变化：文件里的 3 行都已在系统中"
        ]
    assert len(entries()) == before  # nothing happened


def test_F8_names_that_look_like_formulas_are_text(app: Flask, tmp_path: Path) -> None:
    take_units(tmp_path)
    names = ["=1+1", "+86", "-5", "@x"]
    take_people(tmp_path, [["市司法局", name, "0012"] for name in names])
    assert [person.name for person in people_on_roster()] == names


def test_F8_a_csv_loses_one_quote_and_control_characters(
    app: Flask, tmp_path: Path
) -> None:
    take_units(tmp_path)
    path = tmp_path / "people.csv"
    text = "单位名称,姓名,手机尾号\n市司法局,'=1+1,0012\n市司法局,张\0三,\t0013\n"
    path.write_bytes(text.encode("gb18030"))
    reading = read_people_file(path, filename="people.csv")
    assert [(line.name, line.tail) for line in reading.lines] == [
        ("=1+1", "0012"),
        ("张三", "0013"),
    ]


def test_L1_identical_people_are_refused_and_namesakes_kept_apart(
    app: Flask, tmp_path: Path
) -> None:
    take_units(tmp_path)
    rows = [
        ["市司法局", "张伟", "0012"],
        ["市司法局", "张伟", "0012"],
        ["市司法局", "张伟", "0013"],
    ]
    assert not take_people(tmp_path, rows).done
    assert take_people(tmp_path, rows, accept_good=True).added == 2


def test_an_import_is_written_to_the_audit_log_without_names(
    app: Flask, tmp_path: Path
) -> None:
    take_units(tmp_path)
    take_people(tmp_path)
    entry = entries()[-1]
    assert (entry.action, entry.actor) == ("people.import", "account:1")
    assert json.loads(entry.facts) == {
        "added": 3,
        "changed": 0,
        "moved_in": 0,
        "refused": 0,
        "taken_off": 0,
        "unchanged": 0,
    }
    assert db.session.scalar(sa.select(sa.func.count(AuditPayload.id))) == 0
    with db.engine.connect() as connection:
        assert list(breaks(connection)) == []


def test_a_failure_in_the_middle_leaves_nothing(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_units(tmp_path)

    def fail(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr("units.operations.intake.record_import", fail)
    with pytest.raises(RuntimeError):
        take_people(tmp_path)
    assert counts().people == 0


def test_initials_are_plain_letters_and_digits() -> None:
    assert initials_of("市“12345”热线（办）") == "s12345rxb"


def test_F14_templates_hold_text_and_can_be_imported(
    app: Flask, tmp_path: Path
) -> None:
    path = tmp_path / "t.xlsx"
    path.write_bytes(units_template())
    assert read_units_file(path, filename="t.xlsx").bad == []
    path.write_bytes(people_template())
    reading = read_people_file(path, filename="t.xlsx")
    assert [line.tail for line in reading.lines] == ["0123"]
    assert (reading.bad, reading.notes) == ([], [])


@pytest.mark.skipif(not ORG.exists(), reason="the list of units is not here")
def test_the_list_of_a_whole_city_is_imported(app: Flask) -> None:
    reading = read_units_file(ORG, filename=ORG.name)
    result = import_units(
        reading=reading,
        accept_good=False,
        stamp=None,
        source="0" * 64,
        filename=ORG.name,
        editor=SYSTEM,
        now=datetime(2026, 11, 24, tzinfo=UTC),
    )
    assert (result.added, result.bad) == (101, [])
    assert all(unit.initials for unit in all_units())


def test_a_file_without_the_columns_is_refused(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", ["单位名称", "备注"], [["市司法局", "x"]])
    with pytest.raises(Refused, match="姓名"):
        read_people_file(path, filename="a.xlsx")
    with pytest.raises(Refused, match="单位编码"):
        read_units_file(path, filename="a.xlsx")


@pytest.mark.parametrize("name", ["李䶮", "王㐱", "孙𠮷衡", "阿依娜尔·图尔洪"])
def test_L2_rare_names_are_shown_as_typed_and_found_however_they_are_typed(
    app: Flask, tmp_path: Path, name: str
) -> None:
    take_units(tmp_path)
    take_people(tmp_path, [["市司法局", name, "0012"]])
    assert [person.name for person in people_on_roster()] == [name]
    typed = f"　{name[0]} {name[1:]} ".replace("·", "・")
    again = take_people(tmp_path, [["市 司法局", typed, "００１２"]])
    assert (again.added, again.done) == (0, True)
    assert len(people_on_roster()) == 1


def test_F4_a_roster_in_any_encoding_means_the_same_people(
    app: Flask, tmp_path: Path
) -> None:
    text = "单位名称\t姓名\t手机尾号\r\n市司法局\t张𠮷\t0012\n市司法局\t李四\t0013\r"
    for encoding in ("utf-8-sig", "gb18030", "utf-16"):
        path = tmp_path / f"{encoding}.csv"
        path.write_bytes(text.encode(encoding))
        reading = read_people_file(path, filename=path.name)
        assert [(line.name, line.tail) for line in reading.lines] == [
            ("张𠮷", "0012"),
            ("李四", "0013"),
        ]


def test_F5_a_number_that_lost_its_digits_or_zeros_is_named(tmp_path: Path) -> None:
    rows: Rows = [
        ["市司法局", "张三", 139000000120000000],  # 1.39E+17
        ["市司法局", "李四", 12],
        ["市司法局", "王五", "110101199003070000"],
    ]
    path = book(tmp_path / "p.xlsx", PEOPLE_HEADINGS, rows)
    reading = read_people_file(path, filename=path.name)
    told = [(cell.where, str(cell)) for cell in reading.bad]
    assert any(where == "C2" and "末尾几位已经丢失" in why for where, why in told)
    assert any(where == "C4" and "身份证号" in why for where, why in told)
    assert [line.tail for line in reading.lines] == ["0012"]
    assert "C3" in "".join(str(note) for note in reading.notes)


def test_F14_a_roster_keeps_zeros_and_long_numbers_and_commas(
    app: Flask, tmp_path: Path
) -> None:
    take_units(tmp_path)
    rows = [["市司法局", "王,五", "0012", "00001234567890"]]
    take_people(tmp_path, rows)
    (person,) = people_on_roster()
    assert (person.name, person.tail) == ("王,五", "0012")
    assert person.staff_number == "00001234567890"


@pytest.mark.parametrize("word", ["甲|乙", "甲｜乙", "长" * 51])
def test_a_word_that_would_break_a_digest_is_bad(
    app: Flask, tmp_path: Path, word: str
) -> None:
    assert not take_units(tmp_path, [["A1", "市司法局", word]]).done
    take_units(tmp_path)
    assert not take_people(tmp_path, [["市司法局", "张三", "0012", "", word]]).done
