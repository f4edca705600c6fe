"""Reads of the tree of topics: those in use, not those that were merged into others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import sqlalchemy as sa

from core.db import db
from core.errors import Missing
from question_bank.models import Question, QuestionVersion, Topic
from units.rules.tree import Node, Tree

_GONE = "没有这个知识点，可能刚被删除或并入了别的"


@dataclass(frozen=True)
class TopicNode:
    """A topic with what stands below it."""

    id: int
    name: str
    #: Questions of its own that exams may use, and all of its own, in their newest
    #: versions; then the same with all topics below.
    approved: int
    total: int
    approved_below: int
    total_below: int
    children: list[TopicNode] = field(default_factory=list)


def topic_for(topic_id: int) -> Topic:
    """A topic in use. One query.

    :raises Missing: If there is none.
    """
    found = db.session.get(Topic, topic_id)
    if found is None or found.merged_into is not None:
        raise Missing(_GONE)
    return found


def topic_tree() -> list[TopicNode]:
    """The roots of the tree, each with all below it and their counts. Two queries."""
    names, tree = _tree()
    counts = (
        sa.select(
            QuestionVersion.topic_id,
            sa.func.sum(sa.case((Question.state == "approved", 1), else_=0)),
            sa.func.count(),
        )
        .join(Question, Question.id == QuestionVersion.question_id)
        .where(Question.current == QuestionVersion.number)
        .group_by(QuestionVersion.topic_id)
    )
    approved: dict[int, int] = {}
    total: dict[int, int] = {}
    for topic, usable, every in db.session.execute(counts):
        approved[topic], total[topic] = int(usable), every
    approved_below, total_below = tree.totals(approved), tree.totals(total)
    nodes = {
        topic: TopicNode(
            topic,
            name,
            approved.get(topic, 0),
            total.get(topic, 0),
            approved_below[topic],
            total_below[topic],
        )
        for topic, name in names.items()
    }
    for topic, node in nodes.items():
        node.children.extend(nodes[below] for below in tree.children(topic))
    return [nodes[root] for root in tree.children(None)]


def find_node(nodes: Iterable[TopicNode], topic_id: int) -> TopicNode:
    """A topic of a tree that has it, wherever it stands."""
    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        if node.id == topic_id:
            return node
        waiting.extend(node.children)
    raise Missing(_GONE)


def topics_listed(*, but: int | None = None) -> list[tuple[int, str]]:
    """All topics, every one after its parent, with its depth as full-width spaces. One
    query.

    :param but: A topic that is left out with all below it.
    """
    names, tree = _tree()
    return [
        (topic, "\u3000" * depth + names[topic])
        for topic, depth in tree.walk()
        if but is None or (topic != but and but not in tree.above(topic))
    ]


def topic_names() -> list[str]:
    """What topics are called, in the order of the tree. One query."""
    names, tree = _tree()
    return [names[topic] for topic, _depth in tree.walk()]


def parent_names() -> dict[str, str | None]:
    """The name of each topic's parent, by the topic's. One query."""
    names, tree = _tree()
    return {
        name: names[above[0]] if (above := tree.above(topic)) else None
        for topic, name in names.items()
    }


def node_of(topic: Topic) -> Node:
    """A topic as the tree knows it; of equal positions the older one comes first."""
    return Node(topic.id, topic.parent_id, topic.position, f"{topic.id:09}")


def _tree() -> tuple[Mapping[int, str], Tree]:
    query = sa.select(Topic).where(Topic.merged_into.is_(None))
    found = db.session.scalars(query).all()
    return {topic.id: topic.name for topic in found}, Tree(map(node_of, found))
