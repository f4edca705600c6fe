"""The pages on which units and rosters are imported."""

from __future__ import annotations

import io
from pathlib import Path
from urllib.parse import quote

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from core.db import db
from tests.accounts.browser import Page, page
from tests.conftest import signed_in
from tests.units.rosters import (
    PEOPLE,
    PEOPLE_HEADINGS,
    UNIT_HEADINGS,
    UNITS,
    Rows,
    book,
    take_people,
    take_units,
)
from units.queries.people import RosterPerson, people_on_roster
from units.queries.units import all_units

BAD = [*PEOPLE, ["市司发局", "", "12"]]


def token_of(client: FlaskClient, url: str) -> str:
    return page(client.get(url)).one("main input[name=csrf_token]")["value"]


def upload(
    client: FlaskClient,
    folder: Path,
    rows: Rows,
    name: str = "名单.xlsx",
    **typed: str,
) -> TestResponse:
    """Send a roster; returns the answer to the upload."""
    content = book(folder / "up.xlsx", PEOPLE_HEADINGS, rows).read_bytes()
    return send(client, content, name, **typed)


def send(client: FlaskClient, content: bytes, name: str, **typed: str) -> TestResponse:
    url = "/console/people/import"
    form = {"csrf_token": token_of(client, url), "file": (io.BytesIO(content), name)}
    return client.post(url, data=form | {"complete": "no"} | typed)


def decide(client: FlaskClient, url: str, choice: str, **answers: str) -> TestResponse:
    """Open the preview and press one of its buttons."""
    return press(client, page(client.get(url)), choice, **answers)


def press(
    client: FlaskClient, shown: Page, choice: str, **answers: str
) -> TestResponse:
    """Press a button of a preview that is on the screen."""
    hidden = shown.all("main form[action*=import] input[type=hidden]")
    form = {one["name"]: one.soup.get("value", "") for one in hidden}
    action = shown.one("main form[action*=import]")["action"]
    return client.post(action, data=form | {choice: "1"} | answers)


def roster() -> list[RosterPerson]:
    """Who is on it now: a read that began before a request would not see it."""
    db.session.rollback()
    return people_on_roster()


def figures(shown: Page) -> dict[str, str]:
    """The big numbers of a preview by their names."""
    cells = shown.all(".figure-cell")
    return {cell.one("dt").text: cell.one("dd").text for cell in cells}


def kept_files(app: Flask) -> list[Path]:
    return list(Path(app.instance_path, "uploads").glob("*.data"))


@pytest.fixture(autouse=True)
def no_files_left(app: Flask) -> None:
    for path in Path(app.instance_path, "uploads").glob("*"):
        path.unlink()


@pytest.mark.parametrize(
    "url",
    [
        "/console/units",
        "/console/units/1",
        "/console/units/import",
        "/console/people/import",
        "/console/people/template.xlsx",
        "/console/people/import/" + "a" * 32,
    ],
)
def test_outsiders_are_sent_to_sign_in(client: FlaskClient, url: str) -> None:
    assert "/login" in client.get(url).headers["Location"]


def test_a_preview_writes_nothing_and_the_decision_writes_all(
    app: Flask, organizer: FlaskClient, tmp_path: Path
) -> None:
    take_units(tmp_path)
    sent = upload(organizer, tmp_path, PEOPLE)
    assert roster() == []
    shown = page(organizer.get(sent.location))
    assert figures(shown) == {
        "新增": "3",
        "更新": "0",
        "待确认": "0",
        "不变": "0",
        "有误的行": "0",
    }
    assert shown.has("input[name=all]")
    assert not shown.has("input[name=good]")
    done = decide(organizer, sent.location, "all")
    assert done.location == "/console/units"
    assert "新增 3" in page(organizer.get(done.location)).one(".flashes").text
    assert len(roster()) == 3
    assert kept_files(app) == []


def test_F6_every_bad_cell_is_shown_before_anything_is_written(
    organizer: FlaskClient, tmp_path: Path
) -> None:
    take_units(tmp_path)
    sent = upload(organizer, tmp_path, BAD)
    shown = page(organizer.get(sent.location))
    cells = [row.all("td")[1].text for row in shown.all("#bad ~ div tbody tr")]
    assert cells == ["B5", "C5"]
    assert not shown.has("input[name=all]")
    refused = decide(organizer, sent.location, "all")  # by hand, without the button
    assert refused.status_code == 400
    assert "1 行有误" in page(refused).one("[role=alert]").text
    assert roster() == []
    decide(organizer, sent.location, "good")
    assert len(roster()) == 3


