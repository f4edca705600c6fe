"""What two versions of a question do not have in common."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from question_bank.rules.validity import DIFFICULTIES, KINDS, LETTERS, Draft, typed_key

#: A run of letters or figures is compared as one; other characters each for itself.
_PIECES = re.compile(r"[A-Za-z]+|[0-9]+|.", re.DOTALL)


@dataclass(frozen=True)
class Difference:
    """One field that changed, as pieces: (same, gone or new, text)."""

    name: str  # gettext id
    n: int | None  # of the part of a case
    pieces: tuple[tuple[str, str], ...]


def differences(old: Draft, new: Draft) -> list[Difference]:
    """The fields that changed, in their order."""
    before, after = dict(_fields(old)), dict(_fields(new))
    return [
        Difference(
            name, n, _pieces(before.get((name, n), ""), after.get((name, n), ""))
        )
        for name, n in dict.fromkeys([*after, *before])
        if before.get((name, n), "") != after.get((name, n), "")
    ]


def _fields(draft: Draft) -> Iterator[tuple[tuple[str, int | None], str]]:
    for (name, n), text in _own(draft, None):
        yield (name, n), text
    yield ("知识点", None), draft.topic
    yield ("难度", None), DIFFICULTIES.get(draft.difficulty, draft.difficulty)
    yield ("标签", None), "；".join(draft.tags)
    yield ("题目来源", None), draft.source
    for n, part in enumerate(draft.parts, 1):
        yield from _own(part, n)


def _own(draft: Draft, n: int | None) -> Iterator[tuple[tuple[str, int | None], str]]:
    yield ("题型", n), KINDS.get(draft.kind, draft.kind)
    yield ("题干", n), draft.stem
    for letter, option in zip(LETTERS, draft.options, strict=False):
        yield (f"选项{letter}", n), option
    if not draft.parts:
        yield ("答案", n), typed_key(draft)
    yield ("依据", n), "；".join(draft.citations)
    yield ("解析", n), draft.analysis


def _pieces(old: str, new: str) -> tuple[tuple[str, str], ...]:
    before, after = _PIECES.findall(old), _PIECES.findall(new)
    found: list[tuple[str, str]] = []
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for what, i, j, k, m in matcher.get_opcodes():
        if what == "equal":
            found.append(("same", "".join(before[i:j])))
            continue
        if i < j:
            found.append(("gone", "".join(before[i:j])))
        if k < m:
            found.append(("new", "".join(after[k:m])))
    return tuple(found)
