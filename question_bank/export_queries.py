"""Reads of what leaves the bank."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import aliased, joinedload

from core.db import db
from core.entries import AuditEntry
from question_bank.list_queries import topics_below
from question_bank.models import Question, QuestionVersion, Topic
from question_bank.queries import draft_of
from question_bank.rules.exporting import Selection
from question_bank.rules.intake import Kept

EXPORT = "bank.export"
_newest = Question.current == QuestionVersion.number


@dataclass(frozen=True)
class Exports:
    """How often the bank was exported of late."""

    times: int
    accounts: int


def _conditions(selection: Selection) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = [_newest]
    if selection.kind:
        found.append(QuestionVersion.kind == selection.kind)
    if selection.topic_id is not None:
        found.append(QuestionVersion.topic_id.in_(topics_below(selection.topic_id)))
    if selection.state:
        found.append(Question.state == selection.state)
    if selection.pool:
        found.append(Question.pool == selection.pool)
    if selection.ids:
        found.append(Question.id.in_(selection.ids))
    return found


def selected_count(selection: Selection) -> tuple[int, int]:
    """How many questions are meant, and how many of them only exams may show. One
    query.
    """
    secret = sa.case((Question.pool == "exam", 1), else_=0)
    query = (
        sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(secret), 0))
        .select_from(QuestionVersion)
        .join(Question, Question.id == QuestionVersion.question_id)
        .where(*_conditions(selection))
    )
    count, exam_only = db.session.execute(query).one()
    return count, exam_only


def selected_questions(selection: Selection) -> list[Kept]:
    """The questions that are meant, in the order they came. One query."""
    query = (
        sa.select(QuestionVersion)
        .join(Question, Question.id == QuestionVersion.question_id)
        .where(*_conditions(selection))
        .options(joinedload(QuestionVersion.topic))
        .order_by(Question.id)
    )
    return [
        Kept(version.question_id, version.number, draft_of(version))
        for version in db.session.scalars(query)
    ]


def find_topic(name: str) -> Topic | None:
    """A topic by its name, or the one that of this name was merged into. One query."""
    named = aliased(Topic)
    meant = sa.func.coalesce(named.merged_into, named.id)
    query = sa.select(Topic).join(named, meant == Topic.id).where(named.name == name)
    return db.session.scalar(query)


def topic_name(topic_id: int | None) -> str:
    """The name of a topic; empty without one. One query."""
    if topic_id is None:
        return ""
    return db.session.scalar(sa.select(Topic.name).where(Topic.id == topic_id)) or ""


def exports_of(connection: sa.Connection, actor: str, since: datetime) -> int:
    """How often somebody has exported since a moment. One query."""
    query = (
        sa.select(sa.func.count())
        .select_from(AuditEntry)
        .where(AuditEntry.action == EXPORT, AuditEntry.actor == actor)
        .where(AuditEntry.at > since)
    )
    return connection.execute(query).scalar_one()


def exports_lately(now: datetime) -> Exports:
    """Exports of the last day, for those who keep the server. One query."""
    query = sa.select(
        sa.func.count(), sa.func.count(AuditEntry.actor.distinct())
    ).where(AuditEntry.action == EXPORT, AuditEntry.at > now - timedelta(days=1))
    times, accounts = db.session.execute(query).one()
    return Exports(times, accounts)
