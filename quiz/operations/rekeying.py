"""改键: one person asks for other keys, a second confirms, every closed sheet gets
a new score. Nothing that was is changed: revision, answers and old scores stay.

A sheet that closes later is scored by the newest keys. Both the closing and the
confirming hold the audit chain's lock, so a sheet is either closed before a revision,
and then found by the scoring that follows, or closed by it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from core import seals
from core.audit import lock_chain, record_audit
from core.db import read_core, write_core
from core.errors import Conflict, Refused
from question_bank.queries import Content
from question_bank.rules.validity import Draft, problems
from quiz.acts import KeyChange, KeyRevision
from quiz.models import Score
from quiz.operations.exams import actor_of
from quiz.operations.proposals import (
    proposal_to_confirm,
    record_decision,
    record_proposal,
)
from quiz.queries.cards import cards_on, known, part_of
from quiz.queries.keys import (
    Sheet,
    answers_of,
    changes_until,
    count_unscored,
    newest_revision,
    unscored_revision,
    unscored_sheets,
    versions_in_pool,
)
from quiz.queries.running import exam_to_run
from quiz.rules.draw import sha256
from quiz.rules.reasons import given_reason
from quiz.rules.rekeying import (
    Change,
    Changes,
    changes_digest,
    check_changes,
    read_changes,
    score_rekeyed,
)

AT_ONCE = 100  # sheets scored in one transaction: saves wait for no more


def propose_rekey(
    *,
    exam_id: int,
    changes: Sequence[Change],
    reason: str,
    key: str,
    account_id: int,
    now: datetime,
) -> int:
    """Ask that questions of an exam be scored otherwise, for everybody.

    :param key: Made by the page; the same key again is the same proposal.
    :return: The proposal's id, for ``confirm_rekey``.
    :raises Refused: Without a reason, if a change cannot be meant, the question is
        none of this exam's, or the exam is archived.
    """
    reason = given_reason(reason)
    check_meant(exam_id, changes)
    with write_core() as connection:
        lock_chain(connection)
        exam_to_run(connection, exam_id, after_results=True)
        base = newest_revision(connection, exam_id)
        ordered = sorted(changes, key=lambda one: (one.version_id, one.part))
        return record_proposal(
            connection,
            exam_id=exam_id,
            kind="rekey",
            asked={"base": base, "changes": [one.stored() for one in ordered]},
            facts={"base": base, "digest": changes_digest(changes)},
            reason=reason,
            key=key,
            account_id=account_id,
            now=now,
        )


def confirm_rekey(
    *, proposal_id: int, account_id: int, now: datetime, limit: int | None = None
) -> int:
    """Put other keys in force: the second person's word. Then score what is closed.

    Broken off half-way, ``rescore_exam`` goes on; so does whoever opens a report.

    :param limit: How many sheets are scored at once at the most; None: all.
    :return: The revision's number.
    :raises Refused: If it is the person's own proposal, or the exam is archived.
    :raises Conflict: If it was decided, or the keys have changed since.
    """
    with write_core() as connection:
        lock_chain(connection)
        proposal = proposal_to_confirm(connection, proposal_id, "rekey", account_id)
        exam_to_run(connection, proposal.exam_id, after_results=True)
        newest = newest_revision(connection, proposal.exam_id)
        base: int = proposal.asked["base"]
        if proposal.decision is None:
            if newest != base:
                raise Conflict("申请之后又改过键，请重新预览并提出申请")
            changes = read_changes(proposal.asked["changes"])
            revision = _write_revision(
                connection, proposal.exam_id, base + 1, proposal.id, changes, now
            )
            decided = record_decision(
                connection, proposal, "confirmed", account_id, now
            )
            record_audit(
                connection,
                "exam.rekey",
                f"exam:{proposal.exam_id}",
                actor=actor_of(account_id),
                now=now,
                facts={
                    "revision": base + 1,
                    "proposal": proposal.id,
                    "versions": [one.version_id for one in changes],
                    "digest": changes_digest(changes),
                },
                rows=[
                    seals.ids(KeyRevision, [revision]),
                    seals.where(KeyChange, KeyChange.revision_id == revision),
                    decided,
                ],
            )
    rescore_exam(exam_id=proposal.exam_id, now=now, limit=limit)
    return base + 1


def rescore_exam(*, exam_id: int, now: datetime, limit: int | None = None) -> int:
    """Give the closed sheets of an exam their scores by the newest keys.

    In slices: the scores are computed outside the transaction, for closed sheets do
    not change, and written in a short one. Doing it twice, or in two places at once,
    writes each score once.

    :param limit: How many sheets at the most; None: all.
    :return: How many still wait.
    """
    with read_core() as connection:
        number = unscored_revision(connection, exam_id)
        if number is None:
            return 0
    after, left = 0, limit
    while left is None or left > 0:
        with read_core() as connection:
            most = AT_ONCE if left is None else min(AT_ONCE, left)
            sheets = unscored_sheets(connection, exam_id, number, after, most)
            if not sheets:
                break
            rows = _scores(connection, exam_id, number, sheets, now)
        _write_scores(exam_id, number, rows, now)
        after = sheets[-1].sitting_id
        left = None if left is None else left - len(sheets)
    return _note_scored(exam_id, number, now)


def check_meant(exam_id: int, changes: Sequence[Change]) -> None:
    """See whether changes fit the questions of an exam. Two queries.

    :raises Refused: If not; the question and the fault are named.
    """
    check_changes(changes)
    versions = list(dict.fromkeys(one.version_id for one in changes))
    with read_core() as connection:
        asked = versions_in_pool(connection, exam_id, versions)
    for version in versions:
        if version not in asked:
            raise Refused("题目版本 %(id)d 不在这场考试的备选题里", id=version)
    contents = known.contents(versions)
    for one in changes:
        content = contents[one.version_id]
        _check_part(content, one)
        for new in one.keys:
            _check_key(part_of(content, one.part), new)


def _check_part(content: Content, change: Change) -> None:
    """See whether a change names a part that is there, where it must name one."""
    parts = len(content.parts)
    if change.part > parts:
        raise Refused(
            "“%(stem)s”没有第 %(n)d 小题", stem=content.stem[:20], n=change.part
        )
    if parts and change.kind == "key" and not change.part:
        raise Refused(
            "“%(stem)s”是案例题，更正答案要写明是第几小题", stem=content.stem[:20]
        )


def _check_key(content: Content, key: Sequence[object]) -> None:
    """See whether the bank would take a question with this key."""
    typed = tuple(
        part if isinstance(part, str) else "|".join(map(str, part))  # type: ignore[call-overload]
        for part in key
    )
    draft = Draft(content.kind, content.stem, tuple(content.options), typed)
    for problem in problems(draft):
        if problem.part == "key":
            raise Refused(
                "“%(stem)s”：%(fault)s", stem=content.stem[:20], fault=str(problem)
            )


def _write_revision(
    connection: sa.Connection,
    exam_id: int,
    number: int,
    proposal_id: int,
    changes: Sequence[Change],
    now: datetime,
) -> int:
    revision_id = connection.execute(
        sa.insert(KeyRevision).returning(KeyRevision.id),
        {
            "exam_id": exam_id,
            "number": number,
            "proposal_id": proposal_id,
            "digest": changes_digest(changes),
            "made_at": now,
        },
    ).scalar_one()
    connection.execute(
        sa.insert(KeyChange),
        [
            {
                "revision_id": revision_id,
                "version_id": one.version_id,
                "part": one.part,
                "kind": one.kind,
                "keys": one.stored()[2],
            }
            for one in changes
        ],
    )
    return revision_id


def _scores(
    connection: sa.Connection,
    exam_id: int,
    number: int,
    sheets: Sequence[Sheet],
    now: datetime,
) -> list[dict[str, object]]:
    """The rows of new scores of closed sheets."""
    changes = changes_until(connection, exam_id, number)
    answers = answers_of(
        connection, [(one.sitting_id, one.generation) for one in sheets]
    )
    return [_row(one, answers[one.sitting_id], changes, number, now) for one in sheets]


def _row(
    sheet: Sheet,
    answers: Mapping[str, Sequence[str]],
    changes: Changes,
    number: int,
    now: datetime,
) -> dict[str, object]:
    detail = score_rekeyed(cards_on(sheet.items), answers, sheet.multi_rule, changes)
    return {
        "sitting_id": sheet.sitting_id,
        "generation": sheet.generation,
        "key_revision": number,
        "points": sum(detail),
        "detail": json.dumps(detail, separators=(",", ":")),
        "scored_at": now,
    }


def _write_scores(
    exam_id: int, number: int, rows: Sequence[dict[str, object]], now: datetime
) -> None:
    lines = "\n".join(
        f"{row['sitting_id']}|{row['generation']}|{row['points']}|{row['detail']}"
        for row in rows
    )
    with write_core() as connection:
        lock_chain(connection)
        make = postgresql if connection.dialect.name == "postgresql" else sqlite
        insert = make.insert(Score).on_conflict_do_nothing(
            index_elements=["sitting_id", "generation", "key_revision"]
        )
        connection.execute(insert, list(rows))
        record_audit(
            connection,
            "exam.rescore",
            f"exam:{exam_id}",
            actor="system",
            now=now,
            facts={"revision": number, "sheets": len(rows), "digest": sha256(lines)},
            rows=[
                seals.where(
                    Score,
                    sa.and_(
                        Score.sitting_id.in_([row["sitting_id"] for row in rows]),
                        Score.key_revision == number,
                    ),
                )
            ],
        )


def _note_scored(exam_id: int, number: int, now: datetime) -> int:
    """Note that a revision has reached every sheet; returns how many still wait."""
    with write_core() as connection:
        lock_chain(connection)
        waiting = count_unscored(connection, exam_id, number)
        if not waiting:
            connection.execute(
                sa.update(KeyRevision)
                .where(KeyRevision.exam_id == exam_id, KeyRevision.number <= number)
                .where(KeyRevision.scored_at.is_(None))
                .values(scored_at=now)
            )
    return waiting
