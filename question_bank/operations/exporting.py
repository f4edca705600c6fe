"""Noting that questions leave the bank: before the file is made, or it is not made."""

from __future__ import annotations

from datetime import datetime, timedelta

from core.audit import lock_chain, record_audit
from core.db import write
from core.errors import Refused
from question_bank.export_queries import (
    EXPORT,
    exports_of,
    selected_count,
    topic_name,
)
from question_bank.rules.exporting import Layout, Selection, check_rate


def note_export(
    *, selection: Selection, layout: Layout, purpose: str, actor: str, now: datetime
) -> int:
    """Write down who takes which questions out, and what for.

    An account may do so a few times an hour; the terminal, which has the database
    itself, as often as it likes.

    :return: How many questions it is about.
    :raises Refused: If there are none, or the account has exported enough.
    """
    questions, exam_only = selected_count(selection)
    if not questions:
        raise Refused("没有符合条件的题目，请放宽条件")
    topic = topic_name(selection.topic_id)
    with write() as session:
        connection = session.connection()
        lock_chain(connection)  # two at once are counted one after the other
        if actor.startswith("account:"):
            check_rate(exports_of(connection, actor, now - timedelta(hours=1)))
        record_audit(
            session,
            EXPORT,
            "bank:all",
            actor=actor,
            now=now,
            facts={
                "form": layout.form,
                "questions": questions,
                "selection": selection.words(topic),
                "with_key": layout.keyed,
                "exam_only": exam_only,
            },
            rows=(),
            personal={"reason": purpose},
        )
    return questions
