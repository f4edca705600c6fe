"""Reads about imports of questions."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from core.db import db
from core.entries import AuditEntry
from core.errors import Missing
from question_bank.history import names_of
from question_bank.models import BankImport, Question, QuestionUse, QuestionVersion
from question_bank.queries import draft_of, known_digests
from question_bank.rules.intake import Candidate, Kept, Plan, judge

LISTED = 200  # imports on the page that lists them


class Compared(NamedTuple):
    """What of a question is compared with others."""

    question_id: int
    stem: str
    options: list[str]  # of a case, the stems and options of its parts


class Written(NamedTuple):
    """What one act of importing wrote, as the audit log has it."""

    import_id: int
    counts: Mapping[str, int]  # added, known, repeated, bad


@dataclass(frozen=True)
class ShownImport:
    """An import with the name of who did it and what stands against undoing it."""

    import_: BankImport
    who: str
    left: int  # questions of it that the bank still has
    edited: int  # of them, changed since
    used: int  # of them, in the papers of an exam

    @property
    def can_be_undone(self) -> bool:
        """Whether it can be undone as a whole."""
        undone = self.import_.undone_at is not None
        return not (undone or self.edited or self.used) and self.left > 0


def texts_to_compare() -> list[Compared]:
    """All questions that are not retired, in their newest version. One query."""
    query = (
        sa.select(
            QuestionVersion.question_id,
            QuestionVersion.stem,
            QuestionVersion.options,
            QuestionVersion.parts,
        )
        .join(Question, Question.id == QuestionVersion.question_id)
        .where(Question.current == QuestionVersion.number, Question.state != "retired")
        .order_by(Question.id)
    )
    return [
        Compared(
            id,
            stem,
            [*options, *(t for p in parts for t in (p["stem"], *p["options"]))],
        )
        for id, stem, options, parts in db.session.execute(query)
    ]


def examine_candidates(
    candidates: Sequence[Candidate],
    progress: Callable[[int, int], None] | None = None,
) -> Plan:
    """What importing these would do. One query."""
    return judge(candidates, known_digests(), progress)


def kept_by_id(question_ids: Iterable[int]) -> dict[int, Kept]:
    """Questions in their newest version, by id. One query."""
    query = (
        sa.select(QuestionVersion)
        .join(Question, Question.id == QuestionVersion.question_id)
        .where(
            Question.current == QuestionVersion.number, Question.id.in_(question_ids)
        )
        .options(joinedload(QuestionVersion.topic))
    )
    return {
        version.question_id: Kept(
            version.question_id, version.number, draft_of(version)
        )
        for version in db.session.scalars(query)
    }


def earlier_import(sha256: str) -> BankImport | None:
    """The last import of a file with this content that still counts. One query."""
    return db.session.scalar(
        sa.select(BankImport)
        .where(BankImport.sha256 == sha256, BankImport.undone_at.is_(None))
        .order_by(BankImport.id.desc())
        .limit(1)
    )


def last_import(sha256: str) -> int | None:
    """The last import of a file with this content, undone or not. One query."""
    query = sa.select(sa.func.max(BankImport.id)).where(BankImport.sha256 == sha256)
    return db.session.scalar(query)


def written_by(job_id: int, actor: str) -> Written | None:
    """What a job has imported, though its process may be lost. One query."""
    found = db.session.execute(
        sa.select(AuditEntry.object, AuditEntry.facts).where(
            AuditEntry.action == "bank.import",
            AuditEntry.actor == actor,
            AuditEntry.facts.contains(f'"job":{job_id},'),
        )
    ).first()
    if found is None:
        return None
    return Written(int(found.object.partition(":")[2]), json.loads(found.facts))


def imports_listed() -> list[tuple[BankImport, str]]:
    """The imports, the newest first, each with who did it. Two queries."""
    query = sa.select(BankImport).order_by(BankImport.id.desc()).limit(LISTED)
    found = list(db.session.scalars(query))
    names = names_of({one.actor for one in found})
    return [(one, names.get(one.actor, "")) for one in found]


def import_shown(import_id: int) -> ShownImport:
    """One import. Three queries.

    :raises Missing: If there is none.
    """
    found = db.session.get(BankImport, import_id)
    if found is None:
        raise Missing("没有这次导入")
    row = db.session.execute(_standing(import_id)).one()
    who = names_of({found.actor}).get(found.actor, "")
    return ShownImport(found, who, row.remaining, int(row.edited), int(row.used))


def _standing(import_id: int) -> sa.Select[Any]:
    """How many questions of an import there are, were edited, were used."""
    in_use = sa.exists(
        sa.select(QuestionUse.id)
        .join(QuestionVersion, QuestionVersion.id == QuestionUse.version_id)
        .where(QuestionVersion.question_id == Question.id)
    )
    one, none = sa.literal(1), sa.literal(0)
    edited = sa.func.sum(sa.case((Question.current > 1, one), else_=none))
    used = sa.func.sum(sa.case((in_use, one), else_=none))
    return sa.select(
        sa.func.count(Question.id).label("remaining"),
        sa.func.coalesce(edited, 0).label("edited"),
        sa.func.coalesce(used, 0).label("used"),
    ).where(Question.import_id == import_id)
