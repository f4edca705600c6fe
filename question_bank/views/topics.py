"""Arranging the tree of topics: /console/bank/topics."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from core.access import needs
from core.clock import now
from core.errors import Busy, Refused
from question_bank.operations.arranging import (
    add_topic,
    move_topic,
    remove_topic,
    rename_topic,
    shift_topic,
)
from question_bank.rules.topics import NO_TOPIC
from question_bank.rules.validity import TOPIC_LIMIT
from question_bank.topic_queries import (
    TopicNode,
    find_node,
    topic_for,
    topic_tree,
    topics_listed,
)

blueprint = Blueprint("topics", __name__, url_prefix="/console/bank/topics")


@blueprint.get("")
@needs("author", "reviewer", "auditor")
def index() -> str:
    """The tree with how many questions stand under each topic."""
    tree = topic_tree()
    return render_template(
        "question_bank/topics.html",
        tree=tree,
        several=_any_several(tree),
        parents=topics_listed(),
        LIMIT=TOPIC_LIMIT,
    )


def _any_several(nodes: Sequence[TopicNode]) -> bool:
    """Whether there is a topic with a neighbour to trade places with."""
    return len(nodes) > 1 or any(_any_several(node.children) for node in nodes)


@blueprint.post("")
@needs("author")
def change() -> ResponseReturnValue:
    """Add a topic, or let one trade places with its neighbour: as the button says."""
    topic_id = 0
    try:
        if request.form.get("act") == "add":
            topic_id = add_topic(
                name=request.form.get("name", ""),
                parent_id=_number("parent"),
                actor=_actor(),
                now=now(),
            )
            flash(gettext("已新增知识点"), "success")
        else:
            way, _, number = request.form.get("shift", "").partition(":")
            topic_id = int(number) if number.isascii() and number.isdigit() else 0
            step = -1 if way == "up" else 1
            shift_topic(topic_id=topic_id, step=step, actor=_actor(), now=now())
    except Busy:
        raise
    except Refused as refusal:
        flash(gettext(refusal.message, **refusal.values), "warning")
    here = f"topic-{topic_id}" if topic_id else None
    return redirect(url_for("topics.index", _anchor=here), 303)


@blueprint.get("/<int:topic_id>")
@needs("author")
def edit(topic_id: int) -> str:
    """One topic: its name, its place, what it may be merged into."""
    topic = topic_for(topic_id)
    return render_template(
        "question_bank/topic.html",
        topic=topic,
        node=find_node(topic_tree(), topic_id),
        parents=topics_listed(but=topic_id),
        fixed=topic.name == NO_TOPIC,
        LIMIT=TOPIC_LIMIT,
    )


@blueprint.post("/<int:topic_id>")
@needs("author")
def alter(topic_id: int) -> ResponseReturnValue:
    """Rename, move or remove it: as the button says."""
    name = topic_for(topic_id).name
    act = request.form.get("act", "")
    try:
        if act == "rename":
            new = request.form.get("name", "")
            rename_topic(topic_id=topic_id, name=new, actor=_actor(), now=now())
            flash(gettext("已改名；已发布的考试仍是原来的名称"), "success")
        elif act == "move":
            parent = _number("parent")
            move_topic(topic_id=topic_id, parent_id=parent, actor=_actor(), now=now())
            flash(gettext("“%(name)s”已移动", name=name), "success")
        elif act == "remove":
            remove_topic(topic_id=topic_id, actor=_actor(), now=now())
            flash(gettext("已删除“%(name)s”", name=name), "success")
            return redirect(url_for("topics.index"), 303)
        else:
            raise Refused("不能这样操作，请返回上一页")
    except Busy:
        raise
    except Refused as refusal:
        flash(gettext(refusal.message, **refusal.values), "warning")
        return redirect(url_for("topics.edit", topic_id=topic_id), 303)
    return redirect(url_for("topics.index", _anchor=f"topic-{topic_id}"), 303)


def _number(field: str) -> int | None:
    text = request.form.get(field, "")
    return int(text) if text.isascii() and text.isdigit() else None


def _actor() -> str:
    return f"account:{current_user.account_id}"
