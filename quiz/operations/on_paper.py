"""Answers written by pen: entered by two people, settled, and handed in once.

What is handed in goes the way a phone's hand-in goes: the same check of each value,
the same closing, score, receipt and audit entry.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from core import seals
from core.audit import lock_chain, record_audit
from core.db import write_core
from core.errors import Conflict, Missing, Refused
from quiz.acts import PaperEntry, PaperSheet
from quiz.models import Sitting
from quiz.operations.answers import store
from quiz.operations.closing import Act, record_close
from quiz.operations.exams import actor_of
from quiz.operations.reopening import record_turned_page
from quiz.queries.cards import fields_on
from quiz.queries.on_paper import Entered, Held, entries_of, paper_held
from quiz.queries.running import exam_to_run
from quiz.queries.sittings import (
    Desk,
    find_desk_to_run,
    find_place,
    newest_seq,
    saved_answers,
)
from quiz.rules.on_paper import Outcome, outcome_of, settle
from quiz.rules.sheet import Entry, read_value

ENTERED_BY = 2  # people


def enter_sheet(
    *,
    paper_id: int,
    answers: Mapping[str, Sequence[str]],
    account_id: int,
    now: datetime,
) -> None:
    """Keep what one person read on an answer sheet; again: in the place of it.

    :param answers: As ``rules.on_paper.read_pen`` gives them, by question.
    :raises Refused: If the exam has not begun, or two others have entered it.
    :raises Conflict: If it is handed in.
    """
    with write_core() as connection:
        lock_chain(connection)
        held = _held(connection, paper_id, now)
        outcome_of(held.state)
        entries = entries_of(paper_id, connection)
        own = next((one for one in entries if one.account_id == account_id), None)
        if own is None and len(entries) >= ENTERED_BY:
            raise Refused("已经有两个人录入过这份答卷，请直接核对两次录入")
        fields = fields_on(held.items)
        kept = {q: list(value) for q, value in answers.items() if value}
        for q, value in kept.items():
            read_value(fields[q], value, q)
        entry_id = _write_entry(connection, own, paper_id, kept, account_id, now)
        record_audit(
            connection,
            "paper.enter",
            f"paper:{paper_id}",
            actor=actor_of(account_id),
            now=now,
            facts={"exam": held.exam_id, "questions": len(kept)},
            rows=[seals.ids(PaperEntry, [entry_id])],
        )


def _write_entry(
    connection: sa.Connection,
    own: Entered | None,
    paper_id: int,
    answers: Mapping[str, Sequence[str]],
    account_id: int,
    now: datetime,
) -> int:
    row = {"answers": dict(answers), "entered_at": now}
    if own is not None:
        change = sa.update(PaperEntry).where(PaperEntry.id == own.id).values(row)
        connection.execute(change)
        return own.id
    row |= {"paper_id": paper_id, "account_id": account_id}
    insert = sa.insert(PaperEntry).returning(PaperEntry.id)
    entry_id: int = connection.execute(insert, row).scalar_one()
    return entry_id


def hand_in_sheet(
    *,
    paper_id: int,
    chosen: Mapping[str, int],
    seen: Sequence[datetime],
    account_id: int,
    now: datetime,
    key: str,
) -> Outcome:
    """Hand in an answer sheet that two people have entered.

    :param chosen: Where they differ: question → whose reading counts, 1 or 2.
    :param seen: When the two readings that were compared were entered.
    :param key: The server's secret, for the check word.
    :raises Refused: If there are not two readings, or a difference is not settled.
    :raises Conflict: If it is handed in, or a reading has changed since it was seen.
    """
    with write_core() as connection:
        lock_chain(connection)
        held = _held(connection, paper_id, now)
        entries = entries_of(paper_id, connection)
        if len(entries) != ENTERED_BY:
            raise Refused("需要两个人各录入一次，才能交卷")
        if [one.entered_at for one in entries] != list(seen):
            raise Conflict("录入的内容刚刚有变动，请重新核对")
        first, second = entries
        answers = settle(first.answers, second.answers, chosen)
        outcome = outcome_of(held.state)
        sitting_id = held.sitting_id or _begin(connection, held)
        row = {
            "paper_id": paper_id,
            "sitting_id": sitting_id,
            "outcome": outcome.value,
            "first_by": first.account_id,
            "second_by": second.account_id,
            "settled": dict(chosen),
            "handed_in_at": now,
            "handed_in_by": account_id,
        }
        connection.execute(sa.insert(PaperSheet), row)
        facts = {"paper": paper_id, "differed": len(chosen)}
        act = Act(
            "sitting.paper",
            actor_of(account_id),
            facts,
            (seals.values(PaperSheet, row),),
        )
        if outcome is Outcome.KEPT:
            record_audit(
                connection,
                "paper.keep",
                f"sitting:{sitting_id}",
                actor=act.actor,
                now=now,
                facts=facts,
                rows=act.rows,
            )
        else:
            _close(connection, sitting_id, answers, act, now, key)
        return outcome


def _held(connection: sa.Connection, paper_id: int, now: datetime) -> Held:
    """A paper and its sitting, locked; its sheet must not be handed in yet."""
    held = paper_held(connection, paper_id)
    if held is None:
        raise Missing("没有这份试卷")
    exam = exam_to_run(connection, held.exam_id)
    if exam.opens_at > now:
        raise Refused("考试还没有开始，开考后才能录入答卷")
    if held.exempt:
        raise Refused("此人已列为免考，不能录入答卷")
    if held.handed_in:
        raise Conflict("这份纸质答卷已经交卷，不能再改")
    return held


def _begin(connection: sa.Connection, held: Held) -> int:
    """The sitting of somebody who has no phone: from the opening to the closing."""
    place = find_place(connection, held.candidate_id)
    assert place is not None
    insert = sa.insert(Sitting).returning(Sitting.id)
    row = {
        "token": secrets.token_urlsafe(16),
        "exam_id": held.exam_id,
        "candidate_id": held.candidate_id,
        "paper_id": held.paper_id,
        "attempt": held.attempt,
        "state": "open",
        "generation": 1,
        "holder": 1,
        # No phone's digest: nobody can open it.
        "device": f"paper:{held.paper_id}",
        "started_at": place.opens_at,
        "deadline": place.closes_at + timedelta(seconds=place.extra_s),
    }
    sitting_id: int = connection.execute(insert, row).scalar_one()
    return sitting_id


def _close(
    connection: sa.Connection,
    sitting_id: int,
    answers: Mapping[str, Sequence[str]],
    act: Act,
    now: datetime,
    key: str,
) -> None:
    """Write the answers over what the phone has, if anything, and close."""
    desk = find_desk_to_run(connection, sitting_id)
    assert desk is not None
    closed_at = min(now, desk.deadline)
    if desk.state == "auto":
        kept = record_turned_page(connection, desk)
        desk = replace(desk, generation=desk.generation + 1)
        connection.execute(
            sa.update(Sitting)
            .where(Sitting.id == sitting_id)
            .values(generation=desk.generation)
        )
        act = replace(act, rows=(*act.rows, kept))
    store(connection, desk, _entries(connection, desk, answers), now)
    record_close(
        connection, desk, "submitted", closed_at=closed_at, now=now, key=key, act=act
    )


def _entries(
    connection: sa.Connection, desk: Desk, answers: Mapping[str, Sequence[str]]
) -> list[Entry]:
    saved = saved_answers(connection, desk.sitting_id, desk.generation)
    seq = newest_seq(list(saved.values())) + 1
    fields = fields_on(desk.items)
    return [
        Entry(q, seq, read_value(fields[q], list(value), q), None)
        for q, value in answers.items()
    ]
