"""情况记录 and 确认到场: written once, sealed, and known to the log."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from core.audit import AuditEntry, breaks
from core.db import db, read_core
from core.errors import Conflict, Missing, Refused
from quiz.acts import Incident
from quiz.operations.incidents import note_incident
from quiz.operations.presence import admit_candidates
from quiz.traces import Presence
from tests.conftest import make_account
from tests.quiz.factories import Made, make_exam
from tests.quiz.sitters import set_room

M = timedelta(minutes=1)


@pytest.fixture
def made(app: Flask, moment: datetime) -> Made:
    made = make_exam(moment)
    set_room(made.candidates[0], "第1考场")
    return made


@pytest.fixture
def account(app: Flask) -> int:
    return make_account("ivan", "invigilator")


def note(made: Made, account: int, now: datetime, **more: Any) -> int:
    values: dict[str, Any] = {
        "exam_id": made.exam_id,
        "kind": "device",
        "candidate_id": made.candidates[0],
        "room": None,
        "text": "手机没电",
        "happened_at": now - M,
        "key": "k",
        "account_id": account,
        "now": now,
    }
    return note_incident(**values | more)


def entries(action: str) -> list[AuditEntry]:
    db.session.rollback()
    query = sa.select(AuditEntry).where(AuditEntry.action == action)
    return list(db.session.scalars(query))


def test_a_record_is_one_sealed_act_and_twice_the_same_tap_is_one(
    made: Made, account: int, moment: datetime
) -> None:
    first = note(made, account, moment)
    assert note(made, account, moment + M, happened_at=moment - M) == first
    [entry] = entries("exam.incident")
    assert entry.object == f"candidate:{made.candidates[0]}"
    assert "手机没电" not in entry.facts
    assert f'"incident":{{"{first}":' in entry.rows
    with pytest.raises(Conflict):
        note(made, account, moment, text="别的")
    with read_core() as connection:
        assert not list(breaks(connection))


def test_a_record_is_about_a_person_a_room_or_all(
    made: Made, account: int, moment: datetime
) -> None:
    note(made, account, moment, candidate_id=None, room="第1考场", key="a")
    note(made, account, moment, candidate_id=None, key="b")
    with pytest.raises(Refused):
        note(made, account, moment, room="第1考场", key="c")
    with pytest.raises(Missing):
        note(made, account, moment, candidate_id=None, room="第9考场", key="d")
    with pytest.raises(Missing):
        note(made, account, moment, candidate_id=10_000, key="e")
    db.session.rollback()
    rooms = db.session.scalars(sa.select(Incident.room).order_by(Incident.id)).all()
    assert rooms == ["第1考场", None]


def test_an_invigilators_word_stands_in_the_place_of_what_was_there(
    made: Made, account: int, moment: datetime
) -> None:
    own: Any = {"exam_id": made.exam_id, "account_id": account}
    who = made.candidates[0]
    admit_candidates(candidate_ids=[who], reason="核对工作证", now=moment, **own)
    admit_candidates(candidate_ids=[who], reason="又核对一次", now=moment + M, **own)
    db.session.rollback()
    [presence] = db.session.scalars(sa.select(Presence)).all()
    assert (presence.how, presence.reason) == ("invigilator", "又核对一次")
    assert (presence.room, presence.at) == ("第1考场", moment + M)
    assert len(entries("candidate.present")) == 2
    with pytest.raises(Refused):
        admit_candidates(candidate_ids=[who], reason=" ", now=moment, **own)
    with pytest.raises(Missing):
        admit_candidates(candidate_ids=[10_000], reason="核对", now=moment, **own)