def test_F7_a_file_that_changes_nothing_says_so(
    organizer: FlaskClient, tmp_path: Path
) -> None:
    take_units(tmp_path)
    take_people(tmp_path)
    sent = upload(organizer, tmp_path, PEOPLE)
    shown = page(organizer.get(sent.location))
    assert "没有变化" in shown.one("main").text
    assert not shown.has("input[name=all]")


def test_giving_up_removes_the_file(
    app: Flask, organizer: FlaskClient, tmp_path: Path
) -> None:
    take_units(tmp_path)
    sent = upload(organizer, tmp_path, PEOPLE)
    assert len(kept_files(app)) == 1
    decide(organizer, sent.location, "cancel")
    assert (kept_files(app), roster()) == ([], [])
    assert organizer.get(sent.location).status_code == 404


def test_a_kept_file_belongs_to_its_account_and_its_purpose(
    app: Flask, organizer: FlaskClient, tmp_path: Path
) -> None:
    take_units(tmp_path)
    sent = upload(organizer, tmp_path, PEOPLE)
    other = signed_in(app, "otto", "organizer")
    assert other.get(sent.location).status_code == 404
    elsewhere = sent.location.replace("/people/", "/units/")
    assert organizer.get(elsewhere).status_code == 404


def test_F3_a_refused_file_is_one_sentence_and_is_not_kept(
    app: Flask, organizer: FlaskClient
) -> None:
    sent = send(organizer, b"<html><table></table></html>", "a.xls")
    answer = organizer.get(sent.location)
    assert answer.status_code == 400
    assert "网页" in page(answer).one("[role=alert]").text
    assert kept_files(app) == []


def test_no_file_at_all_is_said(organizer: FlaskClient) -> None:
    url = "/console/people/import"
    answer = organizer.post(url, data={"csrf_token": token_of(organizer, url)})
    assert answer.status_code == 400
    assert "请选择要上传的文件" in page(answer).one("main").text


def test_F8_names_from_a_file_are_shown_as_text(
    organizer: FlaskClient, tmp_path: Path
) -> None:
    take_units(tmp_path)
    rows = [["<script>alert(1)</script>", "张三", "0012"]]
    shown = page(organizer.get(upload(organizer, tmp_path, rows).location))
    assert not shown.has("main script")
    assert "<script>" in shown.one("#bad ~ div tbody").text


def test_F9_a_strange_file_name_is_shown_short_and_never_used(
    app: Flask, organizer: FlaskClient, tmp_path: Path
) -> None:
    take_units(tmp_path)
    sent = upload(organizer, tmp_path, PEOPLE, "../../" + "长" * 300 + ".xlsx")
    (file,) = kept_files(app)
    assert file.stem in sent.location
    lead = page(organizer.get(sent.location)).one(".lead").text
    assert "…" in lead
    assert len(lead) < 120


@pytest.mark.parametrize(
    ("kind", "name", "first"),
    [
        ("units", "单位导入模板.xlsx", "单位编码"),
        ("people", "人员导入模板.xlsx", "单位名称"),
    ],
)
def test_F9_F14_templates_come_with_a_name_of_ours_and_text_cells(
    organizer: FlaskClient, kind: str, name: str, first: str
) -> None:
    answer = organizer.get(f"/console/{kind}/template.xlsx")
    assert answer.headers["Content-Disposition"].endswith(
        f"filename*=UTF-8''{quote(name)}"
    )
    book_read = openpyxl.load_workbook(io.BytesIO(answer.data))
    assert book_read.sheetnames[1] == "填写说明"
    sheet = book_read.worksheets[0]
    assert sheet["A1"].value == first
    assert {cell.number_format for cell in sheet[2]} == {"@"}
    columns = sheet.column_dimensions.values()  # also where nothing stands yet
    assert {column.number_format for column in columns} == {"@"}


# The difference


def test_a_complete_roster_shows_who_leaves_and_takes_them_off(
    organizer: FlaskClient, tmp_path: Path
) -> None:
    take_units(tmp_path)
    take_people(tmp_path)
    rows = [["市司法局", "张三", "0012", "", "领导班子"]]
    sent = upload(organizer, tmp_path, rows, complete="yes")
    shown = page(organizer.get(sent.location))
    assert figures(shown)["移出"] == "1"
    assert figures(shown)["更新"] == "1"
    assert "李四" in shown.one("#left ~ div").text
    changed = shown.one("#changes ~ div").text
    assert "职级类别：中层 → 领导班子" in changed
    done = decide(organizer, sent.location, "all")
    assert "移出 1" in page(organizer.get(done.location)).one(".flashes").text
    assert [(p.name, p.unit_code) for p in roster()] == [("张三", "A1"), ("张三", "A2")]


