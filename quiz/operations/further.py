"""One more paper for somebody: a spare of the draw, or the draw goes on.

Where the spares do not suffice come the next hands of the same seed, in which
everybody sits where they sat, so that colleagues share nothing there either.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa

from core import seals
from core.audit import record_audit
from core.db import db, read_core
from core.errors import Conflict, Refused
from question_bank.models import QuestionUse
from question_bank.usage import record_further_uses
from quiz.models import Candidate, Exam, Paper
from quiz.operations.exams import actor_of
from quiz.queries.attempts import (
    last_attempts,
    papers_dealt,
    spares_of,
    versions_seen,
)
from quiz.queries.exams import exam_by_id
from quiz.queries.running import Running
from quiz.queries.stock import draw_plan
from quiz.rules.draw import DrawnPaper, draw_further, sha256
from quiz.rules.fresh import share_out


def further_papers(exam_id: int, wanted: int) -> Sequence[DrawnPaper]:
    """Papers to go on with, computed before the transaction; none if spares suffice.

    :raises Refused: If there are no papers yet.
    """
    with read_core() as connection:
        total, spare = papers_dealt(connection, exam_id)
    if spare >= wanted:
        return []
    db.session.rollback()
    exam = exam_by_id(exam_id)
    if exam.seed is None:
        raise Refused("试卷还没有抽好")
    return draw_further(draw_plan(exam), exam.seed, total)


def record_further(
    connection: sa.Connection,
    exam: Running,
    further: Sequence[DrawnPaper],
    account_id: int | None,
    now: datetime,
) -> None:
    """Write down papers the draw goes on by.

    :raises Conflict: If others were dealt meanwhile.
    """
    total, _ = papers_dealt(connection, exam.id)
    if total != further[0].number:
        raise Conflict("刚有别人续抽了试卷，请再试一次")
    connection.execute(
        sa.insert(Paper),
        [
            {
                "exam_id": exam.id,
                "number": paper.number,
                "candidate_id": None,
                "attempt": 1,
                "items": paper.items,
                "digest": paper.digest,
            }
            for paper in further
        ],
    )
    title = connection.execute(
        sa.select(Exam.title).where(Exam.id == exam.id)
    ).scalar_one()
    uses = Counter(version for paper in further for version in paper.versions)
    record_further_uses(connection, exam.code, title, uses)
    record_audit(
        connection,
        "exam.deal",
        f"exam:{exam.id}",
        actor=actor_of(account_id),
        now=now,
        facts={
            "first": further[0].number,
            "papers": len(further),
            "papers_digest": sha256("\n".join(paper.digest for paper in further)),
        },
        rows=[
            seals.where(
                Paper,
                sa.and_(Paper.exam_id == exam.id, Paper.number >= further[0].number),
            ),
            seals.where(QuestionUse, QuestionUse.exam_code == exam.code),
        ],
    )


def record_fresh(
    connection: sa.Connection,
    exam: Running,
    units: Mapping[int, int],
    further: Sequence[DrawnPaper],
) -> dict[int, int]:
    """One paper for each person: the own seat in the further hands, else a spare.

    :param units: Of each candidate.
    :return: Paper by candidate.
    """
    spares = {spare.number: spare for spare in spares_of(connection, exam.id)}
    seats = {paper.person: paper.number for paper in further}
    people = connection.execute(
        sa.select(Candidate.id, Candidate.person_id)
        .where(Candidate.id.in_(units))
        .order_by(Candidate.id)
    ).all()
    given = {
        candidate: spares.pop(seats[person])
        for candidate, person in people
        if person is not None and person in seats
    }
    rest = [candidate for candidate, _ in people if candidate not in given]
    if rest:
        own, near = versions_seen(connection, {one: units[one] for one in rest})
        try:
            given |= share_out(rest, list(spares.values()), own, near)
        except ValueError:
            raise Conflict("备用试卷刚被别人用完，请再试一次") from None
    last = last_attempts(connection, units)
    connection.execute(
        sa.update(Paper)
        .where(Paper.id == sa.bindparam("paper"))
        .values(candidate_id=sa.bindparam("who"), attempt=sa.bindparam("nth")),
        [
            {"paper": spare.paper_id, "who": who, "nth": last.get(who, 0) + 1}
            for who, spare in given.items()
        ],
    )
    return {who: spare.paper_id for who, spare in given.items()}
