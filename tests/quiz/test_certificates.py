"""Certificates: for those who passed, checkable by anybody, never forged."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from core.audit import breaks
from core.db import db, read_core
from quiz.afterwards import Certificate
from quiz.models import Sitting
from quiz.operations.certificates import issue_certificate
from quiz.operations.rekeying import confirm_rekey, propose_rekey
from quiz.operations.reopening import confirm_reopen, propose_reopen
from quiz.operations.voiding import void_sittings
from quiz.rules.rekeying import Change
from tests.conftest import make_account
from tests.pages import text_of
from tests.quiz.factories import Made, make_exam
from tests.quiz.phone import Phone, field
from tests.quiz.sitters import at_once
from tests.quiz.test_vouchers import token_of

PEOPLE = [("市司法局", "张伟", "0417"), ("市财政局", "王芳", "8830")]
#: 8 of 10 points, with 6 a pass.
SHEET = (("1", ["C"], 1), ("2", ["B"], 2), ("3", ["A", "B", "D"], 3), ("4", ["F"], 4))
AFTER = timedelta(hours=2, minutes=10)


@pytest.fixture
def clock(moment: datetime) -> Iterator[Any]:
    with time_machine.travel(moment + timedelta(minutes=1), tick=False) as traveller:
        yield traveller


@pytest.fixture
def made(app: Flask, moment: datetime, clock: Any) -> Made:
    return make_exam(moment, people=PEOPLE)


@pytest.fixture
def phone(app: Flask, made: Made) -> Phone:
    phone = Phone(app)
    phone.enter(*PEOPLE[0])
    phone.submit(*SHEET)
    return phone


def ask(phone: Phone) -> Any:
    csrf = field(phone.client.get(f"/e/{phone.code}"), "csrf")
    return phone.client.post(f"/s/{phone.token}/certificate", data={"csrf": csrf})


def held(phone: Phone, clock: Any, moment: datetime) -> tuple[str, str]:
    """The certificate's page and its code, after the exam."""
    clock.move_to(moment + AFTER)
    reply = ask(phone)
    assert reply.location == f"/s/{phone.token}/certificate"
    page = text_of(phone.client.get(reply.location))
    found = re.search(r"编号 ([\w ]+)</figcaption>", page)
    assert found
    return page, found[1].replace(" ", "")


def status(app: Flask, code: str) -> str:
    page = text_of(app.test_client().get(f"/v/{code}"))
    found = re.search(r"<h1>(.*?)</h1>", page)
    assert found
    return found[1]


def rekey(made: Made, moment: datetime, *changes: Change) -> None:
    n = len(changes)
    proposal = propose_rekey(
        exam_id=made.exam_id,
        changes=changes,
        reason="答案有误",
        key=f"tap{n}",
        account_id=make_account(f"ivan{n}", "organizer"),
        now=moment + AFTER,
    )
    confirm_rekey(
        proposal_id=proposal,
        account_id=make_account(f"olga{n}", "reviewer"),
        now=moment + AFTER,
    )


def test_who_passed_gets_one_after_the_exam(
    app: Flask, phone: Phone, moment: datetime, clock: Any
) -> None:
    assert "查看证书" not in text_of(phone.client.get(f"/s/{phone.token}/result"))
    assert ask(phone).status_code == 400
    assert phone.client.get(f"/s/{phone.token}/certificate").status_code == 404
    page, code = held(phone, clock, moment)
    for shown in ("张伟", "市司法局", "法治能力测试", "合格", "8 分，满分 10 分"):
        assert shown in page
    assert "查看证书" in text_of(phone.client.get(f"/s/{phone.token}/result"))
    assert held(phone, clock, moment)[1] == code  # the same one again
    with read_core() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(Certificate))
        assert list(breaks(connection)) == []


def test_M7_anybody_sees_name_mask_unit_score_and_status(
    app: Flask, phone: Phone, moment: datetime, clock: Any
) -> None:
    _, code = held(phone, clock, moment)
    page = text_of(app.test_client().get(f"/v/{code}"))
    for shown in ("证书有效", "张*", "市司法局", "<b>8</b> / 10", "合格"):
        assert shown in page
    assert "张伟" not in page
    assert phone.token not in page


