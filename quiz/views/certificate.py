"""A certificate as its owner shows it, and as anybody checks it."""

from __future__ import annotations

from datetime import datetime

from flask import render_template

from core.db import read_core
from core.qr import qr_line
from core.signing import keys
from quiz.queries.certificates import Certified
from quiz.queries.entry import Card, find_card
from quiz.queries.review import paper_of
from quiz.rules.scoring import total_points
from quiz.rules.vouchers import CertificateStatement, masked_name, spaced
from quiz.views.addresses import voucher_address
from units.operations.erasing import ERASED


def certificate_page(exam: Card, one: Certified, token: str, moment: datetime) -> str:
    """The certificate to keep: full name, QR and signature. One query."""
    with read_core() as connection:
        most = total_points(paper_of(connection, one.sitting_id))
    statement = CertificateStatement(
        code=one.code,
        exam=exam.code,
        title=exam.title,
        name=one.name,
        unit=one.unit_name,
        closed_at=one.closed_at,
        level=_level(exam, one),
        points=one.points,
        most=most,
        issued_at=one.issued_at,
    )
    size, line = qr_line(voucher_address(one.code))
    return render_template(
        "phone/certificate.html",
        exam=exam,
        one=one,
        token=token,
        level=_level(exam, one),
        most=most,
        code=spaced(one.code),
        size=size,
        qr=line,
        signature=keys().sign(statement.line(), now=moment),
    )


def checked_page(one: Certified, moment: datetime) -> str:
    """What anybody sees of it who has the code: the name's first character. Two
    queries.
    """
    with read_core() as connection:
        exam = find_card(connection, one.exam_code)
        most = total_points(paper_of(connection, one.sitting_id))
    assert exam is not None
    return render_template(
        "phone/certified.html",
        exam=exam,
        one=one,
        status=one.status,
        name="" if one.name == ERASED else masked_name(one.name),
        level=_level(exam, one),
        most=most,
        code=spaced(one.code),
        moment=moment,
    )


def _level(exam: Card, one: Certified) -> str:
    return "excellent" if one.points >= exam.excellent_mark else "passed"
