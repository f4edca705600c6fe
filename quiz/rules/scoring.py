"""Marks: exact integers, from the answers, the keys and the exam's rule.

All marks are hundredths of a point. Nothing here knows the time or a database.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from statutes.rules.numerals import CHARACTERS, read_number

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
BETWEEN = ","  # the option orders of a case's parts
_NUMBER = re.compile(f"[{CHARACTERS}]+")


@dataclass(frozen=True)
class Card:
    """One question, or one part of a case, as one paper asks it."""

    version_id: int
    kind: str  # single, multi, judge, fill
    key: Sequence[object]  # in the bank's letters; fill: accepted texts per blank
    order: str  # "BADC": the bank's option B is shown as A; empty: as in the bank
    points: int  # hundredths
    part: int = 0  # of a case, from 1


def share_points(points: int, parts: int) -> list[int]:
    """What each part of a case is worth: equal shares, the rest to the first parts.

    >>> share_points(200, 3)
    [67, 67, 66]
    """
    share, rest = divmod(points, parts)
    return [share + (n < rest) for n in range(parts)]


def numbered(cards: Sequence[Card]) -> Iterator[tuple[str, Card]]:
    """The cards of a paper with their numbers on it: "1", a part of a case "2.1"."""
    n = 0
    for card in cards:
        n += card.part <= 1
        yield (f"{n}.{card.part}" if card.part else str(n)), card


def shown_to_bank(letters: Sequence[str], order: str) -> frozenset[str]:
    """The bank's letters behind the letters a paper shows.

    >>> sorted(shown_to_bank(["A", "D"], "BADC"))
    ['B', 'C']
    """
    if not order:
        return frozenset(letters)
    return frozenset(
        order[LETTERS.index(x)] for x in letters if LETTERS.index(x) < len(order)
    )


def normal_text(text: str) -> str:
    """A typed blank as it is compared: NFKC, no spaces, no case, no final stop, and
    numbers in Arabic numerals: 九十日 is 90日, 两年 is 2年.
    """
    plain = "".join(unicodedata.normalize("NFKC", text).split())
    return _NUMBER.sub(_in_digits, plain.casefold().rstrip("。."))


def _in_digits(found: re.Match[str]) -> str:
    try:
        return str(read_number(found[0]))
    except ValueError:  # 百十 is no number; it stays as it was typed
        return found[0]


def half_up(numerator: int, denominator: int) -> int:
    """Whole number nearest to a fraction ≥ 0; halves go up."""
    return (2 * numerator + denominator) // (2 * denominator)


def _multi(chosen: frozenset[str], key: frozenset[str], points: int, rule: str) -> int:
    if not chosen or chosen - key:
        return 0  # any wrong option scores nothing: ticking all must never pay
    if chosen == key:
        return points
    if rule == "half":
        return half_up(points, 2)
    if rule == "proportional":
        return half_up(points * len(chosen), len(key))
    return 0


def _fill(value: Sequence[str], key: Sequence[object], points: int) -> int:
    """Each blank is worth an equal share of the points."""
    right = 0
    for typed, accepted in zip(value, key, strict=False):
        texts = [accepted] if isinstance(accepted, str) else accepted
        if isinstance(texts, Sequence) and normal_text(typed) in {
            normal_text(str(text)) for text in texts
        }:
            right += 1
    return half_up(points * right, len(key)) if key else 0


def score_card(card: Card, value: Sequence[str] | None, multi_rule: str) -> int:
    """Hundredths earned for one question.

    :param value: Letters as the paper shows them, T or F, or the typed texts;
        None or empty when it was left blank.
    :param multi_rule: exact (少选不得分), half (少选得一半) or proportional
        (按正确选项比例).
    """
    if not value:
        return 0
    if card.kind == "fill":
        return _fill(value, card.key, card.points)
    key = frozenset(str(letter) for letter in card.key)
    chosen = shown_to_bank(value, card.order)
    if card.kind == "multi":
        return _multi(chosen, key, card.points, multi_rule)
    return card.points if chosen == key else 0


def score_sheet(
    cards: Sequence[Card], answers: Mapping[str, Sequence[str]], multi_rule: str
) -> list[int]:
    """Hundredths for each question of a paper, in its order; for a case, its parts.

    :param answers: By the number on the paper, as in ``numbered``.
    """
    return [score_card(card, answers.get(q), multi_rule) for q, card in numbered(cards)]


def total_points(items: str) -> int:
    """The most a paper can earn, in hundredths.

    :param items: The stored form of a paper: JSON, the points last in each item.
    """
    return sum(int(item[-1]) for item in json.loads(items))


def answers_digest(paper_digest: str, answers: Mapping[str, str]) -> str:
    """SHA-256 of a handed-in sheet, hexadecimal.

    Bytes: ``paper digest|q=value|q=value…`` in UTF-8, q in ascending order as
    numbers, value in canonical JSON; questions left blank are not named.
    """

    def place(q: str) -> tuple[int, ...]:
        return tuple(int(part) for part in q.split("."))

    fields = [f"{q}={answers[q]}" for q in sorted(answers, key=place)]
    return hashlib.sha256("|".join([paper_digest, *fields]).encode()).hexdigest()
