"""What exams tell the bank: which versions stand in their papers."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

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
