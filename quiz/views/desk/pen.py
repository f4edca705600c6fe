"""Somebody's answer sheet as it lies on the table, and what is typed of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from flask_babel import gettext
from flask_login import current_user

from core.errors import Refused
from quiz.models import Candidate, Exam
from quiz.operations.on_paper import ENTERED_BY
from quiz.queries.cards import fields_on
from quiz.queries.on_paper import Entered, Held
from quiz.rules.on_paper import differences, paper_mark, read_pen
from quiz.rules.sheet import Field


@dataclass(frozen=True)
class Desk:
    """Somebody's answer sheet as it lies on the table."""

    exam: Exam
    person: Candidate
    held: Held
    entries: list[Entered]
    #: Other papers of the person that a sheet may be of.
    others: list[Held]

    @property
    def own(self) -> Entered | None:
        """What this account has entered."""
        mine = current_user.account_id
        return next((one for one in self.entries if one.account_id == mine), None)

    @property
    def mark(self) -> str:
        """What names the paper."""
        return paper_mark(self.held.number, self.held.digest)

    @property
    def fields(self) -> Mapping[str, Field]:
        """What each question takes."""
        return fields_on(self.held.items)

    @property
    def runs(self) -> list[tuple[str, list[tuple[str, Field]]]]:
        """The questions, cut where the kind changes."""
        every = self.fields.items()
        return [(kind, list(run)) for kind, run in groupby(every, lambda x: x[1].kind)]

    @property
    def complete(self) -> bool:
        """Whether two people have entered it."""
        return len(self.entries) == ENTERED_BY


def apart(entries: Sequence[Entered]) -> list[str]:
    """The questions that differ; none until there are two readings."""
    if len(entries) != ENTERED_BY:
        return []
    return differences(entries[0].answers, entries[1].answers)


def read(
    fields: Mapping[str, Field], values: Mapping[str, str]
) -> tuple[dict[str, list[str]], dict[str, str]]:
    """What was typed, as values, and what is wrong with it, by question."""
    answers: dict[str, list[str]] = {}
    wrong: dict[str, str] = {}
    for q in fields:
        field = fields[q]
        names = [f"q-{q}"]
        if field.kind == "fill":
            names = [f"q-{q}-{n}" for n in range(1, field.options + 1)]
        try:
            texts = [values.get(name, "") for name in names]
            answers[q] = read_pen(field.kind, field.options, texts)
        except Refused as refusal:
            wrong[q] = gettext(refusal.message, **refusal.values)
    return answers, wrong


def shown(desk: Desk) -> dict[str, str]:
    """What one has entered before, as it was typed."""
    shown: dict[str, str] = {}
    for q, value in desk.own.answers.items() if desk.own else ():
        if desk.fields[q].kind == "fill":
            shown |= {f"q-{q}-{n}": text for n, text in enumerate(value, 1)}
        else:
            shown[f"q-{q}"] = word(desk.fields[q].kind, value)
    return shown


def word(kind: str, value: Sequence[str]) -> str:
    """A value as people write it."""
    if kind == "judge":
        return "".join({"T": "√", "F": "×"}[letter] for letter in value)
    return ("；" if kind == "fill" else "").join(value)


def seen_at(told: str) -> list[datetime]:
    """When the readings that were compared were entered, as the page kept it.

    :raises Refused: If it did not.
    """
    try:
        return [datetime.fromisoformat(text) for text in told.split("|")]
    except ValueError:
        raise Refused("页面内容不完整，请刷新后再试") from None
