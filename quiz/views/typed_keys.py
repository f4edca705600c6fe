"""Keys as people type and read them on the pages of 改键."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.errors import Refused
from question_bank.rules.typed import read_key
from question_bank.rules.validity import Draft, stored_key, typed_key
from quiz.queries.revisions import Askable
from quiz.rules.rekeying import Change

LONGEST = 400  # characters of a typed key


@dataclass(frozen=True)
class Said:
    """What a change says of a question, in words."""

    kind: str
    keys: list[str]


def typed_changes(
    questions: Sequence[Askable], typed: Mapping[str, str]
) -> list[Change]:
    """The changes somebody typed: kind-<id>, key-<id>, also-<id>.

    :raises Refused: If a new key is missing; the question is named.
    """
    return [_typed(one, typed) for one in questions]


def _typed(question: Askable, typed: Mapping[str, str]) -> Change:
    version, part = question.version_id, question.part
    kind = typed.get(f"kind-{question.id}", "key")
    if kind != "key":
        return Change(version, kind, part=part)
    texts = [typed.get(f"{name}-{question.id}", "").strip() for name in ("key", "also")]
    keys = [_stored(question, text[:LONGEST]) for text in dict.fromkeys(texts) if text]
    if not keys:
        raise Refused("“%(stem)s”：请填写新答案", stem=question.stem[:20])
    return Change(version, "key", tuple(tuple(key) for key in keys), part)


def _stored(question: Askable, text: str) -> Sequence[Any]:
    key = read_key(question.kind, text)
    return stored_key(Draft(question.kind, question.stem, (), key))


def read_change(question: Askable, change: Change) -> Said:
    """A change in words."""
    return Said(change.kind, [key_text(question.kind, key) for key in change.keys])


def shown_key(question: Askable) -> str:
    """A question's key as the bank has it, in words."""
    return key_text(question.kind, question.key)


def key_text(kind: str, key: Sequence[Any]) -> str:
    """A stored key as people type it."""
    plain = ["|".join(map(str, one)) if kind == "fill" else str(one) for one in key]
    return typed_key(Draft(kind, "", (), tuple(plain)))
