"""Which entries of the audit log are about a person."""

from __future__ import annotations

import json
from collections.abc import Sequence

import sqlalchemy as sa

from core.db import db
from core.entries import AuditEntry
from quiz.acts import Proposal
from quiz.afterwards import Objection
from units.models import Exemption


def objects_about(
    person_id: int, candidates: Sequence[int], sittings: Sequence[int]
) -> list[str]:
    """The objects of a person in the log. Three queries.

    :param candidates: The person on frozen rosters.
    :param sittings: Theirs.
    """
    numbers = {
        "person": [person_id],
        "candidate": candidates,
        "sitting": sittings,
        "exemption": _ids(Exemption.id, Exemption.person_id == person_id),
        "objection": _ids(Objection.id, Objection.sitting_id.in_(sittings)),
        "proposal": _ids(Proposal.id, Proposal.sitting_id.in_(sittings)),
    }
    return [f"{kind}:{one}" for kind, ids in numbers.items() for one in ids]


def entries_that_moved(candidates: Sequence[int]) -> list[int]:
    """Entries of sittings put under another name: they name both. One query."""
    query = sa.select(AuditEntry.n, AuditEntry.facts)
    moved = db.session.execute(query.where(AuditEntry.action == "sitting.reassign"))
    return [
        row.n
        for row in moved
        if {(facts := json.loads(row.facts))["from"], facts["to"]} & set(candidates)
    ]


def _ids(
    column: sa.orm.InstrumentedAttribute[int], condition: sa.ColumnElement[bool]
) -> Sequence[int]:
    return db.session.scalars(sa.select(column).where(condition)).all()
