"""改键: scoring with keys that were corrected after the papers were made.

The answers never change and no old score does. A revision of the keys says for some
question versions what is right now; together with the revisions before it, the later
word counting, it says how every sheet of the exam is scored. The rule book with a
worked example: docs/algorithms/sitting.md.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from core.errors import Refused
from quiz.rules.scoring import Card, half_up, numbered, score_card, score_sheet

#: What a change may do, and what people call it.
KINDS = {"key": "更正答案", "full": "全员给分", "drop": "剔除本题"}
MOST_CHANGES = 200


@dataclass(frozen=True)
class Change:
    """What a revision says of one question version, or of one part of a case."""

    version_id: int
    kind: str  # key, full, drop
    #: For ``key``: the keys that are right, in the bank's letters; any of them earns.
    keys: tuple[tuple[object, ...], ...] = ()
    part: int = 0  # of a case, from 1; 0: all of it

    def stored(self) -> list[object]:
        """As plain JSON: version, kind, keys; of a part of a case its number too."""
        part = [self.part] if self.part else []
        return [self.version_id, self.kind, [list(key) for key in self.keys], *part]


class Asked(Protocol):
    """A question, or a part of a case, in whatever form."""

    @property
    def version_id(self) -> int:
        """Of the question."""

    @property
    def part(self) -> int:
        """Of a case, from 1; 0: no case."""


#: By question version and part of a case, 0 for all of it.
Changes = Mapping[tuple[int, int], Change]


def read_changes(stored: Iterable[Sequence[object]]) -> list[Change]:
    """The changes behind their stored form."""
    return [
        Change(version, kind, tuple(tuple(key) for key in keys), *part)  # type: ignore[arg-type, attr-defined]
        for version, kind, keys, *part in stored
    ]


def in_force(revisions: Iterable[Iterable[Change]]) -> dict[tuple[int, int], Change]:
    """What counts after revisions in their order: of a version the last word.

    A word on a whole case takes back what was said of its parts.
    """
    found: dict[tuple[int, int], Change] = {}
    for one in (one for revision in revisions for one in revision):
        if not one.part:
            for key in [key for key in found if key[0] == one.version_id]:
                del found[key]
        found[one.version_id, one.part] = one
    return found


def change_of(card: Asked, changes: Changes) -> Change | None:
    """What was said of a card: of this part of a case, else of the whole."""
    whole = changes.get((card.version_id, 0))
    return changes.get((card.version_id, card.part), whole)


def changes_digest(changes: Iterable[Change]) -> str:
    """SHA-256 of a revision, hexadecimal.

    Bytes: lines ``version|kind|keys`` joined by a line feed, by ascending version;
    keys in canonical JSON; of a part of a case ``|part`` after them.
    """
    lines = (
        f"{one.version_id}|{one.kind}|{_json(one.keys)}"
        + (f"|{one.part}" if one.part else "")
        for one in sorted(changes, key=lambda one: (one.version_id, one.part))
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def score_rekeyed(
    cards: Sequence[Card],
    answers: Mapping[str, Sequence[str]],
    multi_rule: str,
    changes: Changes,
) -> list[int]:
    """Hundredths for each question of a paper, in its order, by the keys in force.

    A corrected key is scored as any key; of several the one that earns most. 全员给分
    earns the full points, answered or not. A question that was 剔除 earns in the
    proportion of the rest of this paper, so that the maximum stays and the pass mark
    keeps its meaning: ``half_up(points × earned by the rest / points of the rest)``;
    where nothing is left, the full points. No other question is touched.
    """
    if not changes:
        return score_sheet(cards, answers, multi_rule)
    earned: list[int | None] = [
        _earned(card, answers.get(q), multi_rule, change_of(card, changes))
        for q, card in numbered(cards)
    ]
    kept = [
        (points, card.points)
        for points, card in zip(earned, cards, strict=True)
        if points is not None
    ]
    got, of = sum(points for points, _ in kept), sum(most for _, most in kept)
    return [
        points
        if points is not None
        else (half_up(card.points * got, of) if of else card.points)
        for points, card in zip(earned, cards, strict=True)
    ]


def _earned(
    card: Card, value: Sequence[str] | None, multi_rule: str, change: Change | None
) -> int | None:
    """What a question earns by itself; None: it was dropped."""
    if change is None:
        return score_card(card, value, multi_rule)
    if change.kind == "drop":
        return None
    if change.kind == "full":
        return card.points
    return max(
        score_card(replace(card, key=key), value, multi_rule) for key in change.keys
    )


def check_changes(changes: Sequence[Change]) -> None:
    """See whether changes can be meant, whatever the questions are.

    :raises Refused: If there are none or too many, one stands twice, or a key is
        missing or too much.
    """
    if not changes:
        raise Refused("请至少选一道要改的题")
    if len(changes) > MOST_CHANGES:
        raise Refused("一次最多改 %(most)d 道题", most=MOST_CHANGES)
    if len({(one.version_id, one.part) for one in changes}) < len(changes):
        raise Refused("同一道题在一次改键里出现了两遍")
    for one in changes:
        if one.kind not in KINDS:
            raise Refused("没有“%(kind)s”这种改法", kind=one.kind)
        if (one.kind == "key") != bool(one.keys):
            raise Refused("更正答案要写新答案；全员给分和剔除不写答案")
