"""Reading exemptions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager

from core.access import Scope
from core.db import db
from core.errors import Missing
from units.models import Exemption, Person, Unit
from units.queries.units import inside
from units.rules.exemptions import covers, frozen_reason


def exemptions_within(scope: Scope) -> list[Exemption]:
    """All requests for people of a scope, the newest first; one query."""
    return list(db.session.scalars(_within(scope).order_by(Exemption.id.desc())))


def exemptions_of(person_id: int) -> Sequence[Exemption]:
    """The requests for one person, the newest first; one query."""
    return db.session.scalars(
        sa.select(Exemption)
        .where(Exemption.person_id == person_id)
        .order_by(Exemption.id.desc())
    ).all()


def exemption_for(scope: Scope, exemption_id: int) -> Exemption:
    """A request for somebody of a scope; one query.

    :raises Missing: If there is none of that number in it.
    """
    found = db.session.scalar(_within(scope).where(Exemption.id == exemption_id))
    if found is None:
        raise Missing("没有这项免考申请，请从列表重新进入")
    return found


def exempt_from(exam_code: str, opens_at: datetime) -> dict[int, str]:
    """Who is taken out of an exam, and why, by the person's id; one query."""
    approved = db.session.scalars(
        sa.select(Exemption)
        .where(Exemption.approved.is_(True), Exemption.ended_at.is_(None))
        .order_by(Exemption.id)
    )
    return {
        one.person_id: frozen_reason(one.kind, one.note, one.decided_name or "")
        for one in approved
        if covers(one, exam_code, opens_at)
    }


def _within(scope: Scope) -> sa.Select[Exemption]:
    return (
        sa.select(Exemption)
        .join(Exemption.person)
        .join(Person.unit)
        .where(inside(Unit.id, scope))
        .options(contains_eager(Exemption.person).contains_eager(Person.unit))
    )
