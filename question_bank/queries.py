"""Reads of the bank."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core.db import db
from question_bank.models import QuestionVersion


@dataclass(frozen=True)
class Content:
    """What a question version asks and what is right: never changes."""

    version_id: int
    kind: str
    stem: str
    options: list[str]
    key: list[Any]
    analysis: str
    citations: list[str]


def contents(version_ids: Sequence[int]) -> dict[int, Content]:
    """The contents of versions, by id. One query."""
    query = sa.select(
        QuestionVersion.id,
        QuestionVersion.kind,
        QuestionVersion.stem,
        QuestionVersion.options,
        QuestionVersion.key,
        QuestionVersion.analysis,
        QuestionVersion.citations,
    ).where(QuestionVersion.id.in_(version_ids))
    return {row.id: Content(*row) for row in db.session.execute(query)}
