"""What an exam says of its draw, as ``quiz.rules.redraw`` compares it."""

from __future__ import annotations

import json

import sqlalchemy as sa

from core.audit import AuditEntry
from core.db import db
from core.errors import Refused
from quiz.models import Candidate, Exam, Paper
from quiz.queries.stock import draw_plan
from quiz.rules.draw import Digests, paper_digest
from quiz.rules.redraw import Account, Held
from units.operations.erasing import ERASED


def account_of(exam: Exam) -> Account:
    """All that is needed to draw an exam's papers again. Five queries.

    :raises Refused: If nothing has been drawn yet.
    """
    if exam.secret is None or exam.seed is None:
        raise Refused("这场考试没有抽过卷，没有试卷可以核对")
    papers = db.session.execute(
        sa.select(Paper.number, Paper.items, Paper.digest, Candidate.person_id)
        .outerjoin(Candidate, Candidate.id == Paper.candidate_id)
        .where(Paper.exam_id == exam.id)
        .order_by(Paper.number)
    )
    return Account(
        plan=draw_plan(exam),
        digests=Digests(
            roster=exam.roster_digest or "",
            bank=exam.bank_digest or "",
            blueprint=exam.blueprint_digest or "",
        ),
        commitment=exam.commitment or "",
        secret=exam.secret,
        public_source=exam.public_source or "",
        public_value=exam.public_value or "",
        seed=exam.seed,
        papers=[
            Held(number, _proven(exam.code, number, items, digest), person)
            for number, items, digest, person in papers
        ],
        dealt=_dealt(exam.id),
        erased=_erased(exam.id),
    )


def _proven(code: str, number: int, items: str, digest: str) -> str:
    """A paper's digest, if it is that of what the candidate gets to see."""
    return digest if digest == paper_digest(code, number, items) else ""


def _dealt(exam_id: int) -> int:
    """How many papers the log says were drawn, and dealt further."""
    entries = db.session.scalars(
        sa.select(AuditEntry.facts).where(
            AuditEntry.action.in_(("exam.draw", "exam.deal")),
            AuditEntry.object == f"exam:{exam_id}",
        )
    )
    return sum(json.loads(facts)["papers"] for facts in entries)


def _erased(exam_id: int) -> int:
    """How many people of the frozen roster were erased since."""
    query = sa.select(sa.func.count()).where(
        Candidate.exam_id == exam_id, ~Candidate.walk_in, Candidate.name == ERASED
    )
    return int(db.session.scalar(query) or 0)
