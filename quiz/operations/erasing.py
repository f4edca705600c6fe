"""Taking people out of exams that are over. Aggregates and scores stay.

Each function is a part of an act of the package privacy, and returns the rows it
wrote. None of them commits.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import seals
from question_bank.models import QuestionRemark
from question_bank.operations.erasing import record_forgotten_remarks
from quiz.acts import Incident, PaperEntry, Proposal
from quiz.afterwards import Objection
from quiz.models import (
    Answer,
    Away,
    Candidate,
    LateMessage,
    Sitting,
    TimeGrant,
)
from quiz.traces import Heard, Presence
from units.operations.erasing import ERASED


def record_erased_candidates(
    session: Session, candidate_ids: Sequence[int]
) -> list[seals.Rows]:
    """Take the names and what people were found by out of frozen rosters."""
    own = Candidate.id.in_(candidate_ids)
    session.execute(
        sa.update(Candidate)
        .where(own)
        .values(
            name=ERASED,
            tail_digest=None,
            staff_digest=None,
            exempt_reason=sa.case((Candidate.exempt_reason.is_not(None), ERASED)),
        )
    )
    grants = session.scalars(
        sa.update(TimeGrant)
        .where(TimeGrant.candidate_id.in_(candidate_ids))
        .values(reason=ERASED)
        .returning(TimeGrant.id)
    ).all()
    sittings = sa.select(Sitting.id).where(Sitting.candidate_id.in_(candidate_ids))
    proposals = session.scalars(
        sa.update(Proposal)
        .where(Proposal.sitting_id.in_(sittings))
        .values(reason=ERASED)
        .returning(Proposal.id)
    ).all()
    incidents = session.scalars(
        sa.update(Incident)
        .where(Incident.candidate_id.in_(candidate_ids))
        .values(text=ERASED)
        .returning(Incident.id)
    ).all()
    admitted = session.scalars(
        sa.update(Presence)
        .where(Presence.candidate_id.in_(candidate_ids), Presence.reason.is_not(None))
        .values(reason=ERASED)
        .returning(Presence.candidate_id)
    ).all()
    # A remark does not say whose it is. It was written with its objection.
    remarks = session.scalars(
        sa.select(QuestionRemark.id)
        .join(
            Objection,
            sa.and_(
                Objection.version_id == QuestionRemark.version_id,
                Objection.made_at == QuestionRemark.made_at,
                Objection.text == QuestionRemark.text,
            ),
        )
        .where(QuestionRemark.kind == "objection", Objection.sitting_id.in_(sittings))
    ).all()
    objections = session.scalars(
        sa.update(Objection)
        .where(Objection.sitting_id.in_(sittings))
        .values(
            text=ERASED,
            answer=sa.case((Objection.answer != "", ERASED), else_=""),
        )
        .returning(Objection.id)
    ).all()
    return [
        *record_forgotten_remarks(session, remarks),
        seals.ids(Objection, objections),
        seals.ids(Incident, incidents),
        seals.ids(Presence, admitted),
        seals.ids(Candidate, candidate_ids),
        seals.ids(TimeGrant, grants),
        seals.ids(Proposal, proposals),
    ]


def record_erased_sheets(
    session: Session, sitting_ids: Sequence[int]
) -> list[seals.Rows]:
    """Delete the answers of closed sittings, what came late, and the absences."""
    own = Answer.sitting_id.in_(sitting_ids)
    sheets = session.execute(
        sa.select(Answer.sitting_id, Answer.generation).where(own).distinct()
    ).all()
    session.execute(sa.delete(Answer).where(own))
    for hint in (Away, Heard):
        session.execute(sa.delete(hint).where(hint.sitting_id.in_(sitting_ids)))
    # The message stays without its body: a proposal may refer to it.
    session.execute(
        sa.update(LateMessage)
        .where(LateMessage.sitting_id.in_(sitting_ids))
        .values(body="")
    )
    papers = sa.select(Sitting.paper_id).where(Sitting.id.in_(sitting_ids))
    entered = session.scalars(
        sa.update(PaperEntry)
        .where(PaperEntry.paper_id.in_(papers))
        .values(answers={})
        .returning(PaperEntry.id)
    ).all()
    return [
        seals.gone(Answer, [f"{one[0]}.{one[1]}" for one in sheets]),
        seals.ids(PaperEntry, entered),
    ]


def record_erased_devices(
    session: Session, sitting_ids: Sequence[int]
) -> list[seals.Rows]:
    """Forget which phones closed sittings were on; their addresses open no more."""
    session.execute(
        sa.update(Sitting)
        .where(Sitting.id.in_(sitting_ids))
        .values(device="", claim=None, token=sa.cast(-Sitting.id, sa.Text))
    )
    return [seals.ids(Sitting, sitting_ids)]
