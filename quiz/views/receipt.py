"""The receipt: a page to show at the door and to keep."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.db import read_core
from core.moulds import moulded
from core.pages import clock, points
from core.qr import qr_line
from core.signing import keys
from core.version import release
from quiz.queries.entry import Card
from quiz.queries.handed import Handed
from quiz.queries.opened import Opened, find_sheet_counts
from quiz.rules.scoring import total_points
from quiz.rules.vouchers import ReceiptStatement, spaced
from quiz.views.addresses import voucher_address
from quiz.views.result import result_of


@dataclass(frozen=True)
class Shown:
    """A score as its owner reads it."""

    points: str
    max: str
    level: str  # excellent, passed, failed


def shown_score(
    exam: Card, sitting: Handed, items: str, moment: datetime
) -> Shown | None:
    """The score with its meaning, if it is shown yet.

    :param items: The sitting's paper.
    """
    result = result_of(exam, sitting, moment)
    if result is None:
        return None
    level = "passed" if result.passed else "failed"
    if result.excellent:
        level = "excellent"
    return Shown(points(result.points), points(total_points(items)), level)


def receipt_page(
    exam: Card,
    opened: Opened,
    sheet: Handed,
    attempts: Sequence[Handed],
    moment: datetime,
) -> str:
    """The receipt of a closed sheet. One query.

    :param attempts: All of this candidate, void ones too.
    """
    with read_core() as connection:
        answered, items, paper = find_sheet_counts(
            connection, sheet.sitting_id, sheet.generation
        )
    count = len(json.loads(items))
    score = shown_score(exam, sheet, items, moment)
    token = ""
    if sheet.receipt_code is not None:  # None: declared void before it was closed
        token = keys().sign(receipt_line(exam.code, sheet, answered, count), now=moment)
    size, line = qr_line(voucher_address(sheet.receipt_code or ""))
    holes: dict[str, object] = {
        "candidate.name": opened.name,
        "candidate.unit_name": opened.unit_name,
        "receipt.handed_in_at": clock(sheet.closed_at, "%Y-%m-%d %H:%M:%S"),
        "receipt.check_word": sheet.check_word,
        "receipt.paper_digest": paper,
        "receipt.answers_digest": sheet.answers_digest,
        "receipt.audit_n": sheet.audit_n,
        "receipt.audit_hash": (sheet.audit_hash or "")[:16],
        "receipt.answered": answered,
        "receipt.count": count,
        "receipt.code": spaced(sheet.receipt_code or ""),
        "receipt.signed": token,
        "token": sheet.token,
        "qr": line,
    }
    if score is not None:
        holes |= {"score.points": score.points, "score.max": score.max}
    return moulded(
        "phone/receipt.html",
        holes,
        exam=exam,
        state=sheet.state,
        newest=sheet.newest,
        generation=sheet.generation,
        size=size,
        signed=bool(token),
        level=score.level if score else "",
        others=len(attempts) - 1,
    )


def receipt_line(exam_code: str, sheet: Handed, answered: int, count: int) -> str:
    """What is signed of a closed sheet, by what stands in the database now."""
    return ReceiptStatement(
        code=sheet.receipt_code or "",
        exam=exam_code,
        generation=sheet.generation,
        closed_at=sheet.closed_at or sheet.started_at,
        answered=answered,
        count=count,
        answers_digest=sheet.answers_digest or "",
        audit_n=sheet.audit_n or 0,
        audit_hash=sheet.audit_hash or "",
        release=release(),
    ).line()
