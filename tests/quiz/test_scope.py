"""Exams of a unit: whose they are, and who can be put on their rosters."""

from __future__ import annotations

from datetime import datetime

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from accounts.models import RoleGrant
from core.access import EVERYWHERE, Scope
from core.db import db, write
from core.errors import Missing
from quiz.models import Candidate, Exam
from quiz.operations.exams import create_exam
from quiz.queries.exams import exam_for, exams_listed
from quiz.queries.stock import outlook_of, roster_people, units_with_people
from quiz.rules.presets import PRESETS, rows_of
from tests.accounts.browser import fill, page
from tests.conftest import signed_in
from tests.quiz.ground import PLENTY, details, make_bank, make_units, publish
from tests.quiz.test_exam_pages import STEP_1


def exam_of(unit_id: int | None, code: str, moment: datetime) -> Exam:
    return create_exam(
        details=details(moment, title=f"考试{code}"),
        preset=PRESETS[0].name,
        rows=rows_of(PRESETS[0]),
        code=code,
        account_id=None,
        now=moment,
        unit_id=unit_id,
    )


def bound(app: Flask, username: str, *unit_ids: int) -> FlaskClient:
    """An organizer of these units alone."""
    client = signed_in(app, username, *["organizer"] * len(unit_ids))
    with write() as session:
        grants = session.scalars(sa.select(RoleGrant).order_by(RoleGrant.id)).all()
        for grant, unit_id in zip(grants[-len(unit_ids) :], unit_ids, strict=True):
            grant.unit_id = unit_id
    return client


def test_an_exam_belongs_to_all_or_to_one_unit(app: Flask, moment: datetime) -> None:
    first, second = make_units(moment, [1, 1])
    exams = {
        unit: exam_of(unit, code, moment)
        for unit, code in (
            (None, "FORALLXX"),
            (first, "FIRSTXXX"),
            (second, "SECONDXX"),
        )
    }
    own = Scope(everywhere=False, units=frozenset({first}))
    assert exam_for(own, exams[first].id).code == "FIRSTXXX"
    assert [exam.code for exam, _ in exams_listed(own)] == ["FIRSTXXX"]
    for unit in (None, second):
        assert exam_for(EVERYWHERE, exams[unit].id)
        with pytest.raises(Missing):
            exam_for(own, exams[unit].id)


def test_only_people_of_its_unit_can_be_due(app: Flask, moment: datetime) -> None:
    make_bank(moment, PLENTY)
    first, second = make_units(moment, [2, 3])
    exam = exam_of(first, "FIRSTXXX", moment)
    assert [unit.id for unit in units_with_people(exam.scope)] == [first]
    assert roster_people([second], exam.scope) == []
    before = outlook_of(exam).guarantee
    assert before is not None
    assert before.largest_unit == 2
    publish(exam, moment, units=[first, second])
    due = db.session.scalars(
        sa.select(Candidate.unit_id).where(Candidate.exam_id == exam.id)
    )
    assert set(due) == {first}


def test_a_bound_organizers_exam_belongs_to_their_unit(
    app: Flask, moment: datetime
) -> None:
    first, second = make_units(moment, [1, 1])
    client = bound(app, "ona", first)
    address = "/console/exams/new?preset=现场抽测"
    assert not page(client.get(address)).has("[name=unit]")
    assert fill(client, address, unit=str(second), **STEP_1).status_code == 303
    db.session.rollback()
    assert db.session.scalars(sa.select(Exam.unit_id)).all() == [first]


def test_an_organizer_of_several_units_says_whose_exam_it_is(
    app: Flask, moment: datetime
) -> None:
    first, second, third = make_units(moment, [1, 1, 1])
    client = bound(app, "ona", first, second)
    address = "/console/exams/new?preset=现场抽测"
    offered = page(client.get(address)).all("[name=unit] option")
    assert [option["value"] for option in offered] == [str(first), str(second)]
    for refused in (str(third), "", "x"):
        assert fill(client, address, unit=refused, **STEP_1).status_code == 400
    assert fill(client, address, unit=str(second), **STEP_1).status_code == 303
    db.session.rollback()
    assert db.session.scalars(sa.select(Exam.unit_id)).all() == [second]


@pytest.mark.usefixtures("app")
def test_an_organizer_of_all_makes_exams_of_all(organizer: FlaskClient) -> None:
    address = "/console/exams/new?preset=现场抽测"
    assert fill(organizer, address, unit="1", **STEP_1).status_code == 303
    assert db.session.scalars(sa.select(Exam.unit_id)).all() == [None]


def test_an_exam_of_a_unit_from_the_terminal(app: Flask, moment: datetime) -> None:
    make_bank(moment, PLENTY)
    first, _second = make_units(moment, [1, 1])

    def run(*words: str) -> str:
        return app.test_cli_runner().invoke(args=["exams", *words]).output

    asked = ("new", "--title", "一局测试", "--opens", "2099-11-24 09:00", "--unit")
    assert "没有编码为 Z 的单位" in run(*asked, "Z")
    assert "已新建草稿" in run(*asked, "999000001")
    exam = db.session.scalars(sa.select(Exam)).one()
    assert exam.unit_id == first
    said = run("publish", exam.code, "--unit", "第2局")
    assert "没有单位“第2局”" in said
