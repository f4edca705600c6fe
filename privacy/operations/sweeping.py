"""Erasing what is past its period. Whoever calls it twice erases nothing twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from accounts.operations.erasing import (
    record_dropped_sessions,
    record_erased_accounts,
)
from core import seals
from core.audit import record_audit
from core.db import write
from core.entries import AuditPayload
from core.uploads import sweep_uploads
from privacy.queries import due
from privacy.rules.periods import Periods
from quiz.models import EntryTry
from quiz.operations.erasing import (
    record_erased_candidates,
    record_erased_devices,
    record_erased_sheets,
)
from quiz.traces import Joining
from units.operations.erasing import ERASED, record_erased_people

AT_ONCE = 200  # rows of one transaction: saves wait for no more

Part = Callable[[Session, Sequence[int]], list[seals.Rows]]


def sweep(
    *, periods: Periods, uploads: Path, actor: str, now: datetime
) -> Counter[str]:
    """Erase all that is past its period; several short acts, each in the audit log.

    :param uploads: The folder of kept uploads.
    :return: How much of each kind was erased.
    """
    if uploads.is_dir():
        sweep_uploads(uploads, now=now)
    done: Counter[str] = Counter()

    def erase(kind: str, wanted: Callable[[datetime], due.Ids], part: Part) -> None:
        query = wanted(periods.before(kind, now)).limit(AT_ONCE)
        while found := _erase_some(kind, query, part, actor, now):
            done[kind] += found

    def left(before: datetime) -> due.Ids:
        return due.people_due(before, ERASED)

    def shut(before: datetime) -> due.Ids:
        return due.accounts_due(before, ERASED)

    def names(before: datetime) -> due.Ids:
        return due.names_due(before, ERASED)

    erase("tries", due.tries_due, _drop_tries)
    erase("tries", due.wishes_due, _drop_wishes)
    erase("answers", due.sheets_due, record_erased_sheets)
    erase("devices", due.devices_due, record_erased_devices)
    erase("names", names, record_erased_candidates)
    erase("left", left, lambda session, ids: record_erased_people(session, ids, now))
    erase("left", shut, record_erased_accounts)
    erase("audit", due.payloads_due, record_erased_payloads)
    done["sessions"] += _drop_sessions(periods.before("sessions", now), actor, now)
    return +done


def _erase_some(
    kind: str, query: due.Ids, part: Part, actor: str, now: datetime
) -> int:
    with write() as session:
        ids = list(session.scalars(query))
        if ids:
            rows = part(session, ids)
            _record(session, kind, len(ids), rows, actor, now)
    return len(ids)


def _drop_tries(session: Session, ids: Sequence[int]) -> list[seals.Rows]:
    session.execute(sa.delete(EntryTry).where(EntryTry.id.in_(ids)))
    return []


def _drop_wishes(session: Session, ids: Sequence[int]) -> list[seals.Rows]:
    session.execute(sa.delete(Joining).where(Joining.id.in_(ids)))
    return []


def record_erased_payloads(session: Session, ns: Sequence[int]) -> list[seals.Rows]:
    """Delete the personal parts of these entries; the chain goes on holding."""
    session.execute(sa.delete(AuditPayload).where(AuditPayload.n.in_(ns)))
    return [seals.gone(AuditPayload, ns)]


def _drop_sessions(before: datetime, actor: str, now: datetime) -> int:
    with write() as session:
        count, rows = record_dropped_sessions(session, before)
        if count:
            _record(session, "sessions", count, rows, actor, now)
    return count


def _record(
    session: Session,
    kind: str,
    count: int,
    rows: Sequence[seals.Rows],
    actor: str,
    now: datetime,
) -> None:
    record_audit(
        session,
        "privacy.sweep",
        "database",
        actor=actor,
        now=now,
        facts={"kind": kind, "erased": count},
        rows=rows,
    )
