"""The page before every act in the hall: what it does, to whom, and why it is done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from core.forms import said_on
from quiz.models import Exam
from quiz.tokens import new_key


@dataclass(frozen=True)
class Act:
    """An act as its page names it."""

    title: str
    who: str
    #: What follows from it, a sentence each.
    lines: Sequence[str]
    submit: str
    #: Where one came from, and goes back to.
    back: str
    danger: bool = False
    #: What is often the reason.
    reasons: Sequence[str] = ()


def asked(exam: Exam, act: Act, form: Any, status: int = 200) -> ResponseReturnValue:
    """The page that names what an act does and asks for what it needs."""
    if not form.key.data:
        form.key.data = new_key()
    page = render_template("quiz/console/desk/act.html", exam=exam, act=act, form=form)
    return page, status


def acted(
    exam: Exam,
    act: Act,
    form: Any,
    do: Callable[[], str | None],
    said: str,
    again: Callable[[], ResponseReturnValue] | None = None,
) -> ResponseReturnValue:
    """Do it, if the form is right and nothing stands against it; else ask again.

    :param do: The operation; what it returns is said instead of ``said``.
    :param again: Shows a page of its own once more.
    """
    if form.validate_on_submit():
        with said_on(form):
            text = do() or said
            flash(text, "success")
            return redirect(act.back, 303)
    return again() if again else asked(exam, act, form, 400)


def to_person(exam_id: int, candidate_id: int) -> str:
    """The address of somebody's card."""
    return url_for("desk.person", exam_id=exam_id, candidate_id=candidate_id)


def to_desk(exam_id: int) -> str:
    """The address of an exam's desk."""
    return url_for("desk.index", exam_id=exam_id)


def named(unit_name: str, name: str) -> str:
    """Somebody, as those in the hall speak of them."""
    return str(gettext("%(unit)s %(name)s", unit=unit_name, name=name))
