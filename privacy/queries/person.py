"""All that is kept of one person, for that person (PIPL art. 45).

Keys are not in it: an answer is told with its question and its points.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core.db import db
from core.entries import AuditEntry, AuditPayload
from core.errors import Missing
from privacy.queries.about import objects_about
from quiz.acts import Incident
from quiz.afterwards import Objection
from quiz.models import (
    Answer,
    Away,
    Candidate,
    Exam,
    LateMessage,
    Paper,
    Score,
    Sitting,
)
from quiz.queries.cards import Cards, items_of
from quiz.traces import Presence
from units.models import Exemption, Person, RosterChange, Unit

Record = dict[str, Any]  # plain values: fit for JSON


def all_about(person_id: int) -> Record:
    """Everything kept of a person, by subject. Some ten queries, and two a sitting.

    :raises Missing: If there is no such person.
    """
    person = db.session.get(Person, person_id)
    if person is None:
        raise Missing("没有这个人，请核对编号")
    unit = db.session.get_one(Unit, person.unit_id)
    entered = db.session.execute(
        sa.select(Candidate, Exam)
        .join(Exam, Candidate.exam_id == Exam.id)
        .where(Candidate.person_id == person_id)
        .order_by(Exam.opens_at)
    ).all()
    sittings = _sittings([candidate.id for candidate, _ in entered])
    return {
        "person": {
            "id": person.id,
            "name": person.name,
            "unit": unit.name,
            "phone_tail": person.phone_tail,
            "staff_number": person.staff_number,
            "rank": person.rank,
            "since": _at(person.created_at),
            "left_at": _at(person.left_at),
        },
        "roster_changes": _changes(person_id),
        "exemptions": _exemptions(person_id),
        "exams": [
            _exam(candidate, exam, [s for s in sittings if s[1] == candidate.id])
            for candidate, exam in entered
        ],
        "log": _log(
            person_id,
            [candidate.id for candidate, _ in entered],
            [sitting.id for sitting, _, _ in sittings],
            names={person.name, *(candidate.name for candidate, _ in entered)},
        ),
    }


def _at(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _changes(person_id: int) -> list[Record]:
    query = sa.select(RosterChange).where(RosterChange.person_id == person_id)
    return [
        {
            "at": _at(one.at),
            "what": one.what,
            "details": one.details,
            "reason": one.reason,
        }
        for one in db.session.scalars(query.order_by(RosterChange.id))
    ]


def _exemptions(person_id: int) -> list[Record]:
    query = sa.select(Exemption).where(Exemption.person_id == person_id)
    return [
        {
            "kind": one.kind,
            "note": one.note,
            "until": _at(one.until),
            "exam_code": one.exam_code,
            "requested_at": _at(one.requested_at),
            "approved": one.approved,
            "decision_note": one.decision_note,
        }
        for one in db.session.scalars(query.order_by(Exemption.id))
    ]


def _sittings(candidates: Sequence[int]) -> list[tuple[Sitting, int, Paper]]:
    query = (
        sa.select(Sitting, Sitting.candidate_id, Paper)
        .join(Paper, Sitting.paper_id == Paper.id)
        .where(Sitting.candidate_id.in_(candidates))
        .order_by(Sitting.id)
    )
    return [(one[0], one[1], one[2]) for one in db.session.execute(query)]


def _exam(
    candidate: Candidate,
    exam: Exam,
    sittings: Sequence[tuple[Sitting, int, Paper]],
) -> Record:
    return {
        "code": exam.code,
        "title": exam.title,
        "opens_at": _at(exam.opens_at),
        "closes_at": _at(exam.closes_at),
        "name": candidate.name,
        "unit": candidate.unit_name,
        "rank": candidate.rank,
        "exempt_reason": candidate.exempt_reason,
        "walk_in": candidate.walk_in,
        "room": candidate.room,
        "presence": _presence(candidate.id),
        "incidents": _incidents(candidate.id),
        "objections": _objections(candidate.id),
        "sittings": [_sitting(one, paper, exam) for one, _, paper in sittings],
    }


def _presence(candidate_id: int) -> Record | None:
    one = db.session.get(Presence, candidate_id)
    if one is None:
        return None
    return {"how": one.how, "at": _at(one.at), "room": one.room, "reason": one.reason}


def _objections(candidate_id: int) -> list[Record]:
    query = (
        sa.select(Objection)
        .join(Sitting, Sitting.id == Objection.sitting_id)
        .where(Sitting.candidate_id == candidate_id)
        .order_by(Objection.id)
    )
    return [
        {"at": _at(one.made_at), "q": one.q, "text": one.text, "answer": one.answer}
        for one in db.session.scalars(query)
    ]


def _incidents(candidate_id: int) -> list[Record]:
    query = sa.select(Incident).where(Incident.candidate_id == candidate_id)
    return [
        {"at": _at(one.happened_at), "kind": one.kind, "text": one.text}
        for one in db.session.scalars(query.order_by(Incident.id))
    ]


def _sitting(sitting: Sitting, paper: Paper, exam: Exam) -> Record:
    shown = sitting.state != "open" and exam.results_at is not None
    return {
        "attempt": sitting.attempt,
        "state": sitting.state,
        "started_at": _at(sitting.started_at),
        "closed_at": _at(sitting.closed_at),
        "device": sitting.device,
        "check_word": sitting.check_word,
        "answers_digest": sitting.answers_digest,
        # Before the results are published a copy must not say more than the page.
        "scores": _scores(sitting.id) if shown else [],
        "answers": _answers(sitting.id, paper.items),
        "late_messages": _late(sitting.id),
        "absences": _absences(sitting.id),
    }


def _scores(sitting_id: int) -> list[Record]:
    query = sa.select(Score).where(Score.sitting_id == sitting_id)
    query = query.order_by(Score.generation, Score.key_revision)
    return [
        {
            "generation": one.generation,
            "key_revision": one.key_revision,
            "points": one.points / 100,
            "scored_at": _at(one.scored_at),
        }
        for one in db.session.scalars(query)
    ]


def _answers(sitting_id: int, items: str) -> list[Record]:
    places = items_of(items)
    contents = Cards().contents([item.version_id for item in places])
    query = sa.select(Answer).where(Answer.sitting_id == sitting_id)
    found = []
    for one in db.session.scalars(query.order_by(Answer.generation, Answer.seq)):
        n = int(one.q.partition(".")[0])
        stem = contents[places[n - 1].version_id].stem if n <= len(places) else ""
        found.append(
            {
                "generation": one.generation,
                "question": one.q,
                "stem": stem,
                "value": json.loads(one.value),
                "received_at": _at(one.received_at),
            }
        )
    return found


def _late(sitting_id: int) -> list[Record]:
    query = sa.select(LateMessage).where(LateMessage.sitting_id == sitting_id)
    return [
        {"received_at": _at(one.received_at), "why": one.why, "body": one.body}
        for one in db.session.scalars(query.order_by(LateMessage.id))
    ]


def _absences(sitting_id: int) -> list[Record]:
    query = sa.select(Away).where(Away.sitting_id == sitting_id)
    return [
        {"received_at": _at(one.received_at), "seconds": one.duration_ms / 1000}
        for one in db.session.scalars(query.order_by(Away.received_at))
    ]


def _log(
    person_id: int,
    candidates: Sequence[int],
    sittings: Sequence[int],
    *,
    names: Collection[str],
) -> list[Record]:
    about = objects_about(person_id, candidates, sittings)
    query = (
        sa.select(AuditEntry.at, AuditEntry.action, AuditPayload.payload)
        .outerjoin(AuditPayload, AuditPayload.n == AuditEntry.n)
        .where(AuditEntry.object.in_(about))
        .order_by(AuditEntry.n)
    )
    return [
        {
            "at": _at(row.at),
            "action": row.action,
            "personal": _own(json.loads(row.payload), names) if row.payload else None,
        }
        for row in db.session.execute(query)
    ]


def _own(payload: Record, names: Collection[str]) -> Record:
    """What an entry says, without the other one of a sitting that changed hands."""
    ends = ("from", "to")
    return {k: v for k, v in payload.items() if k not in ends or v in names}
