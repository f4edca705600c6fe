"""Making exams and running them: each function is one act, one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import seals
from core.audit import lock_chain, record_audit
from core.db import read_core, write
from core.errors import Conflict, Missing, Refused
from question_bank.models import QuestionUse
from question_bank.operations.topics import hold_topics
from question_bank.usage import record_outcomes
from quiz.models import BlueprintRow, Candidate, Exam, Sitting
from quiz.queries.keys import unscored_revision
from quiz.queries.outcomes import outcomes_of
from quiz.queries.running import sheets_out
from quiz.queries.sheets import waiting_proposals
from quiz.queries.stock import details_of, rows_of
from quiz.rules.blueprint import Row, check_rows
from quiz.rules.details import ExamDetails, check_details, stamp_of
from quiz.rules.lifecycle import State, state_of
from quiz.rules.reasons import given_reason
from quiz.traces import Joining

GRACE_S = 30  # how late a message may arrive


def actor_of(account_id: int | None) -> str:
    """Who acts, as the audit log names them."""
    return "system" if account_id is None else f"account:{account_id}"


def create_exam(
    *,
    details: ExamDetails,
    preset: str,
    rows: Sequence[Row],
    code: str,
    account_id: int | None,
    now: datetime,
    demo: bool = False,
    unit_id: int | None = None,
) -> Exam:
    """Make a draft.

    :param preset: Name of the preset it starts from, for people.
    :param code: Eight characters made at the edge (``new_code``).
    :param unit_id: The unit it belongs to; None: to all.
    :raises Refused: If the settings or the rows cannot be meant.
    """
    check_details(details)
    check_rows(rows)
    with write() as session:
        topics = hold_topics(session, _named(rows))
        exam = Exam(
            code=code,
            preset=preset,
            unit_id=unit_id,
            grace_s=GRACE_S,
            demo=demo,
            created_at=now,
            created_by=account_id,
            public_value="",
            public_source="",
        )
        _apply(exam, details)
        exam.rows = _new_rows(rows, topics)
        session.add(exam)
        session.flush()  # generate exam.id
        rows_made = seals.these(*exam.rows)
        facts = {"code": code, "unit": unit_id}
        _audit(session, "exam.create", exam, account_id, now, facts, rows_made)
    return exam


def change_exam(
    *,
    exam_id: int,
    details: ExamDetails,
    seen: str | None,
    account_id: int | None,
    now: datetime,
) -> None:
    """Change the settings of a draft.

    :param seen: The stamp of what the person saw; None: whatever stands there.
    :raises Conflict: If it was changed by somebody else meanwhile.
    :raises Refused: If it is published, or the settings cannot be meant.
    """
    check_details(details)
    with write() as session:
        exam = draft_to_change(session, exam_id, seen)
        _apply(exam, details)
        _audit(session, "exam.change", exam, account_id, now, {})


def change_blueprint(
    *,
    exam_id: int,
    rows: Sequence[Row],
    seen: str | None,
    account_id: int | None,
    now: datetime,
) -> None:
    """Replace the blueprint of a draft; errors as ``change_exam``."""
    check_rows(rows)
    with write() as session:
        # Before the exam: in the order in which a merge of topics takes them.
        topics = hold_topics(session, _named(rows))
        exam = draft_to_change(session, exam_id, seen)
        old = seals.gone(BlueprintRow, [row.id for row in exam.rows])
        exam.rows.clear()
        session.flush()  # free the positions before they are taken again
        exam.rows.extend(_new_rows(rows, topics))
        session.flush()  # generate the ids of the rows
        new = seals.these(*exam.rows)
        facts = {"questions": sum(row.count for row in rows), "rows": len(rows)}
        _audit(session, "exam.blueprint", exam, account_id, now, facts, old, new)


def discard_exam(*, exam_id: int, account_id: int | None, now: datetime) -> None:
    """Throw a draft away.

    :raises Refused: If it is published: from then on it stays.
    """
    with write() as session:
        exam = draft_to_change(session, exam_id, None)
        rows_gone = seals.gone(BlueprintRow, [row.id for row in exam.rows])
        session.delete(exam)
        record_audit(
            session,
            "exam.discard",
            f"exam:{exam_id}",
            actor=actor_of(account_id),
            now=now,
            facts={"code": exam.code},
            rows=[rows_gone, seals.gone(Exam, [exam_id])],
        )


def exempt_candidate(
    *,
    exam_id: int,
    candidate_id: int,
    reason: str,
    account_id: int | None,
    now: datetime,
) -> None:
    """免考: take somebody of the roster out of those who are due, with a reason.

    :raises Refused: Without a reason, for a walk-in, for somebody who has begun, or
        after the results were published.
    """
    reason = given_reason(reason)
    with write() as session:
        candidate = _candidate_to_change(session, exam_id, candidate_id, now)
        if candidate.exempt_reason is not None:
            raise Refused("此人已经免考")
        if candidate.walk_in:
            raise Refused("名单外的人员不需要免考")
        begun = session.scalar(
            sa.select(Sitting.id).where(
                Sitting.candidate_id == candidate_id, Sitting.state != "void"
            )
        )
        if begun is not None:
            raise Refused("此人已经开始作答，不能再免考")
        candidate.exempt_reason = reason
        _audit_person(session, "candidate.exempt", candidate, account_id, now, reason)


def end_exemption(
    *,
    exam_id: int,
    candidate_id: int,
    reason: str,
    account_id: int | None,
    now: datetime,
) -> None:
    """Count somebody as due again, with a reason.

    :raises Refused: Without a reason, if not exempt, or after the results were
        published.
    """
    reason = given_reason(reason)
    with write() as session:
        candidate = _candidate_to_change(session, exam_id, candidate_id, now)
        if candidate.exempt_reason is None:
            raise Refused("此人没有免考")
        candidate.exempt_reason = None
        _audit_person(session, "candidate.due", candidate, account_id, now, reason)


def publish_results(*, exam_id: int, account_id: int | None, now: datetime) -> None:
    """公布成绩: from now on every candidate sees the own result.

    :raises Refused: Before the exam has closed, while sheets are still being
        collected, or a second time.
    """
    with read_core() as connection:  # outside: closed sheets do not change
        outcomes = outcomes_of(connection, exam_id)
    with write() as session:
        exam = exam_to_change(session, exam_id)
        state = state_of(exam, now)
        if state in (State.RESULTS_PUBLISHED, State.ARCHIVED):
            raise Refused("成绩已经公布")
        if exam.paused_at is not None:
            raise Refused("考试暂停中，请先恢复考试")
        if state is not State.CLOSED:
            raise Refused("考试结束后才能公布成绩")
        out = sheets_out(session.connection(), exam_id)
        if out.count:
            raise Refused(
                "还有 %(n)d 份答卷没有收齐：%(who)s。收齐后再公布",
                n=out.count,
                who="、".join(out.who) + ("等" if out.count > len(out.who) else ""),
            )
        if unscored_revision(session.connection(), exam_id) is not None:
            raise Refused("改键后的重新评分还没有完成，请稍后再公布")
        _end_wishes(session, exam_id)
        exam.results_at = now
        if not exam.demo:  # the bank learns nothing from invented answers
            record_outcomes(session.connection(), exam.code, outcomes)
        used = seals.where(QuestionUse, QuestionUse.exam_code == exam.code)
        _audit(session, "exam.results", exam, account_id, now, {}, used)


def _end_wishes(session: Session, exam_id: int) -> None:
    """Who still asks to be let in is too late; who sat meanwhile must be decided on."""
    waiting = sa.and_(Joining.exam_id == exam_id, Joining.decided_at.is_(None))
    begun = session.scalar(
        sa.select(sa.func.count())
        .select_from(Joining)
        .where(waiting, Joining.candidate_id.is_not(None))
    )
    if begun:
        raise Refused(
            "还有 %(n)d 份现场加入的申请没有审核，请先在“现场”里处理", n=begun
        )
    session.execute(sa.delete(Joining).where(waiting))


def archive_exam(*, exam_id: int, account_id: int | None, now: datetime) -> None:
    """归档: put an exam away. Nothing of it is changed from then on, keys neither.

    :raises Refused: Before the results are published, while sheets wait for scores by
        corrected keys, or while a proposal waits for its second person.
    """
    with write() as session:
        exam = exam_to_change(session, exam_id)
        if state_of(exam, now) is not State.RESULTS_PUBLISHED:
            raise Refused("公布成绩后才能归档，已归档的不能再归档")
        connection = session.connection()
        if unscored_revision(connection, exam_id) is not None:
            raise Refused("改键后的重新评分还没有完成，请稍后再归档")
        waiting = len(waiting_proposals(connection, exam_id))
        if waiting:
            raise Refused("还有 %(n)d 项申请等待第二人确认，请先处理", n=waiting)
        exam.archived_at = now
        _audit(session, "exam.archive", exam, account_id, now, {})


def exam_to_change(session: Session, exam_id: int) -> Exam:
    """An exam, locked until the transaction ends.

    The chain's lock comes first everywhere, so that no two acts wait for each other.

    :raises Missing: If there is none.
    """
    lock_chain(session.connection())
    exam = session.scalar(
        sa.select(Exam)
        .where(Exam.id == exam_id)
        .with_for_update()
        # What this session read before may have changed since.
        .execution_options(populate_existing=True)
    )
    if exam is None:
        raise Missing("没有找到这场考试")
    return exam


def draft_to_change(session: Session, exam_id: int, seen: str | None) -> Exam:
    """A draft, locked until the transaction ends.

    :param seen: The stamp of what the person saw; None: whatever stands there.
    :raises Conflict: If it has changed since.
    :raises Refused: If it is published.
    """
    exam = exam_to_change(session, exam_id)
    if exam.published_at is not None:
        raise Refused("考试已经发布，不能再修改；需要不同的设置，请另建一场")
    if seen is not None and seen != stamp_of(details_of(exam), rows_of(exam)):
        raise Conflict("这场考试刚被别人改过，请刷新页面，核对后再保存")
    return exam


def _apply(exam: Exam, details: ExamDetails) -> None:
    exam.title = details.title.strip()
    exam.opens_at = details.opens_at
    exam.closes_at = details.closes_at
    exam.duration_s = details.duration_s
    exam.pass_mark = details.pass_mark
    exam.excellent_mark = details.excellent_mark
    exam.attempts = details.attempts
    exam.multi_rule = details.multi_rule
    exam.show_score = details.show_score
    exam.show_what = details.show_what
    exam.shuffle = details.shuffle
    exam.contact = details.contact.strip()
    exam.presence = details.presence
    exam.provisional = details.provisional


def _named(rows: Sequence[Row]) -> list[int]:
    return [row.topic for row in rows if row.topic is not None]


def _new_rows(rows: Sequence[Row], topics: Mapping[int, int]) -> list[BlueprintRow]:
    return [
        BlueprintRow(
            position=position,
            kind=row.kind,
            topic_id=None if row.topic is None else topics[row.topic],
            difficulty=row.difficulty,
            parts=row.parts,
            count=row.count,
            points=row.points,
        )
        for position, row in enumerate(rows, 1)
    ]


def _candidate_to_change(
    session: Session, exam_id: int, candidate_id: int, now: datetime
) -> Candidate:
    exam = exam_to_change(session, exam_id)
    if state_of(exam, now) in (State.RESULTS_PUBLISHED, State.ARCHIVED):
        raise Refused("成绩已经公布，应考名单不能再改")
    candidate = session.scalar(
        sa.select(Candidate)
        .where(Candidate.id == candidate_id, Candidate.exam_id == exam_id)
        .with_for_update()
    )
    if candidate is None:
        raise Missing("应考名单里没有这个人")
    return candidate


def _audit(
    session: Session,
    action: str,
    exam: Exam,
    account_id: int | None,
    now: datetime,
    facts: Mapping[str, object],
    *more: seals.Rows,
) -> None:
    record_audit(
        session,
        action,
        f"exam:{exam.id}",
        actor=actor_of(account_id),
        now=now,
        facts=facts,
        rows=[seals.these(exam), *more],
    )


def _audit_person(
    session: Session,
    action: str,
    candidate: Candidate,
    account_id: int | None,
    now: datetime,
    reason: str,
) -> None:
    record_audit(
        session,
        action,
        f"candidate:{candidate.id}",
        actor=actor_of(account_id),
        now=now,
        facts={"exam": candidate.exam_id, "unit": candidate.unit_id},
        rows=[seals.these(candidate)],
        personal={"reason": reason},
    )
