"""Many questions at once: /console/bank/bulk. First what would come of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_login import current_user

from core.access import may, needs
from core.clock import now
from core.errors import Forbidden, Refused
from question_bank.forms import FilterForm, LabelForm
from question_bank.list_queries import ids_listed
from question_bank.operations.labelling import label_questions
from question_bank.operations.pooling import (
    MOST_ENEMIES,
    POOLS,
    end_enmity,
    make_enemies,
    set_pool,
)
from question_bank.operations.reviewing import MOST, move_questions, sort_movable
from question_bank.rules.lifecycle import STATES
from question_bank.topic_queries import topic_names, topics_listed

blueprint = Blueprint("bulk", __name__)

#: What may be done to many, the state it leads to, and the role for it.
MOVES = {
    "review": "reviewing.submit",
    "approved": "reviewing.decide",
    "parked": "reviewing.decide",
    "retired": "reviewing.decide",
}
#: What else may be done to many, by an author.
KEEPS = ("enemies", "friends", *POOLS)


@blueprint.post("/console/bank/bulk")
@needs("author", "reviewer")
def choose() -> Any:
    """The chosen questions, and for each act what would come of it."""
    ids = _chosen()
    if not ids:
        raise Refused("请先在列表里选中题目")
    moves = {
        state: sort_movable(ids, state, _actor())
        for state, route in MOVES.items()
        if may(route)
    }
    return render_template(
        "question_bank/bulk.html",
        ids=ids,
        moves=moves,
        STATES=STATES,
        MOST_ENEMIES=MOST_ENEMIES,
        label=LabelForm(formdata=None),
        topics=topic_names(),
    )


@blueprint.post("/console/bank/bulk/do")
@needs("author", "reviewer")
def do() -> Any:
    """Do one of them."""
    ids = _sent()
    wanted = request.form.get("state", "")
    if wanted == "label":
        if not may("bank.edit"):
            raise Forbidden("您的账号没有这项权限，需要时请联系系统管理员")
        form = LabelForm()
        n = label_questions(
            question_ids=ids,
            topic=form.topic.data or "",
            difficulty=form.difficulty.data or "",
            actor=_actor(),
            now=now(),
        )
        flash(gettext("已改 %(n)d 题的知识点或难度", n=n), "success")
        return redirect(url_for("bank.index"))
    if wanted in KEEPS:
        return _keep(wanted, ids)
    if wanted not in MOVES:
        raise Refused("没有这种处理，请返回列表重新选择")
    if not may(MOVES[wanted]):
        raise Forbidden("您的账号没有这项权限，需要时请联系系统管理员")
    moved = move_questions(question_ids=ids, state=wanted, actor=_actor(), now=now())
    state = gettext(STATES[wanted])
    flash(gettext("%(n)d 题现在是“%(state)s”", n=moved.done, state=state), "success")
    for why, count in moved.kept.items():
        text = gettext("%(n)d 题没有改动：%(why)s", n=count, why=gettext(why))
        flash(text, "warning")
    return redirect(url_for("bank.index", state=wanted))


def _keep(wanted: str, ids: list[int]) -> Any:
    """Change what questions are for, or what they must not stand beside."""
    if not may("bank.edit"):
        raise Forbidden("您的账号没有这项权限，需要时请联系系统管理员")
    told: dict[str, Any] = {"question_ids": ids, "actor": _actor(), "now": now()}
    if wanted == "enemies":
        n = len(make_enemies(**told))
        flash(gettext("%(n)d 道题现在互斥，不会出现在同一份试卷", n=n), "success")
    elif wanted == "friends":
        flash(gettext("%(n)d 道题不再互斥", n=end_enmity(**told)), "success")
    else:
        n = set_pool(pool=wanted, **told)
        pool = gettext(POOLS[wanted])
        flash(gettext("%(n)d 题现在用于%(pool)s", n=n, pool=pool), "success")
    return redirect(url_for("bank.index"))


def _chosen() -> list[int]:
    """The questions ticked in the list, or all that it was narrowed to."""
    if "all" not in request.form:
        return _numbers(request.form.getlist("ids"))
    form = FilterForm(request.form, topics_listed())
    ids = ids_listed(form.wanted(), MOST + 1)
    if len(ids) > MOST:
        raise Refused("一次最多处理 %(most)d 题，请先筛选，缩小范围", most=MOST)
    return ids


def _sent() -> list[int]:
    return _numbers(request.form.get("ids", "").split(","))


def _numbers(texts: Sequence[str]) -> list[int]:
    return [int(text) for text in texts if text.isascii() and text.isdigit()][
        : MOST + 1
    ]


def _actor() -> str:
    return f"account:{current_user.account_id}"
