"""Storing answers. Nothing acknowledged here is ever lost.

One transaction on a bare connection, two queries: the sitting, locked; the upsert
that takes a value only if its sequence number is greater.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from core.db import write_core, write_together
from core.errors import Missing
from core.statements import Statement
from quiz.models import Answer, LateMessage
from quiz.operations.away import record_absences
from quiz.queries.cards import fields_on
from quiz.queries.sittings import (
    Desk,
    find_desk_to_save,
    newest_seq,
    saved_answers,
)
from quiz.rules.away import read_absences
from quiz.rules.sheet import Entry, Message, read_message
from quiz.rules.timing import exam_clock, shown_deadline

LATE_MESSAGES_KEPT = 200  # of one sitting; a phone in trouble sends far fewer


@dataclass(frozen=True)
class Reply:
    """The answer to a save."""

    sitting_id: int
    acked: list[tuple[str, int]]
    superseded: list[tuple[str, int, str]]
    deadline: datetime
    claim: bool
    paused: bool
    away: list[int]  # numbers of the absences that were told


class Closed(Exception):
    """A message that no longer counts. It was kept as late."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why  # submitted, moved, void, generation, deadline

    @property
    def status(self) -> int:
        """410 when time is over, 409 otherwise."""
        return 410 if self.why == "deadline" else 409


@lru_cache(maxsize=256)
def _upsert(dialect: str, count: int) -> Statement[str]:
    """Store so many answers unless newer ones are there; returns those stored."""
    make = postgresql.insert if dialect == "postgresql" else sqlite.insert
    same = {name: _bound(name, f"the_{name}") for name in _OF_ALL}
    insert = make(Answer).values(
        [
            same | {name: _bound(name, f"{name}_{n}") for name in _OF_EACH}
            for n in range(count)
        ]
    )
    new = insert.excluded
    statement = insert.on_conflict_do_update(
        index_elements=["sitting_id", "generation", "q"],
        set_={
            "seq": new.seq,
            "value": new.value,
            "at_ms": new.at_ms,
            "received_at": new.received_at,
        },
        where=new.seq > Answer.__table__.c.seq,
    )
    return Statement(statement.returning(Answer.__table__.c.q), str)


def _bound(column: str, name: str) -> Any:
    return sa.bindparam(name, type_=Answer.__table__.c[column].type)


_OF_ALL = ("sitting_id", "generation", "received_at")
_OF_EACH = ("q", "seq", "value", "at_ms")


def store(
    connection: sa.Connection, desk: Desk, entries: Sequence[Entry], now: datetime
) -> set[str]:
    """Write a message's entries; returns the questions whose value was taken."""
    if not entries:
        return set()
    values: dict[str, Any] = {
        "the_sitting_id": desk.sitting_id,
        "the_generation": desk.generation,
        "the_received_at": now,
    }
    for n, entry in enumerate(entries):
        values[f"q_{n}"] = entry.q
        values[f"seq_{n}"] = entry.seq
        values[f"value_{n}"] = entry.value
        values[f"at_ms_{n}"] = entry.at_ms
    return set(_upsert(connection.dialect.name, len(entries)).run(connection, values))


def why_closed(
    desk: Desk, device: str, generation: int, holder: int, now: datetime
) -> str | None:
    """Why a message to a sitting no longer counts; None if it does.

    The order tells a phone what matters most: a closed sheet before a moved one,
    a moved one before a late one.
    """
    if desk.state == "void":
        return "void"
    if desk.state != "open":
        return "submitted" if desk.state == "submitted" else "deadline"
    if desk.device != device or desk.holder != holder:
        return "moved"
    if desk.generation != generation:
        return "generation"
    clock = exam_clock(now, desk.paused_at)
    if clock > desk.deadline + timedelta(seconds=desk.grace_s):
        return "deadline"
    return None


def keep_late(
    connection: sa.Connection, desk: Desk, why: str, body: object, now: datetime
) -> None:
    """Keep a message that no longer counts: it may be admitted by people later."""
    kept = connection.execute(
        sa.select(sa.func.count())
        .select_from(LateMessage)
        .where(LateMessage.sitting_id == desk.sitting_id)
    ).scalar_one()
    if kept < LATE_MESSAGES_KEPT:
        connection.execute(
            sa.insert(LateMessage),
            {
                "sitting_id": desk.sitting_id,
                "received_at": now,
                "why": why,
                "body": json.dumps(body, ensure_ascii=False),
            },
        )


def save_answers(*, token: str, device: str, body: object, now: datetime) -> Reply:
    """Store what a phone sent; every entry is answered for by name.

    Two queries: the sitting, the upsert (a third when something was superseded, two
    more when the page had been left).

    :raises Missing: If there is no such sitting.
    :raises Malformed: If the message is not one for this paper.
    :raises Closed: If it no longer counts; it is kept as late.
    """
    with write_together() as connection:
        desk = find_desk_to_save(connection, token)
        if desk is None:
            raise Missing("没有找到这份试卷，请重新扫码")
        message = read_message(body, fields_on(desk.items))
        why = why_closed(desk, device, message.generation, message.holder, now)
        if why is None:
            taken = store(connection, desk, message.entries, now)
            away = read_absences(body)
            record_absences(connection, desk.sitting_id, away, now)
            return _reply(connection, desk, message, taken, list(away), now)
        keep_late(connection, desk, why, body, now)
    raise Closed(why)


def _reply(
    connection: sa.Connection,
    desk: Desk,
    message: Message,
    taken: set[str],
    away: list[int],
    now: datetime,
) -> Reply:
    acked = [(entry.q, entry.seq) for entry in message.entries if entry.q in taken]
    superseded = []
    rest = [entry for entry in message.entries if entry.q not in taken]
    if rest:
        stored = saved_answers(connection, desk.sitting_id, desk.generation)
        for entry in rest:
            known = stored[entry.q]
            if (known.seq, known.value) == (entry.seq, entry.value):
                acked.append((entry.q, entry.seq))  # the same message again
            else:
                superseded.append((entry.q, known.seq, known.value))
    return Reply(
        desk.sitting_id,
        acked,
        superseded,
        shown_deadline(desk.deadline, now, desk.paused_at),
        claim=desk.claim is not None,
        paused=desk.paused_at is not None,
        away=away,
    )


def save_plain_answer(
    *,
    token: str,
    device: str,
    q: str,
    value: Sequence[str],
    generation: int,
    holder: int,
    now: datetime,
) -> None:
    """Store one answer of the plain form: the server gives the sequence number.

    :raises Missing, Malformed, Closed: As ``save_answers``.
    """
    with write_core() as connection:
        desk = find_desk_to_save(connection, token)
        if desk is None:
            raise Missing("没有找到这份试卷，请重新扫码")
        stored = saved_answers(connection, desk.sitting_id, desk.generation)
        seq = newest_seq(list(stored.values())) + 1
        answer = {"q": q, "seq": seq, "value": list(value)}
        body = {"generation": generation, "holder": holder, "n": 1, "answers": [answer]}
        message = read_message(body, fields_on(desk.items))
        why = why_closed(desk, device, generation, holder, now)
        if why is None:
            store(connection, desk, message.entries, now)
            return
        keep_late(connection, desk, why, body, now)
    raise Closed(why)
