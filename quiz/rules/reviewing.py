"""A scored sheet, question by question, as its owner reads it afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from quiz.rules.rekeying import Change
from quiz.rules.scoring import LETTERS, Card


@dataclass(frozen=True)
class Option:
    """An option as the paper showed it."""

    letter: str
    text: str
    chosen: bool
    right: bool


@dataclass(frozen=True)
class Reviewed:
    """A question, or a part of a case, with what was answered and what was right."""

    q: str  # its number on the paper: "12", a part "12.2"
    version_id: int
    part: int  # of a case, from 1
    kind: str
    stem: str
    options: tuple[Option, ...]  # empty for fill
    answer: tuple[str, ...]  # as given; empty: left blank
    #: What is right, in words: "B、C", "九十 / 90"; several where any of them is.
    right: tuple[str, ...]
    earned: int  # hundredths
    points: int
    #: key 更正答案, full 全员给分, drop 剔除; empty: as the paper was made.
    change: str

    @property
    def wrong(self) -> bool:
        """Whether it did not earn all it could, by a fault of who answered."""
        return self.earned < self.points and self.change not in ("full", "drop")


def review_question(
    q: str,
    card: Card,
    stem: str,
    texts: Sequence[str],
    answer: Sequence[str],
    earned: int,
    change: Change | None,
) -> Reviewed:
    """One question of a sheet.

    :param texts: The options in the bank's order; 正确 and 错误 for judge.
    :param answer: Letters as the paper showed them, or typed texts.
    :param change: What the keys in force say of it.
    """
    keys = [card.key]
    if change is not None and change.kind == "key":
        keys = [list(key) for key in change.keys]
    if card.kind == "fill":
        options: tuple[Option, ...] = ()
        right = tuple("；".join(_blank(blank) for blank in key) for key in keys)
    else:
        shown = [_shown(key, card) for key in keys]
        any_right = set().union(*shown)
        options = tuple(
            Option(letter, texts[place], letter in answer, letter in any_right)
            for letter, place in _places(card, len(texts))
        )
        names = {one.letter: one.text for one in options}
        right = tuple(
            "、".join(
                names[letter] if card.kind == "judge" else letter
                for letter in sorted(one)
            )
            for one in shown
        )
    return Reviewed(
        q=q,
        version_id=card.version_id,
        part=card.part,
        kind=card.kind,
        stem=stem,
        options=options,
        answer=tuple(answer),
        right=right,
        earned=earned,
        points=card.points,
        change=change.kind if change is not None else "",
    )


def _places(card: Card, count: int) -> list[tuple[str, int]]:
    """The letters a paper shows, each with the place of its option in the bank."""
    if card.kind == "judge":
        return [("T", 0), ("F", 1)]
    order = [LETTERS.index(letter) for letter in card.order] or range(count)
    return list(zip(LETTERS, order, strict=False))


def _shown(key: Sequence[object], card: Card) -> set[str]:
    """A key in the letters of the paper."""
    if card.kind == "judge" or not card.order:
        return {str(letter) for letter in key}
    return {LETTERS[card.order.index(str(letter))] for letter in key}


def _blank(accepted: object) -> str:
    texts = [accepted] if isinstance(accepted, str) else accepted
    return " / ".join(str(text) for text in texts)  # type: ignore[attr-defined]


def wrong_topics(
    wrong: Iterable[int], topics: Mapping[int, str]
) -> list[tuple[str, int]]:
    """The topics of wrong questions with their number, most first.

    :param wrong: Versions.
    :param topics: The topic of each version.
    """
    counted = Counter(topics[version] for version in wrong)
    return sorted(counted.items(), key=lambda one: (-one[1], one[0]))
