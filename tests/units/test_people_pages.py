"""The pages of people, one at a time."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from core.db import db
from tests.accounts.browser import Page, fill, page
from tests.conftest import signed_in
from tests.units.rosters import take_people, take_units
from tests.units.test_tree_pages import limited, post
from units.queries.people import RosterPerson, people_on_roster
from units.queries.units import all_units


def roster() -> list[RosterPerson]:
    db.session.rollback()
    return people_on_roster()


def unit_url(code: str = "A1") -> str:
    db.session.rollback()
    (found,) = [unit for unit in all_units() if unit.code == code]
    return f"/console/units/{found.id}"


def person(name: str = "张三", code: str = "A1") -> RosterPerson:
    (found,) = [p for p in roster() if (p.name, p.unit_code) == (name, code)]
    return found


def told(client: FlaskClient, person_id: int) -> list[str]:
    """What the history of somebody says, the newest first."""
    shown = page(client.get(f"/console/people/{person_id}"))
    return [" ".join(row.all("td")[1].text.split()) for row in shown.all("tbody tr")]


@pytest.fixture
def people(app: Flask, tmp_path: Path) -> None:
    take_units(tmp_path)
    take_people(tmp_path)


@pytest.mark.usefixtures("people")
def test_a_unit_shows_its_people(organizer: FlaskClient) -> None:
    text = page(organizer.get(unit_url())).one("main").text
    assert "张三" in text
    assert "0012" in text
    assert organizer.get("/console/units/999").status_code == 404


def test_one_person_is_added_by_the_rules_of_an_import(
    organizer: FlaskClient, tmp_path: Path
) -> None:
    take_units(tmp_path)
    url = unit_url()

    def add(**typed: str) -> Page:
        token = page(organizer.get(url)).one("main input[name=csrf_token]")["value"]
        form = {"csrf_token": token, **typed}
        return page(organizer.post(f"{url}/people", data=form, follow_redirects=True))

    wrong = add(name="张三", phone="12")
    assert "四位数字" in wrong.one("[role=alert]").text
    assert wrong.one("input[name=name]")["value"] == "张三"
    assert "至少填一项" in add(name="张三").one("[role=alert]").text
    assert "已列入名册" in add(name="张三", phone="139 0000 0012").one(".flashes").text
    assert [(p.name, p.tail) for p in roster()] == [("张三", "0012")]
    twice = add(name="张 三", phone="0012")
    assert "名册上已经有张三（尾号 0012）" in twice.one("[role=alert]").text


@pytest.mark.usefixtures("people")
def test_L1_a_second_of_that_name_must_be_said_to_be_another(
    organizer: FlaskClient,
) -> None:
    url = unit_url()
    typed = {"name": "张三", "phone": "9999"}
    asked = post(organizer, f"{url}/people", **typed)
    assert "如果是同一个人" in asked.one("[role=alert]").text
    assert len(roster()) == 3
    post(organizer, f"{url}/people", **typed, namesake="y")
    assert [p.tail for p in roster() if p.unit_code == "A1"] == ["0012", "0013", "9999"]


@pytest.mark.usefixtures("people")
def test_K10_what_is_written_of_a_person_is_corrected_and_kept(
    organizer: FlaskClient,
) -> None:
    one = person()
    url = f"/console/people/{one.id}/edit"
    form = page(organizer.get(url))
    seen = form.one("input[name=seen]")["value"]
    assert form.one("input[name=phone]")["value"] == "0012"
    typed = {"seen": seen, "name": "张珊", "phone": "0012", "rank": "领导班子"}
    assert fill(organizer, url, **typed).status_code == 303
    assert (person("张珊").rank, person("张珊").tail) == ("领导班子", "0012")
    assert (
        told(organizer, one.id)[0] == "修改 姓名：张三 → 张珊 职级类别：中层 → 领导班子"
    )
    stale = fill(organizer, url, **typed | {"name": "张散"})
    assert stale.status_code == 409
    assert "刚被别人改过" in page(stale).one("[role=alert]").text


@pytest.mark.usefixtures("people")
def test_L1_a_correction_must_not_make_two_people_look_alike(
    organizer: FlaskClient,
) -> None:
    url = f"/console/people/{person('李四').id}/edit"
    seen = page(organizer.get(url)).one("input[name=seen]")["value"]
    answer = fill(organizer, url, seen=seen, name="张三", phone="0012")
    assert answer.status_code == 400
    assert "已经有张三" in page(answer).one("[role=alert]").text
    number = {"phone": "0012", "staff_number": "7"}
    answer = fill(organizer, url, seen=seen, name="张三", **number)
    assert "已经有张三" in page(answer).one("[role=alert]").text  # the other has none


@pytest.mark.usefixtures("people")
def test_somebody_is_moved_and_the_history_says_from_where(
    organizer: FlaskClient,
) -> None:
    one = person("李四")
    url = f"/console/people/{one.id}/move"
    same = post(organizer, url, unit="市司法局")
    assert "就在“市司法局”" in same.one("[role=alert]").text
    post(organizer, url, unit="团市委", reason="组织任命")
    assert person("李四", "A3").id == one.id
    assert told(organizer, one.id) == [
        "从“市司法局”调入“团市委”组织任命",
        "列入名册：市司法局",
    ]
    (first, *_rest) = page(organizer.get(f"/console/people/{one.id}")).all("tbody tr")
    assert "olivia" in first.all("td")[2].text


@pytest.mark.usefixtures("people")
def test_L1_nobody_is_moved_to_where_somebody_looks_like_them(
    organizer: FlaskClient,
) -> None:
    answer = post(organizer, f"/console/people/{person().id}/move", unit="市公安局")
    assert "已经有张三（尾号 0012）" in answer.one("[role=alert]").text


@pytest.mark.usefixtures("people")
def test_somebody_leaves_and_comes_back_under_the_same_number(
    organizer: FlaskClient,
) -> None:
    one = person("李四")
    gone = post(organizer, f"/console/people/{one.id}/remove", why="退休")
    assert "李四 已移出名册" in gone.one(".flashes").text
    assert len(roster()) == 2
    assert (
        "李四"
        in page(organizer.get(unit_url())).one("main > details:last-of-type").text
    )
    again = organizer.get(f"/console/people/{one.id}/edit")
    assert again.status_code == 200
    post(organizer, f"/console/people/{one.id}/return")
    assert person("李四").id == one.id
    assert told(organizer, one.id) == [
        "重新列入名册：市司法局",
        "移出名册：市司法局退休",
        "列入名册：市司法局",
    ]


@pytest.mark.usefixtures("people")
def test_who_left_and_is_added_again_is_the_same_person(
    organizer: FlaskClient,
) -> None:
    one = person("李四")
    post(organizer, f"/console/people/{one.id}/remove")
    post(organizer, f"{unit_url()}/people", name="李四", phone="0013", rank="中层")
    assert (person("李四").id, person("李四").rank) == (one.id, "中层")
    assert told(organizer, one.id)[0] == "重新列入名册：市司法局 职级类别：— → 中层"


@pytest.mark.usefixtures("people")
def test_an_import_is_in_the_history_with_its_file(organizer: FlaskClient) -> None:
    shown = page(organizer.get(f"/console/people/{person().id}"))
    assert "导入 people.xlsx" in shown.one("tbody").text


@pytest.mark.usefixtures("people")
def test_people_are_found_by_part_of_their_name(organizer: FlaskClient) -> None:
    shown = page(organizer.get("/console/people?q=张"))
    assert [row.all("td")[1].text for row in shown.all("tbody tr")] == [
        "市司法局",
        "市公安局",
    ]
    assert "没有找到" in page(organizer.get("/console/people?q=%25")).one("main").text


@pytest.mark.usefixtures("people")
def test_people_of_another_part_of_the_tree_are_not_there(app: Flask) -> None:
    mine, other = person(), person(code="A2")
    police = limited(app, "A2")
    assert police.get(f"/console/people/{other.id}").status_code == 200
    for path in ("", "/edit"):
        assert police.get(f"/console/people/{mine.id}{path}").status_code == 404
    for path in ("/edit", "/move", "/remove", "/return"):
        page_of = post(police, f"/console/people/{mine.id}{path}", name="x", unit="A2")
        assert "没有找到这个人" in page_of.one("main").text
    found = page(police.get("/console/people?q=张三"))
    assert len(found.all("tbody tr")) == 1
    assert (person().name, person().unit_code) == ("张三", "A1")


@pytest.mark.usefixtures("people")
def test_V1_an_auditor_reads_the_rosters_without_the_numbers_of_phones(
    app: Flask, organizer: FlaskClient
) -> None:
    one = person()
    url = f"/console/people/{one.id}/edit"
    seen = page(organizer.get(url)).one("input[name=seen]")["value"]
    fill(organizer, url, seen=seen, name="张三", phone="7788", rank="中层")
    auditor = signed_in(app, "audra", "auditor")
    pages = [
        unit_url(),
        f"{unit_url()}/history",
        f"/console/people/{one.id}",
        "/console/people?q=张",
        "/console/units",
        "/console/units/roster",
        "/console/units/exemptions",
        "/console/units/ranks",
    ]
    for path in pages:
        answer = auditor.get(path)
        assert answer.status_code == 200, path
        text = page(answer).one("main").text
        assert "7788" not in text, path
        assert "0012" not in text, path
        assert not page(answer).has("main form[method=post]"), path
    assert "手机尾号" in page(auditor.get(f"/console/people/{one.id}")).text
    assert auditor.get(url).status_code == 403
    told = page(organizer.get(f"/console/people/{one.id}")).one("tbody").text
    assert "0012 → 7788" in told
