"""Exemptions: asked for by one, decided by another."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from core.access import Scope
from core.audit import AuditEntry, AuditPayload
from core.db import db
from core.errors import Forbidden, Missing, Refused
from tests.accounts.browser import Page, fill, page
from tests.conftest import signed_in
from tests.units.rosters import NOW, OLIVIA, take_people, take_units
from tests.units.test_liaison import grant, liaison, open_until
from tests.units.test_tree_pages import TREE, ids, post
from units.models import Exemption
from units.operations.exemptions import (
    TypedExemption,
    decide_exemption,
    request_exemption,
    withdraw_exemption,
)
from units.queries.editors import Editor
from units.queries.exemptions import exempt_from
from units.queries.people import people_on_roster

OSCAR = Editor("account:2", "oscar", OLIVIA.scope)
LATER = datetime.now(UTC) + timedelta(days=90)
SICK = TypedExemption("长期病假", "", LATER, "")
PEOPLE = [["云汀县", "张三", "0012"], ["霁山区", "李四", "0013"]]


@pytest.fixture
def people(app: Flask, tmp_path: Path) -> None:
    take_units(tmp_path, TREE)
    take_people(tmp_path, PEOPLE)


def person(name: str = "张三") -> int:
    db.session.rollback()
    (found,) = [one for one in people_on_roster() if one.name == name]
    return found.id


def ask(
    editor: Editor = OLIVIA, typed: TypedExemption = SICK, name: str = "张三"
) -> int:
    return request_exemption(
        person_id=person(name), typed=typed, editor=editor, now=NOW
    )


def decide(number: int, editor: Editor = OSCAR, **how: bool) -> None:
    decide_exemption(
        exemption_id=number,
        note="",
        editor=editor,
        now=NOW,
        **{"approve": True, "alone": False} | how,
    )


def exempt(code: str = "K7MPX4QW") -> dict[int, str]:
    db.session.rollback()
    return exempt_from(code, datetime.now(UTC))


def last_act() -> AuditEntry:
    entry = db.session.scalar(
        sa.select(AuditEntry).order_by(AuditEntry.n.desc()).limit(1)
    )
    assert entry
    return entry


@pytest.mark.usefixtures("people")
def test_only_what_somebody_else_approved_counts() -> None:
    number = ask()
    assert exempt() == {}
    with pytest.raises(Refused, match="不能审批自己提出的申请"):
        decide(number, OLIVIA)
    with pytest.raises(Refused, match="不能审批自己"):
        decide(number, OLIVIA, approve=False)
    decide(number)
    assert exempt() == {person(): "长期病假；oscar批准"}
    with pytest.raises(Refused, match="已经处理过"):
        decide(number)


@pytest.mark.usefixtures("people")
def test_what_was_refused_or_taken_back_does_not_count() -> None:
    decide(ask(), approve=False)
    assert exempt() == {}
    withdraw_exemption(exemption_id=ask(), editor=OLIVIA, now=NOW)
    assert exempt() == {}
    number = ask()
    decide(number)
    withdraw_exemption(exemption_id=number, editor=OSCAR, now=NOW)
    assert exempt() == {}
    with pytest.raises(Refused, match="已经结束"):
        withdraw_exemption(exemption_id=number, editor=OSCAR, now=NOW)


@pytest.mark.usefixtures("people")
def test_the_only_administrator_may_do_both_and_the_log_says_so() -> None:
    number = ask()
    decide(number, OLIVIA, alone=True)
    assert person() in exempt()
    assert json.loads(last_act().facts)["alone"] is True


@pytest.mark.usefixtures("people")
def test_an_exemption_for_one_exam_counts_there_only() -> None:
    decide(ask(typed=TypedExemption("驻村", "", None, "k7mpx4qw")))
    assert exempt("K7MPX4QW") == {person(): "驻村；oscar批准"}
    assert exempt("OTHEREXM") == {}


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (TypedExemption("不想考", "", LATER, ""), "请选择免考原因"),
        (TypedExemption("其他", " ", LATER, ""), "请写明"),
        (TypedExemption("产假", "长" * 101, LATER, ""), "最多 100 个字"),
        (TypedExemption("产假", "", None, ""), "免考到哪一天"),
        (TypedExemption("产假", "", NOW, ""), "已经过去"),
        (TypedExemption("产假", "", None, "ABC"), "8 位"),
    ],
)
def test_what_cannot_be_meant_is_refused(typed: TypedExemption, words: str) -> None:
    with pytest.raises(Refused, match=words):
        ask(typed=typed)


@pytest.mark.usefixtures("people")
def test_one_request_of_a_person_waits_at_a_time() -> None:
    ask()
    with pytest.raises(Refused, match="已有一项待审批"):
        ask(OSCAR)


@pytest.mark.usefixtures("people")
def test_a_liaison_asks_for_the_own_people_until_the_deadline() -> None:
    me = liaison("X1")
    with pytest.raises(Forbidden):
        ask(me)
    open_until(LATER)
    number = ask(me)
    with pytest.raises(Missing):
        ask(me, name="李四")
    with pytest.raises(Missing):
        decide(number, me)
    decide(number)
    with pytest.raises(Missing):
        withdraw_exemption(exemption_id=number, editor=me, now=NOW)


@pytest.mark.usefixtures("people")
def test_an_organizer_of_another_part_decides_nothing_here() -> None:
    units = frozenset({ids()["X2"]})
    other = Editor("account:3", "otto", Scope(everywhere=False, units=units))
    with pytest.raises(Missing):
        decide(ask(), other)


@pytest.mark.usefixtures("people")
def test_why_somebody_is_exempt_is_not_in_the_chain() -> None:
    ask(typed=TypedExemption("其他", "脱产学习", LATER, ""))
    entry = last_act()
    assert entry.action == "exemption.request"
    assert "脱产" not in entry.facts
    payload = db.session.scalar(
        sa.select(AuditPayload.payload).where(AuditPayload.n == entry.n)
    )
    assert payload
    assert "脱产学习" in payload


# Pages


def request_by(client: FlaskClient, **typed: str) -> Page:
    url = f"/console/people/{person()}/exempt"
    form = {"kind": "产假", "until": f"{LATER:%Y-%m-%d}", **typed}
    answer = fill(client, url, **form)
    if answer.status_code == 303:
        return page(client.get(answer.location))
    return page(answer)


def newest() -> Exemption:
    db.session.rollback()
    found = db.session.scalar(
        sa.select(Exemption).order_by(Exemption.id.desc()).limit(1)
    )
    assert found
    return found


@pytest.mark.usefixtures("people")
def test_a_request_goes_from_the_liaison_to_the_organizer(
    app: Flask, organizer: FlaskClient
) -> None:
    open_until(LATER)
    lia = signed_in(app, "lia", "liaison")
    grant("lia", "X1")
    wrong = request_by(lia, kind="其他", note="")
    assert "请写明" in wrong.one("[role=alert]").text
    shown = request_by(lia)
    assert "待审批" in shown.one("#exemptions").soup.parent.parent.get_text()  # type: ignore[union-attr]
    assert newest().until == datetime.combine(
        LATER.date() + timedelta(days=1), datetime.min.time(), tzinfo=UTC
    ) - timedelta(hours=8)  # the whole of that day, in Beijing
    own = page(lia.get("/console/units/exemptions"))
    assert not own.has("button[value=yes]")
    assert "撤回" in own.one("tbody").text
    waiting = page(organizer.get("/console/units/exemptions"))
    assert "张三" in waiting.one("tbody").text
    url = f"/console/units/exemptions/{newest().id}"
    done = post(organizer, url, answer="yes", note="材料齐全")
    assert "已同意 张三 免考" in done.one(".flashes").text
    told = page(lia.get(f"/console/people/{person()}")).one("tbody").text
    assert "olivia" in told
    assert "材料齐全" in told
    assert exempt() == {person(): "产假；olivia批准"}


@pytest.mark.usefixtures("people")
def test_nobody_decides_about_the_own_request_and_the_page_says_why(
    app: Flask, organizer: FlaskClient
) -> None:
    request_by(organizer)
    signed_in(app, "otto", "organizer")
    shown = page(organizer.get("/console/units/exemptions"))
    assert not shown.has("button[value=yes]")
    assert "要由另一位组织者审批" in shown.one("tbody").text
    url = f"/console/units/exemptions/{newest().id}"
    tried = post(organizer, url, answer="yes")
    assert "不能审批自己提出的申请" in tried.one(".flashes").text
    assert newest().approved is None


@pytest.mark.usefixtures("people")
def test_the_administrator_who_is_alone_may_until_a_second_one_comes(
    app: Flask,
) -> None:
    admin = signed_in(app, "adam", "admin")
    request_by(admin)
    shown = page(admin.get("/console/units/exemptions"))
    assert "您是唯一的管理员" in shown.one("tbody").text
    url = f"/console/units/exemptions/{newest().id}"
    post(admin, url, answer="no")
    assert newest().approved is False
    request_by(admin)
    signed_in(app, "otto", "organizer")
    shown = page(admin.get("/console/units/exemptions"))
    assert not shown.has("button[value=yes]")
    tried = post(admin, f"/console/units/exemptions/{newest().id}", answer="yes")
    assert "不能审批自己" in tried.one(".flashes").text


@pytest.mark.usefixtures("people")
def test_an_organizer_who_is_alone_but_no_administrator_may_not(
    organizer: FlaskClient,
) -> None:
    request_by(organizer)
    tried = post(organizer, f"/console/units/exemptions/{newest().id}", answer="yes")
    assert "不能审批自己" in tried.one(".flashes").text


@pytest.mark.usefixtures("people")
def test_a_liaison_does_not_see_the_requests_of_others(
    app: Flask, organizer: FlaskClient
) -> None:
    request_by(organizer)
    lia = signed_in(app, "lia", "liaison")
    grant("lia", "X2")
    assert "张三" not in page(lia.get("/console/units/exemptions")).one("main").text
    ended = post(lia, f"/console/units/exemptions/{newest().id}/end")
    assert "没有这项免考申请" in ended.one("main").text
    assert newest().ended_at is None
