"""Erasing one person who asks for it (PIPL art. 47)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.audit import record_audit
from core.db import write
from core.entries import AuditEntry, AuditPayload
from core.errors import Missing, Refused
from privacy.operations.sweeping import record_erased_payloads
from privacy.queries.about import entries_that_moved, objects_about
from quiz.models import Candidate, Exam, Sitting
from quiz.operations.erasing import (
    record_erased_candidates,
    record_erased_devices,
    record_erased_sheets,
)
from units.models import Person
from units.operations.erasing import ERASED, record_erased_people

LONGEST_REASON = 200


@dataclass(frozen=True)
class Erased:
    """What was erased."""

    exams: int
    sittings: int
    entries: int  # of the audit log that lost their personal part


def erase_person(
    *, person_id: int, reason: str, since: datetime, actor: str, now: datetime
) -> Erased:
    """Erase a person everywhere: names, numbers, answers, phones, reasons.

    What stays is of nobody any more: the scores under a number, the figures of the
    unit, the chain of the audit log.

    :param since: An exam that closed before it and never published its results
        does not stand in the way.
    :raises Missing: If there is no such person.
    :raises Refused: Without a reason, twice, or while an exam of theirs is not over.
    """
    reason = reason.strip()
    if not 2 <= len(reason) <= LONGEST_REASON:
        raise Refused("请说明删除的原因（2–200 个字），不要写姓名")
    with write() as session:
        _check(session, person_id, since)
        candidates = _ids(session, Candidate.id, Candidate.person_id == person_id)
        sittings = _ids(session, Sitting.id, Sitting.candidate_id.in_(candidates))
        about = objects_about(person_id, candidates, sittings)
        entries = list(
            session.scalars(
                sa.select(AuditPayload.n)
                .join(AuditEntry, AuditEntry.n == AuditPayload.n)
                .where(
                    sa.or_(
                        AuditEntry.object.in_(about),
                        AuditEntry.n.in_(entries_that_moved(candidates)),
                    )
                )
            )
        )
        rows = [
            *record_erased_people(session, [person_id], now),
            *record_erased_sheets(session, sittings),
            *record_erased_devices(session, sittings),
            *record_erased_candidates(session, candidates),
            *record_erased_payloads(session, entries),
        ]
        done = Erased(len(candidates), len(sittings), len(entries))
        record_audit(
            session,
            "privacy.erase",
            f"person:{person_id}",
            actor=actor,
            now=now,
            facts={"exams": done.exams, "sittings": done.sittings},
            personal={"reason": reason},
            rows=rows,
        )
    return done


def _check(session: Session, person_id: int, since: datetime) -> None:
    person = session.get(Person, person_id, with_for_update=True)
    if person is None:
        raise Missing("没有这个人，请核对编号")
    if person.name == ERASED:
        raise Refused("这个人的信息已经删除")
    running = session.scalar(
        sa.select(Exam.title)
        .join(Candidate, Candidate.exam_id == Exam.id)
        .where(Candidate.person_id == person_id)
        .where(Exam.results_at.is_(None), Exam.closes_at > since)
        .order_by(Exam.closes_at.desc())
        .limit(1)
    )
    if running is not None:
        raise Refused(
            "考试“%(title)s”还没有公布成绩，此人在名单中。请在成绩公布后再删除",
            title=running,
        )


def _ids(
    session: Session,
    column: sa.orm.InstrumentedAttribute[int],
    condition: sa.ColumnElement[bool],
) -> list[int]:
    return list(session.scalars(sa.select(column).where(condition)))
