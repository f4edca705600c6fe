"""The list of rank groups: /console/units/ranks."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from core.access import needs
from core.clock import now
from core.errors import Refused
from units.operations.ranks import add_rank, drop_rank, rename_rank, shift_rank
from units.queries.ranks import ranks_listed
from units.views.editor import editor, said

blueprint = Blueprint("ranks", __name__, url_prefix="/console/units/ranks")


@blueprint.get("")
@needs("organizer", "auditor")
def index() -> str:
    """The list, and words in use that are not on it."""
    listed, others = ranks_listed()
    return render_template(
        "units/ranks.html",
        listed=listed,
        others=others,
        whole=editor().scope.everywhere,
    )


@blueprint.post("")
@needs("organizer")
def change() -> ResponseReturnValue:
    """Add, rename, join, move or drop a word, as the button says."""
    me, moment = editor(), now()
    act, word = request.form.get("act", ""), request.form.get("word", "")
    try:
        if act == "add":
            add_rank(name=word, editor=me, now=moment)
        elif act == "rename":
            new = request.form.get("new", "")
            people = rename_rank(old=word, new=new, editor=me, now=moment)
            flash(gettext("已改名，%(n)d 人随之更新", n=people), "success")
        elif act == "drop":
            drop_rank(name=word, editor=me, now=moment)
        elif act in ("up", "down"):
            step = -1 if act == "up" else 1
            shift_rank(name=word, step=step, editor=me, now=moment)
        else:
            raise Refused("不能这样操作，请返回上一页")
    except Refused as refusal:
        flash(said(refusal), "warning")
    return redirect(url_for("ranks.index"), 303)
