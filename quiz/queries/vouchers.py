"""Receipts as anybody finds them by the code of their QR."""

from __future__ import annotations

import sqlalchemy as sa

from quiz.acts import PastSheet
from quiz.models import Exam, Paper, Sitting
from quiz.queries.handed import Handed, handed_before, handed_now
from quiz.queries.sittings import answers_as_lists, saved_answers
from quiz.rules.receipt import Receipt, is_genuine
from quiz.rules.vouchers import Proof


def find_receipt(connection: sa.Connection, code: str) -> tuple[str, Handed] | None:
    """The exam's code and the sheet of a receipt. Two queries, three for an old one."""
    past = PastSheet.__table__.c
    newest = sa.select(
        Exam.code, Sitting.id, Sitting.generation, sa.true().label("newest")
    ).join(Exam, Exam.id == Sitting.exam_id)
    before = (
        sa.select(Exam.code, Sitting.id, past.generation, sa.false())
        .select_from(PastSheet)
        .join(Sitting, Sitting.id == past.sitting_id)
        .join(Exam, Exam.id == Sitting.exam_id)
    )
    query = sa.union_all(
        newest.where(Sitting.receipt_code == code),
        before.where(past.receipt_code == code),
    )
    row = connection.execute(query).first()
    if row is None:
        return None
    sheet = (
        handed_now(connection, row.id)
        if row.newest
        else handed_before(connection, row.id, row.generation)
    )
    return (row.code, sheet) if sheet else None


def proof_of(connection: sa.Connection, sheet: Handed, key: str) -> Proof:
    """Whether the stored answers are those of a receipt. Two queries.

    :param key: The server's secret.
    """
    digest = connection.execute(
        sa.select(Paper.digest)
        .join(Sitting, Sitting.paper_id == Paper.id)
        .where(Sitting.id == sheet.sitting_id)
    ).scalar_one()
    saved = saved_answers(connection, sheet.sitting_id, sheet.generation)
    receipt = Receipt(
        sitting_id=sheet.sitting_id,
        generation=sheet.generation,
        state=sheet.state,
        closed_at=sheet.closed_at or sheet.started_at,
        answers_digest=sheet.answers_digest or "",
        check_word=sheet.check_word or "",
        audit_n=sheet.audit_n or 0,
    )
    answers = answers_as_lists(saved)
    if is_genuine(receipt, key=key, paper_digest=digest, answers=answers):
        return Proof.SAME
    return Proof.CHANGED if saved else Proof.ERASED
