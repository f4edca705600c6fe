"""Merging topics, which blueprints name: /console/bank/topics/<id>/merge."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from core.access import needs
from core.clock import now
from core.errors import Busy, Refused
from question_bank.topic_queries import find_node, topic_for, topic_tree
from quiz.operations.topics import merge_topics
from quiz.queries.topic_uses import topic_uses

blueprint = Blueprint("bank_topics", __name__)


@blueprint.get("/console/bank/topics/<int:topic_id>/merge")
@needs("author")
def look(topic_id: int) -> str:
    """What would come of merging a topic into another one; changes nothing."""
    topic = topic_for(topic_id)
    into_id = request.args.get("into", 0, type=int)
    return render_template(
        "question_bank/merge.html",
        topic=topic,
        into=topic_for(into_id) if into_id else None,
        node=find_node(topic_tree(), topic_id),
        uses=topic_uses(topic_id),
    )


@blueprint.post("/console/bank/topics/<int:topic_id>/merge")
@needs("author")
def merge(topic_id: int) -> ResponseReturnValue:
    """Do it, if it is still what was read."""
    topic = topic_for(topic_id)
    into_id = request.form.get("into", 0, type=int)
    try:
        merged = merge_topics(
            topic_id=topic_id,
            into_id=into_id,
            seen=request.form.get("seen", -1, type=int),
            actor=f"account:{current_user.account_id}",
            now=now(),
        )
    except Busy:
        raise
    except Refused as refusal:
        flash(gettext(refusal.message, **refusal.values), "warning")
        here = url_for("bank_topics.look", topic_id=topic_id, into=into_id)
        return redirect(here, 303)
    text = gettext(
        "“%(name)s”已合并，%(n)d 题改到了新的知识点",
        name=topic.name,
        n=merged.questions,
    )
    flash(text, "success")
    return redirect(url_for("topics.index", _anchor=f"topic-{into_id}"), 303)
