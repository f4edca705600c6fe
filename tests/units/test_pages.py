"""The pages of units and people."""

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
from tests.accounts.browser import page
from tests.conftest import signed_in
from tests.units.rosters import (
    PEOPLE,
    PEOPLE_HEADINGS,
    Rows,
    book,
    take_people,
    take_units,
)
from units.queries import RosterPerson, all_units, people_on_roster

BAD = [*PEOPLE, ["市司发局", "", "12"]]


def token_of(client: FlaskClient, url: str) -> str:
    return page(client.get(url)).one("main input[name=csrf_token]")["value"]


def upload(
    client: FlaskClient, folder: Path, rows: Rows, name: str = "名单.xlsx"
) -> TestResponse:
    """Send a roster; returns the answer to the upload."""
    content = book(folder / "up.xlsx", PEOPLE_HEADINGS, rows).read_bytes()
    return send(client, content, name)


def send(client: FlaskClient, content: bytes, name: str) -> TestResponse:
    url = "/console/people/import"
    form = {"csrf_token": token_of(client, url), "file": (io.BytesIO(content), name)}
    return client.post(url, data=form)


def decide(client: FlaskClient, url: str, choice: str) -> TestResponse:
    form = {"csrf_token": token_of(client, url), choice: "1"}
    return client.post(url, data=form)


def roster() -> list[RosterPerson]:
    """Who is on it now: a read that began before a request would not see it."""
    db.session.rollback()
    return people_on_roster()


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


def test_units_are_listed_and_searched(organizer: FlaskClient, tmp_path: Path) -> None:
    assert "还没有单位" in page(organizer.get("/console/units")).one("main").text
    take_units(tmp_path)
    take_people(tmp_path)
    shown = page(organizer.get("/console/units"))
    assert [row.all("td")[1].text for row in shown.all("tbody tr")] == [
        "市司法局",
        "市公安局",
        "团市委",
    ]
    assert shown.has("table[data-sortable]")
    found = page(organizer.get("/console/units?q=sgaj"))
    assert [row.all("td")[5].text for row in found.all("tbody tr")] == ["1"]
    nobody = page(organizer.get("/console/units?q=<script>"))
    assert "没有找到" in nobody.one("main").text
    assert not nobody.has("main script")


def test_a_unit_shows_its_people(organizer: FlaskClient, tmp_path: Path) -> None:
    take_units(tmp_path)
    take_people(tmp_path)
    unit = all_units()[0]
    text = page(organizer.get(f"/console/units/{unit.id}")).one("main").text
    assert "张三" in text
    assert "0012" in text
    assert organizer.get("/console/units/999").status_code == 404


def test_one_person_is_added_and_taken_off(
    organizer: FlaskClient, tmp_path: Path
) -> None:
    take_units(tmp_path)
    url = f"/console/units/{all_units()[0].id}"
    form = {"csrf_token": token_of(organizer, url), "name": "张三", "phone": "12"}
    wrong = organizer.post(f"{url}/people", data=form)
    assert wrong.status_code == 400
    assert "四位数字" in page(wrong).one("[role=alert]").text
    assert page(wrong).one("input[name=name]")["value"] == "张三"
    organizer.post(f"{url}/people", data=form | {"phone": "0012"})
    (person,) = roster()
    remove = f"{url}/people/{person.id}/remove"
    organizer.post(remove, data={"csrf_token": form["csrf_token"]})
    assert roster() == []


def test_a_preview_writes_nothing_and_the_decision_writes_all(
    app: Flask, organizer: FlaskClient, tmp_path: Path
) -> None:
    take_units(tmp_path)
    sent = upload(organizer, tmp_path, PEOPLE)
    assert roster() == []
    shown = page(organizer.get(sent.location))
    assert [cell.text for cell in shown.all(".figure-value")] == ["3", "0", "0", "0"]
    assert shown.has("input[name=all]")
    assert not shown.has("input[name=good]")
    done = decide(organizer, sent.location, "all")
    assert done.location == "/console/units"
    assert "新增 3" in page(organizer.get(done.location)).one(".flashes").text
    assert len(roster()) == 3
    assert kept_files(app) == []


def test_f6_every_bad_cell_is_shown_before_anything_is_written(
    organizer: FlaskClient, tmp_path: Path
) -> None:
    take_units(tmp_path)
    sent = upload(organizer, tmp_path, BAD)
    shown = page(organizer.get(sent.location))
    cells = [row.all("td")[1].text for row in shown.all("tbody tr")]
    assert cells == ["B5", "C5"]
    assert not shown.has("input[name=all]")
    refused = decide(organizer, sent.location, "all")  # by hand, without the button
    assert refused.location == sent.location
    assert roster() == []
    decide(organizer, sent.location, "good")
    assert len(roster()) == 3


def test_f7_a_file_that_changes_nothing_says_so(
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


def test_f3_a_refused_file_is_one_sentence_and_is_not_kept(
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


def test_f8_names_from_a_file_are_shown_as_text(
    organizer: FlaskClient, tmp_path: Path
) -> None:
    take_units(tmp_path)
    rows = [["<script>alert(1)</script>", "张三", "0012"]]
    shown = page(organizer.get(upload(organizer, tmp_path, rows).location))
    assert not shown.has("main script")
    assert "<script>" in shown.one("tbody").text


def test_f9_a_strange_file_name_is_shown_short_and_never_used(
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
def test_f9_f14_templates_come_with_a_name_of_ours_and_text_cells(
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
