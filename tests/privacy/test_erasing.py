"""V5, P20: what is erased is gone everywhere; what stays still verifies."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from accounts.models import Account, KnownBrowser, RecoveryCode
from accounts.operations.accounts import disable_account
from audit.queries.verification import verify
from core.audit import AuditEntry, AuditPayload
from core.db import Model, db, write
from core.errors import Missing, Refused
from privacy.operations import sweeping
from privacy.operations.erasing import erase_person
from privacy.operations.sweeping import sweep
from privacy.queries.due import counted
from privacy.queries.person import all_about
from privacy.rules.periods import Periods
from question_bank.models import QuestionRemark
from question_bank.operations.erasing import FORGOTTEN
from quiz.models import Answer, Candidate, Exam, LateMessage, Score, Sitting
from quiz.traces import Joining
from reports.operations import open_unit_report
from tests.audit.world import build
from tests.conftest import SECRET
from units.models import Exemption, Person
from units.operations.erasing import ERASED

PERIODS = Periods(
    tries=30, devices=190, answers=400, names=1095, left=730, sessions=200, audit=1095
)


@pytest.fixture
def world(app: Flask, moment: datetime) -> SimpleNamespace:
    made = build(moment)
    db.session.rollback()
    return made


def count(model: type[Model], *conditions: sa.ColumnElement[bool]) -> int:
    db.session.rollback()
    query = sa.select(sa.func.count()).select_from(model).where(*conditions)
    return db.session.scalar(query) or 0


def everything() -> str:
    """All that stands in the database, but for digests and keys."""
    db.session.rollback()
    texts = []
    for table in Model.metadata.sorted_tables:
        texts += [str(tuple(row)) for row in db.session.execute(sa.select(table))]
    return "\n".join(texts)


def results(world: SimpleNamespace) -> list[tuple[object, ...]]:
    report = open_unit_report(
        now=world.now + timedelta(days=9),
        key=SECRET,
        by="",
        over="took",
        exam_id=world.exam,
    )
    return [(one.unit.id, one.figures) for one in report.units]


def finish(world: SimpleNamespace) -> None:
    """Publish the results of the exam that is still open, as if it were over."""
    with write() as session:
        session.execute(
            sa.update(Exam)
            .where(Exam.results_at.is_(None), Exam.published_at.is_not(None))
            .values(results_at=world.now)
        )


def erase(person_id: int, world: SimpleNamespace, **more: Any) -> None:
    given: dict[str, Any] = {
        "reason": "本人申请",
        "since": world.now - timedelta(days=400),
        "actor": "system",
        "now": world.now + timedelta(days=2),
    }
    erase_person(person_id=person_id, **given | more)


def people_of(entries: sa.Select[str]) -> set[int]:
    """The people behind the candidates that entries speak of."""
    db.session.rollback()
    told = [json.loads(text) for text in db.session.scalars(entries)]
    numbers = {one[end] for one in told for end in ("from", "to")}
    query = sa.select(Candidate.person_id).where(Candidate.id.in_(numbers))
    return {one for one in db.session.scalars(query) if one is not None}


def test_V5_the_log_keeps_no_words_of_moved_sheets_and_excuses(
    world: SimpleNamespace,
) -> None:
    finish(world)
    moved = sa.select(AuditEntry.facts).where(AuditEntry.action == "sitting.reassign")
    people = people_of(moved) | set(db.session.scalars(sa.select(Exemption.person_id)))
    named = sa.select(Person.name).where(Person.id.in_(people))
    names = db.session.scalars(named).all()
    assert len(names) >= 3
    words = (
        sa.select(sa.func.count())
        .select_from(AuditPayload)
        .join(AuditEntry, AuditEntry.n == AuditPayload.n)
        .where(AuditEntry.object.startswith("exemption:"))
    )
    assert db.session.scalar(words)
    for one in people:
        erase(one, world)
    assert db.session.scalar(words) == 0
    with db.engine.connect() as connection:
        left = "\n".join(connection.scalars(sa.select(AuditPayload.payload)))
    assert [name for name in names if name in left] == []


def test_a_copy_does_not_name_the_other_one_of_a_moved_sheet(
    world: SimpleNamespace,
) -> None:
    entries = sa.select(AuditEntry.facts).where(AuditEntry.action == "sitting.reassign")
    both = people_of(entries)
    assert len(both) == 2
    names = {one: db.session.get_one(Person, one).name for one in both}
    told = 0
    for one in both:
        (other,) = both - {one}
        copied = json.dumps(all_about(one), ensure_ascii=False)
        assert names[other] not in copied
        told += '"sitting.reassign"' in copied
    assert told == 1  # with the one whose sheet it is now


def person_named(name: str) -> int:
    db.session.rollback()
    return db.session.scalars(sa.select(Person.id).where(Person.name == name)).one()


def test_V5_a_person_is_erased_everywhere_and_all_still_verifies(
    world: SimpleNamespace,
) -> None:
    before = results(world)
    assert everything().count("期限已改") == 3  # objection, remark, audit log
    person_id = 1  # sat, was reopened, has answers and receipts
    own = Candidate.person_id == person_id
    with db.engine.connect() as connection:
        digests = connection.scalars(sa.select(Candidate.tail_digest).where(own)).all()
        devices = connection.execute(
            sa.select(Sitting.device, Sitting.token).join(Candidate).where(own)
        ).all()
    assert len(digests) == 3
    assert devices
    scores = count(Score)
    finish(world)
    broken = verify(recount=True).found  # what this test has altered itself
    erase(person_id, world)

    text = everything()
    assert "期限已改" not in text
    assert "题目无误" not in text
    assert count(QuestionRemark, QuestionRemark.text == FORGOTTEN) == 1
    assert count(Candidate, own, Candidate.name != ERASED) == 0
    assert count(Person, Person.id == person_id, Person.name == ERASED) == 1
    for secret in (*digests, *(part for row in devices for part in row)):
        assert secret not in text
    mine = sa.select(Sitting.id).join(Candidate).where(own)
    assert count(Answer, Answer.sitting_id.in_(mine)) == 0
    late = (LateMessage.sitting_id.in_(mine), LateMessage.body != "")
    assert count(LateMessage, *late) == 0
    assert count(Score) == scores
    assert results(world) == before
    named = {one.place.where for one in verify(recount=True).found}
    assert named == {one.place.where for one in broken}


def test_V5_erasing_is_an_act_with_its_reason(world: SimpleNamespace) -> None:
    finish(world)
    erase(2, world)
    db.session.rollback()
    entry = db.session.scalars(
        sa.select(AuditEntry).order_by(AuditEntry.n.desc()).limit(1)
    ).one()
    assert (entry.action, entry.object) == ("privacy.erase", "person:2")
    assert json.loads(entry.facts)["exams"] == 3
    payload = db.session.scalar(
        sa.select(AuditPayload.payload).where(AuditPayload.n == entry.n)
    )
    assert payload == '{"reason":"本人申请"}'


def test_V5_what_only_looks_erased_is_still_noticed(world: SimpleNamespace) -> None:
    """Deleting answers by hand is no erasure: no act says so."""
    with write() as session:
        session.execute(sa.delete(Answer).where(Answer.sitting_id == 1))
    assert "answer:1.1" in {one.place.where for one in verify(recount=True).found}


@pytest.mark.parametrize(
    ("person_id", "more", "error", "told"),
    [
        (999, {}, Missing, "没有这个人"),
        (1, {"reason": " "}, Refused, "原因"),
        (1, {"reason": "x" * 201}, Refused, "原因"),
        (1, {}, Refused, "还没有公布成绩"),
    ],
)
def test_erasing_is_refused(
    world: SimpleNamespace,
    person_id: int,
    more: dict[str, str],
    error: type[Refused],
    told: str,
) -> None:
    before = everything()
    with pytest.raises(error, match=told):
        erase(person_id, world, **more)
    assert everything() == before


def test_nobody_is_erased_twice(world: SimpleNamespace) -> None:
    finish(world)
    erase(1, world)
    with pytest.raises(Refused, match="已经删除"):
        erase(1, world)


# --- retention --------------------------------------------------------------------


def swept(world: SimpleNamespace, days: int) -> Counter[str]:
    return sweep(
        periods=PERIODS,
        uploads=Path("no-such-folder"),
        actor="system",
        now=world.now + timedelta(days=days),
    )


def test_V5_nothing_goes_before_its_time(world: SimpleNamespace) -> None:
    before = everything()
    assert swept(world, 29) == Counter()
    assert everything() == before


def test_V5_what_is_past_its_period_goes_step_by_step_and_all_verifies(
    world: SimpleNamespace,
) -> None:
    figures = results(world)
    answers, names = count(Answer), count(Candidate, Candidate.name != ERASED)
    closed = sa.select(Sitting.id).where(Sitting.state != "open")

    done = swept(world, 195)
    assert set(done) == {"devices", "tries"}
    assert count(Joining) == 0
    assert count(Sitting, Sitting.id.in_(closed), Sitting.device != "") == 0
    assert count(Sitting, Sitting.state == "open", Sitting.device != "") == 1

    done = swept(world, 410)
    assert set(done) == {"answers", "sessions"}
    left = count(Answer)
    assert 0 < left < answers  # those of the open sheet stay
    assert count(Answer, Answer.sitting_id.in_(closed)) == 0

    done = swept(world, 1200)
    assert set(done) == {"names", "left", "audit"}
    assert done["names"] == names
    assert count(AuditPayload) == 0
    assert "产假" not in everything()
    assert verify(recount=True).found == []
    assert results(world) == figures
    assert swept(world, 1200) == Counter()


def test_V5_a_sweep_is_many_short_acts(
    world: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "AT_ONCE", 2)
    done = swept(world, 195)
    acts = count(AuditEntry, AuditEntry.action == "privacy.sweep")
    assert acts == -(-done["devices"] // 2) - (-done["tries"] // 2)


def test_what_is_counted_is_what_is_swept(world: SimpleNamespace) -> None:
    db.session.rollback()
    told = counted(PERIODS, world.now + timedelta(days=1200), ERASED)
    assert Counter({k: n for k, n in told.items() if n}) == swept(world, 1200)


def test_V5_of_a_shut_account_nothing_is_left_to_sign_in_with(
    world: SimpleNamespace,
) -> None:
    codes = RecoveryCode.account_id == 2
    assert count(RecoveryCode, codes) == 10
    assert count(KnownBrowser) == 2
    disable_account(username="carl", actor="system", now=world.now)
    assert swept(world, 1200)["left"] >= 1
    assert count(RecoveryCode, codes) == 0
    assert count(KnownBrowser) == 0
    assert count(Account, Account.id == 2, Account.totp_nonce.is_not(None)) == 0
    assert verify(recount=True).found == []


# --- one person's data ------------------------------------------------------------


def test_P20_a_copy_holds_all_of_one_person_and_nothing_of_another(
    world: SimpleNamespace,
) -> None:
    db.session.rollback()
    record = all_about(1)
    text = json.dumps(record, ensure_ascii=False)
    assert record["person"]["name"] == "张一"
    assert record["person"]["phone_tail"] == "0000"
    assert len(record["exams"]) == 3
    sittings = [one for exam in record["exams"] for one in exam["sittings"]]
    assert any(one["answers"] for one in sittings)
    assert any(one["scores"] for one in sittings)
    for other in ("李二", "王三", "赵四", "周五"):
        assert other not in text


def test_M9_a_copy_says_no_more_than_the_pages(world: SimpleNamespace) -> None:
    """No keys; no scores before the results are published."""
    db.session.rollback()
    record = all_about(1)
    for exam in record["exams"]:
        for sitting in exam["sittings"]:
            if exam["code"] == "EXAM0002":
                assert sitting["scores"] == []
            for answer in sitting["answers"]:
                assert set(answer) == {
                    "generation", "question", "stem", "value", "received_at",
                }  # fmt: skip
