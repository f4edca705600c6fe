"""Liaisons keep their own unit's roster, and those below it, until a date."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from accounts.models import Account, RoleGrant
from core.access import Scope
from core.audit import AuditEntry
from core.db import db, write
from core.errors import Conflict, Forbidden, Missing, Refused
from tests.accounts.browser import fill, page
from tests.conftest import signed_in
from tests.units.rosters import NOW, OLIVIA, take_people, take_units
from tests.units.test_import_pages import figures, press, upload
from tests.units.test_tree_pages import TREE, ids, post
from units.models import Unit
from units.operations.people import TypedPerson, add_person
from units.operations.rosters import check_roster, drop_window, set_window
from units.queries.editors import NOWHERE, Editor
from units.queries.people import people_on_roster
from units.queries.rosters import newest_change_of, roster_states, twins
from units.rules.windows import Checked

SOON = datetime.now(UTC) + timedelta(days=3)
PAST = datetime.now(UTC) - timedelta(days=3)
PEOPLE = [
    ["云汀县", "张三", "0012", "", "中层"],
    ["云汀县", "张三", "0013", "", "中层"],
    ["云汀县", "李四", "", "7", ""],
    ["城关司法所", "王五", "0015", "", "挂职"],
    ["霁山区", "赵六", "0016", "", "中层"],
]


def liaison(code: str, name: str = "lia") -> Editor:
    scope = Scope(everywhere=False, units=frozenset({ids()[code]}))
    return Editor(f"account:{name}", name, NOWHERE, scope)


def grant(username: str, code: str) -> None:
    """Narrow the only grant of an account to a unit."""
    with write() as session:
        granted = session.scalar(
            sa.select(RoleGrant).join(Account).where(Account.username == username)
        )
        assert granted
        granted.unit_id = session.scalar(sa.select(Unit.id).where(Unit.code == code))


@pytest.fixture
def lia(app: Flask, tmp_path: Path) -> FlaskClient:
    """The liaison of 云汀县; nobody has set a deadline yet."""
    take_units(tmp_path, TREE)
    take_people(tmp_path, PEOPLE)
    client = signed_in(app, "lia", "liaison")
    grant("lia", "X1")
    return client


def open_until(moment: datetime, code: str | None = None) -> None:
    unit_id = None if code is None else ids()[code]
    set_window(unit_id=unit_id, closes_at=moment, editor=OLIVIA, now=NOW)


def names() -> list[str]:
    db.session.rollback()
    return [person.name for person in people_on_roster()]


def state_of(code: str, editor: Editor = OLIVIA) -> Checked:
    db.session.rollback()
    (state,) = roster_states(editor.reach, editor, datetime.now(UTC), ids()[code])
    return state.checked


def test_a_liaison_sees_the_own_rosters_and_nothing_else(lia: FlaskClient) -> None:
    shown = page(lia.get("/console/units/roster"))
    assert [card.text for card in shown.all("h2")] == [
        "云汀县",
        "云汀县司法局",
        "城关司法所",
    ]
    assert "赵六" not in shown.text
    assert lia.get(f"/console/units/{ids()['X1']}").status_code == 200
    for code in ("C", "X2"):
        for path in ("", "/history"):
            answer = lia.get(f"/console/units/{ids()[code]}{path}")
            assert answer.status_code == 404
    tree = page(lia.get("/console/units"))
    assert "霁山区" not in tree.text
    found = page(lia.get("/console/people?q=赵"))
    assert "没有找到" in found.one("main").text


def test_what_only_organizers_may_is_not_offered_and_refused(lia: FlaskClient) -> None:
    unit = ids()["X1"]
    shown = page(lia.get(f"/console/units/{unit}"))
    assert not shown.has(f"a[href='/console/units/{unit}/edit']")
    for path in (
        f"units/{unit}/edit",
        "units/import",
        "units/ranks",
        "units/roster/deadline",
    ):
        assert lia.get(f"/console/{path}").status_code == 403, path
    closing = post(lia, f"/console/units/{unit}/close")
    assert "没有这项权限" in closing.one("main").text


def test_without_a_deadline_a_liaison_only_reads(lia: FlaskClient) -> None:
    unit = ids()["X1"]
    shown = page(lia.get(f"/console/units/{unit}"))
    assert "还没有开放名册维护" in shown.one("main").text
    assert not shown.has("form[action$='/people']")
    refused = post(lia, f"/console/units/{unit}/people", name="孙七", phone="0017")
    assert "还没有开放" in refused.text
    assert "孙七" not in names()


def test_until_the_deadline_a_liaison_keeps_the_roster(lia: FlaskClient) -> None:
    open_until(SOON)
    unit = ids()["X111"]
    shown = page(lia.get(f"/console/units/{unit}"))
    local = SOON.astimezone(ZoneInfo("Asia/Shanghai"))
    assert f"{local:%Y-%m-%d %H:%M}" in shown.one(".alert-info").text
    post(lia, f"/console/units/{unit}/people", name="孙七", phone="0017")
    assert "孙七" in names()
    (person,) = [p for p in people_on_roster() if p.name == "王五"]
    post(lia, f"/console/people/{person.id}/move", unit="云汀县司法局")
    post(lia, f"/console/people/{person.id}/remove", why="退休")
    assert "王五" not in names()
    told = page(lia.get(f"/console/people/{person.id}")).one("tbody").text
    assert "lia" in told


def test_after_the_deadline_a_liaison_only_reads(lia: FlaskClient) -> None:
    open_until(PAST)
    unit = ids()["X1"]
    shown = page(lia.get(f"/console/units/{unit}"))
    assert "截止，现在只能查看" in shown.one(".alert-warning").text
    (person,) = [p for p in people_on_roster() if p.name == "李四"]
    late = {
        f"/console/units/{unit}/people": {"name": "孙七", "phone": "0017"},
        f"/console/people/{person.id}/move": {"unit": "云汀县司法局"},
        f"/console/people/{person.id}/remove": {},
        f"/console/units/{unit}/check": {"sure": "1", "seen": "0"},
    }
    before = names()
    for url, typed in late.items():
        assert "已经截止" in post(lia, url, **typed).text, url
    edit = fill(lia, f"/console/people/{person.id}/edit", name="李肆", staff_number="7")
    assert "已经截止" in page(edit).text
    assert names() == before
    assert lia.get(f"/console/people/{person.id}").status_code == 200


def test_a_unit_may_have_more_time_than_the_others(lia: FlaskClient) -> None:
    open_until(PAST)
    open_until(SOON, "X11")
    post(lia, f"/console/units/{ids()['X111']}/people", name="孙七", phone="0017")
    post(lia, f"/console/units/{ids()['X1']}/people", name="周八", phone="0018")
    assert "孙七" in names()
    assert "周八" not in names()


def test_the_roster_of_a_liaison_is_compared_with_the_own_units_only(
    lia: FlaskClient, tmp_path: Path
) -> None:
    """赵六 0016 stands in 霁山区: nothing tells the liaison of 云汀县 so."""
    open_until(SOON)
    rows = [["云汀县", "赵六", "0016", "", "中层"], ["霁山区", "钱九", "0019"]]
    sent = upload(lia, tmp_path, rows)
    shown = page(lia.get(sent.location))
    assert figures(shown)["待确认"] == "0"
    assert "不在您管理的范围内" in shown.one("#bad ~ div").text
    press(lia, shown, "good")
    assert names().count("赵六") == 2
    assert "钱九" not in names()


def test_a_file_that_came_too_late_is_bad_row_by_row(
    lia: FlaskClient, tmp_path: Path
) -> None:
    open_until(PAST)
    open_until(SOON, "X11")
    rows = [["云汀县", "孙七", "0017"], ["城关司法所", "周八", "0018"]]
    shown = page(lia.get(upload(lia, tmp_path, rows).location))
    (cells,) = shown.all("#bad ~ div tbody tr")
    assert "已经截止" in cells.text
    press(lia, shown, "good")
    assert ("孙七" in names(), "周八" in names()) == (False, True)


def test_the_window_is_looked_at_again_when_it_is_written(
    app: Flask, tmp_path: Path
) -> None:
    take_units(tmp_path, TREE)
    open_until(NOW)
    typed = TypedPerson("孙七", "0017", "", "")
    late = {"unit_id": ids()["X1"], "typed": typed, "namesake": False}
    me = liaison("X1")
    with pytest.raises(Forbidden, match="已经截止"):
        add_person(**late, editor=me, now=NOW)  # type: ignore[arg-type]
    early = NOW - timedelta(seconds=1)
    add_person(**late, editor=me, now=early)  # type: ignore[arg-type]
    with pytest.raises(Missing):
        add_person(
            unit_id=ids()["X2"], typed=typed, namesake=False, editor=me, now=early
        )


# 核对


def test_what_is_missing_is_told_before_a_roster_is_called_right(
    lia: FlaskClient,
) -> None:
    open_until(SOON)
    card = page(lia.get("/console/units/roster")).all(".go-card")[0].text
    for words in ("1 人没有手机尾号", "1 人没有填职级类别", "2 人与同事同名", "去核对"):
        assert words in card
    below = page(lia.get("/console/units/roster")).all(".go-card")[2].text
    assert "1 人的职级类别不在列表里" in below


def test_a_liaison_says_that_the_roster_is_right(lia: FlaskClient) -> None:
    open_until(SOON)
    url = f"/console/units/{ids()['X1']}"
    seen = page(lia.get(url)).one("#check input[name=seen]")["value"]
    unsure = post(lia, f"{url}/check", seen=seen)
    assert "请先勾选" in unsure.one(".flashes").text
    assert state_of("X1") is Checked.NO
    done = post(lia, f"{url}/check", seen=seen, sure="1")
    assert "lia核对无误，当时 3 人" in done.one("#check").text
    assert state_of("X1") is Checked.YES
    entry = db.session.scalar(
        sa.select(AuditEntry).where(AuditEntry.action == "roster.check")
    )
    assert entry
    assert json.loads(entry.facts)["people"] == 3
    post(lia, f"{url}/people", name="孙七", phone="0017")
    assert state_of("X1") is Checked.OLD
    assert "此后名册有改动" in page(lia.get(url)).one("#check").text


def test_a_roster_that_changed_under_the_liaisons_eyes_is_not_called_right(
    app: Flask, tmp_path: Path
) -> None:
    take_units(tmp_path, TREE)
    take_people(tmp_path, PEOPLE)
    open_until(SOON)
    unit, me = ids()["X1"], liaison("X1")
    seen = newest_change_of(unit)
    take_people(tmp_path, [["云汀县", "孙七", "0017"]])
    with pytest.raises(Conflict, match="再核对一遍"):
        check_roster(unit_id=unit, seen=seen, editor=me, now=NOW)
    check_roster(unit_id=unit, seen=newest_change_of(unit), editor=me, now=NOW)
    with pytest.raises(Refused, match="还是空的"):
        check_roster(unit_id=ids()["X11"], seen=0, editor=me, now=NOW)


def test_who_is_moved_away_makes_the_check_of_the_old_unit_old(
    app: Flask, tmp_path: Path
) -> None:
    take_units(tmp_path, TREE)
    take_people(tmp_path, PEOPLE)
    unit = ids()["X2"]
    check_roster(unit_id=unit, seen=newest_change_of(unit), editor=OLIVIA, now=NOW)
    assert state_of("X2") is Checked.YES
    take_people(tmp_path, [["城关司法所", "赵六", "0016"]], all_same=True)
    assert state_of("X2") is Checked.OLD


def test_the_organizer_sees_who_has_checked_and_who_has_not(
    lia: FlaskClient, organizer: FlaskClient
) -> None:
    open_until(SOON)
    unit = ids()["X1"]
    check_roster(
        unit_id=unit,
        seen=newest_change_of(unit),
        editor=liaison("X1"),
        now=datetime.now(UTC),
    )
    shown = page(organizer.get("/console/units/roster"))
    assert figures(shown) == {
        "已核对": "1",
        "核对后有改动": "0",
        "未核对": "2",
        "还没有人员": "2",
    }
    left = page(organizer.get("/console/units/roster?show=open"))
    assert [row.all("td")[0].text for row in left.all("tbody tr")] == [
        "城关司法所",
        "霁山区",
    ]
    done = page(organizer.get("/console/units/roster?show=checked")).one("tbody").text
    assert "lia" in done
    assert organizer.get("/console/units/roster?show=<nothing>").status_code == 200


def test_who_stands_on_two_rosters_is_shown_to_the_organizer(
    app: Flask, tmp_path: Path
) -> None:
    take_units(tmp_path, TREE)
    take_people(tmp_path, PEOPLE)
    assert twins(OLIVIA.scope) == []
    take_people(tmp_path, [["城关司法所", "赵 六", "0016"]], all_same=False)
    (twin,) = twins(OLIVIA.scope)
    assert [p.unit.code for p in twin.people] == ["X111", "X2"]
    assert twins(liaison("X1").reach) == []  # one half of it is none of theirs


# Deadlines


def test_the_organizer_sets_and_takes_back_deadlines(
    lia: FlaskClient, organizer: FlaskClient
) -> None:
    url = "/console/units/roster/deadline"
    assert "还没有设置期限" in page(organizer.get(url)).one("main").text
    empty = fill(organizer, url, closes_at="")
    assert "请填写截止时间" in page(empty).one("main").text
    strange = fill(organizer, url, closes_at="明天")
    assert strange.status_code == 400
    fill(organizer, url, closes_at="2036-12-01T18:00")
    fill(organizer, url, closes_at="2036-12-05T18:00", unit="ytx")
    shown = page(organizer.get(url))
    assert [row.all("td")[1].text for row in shown.all("tbody tr")] == [
        "2036-12-01 18:00",
        "2036-12-05 18:00",
    ]
    assert "云汀县 及下级单位" in shown.one("tbody").text
    card = page(lia.get("/console/units/roster")).one(".alert-info").text
    assert "2036-12-05 18:00" in card
    post(organizer, f"{url}/end", unit=str(ids()["X1"]))
    assert (
        "2036-12-01" in page(lia.get("/console/units/roster")).one(".alert-info").text
    )
    fill(organizer, url, closes_at="2036-12-02T18:00")  # replaces the general one
    assert len(page(organizer.get(url)).all("tbody tr")) == 1


def test_who_answers_for_a_part_sets_deadlines_there(
    app: Flask, tmp_path: Path
) -> None:
    take_units(tmp_path, TREE)
    county = Editor(
        "account:9", "carol", Scope(everywhere=False, units=frozenset({ids()["X1"]}))
    )
    set_window(unit_id=ids()["X11"], closes_at=SOON, editor=county, now=NOW)
    with pytest.raises(Forbidden):
        set_window(unit_id=None, closes_at=SOON, editor=county, now=NOW)
    with pytest.raises(Missing):
        set_window(unit_id=ids()["X2"], closes_at=SOON, editor=county, now=NOW)
    with pytest.raises(Missing):
        drop_window(unit_id=ids()["X111"], editor=county, now=NOW)  # it has none


def test_an_organizer_is_bound_by_no_deadline(
    organizer: FlaskClient, tmp_path: Path
) -> None:
    take_units(tmp_path, TREE)
    open_until(PAST)
    post(organizer, f"/console/units/{ids()['X1']}/people", name="孙七", phone="0017")
    assert names() == ["孙七"]
