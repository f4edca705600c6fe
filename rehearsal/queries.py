"""Reads of the demo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from core.db import db
from question_bank.models import QuestionVersion
from quiz.models import Candidate, Exam, Paper, Sitting
from quiz.queries.cards import items_of, places_on
from rehearsal.minds import Question
from units.models import Person, Unit


@dataclass(frozen=True)
class Sitter:
    """A candidate of an exam with the paper of the first attempt."""

    candidate_id: int
    unit: str
    name: str
    rank: str
    exempt: bool
    begun: bool
    items: str


def unit_codes() -> set[str]:
    """The codes of all units. One query."""
    return set(db.session.scalars(sa.select(Unit.code)))


def exams_of_demo() -> Sequence[Exam]:
    """The demo's exams, oldest first. One query."""
    return db.session.scalars(sa.select(Exam).where(Exam.demo).order_by(Exam.id)).all()


def exam_titled(title: str) -> Exam | None:
    """The demo's exam of that title. One query."""
    return db.session.scalar(sa.select(Exam).where(Exam.demo, Exam.title == title))


def sitters(exam_id: int) -> list[Sitter]:
    """Everybody in a drawn exam, in the order of the roster. One query."""
    begun = (
        sa.exists()
        .where(Sitting.candidate_id == Candidate.id)
        .correlate(Candidate)
        .label("begun")
    )
    query = (
        sa.select(
            Candidate.id,
            Candidate.unit_name,
            Candidate.name,
            Person.rank,
            Candidate.exempt_reason.is_not(None),
            begun,
            Paper.items,
        )
        .join(Person, Person.id == Candidate.person_id)
        .join(Paper, sa.and_(Paper.candidate_id == Candidate.id, Paper.attempt == 1))
        .where(Candidate.exam_id == exam_id)
        .order_by(Candidate.id)
    )
    return [Sitter(*row) for row in db.session.execute(query)]


def asked(sitting_items: str, known: dict[int, QuestionVersion]) -> list[Question]:
    """A paper with its keys. No query."""
    questions = []
    for place in places_on(items_of(sitting_items)):
        version = known[place.version_id]
        part = version.parts[place.part - 1] if place.part else None
        questions.append(
            Question(
                q=place.q,
                kind=part["kind"] if part else version.kind,
                difficulty=version.difficulty,
                key=part["key"] if part else version.key,
                options=len(part["options"] if part else version.options),
                order=place.order,
            )
        )
    return questions


def all_versions() -> dict[int, QuestionVersion]:
    """Every question version by its id. One query."""
    return {one.id: one for one in db.session.scalars(sa.select(QuestionVersion))}


def people_of_exam(exam_id: int) -> list[tuple[str, str, str]]:
    """What each candidate without a sitting types at the door. One query.

    Who shares name and last digits with a colleague gives the staff number.
    """
    query = (
        sa.select(
            Candidate.unit_name,
            Candidate.name,
            sa.func.coalesce(Person.staff_number, Person.phone_tail),
        )
        .join(Person, Person.id == Candidate.person_id)
        .where(Candidate.exam_id == exam_id)
        .where(Candidate.exempt_reason.is_(None))
        .where(~sa.exists().where(Sitting.candidate_id == Candidate.id))
        .order_by(Candidate.id)
    )
    return [(row[0], row[1], str(row[2])) for row in db.session.execute(query)]
