"""The pages of 改键: asked with the sandbox, confirmed by another, old beside new."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from core.audit import AuditEntry, breaks
from core.db import db, read_core
from quiz.acts import KeyRevision, Proposal
from quiz.models import Exam, Score
from quiz.operations.certificates import issue_certificate
from quiz.operations.exams import archive_exam, publish_results
from quiz.operations.rekeying import confirm_rekey
from tests.conftest import make_account, signed_in
from tests.pages import text_of
from tests.quiz.factories import Made, make_exam
from tests.quiz.sitters import Sitter
from tests.quiz.test_protocol import RIGHT

PEOPLE = [
    ("市司法局", "张伟", "0417"),
    ("市司法局", "李娜", "2231"),
    ("市财政局", "王芳", "8830"),
]
SHEETS = [RIGHT, RIGHT[:3], [("1", ["A"], 1)]]  # 10, 6 and 0 points
AFTER = timedelta(hours=3)


@pytest.fixture
def made(app: Flask) -> Made:
    """An exam that is over, with a certificate of who had just passed."""
    opened = datetime.now().astimezone() - AFTER
    made = make_exam(opened, people=PEOPLE)
    for candidate, sheet in zip(made.candidates, SHEETS, strict=True):
        sitter = Sitter(candidate).start(opened)
        sitter.submit(opened, *sheet)
        if len(sheet) == 3:
            issue_certificate(sitting_id=sitter.row.id, now=opened + AFTER)
    return made


@pytest.fixture
def asker(app: Flask) -> FlaskClient:
    return signed_in(app, "ivan", "organizer")


@pytest.fixture
def second(app: Flask) -> FlaskClient:
    return signed_in(app, "olga", "reviewer")


def form(client: FlaskClient, path: str, **typed: Any) -> dict[str, Any]:
    """A form of the page with its token."""
    found = re.search(
        r'name="csrf_token" value="([^"]+)"', text_of(client.get(path))
    ) or re.search(r'name="csrf_token"[^>]*value="([^"]+)"', text_of(client.get(path)))
    assert found
    return {"csrf_token": found[1], **typed}


def propose(client: FlaskClient, made: Made, step: str, **typed: Any) -> Any:
    base = f"/console/exams/{made.exam_id}/keys"
    version = made.versions[1]
    sent = {
        "v": version,
        f"kind-{version}": "key",
        f"key-{version}": "A",
        "reason": "期限已改",
        "tap": "tap1",
        "step": step,
    } | typed
    return client.post(
        f"{base}/new", data=form(client, f"{base}/new?v={version}", **sent)
    )


def tables() -> tuple[int, int]:
    db.session.rollback()
    count = sa.select(sa.func.count())
    return (
        db.session.scalar(count.select_from(Proposal)) or 0,
        db.session.scalar(count.select_from(Score)) or 0,
    )


def test_M4_from_the_question_to_new_scores_with_two_persons(
    app: Flask, made: Made, asker: FlaskClient, second: FlaskClient
) -> None:
    base = f"/console/exams/{made.exam_id}/keys"
    found = text_of(asker.get(f"{base}/new?q=题干1"))
    assert "题干1" in found
    assert "题干0" not in found
    preview = text_of(propose(asker, made, "preview"))
    assert "变为不合格" in preview
    assert "替换 0、作废 1" in preview
    assert "李娜" in preview
    assert "6 → <strong>4</strong>" in preview
    assert tables() == (0, 3)  # looking writes nothing
    reply = propose(asker, made, "propose")
    assert reply.status_code == 303
    page = text_of(asker.get(reply.location))
    assert "需要另一位组织者或审题人确认" in page
    assert "确认改键" not in page
    own = asker.post(f"{reply.location}/confirm", data=form(asker, reply.location))
    assert own.status_code == 400
    other = text_of(second.get(reply.location))
    assert "期限已改" in other
    assert "确认改键" in other
    assert "李娜" not in other  # who reviews questions sees no people
    done = second.post(f"{reply.location}/confirm", data=form(second, reply.location))
    assert done.location == base
    assert tables() == (1, 6)
    shown = text_of(asker.get(f"{base}/1"))
    for text in ("张伟", "李娜", "-2", "已作废", "期限已改", "变为不合格"):
        assert text in shown
    assert "王芳" not in shown
    assert "第 1 次改键" in shown
    assert second.get(f"{base}/1").status_code == 403
    with read_core() as connection:
        assert list(breaks(connection)) == []


def test_two_taps_are_one_proposal(made: Made, asker: FlaskClient) -> None:
    first, again = (propose(asker, made, "propose") for _ in range(2))
    assert first.location == again.location
    assert tables()[0] == 1


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"key-%d": ""}, "请填写新答案"),
        ({"key-%d": "Z"}, "题干1"),
        ({"kind-%d": "guess"}, "这种改法"),
        ({"reason": ""}, "原因"),
        ({"v": "999999"}, "请至少选一道要改的题"),
    ],
)
def test_what_cannot_be_meant_is_said_and_nothing_is_lost(
    made: Made, asker: FlaskClient, typed: dict[str, str], said: str
) -> None:
    version = made.versions[1]
    named = {
        name % version if "%" in name else name: text for name, text in typed.items()
    }
    reply = propose(asker, made, "propose", **named)
    assert reply.status_code == 400
    page = text_of(reply)
    assert said in page
    if "reason" not in typed:
        assert "期限已改" in page
    assert tables()[0] == 0


def test_either_key_full_marks_and_dropping_are_offered(
    made: Made, asker: FlaskClient
) -> None:
    version = made.versions[1]
    both = text_of(propose(asker, made, "preview", **{f"also-{version}": "B"}))
    assert "0 人" in both  # B stays right: nobody moves down, and nobody had A
    full = text_of(propose(asker, made, "preview", **{f"kind-{version}": "full"}))
    assert "王芳" in full
    dropped = propose(asker, made, "propose", **{f"kind-{version}": "drop"})
    assert "剔除本题" in text_of(asker.get(dropped.location))


def test_K10_a_proposal_that_was_overtaken_cannot_be_confirmed(
    made: Made, asker: FlaskClient, second: FlaskClient
) -> None:
    first = propose(asker, made, "propose").location
    late = propose(
        asker, made, "propose", tap="tap2", **{f"key-{made.versions[1]}": "C"}
    ).location
    confirm_rekey(
        proposal_id=int(first.rsplit("/", 1)[1]),
        account_id=make_account("omar", "organizer"),
        now=datetime.now().astimezone(),
    )
    page = text_of(second.get(late))
    assert "申请之后又改过键" in page
    assert "确认改键" not in page
    refused = second.post(f"{late}/confirm", data=form(second, late))
    assert refused.status_code == 409
    dropped = second.post(f"{late}/drop", data=form(second, late))
    assert dropped.status_code == 303
    assert "未同意" in text_of(second.get(late))


def test_a_revision_that_was_broken_off_goes_on_when_somebody_looks(
    made: Made,
    asker: FlaskClient,
    second: FlaskClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    place = propose(asker, made, "propose").location
    monkeypatch.setattr("quiz.views.keys.SCORED_AT_ONCE", 1)
    second.post(f"{place}/confirm", data=form(second, place))
    assert tables()[1] == 4
    page = text_of(asker.get(f"/console/exams/{made.exam_id}/keys/1"))
    assert "正在重新评分" in page
    assert "已完成 2 份，还有 1 份" in page
    assert "data-live" in page  # so that desk.js looks again
    page = text_of(asker.get(f"/console/exams/{made.exam_id}/keys/1"))
    assert "正在重新评分" not in page
    assert "data-live" not in page
    db.session.rollback()
    assert db.session.scalars(sa.select(KeyRevision.scored_at)).one() is not None


def test_what_is_archived_is_changed_no_more(made: Made, asker: FlaskClient) -> None:
    own: Any = {
        "exam_id": made.exam_id,
        "account_id": make_account("omar", "organizer"),
        "now": datetime.now().astimezone(),
    }
    publish_results(**own)
    archive_exam(**own)
    assert db.session.get(Exam, made.exam_id)
    page = text_of(asker.get(f"/console/exams/{made.exam_id}/keys"))
    assert "提出改键" not in page
    assert propose(asker, made, "propose").status_code == 400


def test_A8_keys_are_shown_only_to_whoever_has_just_shown_who_they_are() -> None:
    from quiz.views import keys

    for view in (keys.index, keys.pick, keys.propose, keys.asked, keys.confirm):
        assert vars(view)["needs_proof"]


def test_who_looked_at_peoples_scores_is_noted(
    made: Made, asker: FlaskClient, second: FlaskClient
) -> None:
    propose(asker, made, "preview")
    place = propose(asker, made, "propose").location
    second.get(place)  # is shown no people
    asker.get(place)
    db.session.rollback()
    seen = db.session.scalars(
        sa.select(AuditEntry).where(AuditEntry.action == "exam.moved_scores")
    ).all()
    assert [entry.actor for entry in seen] == [seen[0].actor] * 2
