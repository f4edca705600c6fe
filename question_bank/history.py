"""What happened to a question: its versions with their differences, its states, what
people said, and who."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from accounts.models import Account
from core.db import db
from core.entries import AuditEntry
from question_bank.models import Question, QuestionRemark, QuestionVersion
from question_bank.queries import draft_of
from question_bank.rules.differences import Difference, differences


@dataclass(frozen=True)
class ShownVersion:
    """A version with who wrote it and what it changed."""

    version: QuestionVersion
    who: str
    changed: list[Difference]  # against the version before; none for the first


@dataclass(frozen=True)
class StateChange:
    """That a question went from one state into another."""

    at: datetime
    who: str
    before: str
    after: str


@dataclass(frozen=True)
class ShownRemark:
    """A remark with who made and who settled it."""

    remark: QuestionRemark
    number: int  # of the version it speaks of
    who: str
    settled_by: str


@dataclass(frozen=True)
class History:
    """All that is told of a question."""

    versions: list[ShownVersion]  # newest first
    states: list[StateChange]  # newest first
    remarks: list[ShownRemark]  # open ones first, then newest first


def history_of(question: Question) -> History:
    """What happened to a question. Three queries.

    :param question: With its versions, oldest first, and their topics.
    """
    versions = question.versions
    numbers = {version.id: version.number for version in versions}
    remarks = list(
        db.session.scalars(
            sa.select(QuestionRemark)
            .where(QuestionRemark.version_id.in_(numbers))
            .order_by(QuestionRemark.id.desc())
        )
    )
    entries = db.session.execute(
        sa.select(AuditEntry.at, AuditEntry.actor, AuditEntry.facts)
        .where(
            AuditEntry.object == f"question:{question.id}",
            AuditEntry.action == "question.state",
        )
        .order_by(AuditEntry.n.desc())
    ).all()
    names = names_of(
        [
            *(version.created_by for version in versions),
            *(entry.actor for entry in entries),
            *(by for one in remarks for by in (one.made_by, one.settled_by or "")),
        ]
    )
    return History(
        [
            ShownVersion(
                version,
                names.get(version.created_by, ""),
                differences(draft_of(versions[at - 1]), draft_of(version))
                if at
                else [],
            )
            for at, version in reversed(list(enumerate(versions)))
        ],
        [
            StateChange(
                entry.at,
                names.get(entry.actor, ""),
                *(str(json.loads(entry.facts).get(n, "")) for n in ("before", "after")),
            )
            for entry in entries
        ],
        sorted(
            (
                ShownRemark(
                    one,
                    numbers[one.version_id],
                    names.get(one.made_by, ""),
                    names.get(one.settled_by or "", ""),
                )
                for one in remarks
            ),
            key=lambda shown: shown.remark.settled_at is not None,
        ),
    )


def names_of(actors: Iterable[str]) -> dict[str, str]:
    """The names of accounts, by actor. One query."""
    ids = {int(a.partition(":")[2]) for a in actors if a.startswith("account:")}
    query = sa.select(Account.id, Account.display_name).where(Account.id.in_(ids))
    return {f"account:{id}": name for id, name in db.session.execute(query)}
