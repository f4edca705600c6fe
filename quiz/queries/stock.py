"""What an exam can be made from: the bank, the roster, and both once frozen."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core.access import EVERYWHERE, Scope
from core.db import db
from question_bank.models import Question, QuestionUse, QuestionVersion, Topic
from question_bank.queries import outcomes
from question_bank.rules.ease import learned
from quiz.models import BlueprintRow, Candidate, Exam, PoolItem
from quiz.rules.blueprint import (
    BankCard,
    Below,
    Row,
    Shortage,
    accepts,
    allot,
    settled_shortages,
    shortages,
    subtrees,
)
from quiz.rules.details import ExamDetails
from quiz.rules.draw import DrawPlan, PoolCard, RosterEntry
from quiz.rules.guarantee import Guarantee, guarantee_of
from units.models import Person, Unit
from units.queries.units import ORDER, inside


@dataclass(frozen=True)
class Stock:
    """The part of the bank that exams may use: approved questions as they are now."""

    cards: Sequence[BankCard]
    below: Below
    topics: Mapping[int, str]  # names


@dataclass(frozen=True)
class RosterPerson:
    """A person on the roster with the unit they are in."""

    person_id: int
    unit_id: int
    unit_code: str
    unit_name: str
    name: str
    phone_tail: str | None
    staff_number: str | None
    category: str
    level: str
    rank: str


@dataclass(frozen=True)
class UnitCount:
    """A unit with how many of its people are on the roster."""

    id: int
    name: str
    category: str
    people: int


@dataclass(frozen=True)
class Outlook:
    """What a blueprint comes to with a bank and a roster."""

    guarantee: Guarantee | None  # None: not even one paper can be filled
    available: Mapping[int, int]  # position of a row → questions that may serve it
    shortages: Sequence[Shortage]
    topics: Mapping[int, str]
    units: Mapping[int, str]  # names


def details_of(exam: Exam) -> ExamDetails:
    """The settings of an exam as the rules see them."""
    return ExamDetails(
        title=exam.title,
        opens_at=exam.opens_at,
        closes_at=exam.closes_at,
        duration_s=exam.duration_s,
        pass_mark=exam.pass_mark,
        excellent_mark=exam.excellent_mark,
        attempts=exam.attempts,
        multi_rule=exam.multi_rule,
        show_score=exam.show_score,
        shuffle=exam.shuffle,
        contact=exam.contact,
        show_what=exam.show_what,
        presence=exam.presence,
        provisional=exam.provisional,
    )


def rows_of(exam: Exam) -> list[Row]:
    """The blueprint of an exam as the rules see it."""
    return [
        Row(
            row.position,
            row.kind,
            row.topic_id,
            row.difficulty,
            row.count,
            row.points,
            row.parts,
        )
        for row in exam.rows
    ]


def bank_stock() -> Stock:
    """All approved questions in their current versions. Four queries."""
    used = dict(
        db.session.execute(
            sa.select(QuestionVersion.question_id, sa.func.sum(QuestionUse.papers))
            .join(QuestionUse, QuestionUse.version_id == QuestionVersion.id)
            .group_by(QuestionVersion.question_id)
        ).all()
    )
    found = db.session.execute(
        sa.select(
            QuestionVersion.id,
            QuestionVersion.question_id,
            QuestionVersion.kind,
            QuestionVersion.topic_id,
            QuestionVersion.difficulty,
            QuestionVersion.options,
            QuestionVersion.pinned,
            QuestionVersion.parts,
            Question.enemies,
        )
        .join(Question, Question.id == QuestionVersion.question_id)
        .where(Question.current == QuestionVersion.number)
        .where(Question.state == "approved")
        .order_by(QuestionVersion.id)
    )
    came = outcomes()
    cards = [
        BankCard(
            version=row.id,
            question=row.question_id,
            kind=row.kind,
            topic=row.topic_id,
            difficulty=row.difficulty,
            options=len(row.options),
            pinned=row.pinned,
            used=int(used.get(row.question_id, 0)),
            parts=_shapes(row.parts),
            enemies=row.enemies,
            share=learned(row.difficulty, came[row.question_id])[0]
            if row.question_id in came
            else None,
        )
        for row in found
    ]
    topics = db.session.execute(sa.select(Topic.id, Topic.parent_id, Topic.name)).all()
    return Stock(
        cards=cards,
        below=subtrees({row.id: row.parent_id for row in topics}),
        topics={row.id: row.name for row in topics},
    )


def roster_people(unit_ids: Collection[int] | None, scope: Scope) -> list[RosterPerson]:
    """The people on the roster now, of these units of a scope or of all of it. One
    query.
    """
    who = (Person.id, Unit.id, Unit.code, Unit.name, Person.name)
    numbers = (Person.phone_tail, Person.staff_number)
    groups = (Unit.category, Unit.level, Person.rank)
    select: sa.Select[*tuple[Any, ...]] = (
        sa.select(*who, *numbers, *groups)
        .join(Unit, Unit.id == Person.unit_id)
        .where(Person.left_at.is_(None), inside(Unit.id, scope))
        .order_by(*ORDER, Person.id)
    )
    chosen = None if unit_ids is None else set(unit_ids)
    return [
        RosterPerson(*row)
        for row in db.session.execute(select)
        if chosen is None or row[1] in chosen
    ]


def units_with_people(scope: Scope = EVERYWHERE) -> list[UnitCount]:
    """Units of a scope with people on the roster, in their order. One query."""
    return [
        UnitCount(*row)
        for row in db.session.execute(
            sa.select(Unit.id, Unit.name, Unit.category, sa.func.count(Person.id))
            .join(Person, Person.unit_id == Unit.id)
            .where(Person.left_at.is_(None), inside(Unit.id, scope))
            .group_by(Unit.id, Unit.name, Unit.category)
            .order_by(*ORDER)
        )
    ]


def frozen_units(exam_id: int) -> list[UnitCount]:
    """Units of the frozen roster, walk-ins left out. One query."""
    return [
        UnitCount(*row)
        for row in db.session.execute(
            sa.select(Unit.id, Unit.name, Unit.category, sa.func.count(Candidate.id))
            .join(Candidate, Candidate.unit_id == Unit.id)
            .where(Candidate.exam_id == exam_id, ~Candidate.walk_in)
            .group_by(Unit.id, Unit.name, Unit.category)
            .order_by(*ORDER)
        )
    ]


def outlook(rows: Sequence[Row], stock: Stock, units: Sequence[UnitCount]) -> Outlook:
    """The guarantee of a blueprint, or what is missing for it."""
    missing = shortages(rows, stock.cards, stock.below, papers=1)
    guarantee = None
    if rows and not missing:
        allotted = allot(rows, stock.cards, stock.below)
        sizes = {unit.id: unit.people for unit in units}
        guarantee = guarantee_of(rows, allotted, stock.below, sizes)
    names = {unit.id: unit.name for unit in units}
    available = {
        row.position: sum(accepts(row, card, stock.below) for card in stock.cards)
        for row in rows
    }
    return Outlook(guarantee, available, missing, stock.topics, names)


def outlook_of(exam: Exam) -> Outlook:
    """The guarantee of an exam: of today's bank and roster, once published of what
    was frozen. Five queries at most.
    """
    if exam.published_at is None:
        return outlook(rows_of(exam), bank_stock(), units_with_people(exam.scope))
    return _frozen_outlook(exam)


def _frozen_outlook(exam: Exam) -> Outlook:
    """The guarantee of a published exam. Where topics stand and what they are called
    today has nothing to do with it.
    """
    rows, units = rows_of(exam), frozen_units(exam.id)
    found = frozen_cells(exam.id)
    cells = {row.position: found.get(row.position, []) for row in rows}
    missing = settled_shortages(rows, cells, papers=1)
    guarantee = None
    if rows and not missing:
        sizes = {unit.id: unit.people for unit in units}
        guarantee = guarantee_of(rows, cells, None, sizes)
    return Outlook(
        guarantee,
        {position: len(cell) for position, cell in cells.items()},
        missing,
        {row.topic_id: row.topic_called or "" for row in exam.rows if row.topic_id},
        {unit.id: unit.name for unit in units},
    )


def frozen_cells(exam_id: int) -> dict[int, list[BankCard]]:
    """The cards a published exam has for each row, by its position. One query."""
    found = db.session.execute(
        sa.select(
            QuestionVersion.id,
            QuestionVersion.question_id,
            QuestionVersion.kind,
            QuestionVersion.topic_id,
            QuestionVersion.difficulty,
            QuestionVersion.options,
            QuestionVersion.pinned,
            PoolItem.used,
            QuestionVersion.parts,
            PoolItem.enemies,
            PoolItem.ease,
            BlueprintRow.position,
        )
        .join(PoolItem, PoolItem.version_id == QuestionVersion.id)
        .join(BlueprintRow, BlueprintRow.id == PoolItem.row_id)
        .where(PoolItem.exam_id == exam_id)
        .order_by(QuestionVersion.id)
    )
    cells: dict[int, list[BankCard]] = {}
    for row in found:
        card = BankCard(
            version=row.id,
            question=row.question_id,
            kind=row.kind,
            topic=row.topic_id,
            difficulty=row.difficulty,
            options=len(row.options),
            pinned=row.pinned,
            used=row.used,
            parts=_shapes(row.parts),
            enemies=row.enemies,
            ease=row.ease,
        )
        cells.setdefault(row.position, []).append(card)
    return cells


def draw_plan(exam: Exam) -> DrawPlan:
    """All that the draw of a published exam reads. Two queries."""
    pool = db.session.execute(
        sa.select(
            PoolItem.version_id,
            QuestionVersion.question_id,
            BlueprintRow.position,
            PoolItem.ease,
            PoolItem.used,
            QuestionVersion.options,
            QuestionVersion.pinned,
            QuestionVersion.parts,
            PoolItem.enemies,
        )
        .join(QuestionVersion, QuestionVersion.id == PoolItem.version_id)
        .join(BlueprintRow, BlueprintRow.id == PoolItem.row_id)
        .where(PoolItem.exam_id == exam.id)
    )
    roster = db.session.execute(
        sa.select(
            Candidate.person_id,
            Candidate.unit_id,
            Candidate.tail_digest,
            Candidate.staff_digest,
            Candidate.category,
            Candidate.level,
            Candidate.rank,
        ).where(
            Candidate.exam_id == exam.id,
            ~Candidate.walk_in,
            Candidate.person_id.is_not(None),
        )
    )
    return DrawPlan(
        code=exam.code,
        rows=rows_of(exam),
        pool=[
            PoolCard(
                version=card.version_id,
                question=card.question_id,
                row=card.position,
                ease=card.ease,
                used=card.used,
                options=len(card.options),
                pinned=card.pinned,
                parts=_shapes(card.parts),
                enemies=card.enemies,
            )
            for card in pool
        ],
        roster=[
            RosterEntry(
                row.person_id,
                row.unit_id,
                row.tail_digest or "",
                row.staff_digest or "",
                None
                if row.category is None
                else (row.category, row.level or "", row.rank or ""),
            )
            for row in roster
            if row.person_id is not None
        ],
        attempts=exam.attempts,
        shuffle=exam.shuffle,
    )


def _shapes(parts: Sequence[Mapping[str, Any]]) -> tuple[tuple[int, bool], ...]:
    """Of the parts of a case, how many options each has, and whether they stay."""
    return tuple((len(part["options"]), part["pinned"]) for part in parts)
