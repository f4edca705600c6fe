"""A sheet as closing reads it: raw rows, for its digest, its score and its seal.

Made into objects and back into what is sealed, 50 answers would cost a hand-in as much
as its commit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from core.seals import sealing_of
from core.statements import Statement
from quiz.models import Answer

_sealing = sealing_of(Answer)
assert _sealing is not None
_rows = Statement(
    _sealing.query()
    .where(Answer.sitting_id == sa.bindparam("sitting_id"))
    .where(Answer.generation == sa.bindparam("generation"))
)
_question_and_value = _sealing.places(("q", "value"))


def sheet_rows(
    connection: sa.Connection, sitting_id: int, generation: int
) -> Sequence[Sequence[Any]]:
    """The answers of a sheet as they are sealed (``seals.as_read``). One query."""
    return _rows.run(connection, {"sitting_id": sitting_id, "generation": generation})


def answers_in(rows: Sequence[Sequence[Any]]) -> Iterator[tuple[str, str]]:
    """Question and stored value of each answer that is not blank."""
    for row in rows:
        q, value = _question_and_value(row)
        if value != "[]":
            yield q, value
