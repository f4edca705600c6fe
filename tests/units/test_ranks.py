"""The list of rank groups."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from core.access import Scope
from core.db import db
from core.errors import Forbidden, Missing, Refused
from tests.accounts.browser import page
from tests.units.rosters import NOW, OLIVIA, take_people, take_units
from tests.units.test_import_pages import press, upload
from tests.units.test_tree_pages import post
from units.models import Person, RosterChange
from units.operations.ranks import add_rank, drop_rank, rename_rank, shift_rank
from units.queries.editors import Editor
from units.queries.ranks import rank_words, ranks_listed
from units.rules.ranks import MOST, USUAL

COUNTY = Editor("account:2", "carol", Scope(everywhere=False, units=frozenset({1})))


@pytest.fixture
def people(app: Flask, tmp_path: Path) -> None:
    take_units(tmp_path)
    rows = [
        ["市司法局", "张三", "0012", "", "中层"],
        ["市司法局", "李四", "0013", "", "中层干部"],
        ["市公安局", "王五", "0014", "", "中层干部"],
        ["市公安局", "赵六", "0015", "", "挂职"],
    ]
    take_people(tmp_path, rows)


def others() -> list[tuple[str, int]]:
    db.session.rollback()
    return [(one.name, one.people) for one in ranks_listed()[1]]


def test_the_usual_words_stand_there_until_somebody_changes_them(app: Flask) -> None:
    assert rank_words() == list(USUAL)
    add_rank(name=" 一般 干部 ", editor=OLIVIA, now=NOW)
    assert rank_words() == [*USUAL, "一般 干部"]


def test_words_are_ordered_renamed_and_dropped(app: Flask) -> None:
    shift_rank(name="执法人员", step=-1, editor=OLIVIA, now=NOW)
    shift_rank(name="领导班子", step=-1, editor=OLIVIA, now=NOW)  # the first already
    rename_rank(old="新录用", new="新录用人员", editor=OLIVIA, now=NOW)
    drop_rank(name="中层", editor=OLIVIA, now=NOW)
    assert rank_words() == ["领导班子", "执法人员", "新录用人员"]


@pytest.mark.usefixtures("people")
def test_a_word_in_use_is_not_dropped_and_renamed_for_everybody(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="还有 1 人"):
        drop_rank(name="中层", editor=OLIVIA, now=NOW)
    with pytest.raises(Refused, match="已经有“领导班子”"):
        rename_rank(old="中层", new="领导班子", editor=OLIVIA, now=NOW)
    assert rename_rank(old="中层", new="科室负责人", editor=OLIVIA, now=NOW) == 1
    assert "科室负责人" in rank_words()
    person = db.session.scalar(sa.select(Person).where(Person.name == "张三"))
    assert person
    assert person.rank == "科室负责人"
    change = db.session.scalar(
        sa.select(RosterChange).order_by(RosterChange.id.desc()).limit(1)
    )
    assert change
    assert change.details == [["rank", "中层", "科室负责人"]]


@pytest.mark.usefixtures("people")
def test_a_word_that_is_on_no_list_joins_a_group_or_the_list() -> None:
    assert others() == [("中层干部", 2), ("挂职", 1)]
    with pytest.raises(Refused, match="请从列表里选择"):
        rename_rank(old="中层干部", new="别的", editor=OLIVIA, now=NOW)
    assert rename_rank(old="中层干部", new="中层", editor=OLIVIA, now=NOW) == 2
    add_rank(name="挂职", editor=OLIVIA, now=NOW)
    assert others() == []
    with pytest.raises(Missing):
        rename_rank(old="没有的", new="中层", editor=OLIVIA, now=NOW)


@pytest.mark.parametrize("word", ["", "  ", "长" * 21, "甲|乙"])
def test_what_is_no_word_is_refused(app: Flask, word: str) -> None:
    with pytest.raises(Refused):
        add_rank(name=word, editor=OLIVIA, now=NOW)


def test_the_list_has_an_end_and_a_beginning(app: Flask) -> None:
    for n in range(MOST - len(USUAL)):
        add_rank(name=f"第{n}类", editor=OLIVIA, now=NOW)
    with pytest.raises(Refused, match="最多"):
        add_rank(name="再一类", editor=OLIVIA, now=NOW)
    for word in rank_words()[1:]:
        drop_rank(name=word, editor=OLIVIA, now=NOW)
    with pytest.raises(Refused, match="至少"):
        drop_rank(name=rank_words()[0], editor=OLIVIA, now=NOW)


def test_the_list_belongs_to_who_answers_for_all_units(app: Flask) -> None:
    with pytest.raises(Forbidden):
        add_rank(name="挂职", editor=COUNTY, now=NOW)


@pytest.mark.usefixtures("people")
def test_the_page_shows_the_list_and_what_is_not_on_it(organizer: FlaskClient) -> None:
    shown = page(organizer.get("/console/units/ranks"))
    assert "中层干部" in shown.one("#others ~ div").text
    post(organizer, "/console/units/ranks", act="rename", word="中层干部", new="中层")
    post(organizer, "/console/units/ranks", act="add", word="挂职")
    shown = page(organizer.get("/console/units/ranks"))
    assert not shown.has("#others")
    strange = post(organizer, "/console/units/ranks", act="explode", word="中层")
    assert "不能这样操作" in strange.one(".flashes").text


def test_unknown_words_in_a_file_are_yellow_and_may_join_the_list(
    organizer: FlaskClient, tmp_path: Path
) -> None:
    take_units(tmp_path)
    rows = [
        ["市司法局", "张三", "0012", "", "中层"],
        ["市司法局", "李四", "0013", "", "挂职"],
        ["市司法局", "王五", "0014", "", "驻村"],
    ]
    shown = page(organizer.get(upload(organizer, tmp_path, rows).location))
    told = shown.one("#ranks ~ p").text
    assert "挂职" in told
    assert "驻村" in told
    assert "中层" not in told
    press(organizer, shown, "all", adopt="1")
    db.session.rollback()
    assert rank_words() == [*USUAL, "挂职", "驻村"]
    assert others() == []


def test_unknown_words_stay_as_written_when_the_list_is_not_to_grow(
    organizer: FlaskClient, tmp_path: Path
) -> None:
    take_units(tmp_path)
    rows = [["市司法局", "李四", "0013", "", "挂职"]]
    sent = upload(organizer, tmp_path, rows)
    press(organizer, page(organizer.get(sent.location)), "all")
    assert others() == [("挂职", 1)]
    again = page(organizer.get(upload(organizer, tmp_path, rows).location))
    assert not again.has("#ranks")  # nothing new
