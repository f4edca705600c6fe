"""The pages of the tree of units."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from core.db import db, write
from tests.accounts.browser import Page, fill, page
from tests.conftest import signed_in
from tests.units.rosters import NOW, UNITS, take_people, take_units
from units.models import Unit
from units.operations.editing import number_places
from units.queries.units import all_units, forest

#: 云岚市 ─ 云汀县 ─ 县司法局 ─ 城关司法所
TREE = [
    ["C", "云岚市"],
    ["X1", "云汀县", "县区", "", "C"],
    ["X2", "霁山区", "县区", "", "C"],
    ["X11", "云汀县司法局", "", "", "X1"],
    ["X111", "城关司法所", "", "", "X11"],
]


def ids() -> dict[str, int]:
    db.session.rollback()
    return {unit.code: unit.id for unit in all_units(closed=True)}


def post(client: FlaskClient, url: str, **data: str) -> Page:
    """Press one of the buttons that post; the page one lands on."""
    shown = page(client.get("/console/units"))
    token = shown.one("header input[name=csrf_token]")["value"]
    answer = client.post(url, data={"csrf_token": token, **data}, follow_redirects=True)
    return page(answer)


def limited(app: Flask, code: str) -> FlaskClient:
    """An organizer of one unit and all below it."""
    client = signed_in(app, f"org-{code}".lower(), "organizer")
    with write() as session:
        from sqlalchemy import select

        from accounts.models import Account, RoleGrant

        account = session.scalar(
            select(Account).where(Account.username == f"org-{code}".lower())
        )
        assert account
        grant = session.scalar(
            select(RoleGrant).where(RoleGrant.account_id == account.id)
        )
        assert grant
        grant.unit_id = session.scalar(select(Unit.id).where(Unit.code == code))
    return client


def test_the_tree_is_folded_without_a_script(
    organizer: FlaskClient, tmp_path: Path
) -> None:
    assert "还没有单位" in page(organizer.get("/console/units")).one("main").text
    take_units(tmp_path, TREE)
    take_people(tmp_path, [["城关司法所", "张三", "0012"]])
    shown = page(organizer.get("/console/units"))
    names = [one.text for one in shown.all(".tree-name")]
    assert names == ["云岚市", "云汀县", "云汀县司法局", "城关司法所", "霁山区"]
    assert len(shown.all(".tree > li > details")) == 3
    assert "含下级 1 人" in shown.one(".tree-count").text


def test_units_are_found_by_a_word_with_the_way_to_them(
    organizer: FlaskClient, tmp_path: Path
) -> None:
    take_units(tmp_path, TREE)
    found = page(organizer.get("/console/units?q=cgsfs"))
    cells = [cell.text for cell in found.all("tbody td")]
    assert cells[:3] == ["城关司法所", "云岚市 › 云汀县 › 云汀县司法局", "X111"]
    nobody = page(organizer.get("/console/units?q=<script>"))
    assert "没有找到" in nobody.one("main").text
    assert not nobody.has("main script")


def test_a_unit_is_made_below_another_one(
    organizer: FlaskClient, tmp_path: Path
) -> None:
    take_units(tmp_path, TREE)
    parent = ids()["X1"]
    url = f"/console/units/new?parent={parent}"
    form = {"parent": str(parent), "code": "x12", "name": "云汀县水利局"}
    taken = fill(organizer, url, **form | {"name": "霁山 区"})
    assert taken.status_code == 400
    assert "已是编码为 X2 的单位" in page(taken).one("[role=alert]").text
    made = fill(organizer, url, **form)
    assert made.status_code == 303
    assert "云汀县水利局" in page(organizer.get(made.location)).one("h1").text
    again = fill(organizer, url, **form | {"name": "别的局"})
    assert "编码 X12 已经有单位在用" in page(again).one("[role=alert]").text
    db.session.rollback()
    order = [unit.code for unit in all_units()]
    assert order == ["C", "X1", "X11", "X111", "X12", "X2"]


def test_K10_a_unit_is_renamed_and_an_old_page_is_refused(
    organizer: FlaskClient, tmp_path: Path
) -> None:
    take_units(tmp_path, TREE)
    url = f"/console/units/{ids()['X2']}/edit"
    old = page(organizer.get(url))
    seen = old.one("input[name=seen]")["value"]
    assert fill(organizer, url, seen=seen, name="霁山新区", category="县区").location
    second = fill(organizer, url, seen=seen, name="霁山老区")
    assert second.status_code == 409
    assert "现在是“霁山新区”" in page(second).one("[role=alert]").text
    db.session.rollback()
    (unit,) = all_units("霁山新区")
    assert (unit.category, unit.initials) == ("县区", "jsxq")


def test_a_unit_is_moved_and_never_below_itself(
    organizer: FlaskClient, tmp_path: Path
) -> None:
    take_units(tmp_path, TREE)
    known = ids()
    move = f"/console/units/{known['X1']}/move"
    circle = post(organizer, move, parent="城关司法所")
    assert "它的下级" in circle.one("[role=alert]").text
    unknown = post(organizer, move, parent="没有的局")
    assert "没有找到单位“没有的局”" in unknown.one("[role=alert]").text
    post(organizer, move, parent="jsq")
    db.session.rollback()
    woods = forest()
    assert woods.tree.above(known["X111"]) == [
        known[c] for c in ("X11", "X1", "X2", "C")
    ]
    blank = post(organizer, move, parent="")
    assert "请填写新的上级单位" in blank.one("[role=alert]").text
    post(organizer, move, top="y")
    db.session.rollback()
    assert forest().tree.above(known["X1"]) == []


def test_units_trade_places(organizer: FlaskClient, tmp_path: Path) -> None:
    take_units(tmp_path, TREE)
    known = ids()
    shown = page(organizer.get(f"/console/units/{known['C']}"))
    assert [one.text for one in shown.all("td .post-button")] == ["下移", "上移"]
    post(organizer, f"/console/units/{known['X2']}/shift", way="up")
    db.session.rollback()
    assert [u.code for u in all_units()] == ["C", "X2", "X1", "X11", "X111"]
    post(
        organizer, f"/console/units/{known['X2']}/shift", way="up"
    )  # nobody is before it
    db.session.rollback()
    assert [u.code for u in all_units()][1] == "X2"


def test_a_unit_is_closed_only_when_it_is_empty_and_keeps_its_history(
    organizer: FlaskClient, tmp_path: Path
) -> None:
    take_units(tmp_path, TREE)
    take_people(tmp_path, [["城关司法所", "张三", "0012"]])
    known = ids()
    below = post(organizer, f"/console/units/{known['X11']}/close")
    assert "还有 1 个下级单位" in below.one(".flashes").text
    people = post(organizer, f"/console/units/{known['X111']}/close")
    assert "还有 1 人在册" in people.one(".flashes").text
    take_people(tmp_path, [["霁山区", "张三", "0012"]], all_same=True)
    closed = post(organizer, f"/console/units/{known['X111']}/close")
    assert "不参加新的考试" in closed.one("main").text
    shown = page(organizer.get("/console/units"))
    assert "城关司法所" not in [one.text for one in shown.all(".tree-name")]
    assert "城关司法所" in shown.one("details.panel").text
    told = page(organizer.get(f"/console/units/{known['X111']}/history")).one("table")
    for words in (
        "停用",
        "从“城关司法所”调入“霁山区”",
        "列入名册：城关司法所",
        "新增单位",
    ):
        assert words in told.text
    refused = take_people(tmp_path, [["城关司法所", "李四", "0013"]])
    assert "已停用" in str(refused.bad[0])
    post(organizer, f"/console/units/{known['X111']}/reopen")
    db.session.rollback()
    assert "X111" in [unit.code for unit in all_units()]


def test_a_unit_below_a_closed_one_is_not_reopened(
    organizer: FlaskClient, tmp_path: Path
) -> None:
    take_units(tmp_path, TREE)
    known = ids()
    for code in ("X111", "X11"):
        post(organizer, f"/console/units/{known[code]}/close")
    answer = post(organizer, f"/console/units/{known['X111']}/reopen")
    assert "请先恢复它的上级单位“云汀县司法局”" in answer.one(".flashes").text


def test_who_answers_for_a_county_sees_and_changes_that_county(
    app: Flask, tmp_path: Path
) -> None:
    take_units(tmp_path, TREE)
    known = ids()
    county = limited(app, "X1")
    shown = page(county.get("/console/units"))
    assert [one.text for one in shown.all(".tree-name")] == [
        "云汀县",
        "云汀县司法局",
        "城关司法所",
    ]
    for path in (f"/{known['X2']}", f"/{known['C']}/edit", f"/new?parent={known['C']}"):
        assert county.get(f"/console/units{path}").status_code == 404, path
    top = post(county, "/console/units/new", code="N", name="新局")
    assert "不能改动最上一级" in top.one("[role=alert]").text
    move = f"/console/units/{known['X1']}/move"
    assert (
        "没有找到单位" in post(county, move, parent="霁山区").one("[role=alert]").text
    )
    assert post(county, f"/console/units/{known['X1']}/shift", way="down").has("h1")
    db.session.rollback()
    assert [u.code for u in all_units()][1] == "X1"  # not theirs to put in order
    post(county, f"/console/units/{known['X111']}/move", parent="X1")
    db.session.rollback()
    assert forest().tree.above(known["X111"]) == [known["X1"], known["C"]]


def test_thousands_of_units_are_shown_by_pages(
    organizer: FlaskClient, tmp_path: Path
) -> None:
    rows = [["R", "云岚市"]]
    rows += [[f"C{n}", f"第{n}县", "", "", "R"] for n in range(30)]
    rows += [
        [f"C{n}D{m}", f"第{n}县第{m}局", "", "", f"C{n}"]
        for n in range(30)
        for m in range(100)
    ]
    assert take_units(tmp_path, rows).added == 3031
    answer = organizer.get("/console/units")
    shown = page(answer)
    assert len(shown.all(".tree-name")) <= 500
    assert len(shown.all(".tree-more")) >= 25  # what does not fit is one click away
    assert len(answer.data) < 400_000
    found = page(organizer.get("/console/units?q=局"))
    assert "找到 3000 个单位" in found.one(".lead").text
    assert len(found.all("tbody tr")) == 100
    last = page(organizer.get("/console/units?q=局&page=999"))
    assert last.one(".pagination [aria-current=page]").text == "30"


@pytest.mark.parametrize("page_number", ["0", "-3", "x", "99999999999999999999"])
def test_a_strange_page_number_is_a_page(
    organizer: FlaskClient, tmp_path: Path, page_number: str
) -> None:
    take_units(tmp_path, UNITS)
    for path in (f"?page={page_number}", f"?q=局&page={page_number}"):
        assert organizer.get(f"/console/units{path}").status_code == 200


def test_places_follow_the_tree(app: Flask, tmp_path: Path) -> None:
    take_units(tmp_path, TREE)
    with write() as session:
        session.add(
            Unit(
                code="X0",
                name="云泽县",
                initials="yzx",
                category="",
                level="",
                parent_id=ids()["C"],
                position=0,
                place=0,
                created_at=NOW,
            )
        )
        session.flush()
        number_places(session)
    assert [u.code for u in all_units()] == ["C", "X0", "X1", "X11", "X111", "X2"]
