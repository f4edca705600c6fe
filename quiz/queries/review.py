"""Reads for the result of one sheet."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from question_bank.models import QuestionVersion, Topic
from quiz.models import Exam, Paper, PoolItem, Score, Sitting
from quiz.queries.cards import cards_on, known, part_of
from quiz.queries.handed import Handed
from quiz.queries.keys import answers_of, changes_until
from quiz.rules.early import UNDO_WITHIN
from quiz.rules.rekeying import change_of
from quiz.rules.revealing import Ground
from quiz.rules.reviewing import Reviewed, review_question
from quiz.rules.scoring import numbered

JUDGE = ("正确", "错误")


@dataclass(frozen=True)
class Review:
    """A sheet with its score, question by question."""

    questions: tuple[Reviewed, ...]
    #: False where the answers' time is over and they were deleted.
    kept: bool


def paper_of(connection: sa.Connection, sitting_id: int) -> str:
    """The items of a sitting's paper. One query."""
    query = sa.select(Paper.items).join(Sitting, Sitting.paper_id == Paper.id)
    return str(connection.execute(query.where(Sitting.id == sitting_id)).scalar_one())


def ground_of(
    connection: sa.Connection, exam_id: int, versions: Collection[int], now: datetime
) -> Ground:
    """What decides whether questions may be spoken of. Two queries.

    Another version of the same question is the same question.
    """
    open_sittings = (
        sa.select(sa.func.count())
        .where(Sitting.exam_id == Exam.id, Sitting.state == "open")
        .correlate(Exam)
        .scalar_subquery()
    )
    exam = connection.execute(
        sa.select(Exam.closes_at, Exam.paused_at, open_sittings).where(
            Exam.id == exam_id
        )
    ).one()
    return Ground(
        closes_at=exam.closes_at,
        paused=exam.paused_at is not None,
        open_sittings=exam[2],
        elsewhere=_asked_elsewhere(connection, exam_id, versions, now),
    )


def _asked_elsewhere(
    connection: sa.Connection, exam_id: int, versions: Collection[int], now: datetime
) -> datetime | None:
    """When the last other exam closes that may ask one of these questions."""
    asked = sa.select(QuestionVersion.question_id).where(
        QuestionVersion.id.in_(versions)
    )
    sharing = (
        sa.select(PoolItem.id)
        .join(QuestionVersion, QuestionVersion.id == PoolItem.version_id)
        .where(PoolItem.exam_id == Exam.id, QuestionVersion.question_id.in_(asked))
        .correlate(Exam)
        .exists()
    )
    unfinished = sa.or_(
        Exam.closes_at > now - UNDO_WITHIN,
        Exam.paused_at.is_not(None),
        sa.exists().where(Sitting.exam_id == Exam.id, Sitting.state == "open"),
    )
    query = sa.select(Exam.closes_at).where(
        Exam.id != exam_id, Exam.published_at.is_not(None), unfinished, sharing
    )
    found = list(connection.execute(query).scalars())
    # Whoever still answers in an exam that is over holds it as one that closes now.
    return max([*found, now]) if found else None


def review_of(connection: sa.Connection, exam_id: int, sheet: Handed) -> Review:
    """A closed sheet by the keys its newest score was made with. Four queries."""
    score = connection.execute(
        sa.select(Score.detail, Paper.items)
        .join(Sitting, Sitting.id == Score.sitting_id)
        .join(Paper, Paper.id == Sitting.paper_id)
        .where(Score.sitting_id == sheet.sitting_id)
        .where(Score.generation == sheet.generation)
        .where(Score.key_revision == sheet.key_revision)
    ).one()
    cards = cards_on(score._mapping["items"])
    earned: list[int] = json.loads(score.detail)
    answers = answers_of(connection, [(sheet.sitting_id, sheet.generation)])
    own = answers[sheet.sitting_id]
    changes = changes_until(connection, exam_id, sheet.key_revision or 0)
    contents = known.contents([card.version_id for card in cards])
    questions = []
    for (q, card), points in zip(numbered(cards), earned, strict=True):
        whole = contents[card.version_id]
        asked = part_of(whole, card.part)
        questions.append(
            review_question(
                q,
                card,
                f"{whole.stem}\n{asked.stem}" if card.part == 1 else asked.stem,
                JUDGE if card.kind == "judge" else asked.options,
                own.get(q, ()),
                points,
                change_of(card, changes),
            )
        )
    return Review(tuple(questions), kept=bool(own) or not any(earned))


def topics_of(connection: sa.Connection, versions: Collection[int]) -> dict[int, str]:
    """The topic of each version. One query."""
    query = sa.select(QuestionVersion.id, Topic.name).join(
        Topic, Topic.id == QuestionVersion.topic_id
    )
    rows = connection.execute(query.where(QuestionVersion.id.in_(versions)))
    return {row.id: row.name for row in rows}