def test_M7_a_forged_certificate_is_refused(
    app: Flask, phone: Phone, moment: datetime, clock: Any
) -> None:
    page, code = held(phone, clock, moment)
    token = token_of(page)
    client = app.test_client()
    genuine = text_of(client.post("/v/", data={"text": token}))
    assert "签名真实，凭证有效" in genuine
    assert "张伟" in genuine
    head, key, text, signature = token.split(".")
    from core.signing import decoded, encoded

    better = decoded(text).decode().replace("张伟", "李四").replace("|8|", "|10|")
    for forged in (
        f"{head}.{key}.{encoded(better.encode())}.{signature}",
        f"{head}.{key}.{text}.{encoded(b'0' * 64)}",
        f"{head}.{key[::-1]}.{text}.{signature}",
    ):
        assert client.post("/v/", data={"text": forged}).status_code == 400
    other = "C" + code[1:] if code[0] != "C" else "D" + code[1:]
    assert client.get(f"/v/{other}").status_code == 404


def test_P12_a_certificate_follows_a_change_of_keys(
    app: Flask, made: Made, phone: Phone, moment: datetime, clock: Any
) -> None:
    _, code = held(phone, clock, moment)
    rekey(made, moment, Change(made.versions[0], "key", (("C",), ("D",))))
    assert status(app, code) == "证书有效"  # the points stayed
    rekey(made, moment, Change(made.versions[4], "full"), *unchanged(made))
    assert status(app, code) == "证书已被替代"
    page, better = held(phone, clock, moment)
    assert "10 分，满分 10 分" in page
    assert "优秀" in page
    assert status(app, better) == "证书有效"


def unchanged(made: Made) -> list[Change]:
    return [Change(made.versions[0], "key", (("C",),))]


def test_P12_who_falls_below_the_mark_holds_it_no_more(
    app: Flask, made: Made, phone: Phone, moment: datetime, clock: Any
) -> None:
    _, code = held(phone, clock, moment)
    wrong = [Change(version, "key", (("A",),)) for version in made.versions[:2]]
    rekey(made, moment, *wrong)
    assert status(app, code) == "证书已作废"
    assert ask(phone).status_code == 400
    assert "已经作废" in text_of(phone.client.get(f"/s/{phone.token}/certificate"))


def test_P12_a_reopened_or_void_attempt_takes_the_certificate_along(
    app: Flask, made: Made, phone: Phone, moment: datetime, clock: Any
) -> None:
    _, code = held(phone, clock, moment)
    sitting = db.session.scalars(sa.select(Sitting.id)).one()
    db.session.rollback()
    asks: Any = {"sitting_id": sitting, "seconds": 600, "reason": "误触", "key": "r"}
    ivan, olga = make_account("ivan", "organizer"), make_account("olga", "organizer")
    proposal = propose_reopen(**asks, account_id=ivan, now=moment + AFTER)
    confirm_reopen(proposal_id=proposal, account_id=olga, now=moment + AFTER)
    assert status(app, code) == "证书已被替代"
    void_sittings(
        exam_id=made.exam_id,
        sitting_ids=[sitting],
        reason="替考",
        fresh=False,
        account_id=ivan,
        now=moment + AFTER,
    )
    assert status(app, code) == "证书已作废"


def test_who_did_not_pass_gets_none(
    app: Flask, made: Made, moment: datetime, clock: Any
) -> None:
    phone = Phone(app)
    phone.enter(*PEOPLE[1])
    phone.submit(*SHEET[:1])
    clock.move_to(moment + AFTER)
    assert "查看证书" not in text_of(phone.client.get(f"/s/{phone.token}/result"))
    reply = ask(phone)
    assert reply.status_code == 400
    assert "没有达到合格线" in text_of(reply)


def test_where_no_score_is_shown_there_is_no_certificate(
    app: Flask, moment: datetime, clock: Any
) -> None:
    make_exam(moment, people=PEOPLE, show_what="nothing")
    phone = Phone(app)
    phone.enter(*PEOPLE[0])
    phone.submit(*SHEET)
    clock.move_to(moment + AFTER)
    assert ask(phone).status_code == 400


def test_K2_two_taps_are_one_certificate(
    app: Flask, phone: Phone, moment: datetime, clock: Any
) -> None:
    sitting = db.session.scalars(sa.select(Sitting.id)).one()

    def tap() -> str:
        return issue_certificate(sitting_id=sitting, now=moment + AFTER)

    codes = at_once(app, tap, tap, tap)
    assert len(set(codes)) == 1
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Certificate)) == 1
