"""证书: issued to whoever asks for it and has passed, once for each score."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from core import seals
from core.audit import lock_chain, record_audit
from core.db import write_core
from core.errors import Missing, Refused
from quiz.afterwards import Certificate
from quiz.queries.certificates import certificates_of, find_merit
from quiz.queries.review import ground_of
from quiz.rules.revealing import hold
from quiz.rules.vouchers import Status
from quiz.tokens import new_voucher_code


def issue_certificate(*, sitting_id: int, now: datetime) -> str:
    """Issue the certificate of a sitting, or find the one that holds already.

    The caller has seen that the score is shown to its owner.

    :return: The certificate's code.
    :raises Missing: If there is no closed sheet with a score.
    :raises Refused: If the exam is not over, or the mark was not reached.
    """
    with write_core() as connection:
        lock_chain(connection)
        merit = find_merit(connection, sitting_id)
        if merit is None:
            raise Missing("这次作答没有成绩，不能生成证书")
        if hold(ground_of(connection, merit.exam_id, (), now), now) is not None:
            raise Refused("考试全部结束之后才能生成证书")
        if merit.points < merit.pass_mark:
            raise Refused("成绩没有达到合格线，没有证书")
        for one in certificates_of(connection, sitting_id):
            if one.status is Status.VALID:
                return one.code
        row = {
            "code": new_voucher_code(),
            "sitting_id": sitting_id,
            "generation": merit.generation,
            "key_revision": merit.key_revision,
            "issued_at": now,
        }
        certificate_id = connection.execute(
            sa.insert(Certificate).returning(Certificate.id), row
        ).scalar_one()
        record_audit(
            connection,
            "sitting.certificate",
            f"sitting:{sitting_id}",
            actor=f"candidate:{merit.candidate_id}",
            now=now,
            facts={
                "generation": merit.generation,
                "keys": merit.key_revision,
                "points": merit.points,
            },
            rows=[seals.ids(Certificate, [certificate_id])],
        )
        return str(row["code"])
