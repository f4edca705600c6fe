"""How invented people answer: ability against difficulty. Chance is an argument."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from math import exp

LETTERS = "ABCDEFGH"
#: Log-odds that somebody of middling ability is right.
LABEL = {"easy": 2.15, "medium": 1.45, "hard": 0.55}
KIND = {"single": 0.35, "multi": -0.7, "judge": 0.5, "fill": -0.5}
RANK = {"领导班子": 0.1, "中层": 0.2, "执法人员": 0.3, "新录用": 0.25}
#: Units that deal with law all day.
AT_HOME = {
    "市司法局": 0.9,
    "市中级人民法院": 1.0,
    "市人民检察院": 0.9,
    "市委政法委": 0.5,
}
LEFT_BLANK = 0.015


@dataclass(frozen=True)
class Question:
    """One question, or one part of a case, as one paper asks it, with its key."""

    q: str  # its number on the paper
    kind: str
    difficulty: str
    key: Sequence[object]
    options: int
    order: str  # as in quiz.models.Paper; empty: as in the bank


def ability(
    unit: str, rank: str, *, spread: random.Random, own: random.Random
) -> float:
    """How able somebody is, in log-odds around 0.

    :param spread: Of the unit: colleagues resemble one another.
    :param own: Of the person.
    """
    level = AT_HOME.get(unit, 0.0) + spread.gauss(0, 0.38)
    return level + RANK.get(rank, 0.0) + own.gauss(0, 0.62)


def answer(question: Question, able: float, chance: random.Random) -> list[str]:
    """What somebody answers, in the paper's letters; empty if left blank."""
    if chance.random() < LEFT_BLANK:
        return []
    odds = able + LABEL[question.difficulty] + KIND[question.kind]
    right = chance.random() < 1 / (1 + exp(-odds))
    if question.kind == "fill":
        return _fill(question.key, right=right)
    key = [str(letter) for letter in question.key]
    if question.kind == "judge":
        return key if right else ["F" if key == ["T"] else "T"]
    bank = key if right else _wrong(question, key, chance)
    return sorted(_shown(letter, question.order) for letter in bank)


def _fill(key: Sequence[object], *, right: bool) -> list[str]:
    firsts = [str(texts[0] if isinstance(texts, list) else texts) for texts in key]
    return firsts if right else ["不清楚", *firsts[1:]]


def _wrong(question: Question, key: list[str], chance: random.Random) -> list[str]:
    others = [x for x in LETTERS[: question.options] if x not in key]
    if question.kind == "single":
        return [chance.choice(others)]
    chosen = list(key)
    if others and (len(chosen) < 3 or chance.random() < 0.4):
        return [*chosen, chance.choice(others)]
    chosen.remove(chance.choice(chosen))
    return chosen


def _shown(letter: str, order: str) -> str:
    return LETTERS[order.index(letter)] if order else letter
