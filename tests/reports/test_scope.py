"""Reports for somebody whose role is bound to a part of the units."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from flask import Flask

from accounts.models import RoleGrant
from core.access import Scope
from core.db import write
from core.errors import Missing
from reports.definitions import notices
from reports.operations import open_exam_lines, open_unit_people, open_unit_report
from tests.conftest import signed_in
from tests.reports.factories import OPENS, Hall

LATER = OPENS + timedelta(days=1)
KEY = "k"


@pytest.fixture
def made(app: Flask) -> dict[str, int]:
    """An exam of the whole city with people of two counties; one of 乙县 alone."""
    with write() as session:
        hall = Hall(session)
        own, other = hall.unit("甲县"), hall.unit("乙县")
        village = hall.unit("甲县东镇")
        village.parent_id = own.id
        city = hall.exam("全市测试")
        hall.person(city, own, "赵一", 9000)
        hall.person(city, village, "钱二", 5000)
        hall.person(city, other, "孙三", 7000)
        foreign = hall.exam("乙县测试", code="OTHERXXX")
        hall.person(foreign, other, "李四", 8000)
        return {
            "own": own.id,
            "village": village.id,
            "other": other.id,
            "city": city.id,
            "foreign": foreign.id,
        }


def scope(*units: int) -> Scope:
    return Scope(everywhere=False, units=frozenset(units))


def test_a_bound_report_shows_and_counts_its_part_and_says_so(
    app: Flask, made: dict[str, int]
) -> None:
    report = open_unit_report(
        exam_id=made["city"], now=LATER, key=KEY, by="甲", over="took",
        scope=scope(made["own"]),
    )  # fmt: skip
    assert [line.unit.name for line in report.units] == ["甲县", "甲县东镇"]
    assert [one.name for one in report.people] == ["赵一", "钱二"]
    assert (report.total.due, report.total.took, report.total.mean) == (2, 2, 7000)
    with app.test_request_context():
        assert any("只含甲县及下属单位" in text for text in notices(report))
        whole = open_unit_report(
            exam_id=made["city"], now=LATER, key=KEY, by="甲", over="took"
        )
        assert whole.total.due == 3
        assert not any("范围" in text for text in notices(whole))


def test_exams_that_no_unit_of_the_scope_is_in_are_not_found(
    made: dict[str, int],
) -> None:
    own = scope(made["own"])
    lines, count = open_exam_lines(now=LATER, key=KEY, offset=0, limit=9, scope=own)
    assert [(line.exam.id, line.total.due) for line in lines] == [(made["city"], 2)]
    assert count == 1
    with pytest.raises(Missing):
        open_unit_report(
            exam_id=made["foreign"], now=LATER, key=KEY, by="甲", over="took", scope=own
        )


def test_people_of_a_unit_outside_the_scope_are_not_found(
    made: dict[str, int],
) -> None:
    for unit in ("own", "village", "other"):
        wanted = {
            "exam_id": made["city"], "unit_id": made[unit], "now": LATER, "key": KEY,
            "by": "甲", "over": "took", "scope": scope(made["own"]),
        }  # fmt: skip
        if unit == "other":
            with pytest.raises(Missing):
                open_unit_people(**wanted)  # type: ignore[arg-type]
        else:
            assert len(open_unit_people(**wanted).people) == 1  # type: ignore[arg-type]


@pytest.mark.usefixtures("made")
def test_the_list_of_a_scope_without_units_is_empty() -> None:
    nothing = scope()
    found = open_exam_lines(now=LATER, key=KEY, offset=0, limit=9, scope=nothing)
    assert found == ([], 0)


def test_A10_a_liaison_sees_who_came_and_no_score(
    app: Flask, made: dict[str, int]
) -> None:
    client = signed_in(app, "lia", "liaison")
    with write() as session:
        session.execute(sa.update(RoleGrant).values(unit_id=made["own"]))
    listed = client.get("/reports/participation").get_data(as_text=True)
    assert "全市测试" in listed
    assert "乙县测试" not in listed
    address = f"/reports/participation/{made['city']}"
    shown = client.get(address).get_data(as_text=True)
    for word in ("赵一", "钱二", "甲县东镇", "已交卷", "2/2"):
        assert word in shown
    for word in ("孙三", "90", "50", "平均", "合格"):
        assert word not in BeautifulSoup(shown, "html.parser").main.get_text()  # type: ignore[union-attr]
    foreign = f"/reports/participation/{made['foreign']}"
    assert client.get(foreign).status_code == 404
    assert client.get("/reports").status_code == 403
    assert client.get(f"/reports/{made['city']}/units/{made['own']}").status_code == 403
