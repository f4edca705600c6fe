"""Publishing an exam and drawing its papers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import seals
from core.audit import record_audit
from core.db import write
from core.errors import Conflict, Refused
from question_bank.models import QuestionUse
from question_bank.usage import record_uses
from quiz.models import Candidate, Exam, Paper, PoolItem
from quiz.operations.exams import actor_of, draft_to_change, exam_to_change
from quiz.queries.exams import exam_by_id
from quiz.queries.stock import bank_stock, draw_plan, roster_people, rows_of
from quiz.rules.blueprint import (
    Row,
    allot,
    ease_of,
    maximum,
    refuse_shortage,
    shortages,
)
from quiz.rules.deal import EnemiesMeet
from quiz.rules.draw import (
    DrawnPaper,
    DrawPlan,
    commitment_of,
    digests_of,
    draw,
    one_field,
    seed_of,
    sha256,
)
from units.queries.exemptions import exempt_from
from units.rules.identity import match_digest

LONGEST_PUBLIC = 200


def publish_exam(
    *,
    exam_id: int,
    unit_ids: Collection[int] | None,
    public_source: str,
    secret: str,
    key: str,
    account_id: int | None,
    now: datetime,
) -> None:
    """Freeze roster, bank and blueprint, and commit to the secret of the draw.

    Everything is read and written in one transaction: nothing changes in between.

    :param unit_ids: Units whose people are due; None: all. Only those of the exam's
        own unit count.
    :param public_source: What the public value will be; empty: none is announced.
    :param secret: 32 random bytes in hexadecimal, made at the edge.
    :param key: The application's secret key, for the digests people are found by.
    :raises Refused: If the exam is no draft, has no time left, the roster is empty,
        or the bank cannot fill the blueprint (the cell is named).
    """
    public_source = _public_text(public_source)
    with write() as session:
        exam = draft_to_change(session, exam_id, None)
        rows = rows_of(exam)
        _check_publishable(exam, rows, now)
        people, exempt = _freeze_roster(session, exam, unit_ids, key)
        questions = _freeze_pool(session, exam, rows)
        plan = draw_plan(exam)
        _try_enemies(plan)
        digests = digests_of(plan)
        exam.roster_digest = digests.roster
        exam.bank_digest = digests.bank
        exam.blueprint_digest = digests.blueprint
        exam.secret = secret
        exam.commitment = commitment_of(secret)
        exam.public_source = public_source
        exam.published_at = now
        record_audit(
            session,
            "exam.publish",
            f"exam:{exam.id}",
            actor=actor_of(account_id),
            now=now,
            facts={
                "code": exam.code,
                "people": people,
                "exempt": exempt,
                "questions": questions,
                "roster": digests.roster,
                "bank": digests.bank,
                "blueprint": digests.blueprint,
                "commitment": exam.commitment,
                "public_source": public_source,
            },
            rows=[
                seals.these(exam),
                seals.where(Candidate, Candidate.exam_id == exam.id),
                seals.where(PoolItem, PoolItem.exam_id == exam.id),
                seals.these(*exam.rows),
            ],
        )


def draw_exam(
    *, exam_id: int, public_value: str, account_id: int | None, now: datetime
) -> int:
    """Draw all papers of a published exam.

    The papers are computed before the transaction; a second draw that overtook this
    one makes it fail, not double.

    :param public_value: What others fixed; empty if none was announced.
    :return: How many papers were drawn.
    :raises Refused: If the exam is no longer waiting for its draw, or the public
        value is missing or was never announced.
    :raises Conflict: If what was frozen is not what was published.
    """
    public_value = _public_text(public_value)
    exam = exam_by_id(exam_id)
    check_drawable(exam, public_value, now)
    plan = draw_plan(exam)
    digests = digests_of(plan)
    frozen = (exam.roster_digest, exam.bank_digest, exam.blueprint_digest)
    if frozen != (digests.roster, digests.bank, digests.blueprint):
        raise Conflict(
            "名单、题库或组卷方案与发布时的摘要不一致，不能抽卷，请联系管理员"
        )
    assert exam.secret is not None  # published
    seed = seed_of(exam.secret, public_value, digests)
    with naming_enemies(plan):
        papers = draw(plan, seed)
    with write() as session:
        exam = exam_to_change(session, exam_id)
        check_drawable(exam, public_value, now)
        if exam.blueprint_digest != digests.blueprint:
            raise Conflict("这场考试刚被别人改过，请刷新后重试")
        exam.public_value = public_value
        exam.seed = seed
        exam.drawn_at = now
        _write_papers(session, exam, papers)
        record_audit(
            session,
            "exam.draw",
            f"exam:{exam.id}",
            actor=actor_of(account_id),
            now=now,
            facts={
                "papers": len(papers),
                "papers_digest": sha256("\n".join(p.digest for p in papers)),
                "public_value": public_value,
            },
            rows=[
                seals.these(exam),
                seals.where(Paper, Paper.exam_id == exam.id),
                seals.where(QuestionUse, QuestionUse.exam_code == exam.code),
            ],
        )
    return len(papers)


def note_proof(*, exam_id: int, account_id: int | None, now: datetime) -> None:
    """Write down that the proof of a draw was fetched, before it is sent."""
    with write() as session:
        record_audit(
            session,
            "exam.proof",
            f"exam:{exam_id}",
            actor=actor_of(account_id),
            now=now,
            rows=(),
        )


TRIALS = 3  # draws that are tried before publishing, where there are enemies


def _try_enemies(plan: DrawPlan) -> None:
    """See, by trial draws, whether questions that must not meet can be kept apart."""
    if any(card.enemies is not None for card in plan.pool):
        with naming_enemies(plan):
            for trial in range(TRIALS):
                draw(plan, sha256(f"trial|{trial}"))


@contextmanager
def naming_enemies(plan: DrawPlan) -> Iterator[None]:
    """Name the questions that cannot be kept apart, for whoever has to help it.

    :raises Refused: If a draw inside raises ``EnemiesMeet``.
    """
    try:
        yield
    except EnemiesMeet as error:
        numbers = sorted(
            card.question for card in plan.pool if card.enemies == error.card.enemies
        )
        raise Refused(
            "互斥的题（编号 %(ids)s）在这个组卷方案里没法都错开，"
            "请在题库取消其中一些题的互斥，或补充题目",
            ids="、".join(map(str, numbers[:10])),
        ) from error


def _check_publishable(exam: Exam, rows: Sequence[Row], now: datetime) -> None:
    if exam.closes_at <= now:
        raise Refused("结束时间已经过了，请先改时间再发布")
    if not rows:
        raise Refused("组卷方案还是空的，请至少填一行")
    if exam.pass_mark > maximum(rows):
        raise Refused("合格线高于试卷满分，请改合格线或组卷方案")


def check_drawable(exam: Exam, public_value: str, now: datetime) -> None:
    """See that an exam waits for its draw, and for this value.

    :raises Refused: If not.
    """
    _public_text(public_value)
    if exam.published_at is None:
        raise Refused("考试还没有发布，请先发布")
    if exam.drawn_at is not None:
        raise Refused("这场考试已经抽过卷，不能再抽")
    if exam.closes_at <= now:
        raise Refused("考试时间已经过了，不能再抽卷")
    if exam.public_source and not public_value:
        raise Refused("请填写已经公布的公开值：%(source)s", source=exam.public_source)
    if public_value and not exam.public_source:
        raise Refused("发布时没有约定公开值，请不填")


def _public_text(text: str) -> str:
    text = text.strip()
    if len(text) > LONGEST_PUBLIC or "|" in text or not text.isprintable():
        raise Refused(
            "公开值和它的来源应是一行文字，不超过 %(most)d 字，不含竖线",
            most=LONGEST_PUBLIC,
        )
    return text


def _freeze_roster(
    session: Session, exam: Exam, unit_ids: Collection[int] | None, key: str
) -> tuple[int, int]:
    """Write the candidates; returns how many, and how many of them are exempt."""
    people = roster_people(unit_ids, exam.scope)
    if not people:
        raise Refused("应考名单是空的，请先导入人员或选择单位")

    exempt = exempt_from(exam.code, exam.opens_at)

    def digest(unit_code: str, name: str, number: str | None) -> str | None:
        return match_digest(key, unit_code, name, number) if number else None

    session.connection().execute(
        sa.insert(Candidate),
        [
            {
                "exam_id": exam.id,
                "person_id": person.person_id,
                "unit_id": person.unit_id,
                "unit_name": person.unit_name,
                "category": one_field(person.category),
                "level": one_field(person.level),
                "rank": one_field(person.rank),
                "name": person.name,
                "tail_digest": digest(person.unit_code, person.name, person.phone_tail),
                "staff_digest": digest(
                    person.unit_code, person.name, person.staff_number
                ),
                "exempt_reason": exempt.get(person.person_id),
                "walk_in": False,
            }
            for person in people
        ],
    )
    return len(people), sum(person.person_id in exempt for person in people)


def _freeze_pool(session: Session, exam: Exam, rows: Sequence[Row]) -> int:
    stock = bank_stock()
    refuse_shortage(shortages(rows, stock.cards, stock.below, papers=1), stock.topics)
    for row in exam.rows:  # topics may be renamed later
        row.topic_called = stock.topics[row.topic_id] if row.topic_id else None
    allotted = allot(rows, stock.cards, stock.below)
    ids = {row.position: row.id for row in exam.rows}
    pool = [
        {
            "exam_id": exam.id,
            "version_id": card.version,
            "row_id": ids[row.position],
            "ease": ease_of(card, row.points),
            "used": card.used,
            "enemies": card.enemies,
        }
        for row in rows
        for card in allotted[row.position]
    ]
    session.connection().execute(sa.insert(PoolItem), pool)
    return len(pool)


def _write_papers(session: Session, exam: Exam, papers: Sequence[DrawnPaper]) -> None:
    candidates = dict(
        session.execute(
            sa.select(Candidate.person_id, Candidate.id).where(
                Candidate.exam_id == exam.id
            )
        ).all()
    )
    session.connection().execute(
        sa.insert(Paper),
        [
            {
                "exam_id": exam.id,
                "number": paper.number,
                "candidate_id": None
                if paper.person is None
                else candidates[paper.person],
                "attempt": paper.attempt,
                "items": paper.items,
                "digest": paper.digest,
            }
            for paper in papers
        ],
    )
    uses = Counter(version for paper in papers for version in paper.versions)
    record_uses(session.connection(), exam.code, exam.title, uses)
