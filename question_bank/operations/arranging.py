"""Arranging the tree of topics: adding, naming, moving, removing, merging."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import seals
from core.audit import record_audit
from core.db import write
from core.errors import Conflict, Missing, Refused
from question_bank.models import Question, QuestionVersion, Topic
from question_bank.operations.intake import lock_bank
from question_bank.operations.labelling import newest_versions, record_labels
from question_bank.operations.reviewing import MOST
from question_bank.rules.topics import (
    check_empty,
    check_place,
    check_renamed,
    given_name,
)
from question_bank.topic_queries import node_of
from units.rules.tree import ancestors, shifted


@dataclass(frozen=True)
class Merged:
    """What merging a topic wrote."""

    questions: int  # that have a new version with the other topic
    children: int  # topics that stand below the other one now
    rows: list[seals.Rows]


def add_topic(*, name: str, parent_id: int | None, actor: str, now: datetime) -> int:
    """Add a topic, last below its parent.

    :raises Refused: If there is one of that name, or it says nothing.
    :raises Missing: If there is no such parent.
    """
    with write() as session:
        lock_bank(session)
        if parent_id is not None:
            _topic(session, parent_id)
        topic = Topic(
            name=_name(session, name),
            parent_id=parent_id,
            position=_last(session) + 1,
        )
        session.add(topic)
        session.flush()  # generate topic.id
        _audit(session, "topic.add", topic, actor, now, named=topic.name)
        return topic.id


def rename_topic(*, topic_id: int, name: str, actor: str, now: datetime) -> None:
    """Call a topic otherwise. Exams that were published keep the name of then.

    :raises Refused: If another one has the name, or it is the topic of those without.
    """
    with write() as session:
        lock_bank(session)
        topic = _topic(session, topic_id)
        check_renamed(topic.name)
        name, before = _name(session, name, but=topic_id), topic.name
        if name == before:
            return
        topic.name = name
        _audit(session, "topic.rename", topic, actor, now, word=before, named=name)


def move_topic(
    *, topic_id: int, parent_id: int | None, actor: str, now: datetime
) -> None:
    """Put a topic, with all below it, last below another one; None: at the top.

    Drafts of exams draw from the tree as it stands when they are published.

    :raises Refused: If it would stand below itself.
    """
    with write() as session:
        lock_bank(session)
        topic = _topic(session, topic_id)
        if topic.parent_id == parent_id:
            return
        if parent_id is not None:
            _topic(session, parent_id)
            check_place(topic_id, parent_id, ancestors(_parents(session), parent_id))
        topic.parent_id, topic.position = parent_id, _last(session) + 1
        _audit(session, "topic.move", topic, actor, now, topic=parent_id)


def shift_topic(*, topic_id: int, step: int, actor: str, now: datetime) -> None:
    """Let a topic trade places with the one before (step -1) or after it (step 1).

    At the end of the row nothing happens.
    """
    with write() as session:
        lock_bank(session)
        topic = _topic(session, topic_id)
        query = sa.select(Topic).where(
            Topic.parent_id.is_not_distinct_from(topic.parent_id),
            Topic.merged_into.is_(None),
        )
        siblings = {one.id: one for one in session.scalars(query)}
        new = shifted(map(node_of, siblings.values()), topic_id, step)
        if not new:
            return
        for one, position in new.items():
            siblings[one].position = position
        moved = [siblings[one] for one in new]
        _audit(session, "topic.shift", topic, actor, now, also=moved, step=step)


def remove_topic(*, topic_id: int, actor: str, now: datetime) -> str:
    """Remove a topic about which there is nothing; returns what it was called.

    :raises Refused: If it has questions, old versions of questions or topics below it,
        or an exam names it.
    """
    with write() as session:
        lock_bank(session)
        topic = _topic(session, topic_id)
        check_empty(
            session.scalar(
                sa.select(sa.func.count())
                .select_from(QuestionVersion)
                .join(Question, Question.id == QuestionVersion.question_id)
                .where(
                    Question.current == QuestionVersion.number,
                    QuestionVersion.topic_id == topic_id,
                )
            )
            or 0,
            session.scalar(
                sa.select(sa.func.count()).where(Topic.parent_id == topic_id)
            )
            or 0,
        )
        name = topic.name
        try:
            with session.begin_nested():
                session.delete(topic)
                session.flush()  # let the database refuse now
        except sa.exc.IntegrityError:
            raise Refused(
                "题目的旧版本、考试的组卷方案或并入它的知识点还用到“%(name)s”，"
                "不能删除。可以把它并入别的知识点，以后就不再出现",
                name=name,
            ) from None
        record_audit(
            session,
            "topic.remove",
            f"topic:{topic_id}",
            actor=actor,
            now=now,
            facts={"word": name},
            rows=[seals.gone(Topic, [topic_id])],
        )
        return name


def record_merge(
    session: Session, *, topic_id: int, into_id: int, seen: int, now: datetime
) -> Merged:
    """Let a topic give way to another one, within an operation that knows of exams.

    Its questions, whatever their state, have a new version with the other topic; what
    stood below it stands below the other one. The topic itself stays for old versions
    and papers, and its name means the other one from now on.

    :param seen: How many questions it had when the consequences were read.
    :raises Conflict: If it has more or fewer by now.
    :raises Refused: If the other one is itself or below it, or there are too many
        questions for one act.
    """
    lock_bank(session)
    topic = _topic(session, topic_id)
    _topic(session, into_id)
    check_renamed(topic.name)
    check_place(topic_id, into_id, ancestors(_parents(session), into_id))
    versions = session.scalars(
        newest_versions().where(QuestionVersion.topic_id == topic_id)
    ).all()
    if len(versions) != seen:
        raise Conflict("这个知识点的题刚有变化，请再看一遍合并的结果")
    if len(versions) > MOST:
        raise Refused("一次最多处理 %(most)d 题，请先批量改一部分题", most=MOST)
    rows = []
    if versions:
        changed = [(version, into_id, version.difficulty) for version in versions]
        rows += record_labels(session, changed, now=now)
    children = session.scalars(
        sa.select(Topic).where(Topic.parent_id == topic_id)
    ).all()
    for child in children:
        child.parent_id = into_id
    aliases = session.scalars(
        sa.select(Topic).where(Topic.merged_into == topic_id)
    ).all()
    for alias in aliases:
        alias.merged_into = into_id
    topic.merged_into, topic.parent_id = into_id, None
    rows.append(seals.these(topic, *children, *aliases))
    return Merged(len(versions), len(children), rows)


def _topic(session: Session, topic_id: int) -> Topic:
    found = session.get(Topic, topic_id)
    if found is None or found.merged_into is not None:
        raise Missing("没有这个知识点，可能刚被删除或并入了别的")
    return found


def _name(session: Session, text: str, but: int | None = None) -> str:
    query = sa.select(Topic.name, Topic.merged_into).where(
        Topic.id.is_distinct_from(but)
    )
    found = session.execute(query).all()
    return given_name(
        text,
        [row.name for row in found if row.merged_into is None],
        [row.name for row in found if row.merged_into is not None],
    )


def _parents(session: Session) -> dict[int, int | None]:
    found = session.execute(sa.select(Topic.id, Topic.parent_id))
    return {row.id: row.parent_id for row in found}


def _last(session: Session) -> int:
    return session.scalar(sa.select(sa.func.max(Topic.position))) or 0


def _audit(
    session: Session,
    action: str,
    topic: Topic,
    actor: str,
    now: datetime,
    /,
    *,
    also: list[Topic] | None = None,
    **facts: object,
) -> None:
    record_audit(
        session,
        action,
        f"topic:{topic.id}",
        actor=actor,
        now=now,
        facts=facts,
        rows=[seals.these(*(also or [topic]))],
    )
