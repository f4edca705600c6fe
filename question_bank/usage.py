"""What exams tell the bank: which versions stand in their papers."""

from __future__ import annotations

from collections.abc import Mapping

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
                }
                for version, papers in sorted(papers_by_version.items())
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
            }
            for version, papers in sorted(papers_by_version.items())
        ],
    )
