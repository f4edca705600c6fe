"""V6: what may be published tells of no single person."""

from __future__ import annotations

import io
import json
from pathlib import Path

from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook

from core.db import write
from tests.reports.factories import Hall
from tests.reports.test_pages import LONG_AGO, audited

NAMES = ("赵一", "钱二", "孙三", "李四", "周五", "吴六", "郑七", "王八", "冯九")


def fill() -> int:
    """A unit of two, one of six and one of eight."""
    with write() as session:
        hall = Hall(session)
        exam = hall.exam("年度测试", opens_at=LONG_AGO)
        for unit, size in (("小局", 2), ("中局", 6), ("大局", 8)):
            made = hall.unit(unit)
            for name in NAMES[:size]:
                hall.person(exam, made, name, 7100 if unit == "小局" else 8000)
        return exam.id


def rows(client: FlaskClient, path: str) -> dict[str, list[str]]:
    soup = BeautifulSoup(client.get(path).get_data(as_text=True), "html.parser")
    found = {}
    for row in soup.select("table")[0].select("tbody tr, tfoot tr"):
        cells = [" ".join(cell.get_text(" ").split()) for cell in row.select("td, th")]
        found[cells[0].split()[0]] = cells[1:]
    return found


def test_V6_inside_small_units_are_shown_unless_asked_otherwise(
    organizer: FlaskClient,
) -> None:
    exam = fill()
    assert "71.00" in rows(organizer, f"/reports/{exam}")["小局"]
    hidden = rows(organizer, f"/reports/{exam}?small=hide")
    assert "71.00" not in hidden["小局"]
    assert "80.00" not in hidden["中局"]  # else the total would tell of the small one
    assert "80.00" in hidden["大局"]
    assert hidden["小局"][:2] == ["2", "2"]  # participation stays
    assert "78.88" in hidden["合计"]


def test_V2_V6_the_public_workbook_has_no_people_and_hides_small_units(
    organizer: FlaskClient,
) -> None:
    exam = fill()
    content = organizer.get(f"/reports/{exam}/public.xlsx").data
    book = load_workbook(io.BytesIO(content))
    assert "人员成绩表" not in book.sheetnames
    texts = [str(cell.value) for s in book.worksheets for row in s.rows for cell in row]
    assert not [text for text in texts if any(name in text for name in NAMES)]
    assert any("不列成绩" in text for text in texts)
    lines = {row[1]: row for row in book["单位成绩表"].values}
    top = next(row for row in book["单位成绩表"].values if row[0] == "单位编码")
    mean = top.index("平均分")
    assert [lines[name][mean] for name in ("小局", "中局", "大局")] == ["—", "—", 80]
    ((action, facts),) = audited()
    assert (action, facts["form"], facts["people"]) == ("report.download", "public", 0)


def test_V6_it_can_be_asked_to_show_them(organizer: FlaskClient) -> None:
    exam = fill()
    content = organizer.get(f"/reports/{exam}/public.xlsx?small=show").data
    book = load_workbook(io.BytesIO(content))
    assert 71 in [cell.value for row in book["单位成绩表"].rows for cell in row]
    assert "人员成绩表" not in book.sheetnames


def test_V6_from_the_terminal(app: Flask, tmp_path: Path) -> None:
    fill()
    file = tmp_path / "public.xlsx"
    run = app.test_cli_runner().invoke
    args = ["reports", "unit", "--exam", "QX7M2KPD", "--public"]
    assert run(args=[*args, "--xlsx", str(file)]).exit_code == 0
    assert "人员成绩表" not in load_workbook(file).sheetnames
    units = json.loads(run(args=[*args, "--json"]).stdout)["units"]
    assert [unit["mean"] for unit in units] == [None, None, 8000]
