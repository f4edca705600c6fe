"""What is past its period."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from accounts.models import Account, LoginSession, SignInLink
from accounts.queries import unused_browsers
from core.db import db
from core.entries import AuditEntry, AuditPayload
from privacy.rules.periods import KINDS, Periods
from quiz.models import Answer, Candidate, EntryTry, Exam, LateMessage, Sitting
from quiz.traces import Joining
from units.models import Person

Ids = sa.Select[int]

_ended = sa.func.coalesce(Exam.archived_at, Exam.results_at, Exam.closes_at)


def _over(before: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(Exam.published_at.is_not(None), _ended < before)


def _sittings(before: datetime) -> sa.Select[int]:
    query = sa.select(Sitting.id).join(Exam, Sitting.exam_id == Exam.id)
    return query.where(_over(before), Sitting.state != "open")


def tries_due(before: datetime) -> Ids:
    """Counts of wrong identifications."""
    return sa.select(EntryTry.id).where(EntryTry.failed_at < before)


def wishes_due(before: datetime) -> Ids:
    """Who asked to be let in without being on a roster."""
    return sa.select(Joining.id).where(Joining.asked_at < before)


def sheets_due(before: datetime) -> Ids:
    """Sittings with answers or late messages that are to go."""
    answers = sa.exists().where(Answer.sitting_id == Sitting.id)
    late = sa.exists().where(
        LateMessage.sitting_id == Sitting.id, LateMessage.body != ""
    )
    return _sittings(before).where(sa.or_(answers, late))


def devices_due(before: datetime) -> Ids:
    """Sittings whose phones are to be forgotten."""
    return _sittings(before).where(Sitting.device != "")


def names_due(before: datetime, erased: str) -> Ids:
    """Candidates whose names are to go."""
    query = sa.select(Candidate.id).join(Exam, Candidate.exam_id == Exam.id)
    return query.where(_over(before), Candidate.name != erased)


def people_due(before: datetime, erased: str) -> Ids:
    """People who left the roster."""
    return sa.select(Person.id).where(Person.left_at < before, Person.name != erased)


def accounts_due(before: datetime, erased: str) -> Ids:
    """Accounts that were shut."""
    return sa.select(Account.id).where(
        Account.disabled_at < before, Account.display_name != erased
    )


def payloads_due(before: datetime) -> Ids:
    """Personal parts of the audit log, by the number of their entry."""
    query = sa.select(AuditPayload.n).join(AuditEntry, AuditEntry.n == AuditPayload.n)
    return query.where(AuditEntry.at < before)


def counted(periods: Periods, now: datetime, erased: str) -> Mapping[str, int]:
    """How much of each kind is past its period. One query."""
    moment = {kind: periods.before(kind, now) for kind in KINDS}
    last = sa.func.coalesce(LoginSession.ended_at, LoginSession.seen_at)
    sessions = sa.select(LoginSession.id).where(last < moment["sessions"])
    links = sa.select(SignInLink.id).where(SignInLink.expires_at < moment["sessions"])
    browsers = unused_browsers(moment["sessions"])
    columns = {
        "tries": _count(tries_due(moment["tries"]))
        + _count(wishes_due(moment["tries"])),
        "devices": _count(devices_due(moment["devices"])),
        "answers": _count(sheets_due(moment["answers"])),
        "names": _count(names_due(moment["names"], erased)),
        "left": _count(people_due(moment["left"], erased))
        + _count(accounts_due(moment["left"], erased)),
        "sessions": _count(sessions) + _count(links) + _count(browsers),
        "audit": _count(payloads_due(moment["audit"])),
    }
    row = db.session.execute(
        sa.select(*(column.label(kind) for kind, column in columns.items()))
    ).one()
    return dict(row._mapping)


def _count(ids: Ids) -> Any:
    return sa.select(sa.func.count()).select_from(ids.subquery()).scalar_subquery()
