"""Marks and receipts once more, by code that shares nothing with the product's."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor
from typing import Any


@dataclass(frozen=True)
class Question:
    """A question as every paper of the model exam asks it."""

    version: int
    kind: str
    key: Any
    order: str
    points: int


Sheet = Mapping[str, tuple[int, list[str]]]  # question → sequence number, value


def rounded(value: Fraction) -> int:
    """Half up."""
    return floor(value + Fraction(1, 2))


def mark(question: Question, key: Any, value: list[str]) -> int:
    """Hundredths by one key; the model exam gives nothing for a part."""
    if not value:
        return 0
    if question.kind == "fill":
        hits = sum(typed in texts for typed, texts in zip(value, key, strict=False))
        return rounded(Fraction(question.points * hits, len(key)))
    shown = {question.order["ABCD".index(x)] if question.order else x for x in value}
    return question.points if shown == set(key) else 0


def marks(
    questions: Sequence[Question],
    sheet: Sheet,
    revisions: Sequence[Mapping[int, tuple[str, Any]]],
) -> list[int]:
    """Hundredths of each question after revisions of the keys.

    A revision says for a version: ``("key", [keys])``, ``("full", None)`` or
    ``("drop", None)``.
    """
    said = {version: one for each in revisions for version, one in each.items()}
    got: list[int | None] = []
    for n, question in enumerate(questions, 1):
        value = sheet.get(str(n), (0, []))[1]
        kind, keys = said.get(question.version, ("key", [question.key]))
        if kind == "full":
            got.append(question.points)
        elif kind == "drop":
            got.append(None)
        else:
            got.append(max(mark(question, key, value) for key in keys))
    rest = [
        (points, question.points)
        for points, question in zip(got, questions, strict=True)
        if points is not None
    ]
    share = (
        Fraction(sum(a for a, _ in rest), sum(b for _, b in rest))
        if rest
        else Fraction(1)
    )
    return [
        rounded(question.points * share) if points is None else points
        for points, question in zip(got, questions, strict=True)
    ]


def digest(paper: str, sheet: Sheet) -> str:
    """What a receipt shows of the answers."""
    text = paper
    for q in sorted(sheet, key=int):
        if sheet[q][1]:
            value = json.dumps(sheet[q][1], ensure_ascii=False, separators=(",", ":"))
            text += f"|{q}={value}"
    return hashlib.sha256(text.encode()).hexdigest()


def word(secret: str, sitting: int, generation: int, answers: str) -> str:
    """The four digits of a receipt."""
    text = f"receipt|{sitting}|{generation}|{answers}".encode()
    mac = hmac.new(secret.encode(), text, "sha256").digest()
    return str(int.from_bytes(mac[:8], "big") % 10_000).zfill(4)
