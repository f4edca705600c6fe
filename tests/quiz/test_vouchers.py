"""Receipts that anybody can check: /v/<code>."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from core.db import db
from core.entries import AuditPayload
from quiz.models import Answer, Sitting
from quiz.operations.reopening import confirm_reopen, propose_reopen
from quiz.operations.voiding import void_sittings
from tests.conftest import make_account
from tests.pages import text_of
from tests.quiz.factories import make_exam
from tests.quiz.phone import Phone

PEOPLE = [("市司法局", "张伟", "0417"), ("市财政局", "王芳", "8830")]
SHEET = (("1", ["C"], 1), ("2", ["B"], 2), ("4", ["F"], 3))


@pytest.fixture
def clock(moment: datetime) -> Iterator[Any]:
    with time_machine.travel(moment, tick=False) as traveller:
        yield traveller


@pytest.fixture
def phone(app: Flask, moment: datetime, clock: Any) -> Phone:
    """Somebody who has handed in three of five answers."""
    make_exam(moment, people=PEOPLE, show_score="after_close")
    phone = Phone(app)
    phone.enter(*PEOPLE[0])
    phone.submit(*SHEET)
    return phone


def receipt_of(phone: Phone, generation: int | None = None) -> str:
    end = "" if generation is None else f"/{generation}"
    return text_of(phone.client.get(f"/s/{phone.token}/receipt{end}"))


def code_of(page: str) -> str:
    found = re.search(r"<figcaption>([\w ]+)</figcaption>", page)
    assert found, page
    return found[1].replace(" ", "")


def token_of(page: str) -> str:
    found = re.search(r"LG1\.[\w.-]+", page)
    assert found, page
    return found[0]


def row(phone: Phone) -> Sitting:
    db.session.rollback()
    return db.session.scalars(
        sa.select(Sitting)
        .where(Sitting.token == phone.token)
        .execution_options(populate_existing=True)
    ).one()


def test_the_receipt_has_all_that_proves_it(phone: Phone) -> None:
    page = receipt_of(phone)
    stored = row(phone)
    assert code_of(page) == stored.receipt_code
    for shown in (stored.check_word, stored.answers_digest, "3 题，共 5 题"):
        assert str(shown) in page
    assert '<svg class="qr"' in page
    assert "考试结束后可查" in page


def test_anybody_checks_a_receipt_and_learns_nobodys_name(
    app: Flask, phone: Phone, moment: datetime, clock: Any
) -> None:
    stored = row(phone)
    stranger = app.test_client()
    page = text_of(stranger.get(f"/v/{stored.receipt_code}"))
    assert "回执有效" in page
    for shown in (stored.check_word, stored.answers_digest, "与交卷时一致"):
        assert str(shown) in page
    for hidden in ("张伟", "市司法局", "0417", phone.token, "合格"):
        assert hidden not in page
    clock.move_to(moment + timedelta(hours=2))  # now the exam shows scores
    assert "合格" in text_of(stranger.get(f"/v/{stored.receipt_code}"))


def test_a_code_is_typed_by_hand(app: Flask, phone: Phone) -> None:
    code = str(row(phone).receipt_code)
    typed = f" {code[:4].lower()}-{code[4:8]} {code[8:]}"
    client = app.test_client()
    assert client.get("/v/").status_code == 200
    reply = client.post("/v/", data={"text": typed})
    assert reply.location == f"/v/{code}"
    assert "回执有效" in text_of(client.get(f"/v/{code.lower()}"))
    assert client.post("/v/", data={"text": "你好"}).status_code == 400
    missing = client.get("/v/BBBBBBBBBBBB")
    assert missing.status_code == 404
    assert "伪造" in text_of(missing)


def test_M1_answers_changed_behind_the_receipt_are_seen(
    app: Flask, phone: Phone
) -> None:
    code = row(phone).receipt_code
    with db.engine.begin() as connection:
        connection.execute(
            sa.update(Answer).where(Answer.q == "1").values(value='["A"]')
        )
    page = text_of(app.test_client().get(f"/v/{code}"))
    assert "与这张回执的摘要不一致" in page
    with db.engine.begin() as connection:
        connection.execute(sa.delete(Answer))
    assert "已按保存期限删除" in text_of(app.test_client().get(f"/v/{code}"))


def test_M12_a_forged_receipt_is_refused(app: Flask, phone: Phone) -> None:
    token = token_of(receipt_of(phone))
    client = app.test_client()
    genuine = text_of(client.post("/v/", data={"text": token}))
    assert "签名真实，凭证有效" in genuine
    assert str(row(phone).answers_digest) in genuine
    head, key, text, signature = token.split(".")
    for forged in (
        f"{head}.{key}.{text}.{signature[::-1]}",
        f"{head}.{key}.{text[:-8]}{text[-4:]}.{signature}",
        f"{head}.00000000.{text}.{signature}",
        "LG1.",
    ):
        reply = client.post("/v/", data={"text": forged})
        assert reply.status_code == 400
        assert "不是本系统签发的" in text_of(reply)


@pytest.mark.parametrize(
    ("act", "what"),
    [
        (
            "DELETE FROM audit_entry WHERE n >= (SELECT audit_n FROM sitting)",
            "存证摘要",
        ),
        ("UPDATE audit_entry SET hash = 'ab' || substr(hash, 3)", "存证摘要"),
        ("UPDATE sitting SET answers_digest = '00'", "答卷摘要"),
        ("UPDATE sitting SET audit_n = audit_n - 1", "存证编号"),
    ],
)
def test_M2_M3_a_kept_receipt_shows_that_the_log_was_cut_or_written_anew(
    app: Flask, phone: Phone, act: str, what: str
) -> None:
    token = token_of(receipt_of(phone))
    db.session.rollback()
    with db.engine.begin() as connection:
        connection.execute(sa.delete(AuditPayload))
        connection.execute(sa.text(act))
    page = text_of(app.test_client().post("/v/", data={"text": token}))
    assert "记录被改动过" in page
    assert what in page.split("变了")[0]


def test_M12_a_receipt_is_verified_without_this_server(
    app: Flask, phone: Phone
) -> None:
    """As docs/algorithms/vouchers.md says, with the published keys alone."""
    import base64

    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PublicKey,
    )

    def raw(text: str) -> bytes:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))

    token = token_of(receipt_of(phone))
    published = json.loads(text_of(app.test_client().get("/v/keys.json")))
    _, key_id, text, signature = token.split(".")
    (key,) = (one["public"] for one in published if one["id"] == key_id)
    signed = token.rpartition(".")[0].encode()
    Ed25519PublicKey.from_public_bytes(raw(key)).verify(raw(signature), signed)
    fields = raw(text).decode().split("|")
    assert fields[:3] == ["receipt", row(phone).receipt_code, "TESTEXAM"]
    assert fields[7] == row(phone).answers_digest


def test_M11_the_programs_own_digest_stands_in_every_receipt(phone: Phone) -> None:
    from core.signing import decoded
    from core.version import release

    text = decoded(token_of(receipt_of(phone)).split(".")[2]).decode()
    assert text.split("|")[-1] == release()
    assert re.fullmatch(r"[0-9a-f]{16}", release())


def test_a_reopened_sheets_receipt_says_that_another_took_its_place(
    app: Flask, phone: Phone, moment: datetime, clock: Any
) -> None:
    sitting = row(phone)
    old, sitting_id = str(sitting.receipt_code), sitting.id
    exam_id = sitting.exam_id
    proposal = propose_reopen(
        sitting_id=sitting_id,
        seconds=600,
        reason="误点交卷",
        key="tap",
        account_id=make_account("ivan", "invigilator"),
        now=moment,
    )
    confirm_reopen(
        proposal_id=proposal, account_id=make_account("olga", "organizer"), now=moment
    )
    stranger = app.test_client()
    assert "回执已被替代" in text_of(stranger.get(f"/v/{old}"))
    phone.read(phone.client.get(f"/s/{phone.token}"))
    phone.submit(*SHEET, ("3", ["A", "B", "D"], 9))
    new = receipt_of(phone)
    assert code_of(new) not in (old, "")
    assert "4 题，共 5 题" in new
    past = receipt_of(phone, 1)
    assert code_of(past) == old
    assert "已由新的答卷替代" in past
    assert "3 题，共 5 题" in past
    assert "回执已被替代" in text_of(stranger.get(f"/v/{old}"))
    void_sittings(
        exam_id=exam_id,
        sitting_ids=[sitting_id],
        reason="替考",
        fresh=False,
        account_id=make_account("vera", "organizer"),
        now=moment,
    )
    for code in (old, code_of(new)):
        assert "回执已作废" in text_of(stranger.get(f"/v/{code}"))


def test_another_phone_reads_the_receipt_only_after_identifying(
    app: Flask, phone: Phone
) -> None:
    path = f"/s/{phone.token}/receipt"
    other = Phone(app)
    assert other.client.get(path).status_code == 404
    wrong = other.identify(*PEOPLE[1])
    assert other.client.get(path).status_code == 404
    assert other.start(wrong, receipt="1").status_code == 200  # begins a paper
    right = other.identify(*PEOPLE[0])
    place = other.start(right, receipt="1").location
    assert place == path
    assert "张伟" in text_of(other.client.get(path))
    assert other.client.get(f"/s/{phone.token}/state").status_code == 409
    other.client.get("/e/TESTEXAM")  # somebody else takes the phone
    assert other.client.get(path).status_code == 404