def test_a_supplement_takes_nobody_off_and_the_choice_can_be_changed(
    organizer: FlaskClient, tmp_path: Path
) -> None:
    take_units(tmp_path)
    take_people(tmp_path)
    sent = upload(organizer, tmp_path, [["市司法局", "王五", "0099"]])
    shown = page(organizer.get(sent.location))
    assert "移出" not in figures(shown)
    whole = page(organizer.get(f"{sent.location}?complete=1"))
    assert figures(whole)["移出"] == "2"
    assert "比留下的还多" in whole.one("main").text
    decide(organizer, sent.location, "all")
    assert len(roster()) == 4


def test_F6_a_complete_roster_with_a_bad_row_imports_nothing(
    organizer: FlaskClient, tmp_path: Path
) -> None:
    """Behind the bad row may be somebody who would be taken off."""
    take_units(tmp_path)
    take_people(tmp_path)
    rows = [["市司法局", "张三", "0012"], ["市司法局", "李四", "13"]]
    sent = upload(organizer, tmp_path, rows, complete="yes")
    shown = page(organizer.get(sent.location))
    assert not shown.has("input[name=good]")
    assert not shown.has("input[name=all]")
    assert press(organizer, shown, "good").status_code == 400
    assert len(roster()) == 3


def test_K10_a_preview_that_is_out_of_date_is_409_and_shows_the_new_difference(
    organizer: FlaskClient, tmp_path: Path
) -> None:
    take_units(tmp_path)
    sent = upload(organizer, tmp_path, PEOPLE)
    seen = page(organizer.get(sent.location))
    assert figures(seen)["新增"] == "3"
    take_people(tmp_path, PEOPLE[:1])  # somebody else was faster
    stale = press(organizer, seen, "all")
    assert stale.status_code == 409
    shown = page(stale)
    assert "重新核对" in shown.one("[role=alert]").text
    assert (figures(shown)["新增"], figures(shown)["不变"]) == ("2", "1")
    assert len(roster()) == 1
    press(organizer, shown, "all")
    assert len(roster()) == 3


def test_L1_a_new_tail_of_a_known_name_is_asked_and_never_guessed(
    organizer: FlaskClient, tmp_path: Path
) -> None:
    take_units(tmp_path)
    take_people(tmp_path, [["市司法局", "张伟", "0012"], ["市司法局", "李四", "0013"]])
    rows = [["市司法局", "张伟", "9999"], ["市司法局", "李四", "8888"]]
    sent = upload(organizer, tmp_path, rows)
    shown = page(organizer.get(sent.location))
    assert figures(shown)["待确认"] == "2"
    undecided = press(organizer, shown, "all", **{"row-0": "same"})
    assert undecided.status_code == 400
    assert "要先确认" in page(undecided).one("[role=alert]").text
    assert page(undecided).has("#row-0-same[checked]")  # what was answered stays
    assert [p.tail for p in roster()] == ["0012", "0013"]
    press(organizer, shown, "all", **{"row-0": "same", "row-1": "other"})
    assert [(p.name, p.tail) for p in roster()] == [
        ("张伟", "9999"),
        ("李四", "0013"),
        ("李四", "8888"),
    ]


def test_somebody_found_in_another_unit_is_moved_only_when_one_says_so(
    organizer: FlaskClient, tmp_path: Path
) -> None:
    take_units(tmp_path)
    take_people(tmp_path, [["市司法局", "张伟", "0012"]])
    sent = upload(organizer, tmp_path, [["市公安局", "张伟", "0012", "", "中层"]])
    shown = page(organizer.get(sent.location))
    assert "从“市司法局”调入" in shown.one(".doubts").text
    done = press(organizer, shown, "all", **{"all-of": "same"})
    assert "调入 1" in page(organizer.get(done.location)).one(".flashes").text
    (person,) = roster()
    assert (person.unit_code, person.rank) == ("A2", "中层")


def test_units_that_changed_meanwhile_are_shown_anew_too(
    organizer: FlaskClient, tmp_path: Path
) -> None:
    url = "/console/units/import"
    content = book(tmp_path / "u.xlsx", UNIT_HEADINGS, UNITS).read_bytes()
    form = {"csrf_token": token_of(organizer, url)}
    sent = organizer.post(url, data=form | {"file": (io.BytesIO(content), "u.xlsx")})
    seen = page(organizer.get(sent.location))
    assert "市公安局" in seen.one("#new ~ div").text
    take_units(tmp_path, UNITS[:2])
    stale = press(organizer, seen, "all")
    assert stale.status_code == 409
    assert figures(page(stale))["新增"] == "1"
    press(organizer, page(stale), "all")
    assert len(all_units()) == 3
