"""What exams tell the bank: which versions stand in their papers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from question_bank.models import QuestionUse


def record_uses(
    connection: sa.Connection,
    exam_code: str,
    exam_title: str,
    papers_by_version: Mapping[int, int],
) -> None:
    """Note how many papers of an exam hold each version; once an exam.

    Runs inside the caller's transaction and does not commit.
    """
    if papers_by_version:
        connection.execute(
            sa.insert(QuestionUse),
            [
                {
                    "version_id": version,
                    "exam_code": exam_code,
                    "exam_title": exam_title,
                    "papers": papers,
                    **_NOTHING,
                }
                for version, papers in sorted(papers_by_version.items())
            ],
        )


_NOTHING = {"answers": 0, "earned": 0, "possible": 0}  # has come of it yet


@dataclass(frozen=True)
class Outcome:
    """What came of a version in one exam."""

    answers: int  # closed sheets that asked it
    earned: int  # hundredths
    possible: int


def record_outcomes(
    connection: sa.Connection, exam_code: str, outcomes: Mapping[int, Outcome]
) -> None:
    """Note what came of each version of an exam; the latest word counts.

    Runs inside the caller's transaction and does not commit.
    """
    if not outcomes:
        return
    connection.execute(
        sa.update(QuestionUse)
        .where(
            QuestionUse.exam_code == exam_code,
            QuestionUse.version_id == sa.bindparam("version"),
        )
        .values(
            answers=sa.bindparam("n"),
            earned=sa.bindparam("got"),
            possible=sa.bindparam("most"),
        ),
        [
            {
                "version": version,
                "n": one.answers,
                "got": one.earned,
                "most": one.possible,
            }
            for version, one in sorted(outcomes.items())
        ],
    )


def record_further_uses(
    connection: sa.Connection,
    exam_code: str,
    exam_title: str,
    papers_by_version: Mapping[int, int],
) -> None:
    """Add papers an exam dealt after its draw; as ``record_uses``."""
    if not papers_by_version:
        return
    make = postgresql if connection.dialect.name == "postgresql" else sqlite
    insert = make.insert(QuestionUse)
    add = insert.on_conflict_do_update(
        index_elements=["version_id", "exam_code"],
        set_={"papers": QuestionUse.papers + insert.excluded.papers},
    )
    connection.execute(
        add,
        [
            {
                "version_id": version,
                "exam_code": exam_code,
                "exam_title": exam_title,
                "papers": papers,
                **_NOTHING,
            }
            for version, papers in sorted(papers_by_version.items())
        ],
    )
