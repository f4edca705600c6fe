"""Reading the audit log."""

from __future__ import annotations

import sqlalchemy as sa

from core.db import db
from core.entries import AuditEntry
from quiz.models import Exam, Score, Sitting


def find_entry(n: int) -> AuditEntry | None:
    """An entry by its number. One query."""
    return db.session.get(AuditEntry, n)


def head_line() -> dict[str, int | str]:
    """Number and hash of the newest entry, and what there is of what. Two queries."""
    newest = db.session.execute(
        sa.select(AuditEntry.n, AuditEntry.hash).order_by(AuditEntry.n.desc()).limit(1)
    ).first()
    counted = db.session.execute(
        sa.select(
            _count(Exam).label("exams"),
            _count(Sitting).label("sittings"),
            _count(Sitting, Sitting.closed_at.is_not(None)).label("closed"),
            _count(Score).label("scores"),
        )
    ).one()
    n, hashed = (newest.n, newest.hash) if newest else (0, "")
    return {"n": n, "hash": hashed, **counted._mapping}


def _count(
    model: type[Exam] | type[Sitting] | type[Score], *conditions: sa.ColumnElement[bool]
) -> sa.ScalarSelect[int]:
    query = sa.select(sa.func.count()).select_from(model).where(*conditions)
    return query.scalar_subquery()
