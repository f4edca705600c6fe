"""The draw as a whole: digests, seed, papers. Anybody can do it again.

Byte forms are documented in docs/algorithms/deal.md: a digest is the SHA-256 of
lines joined by a line feed, each line fields joined by ``|``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from quiz.rules.blueprint import Row
from quiz.rules.deal import Card, Cell, deal, largest_hand, lot
from quiz.rules.scoring import BETWEEN
from quiz.rules.seating import Member, Seating, hand_for, seat

#: How people are seated; part of the blueprint's digest.
SEATING_RULE = "whole-units-first-fit"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True)
class RosterEntry:
    """A person as the roster's digest binds them."""

    person: int
    unit: int
    tail_digest: str  # keyed digests of who they are; empty if not given
    staff_digest: str
    #: Category and level of the unit, rank group of the person; None for an exam
    #: published before these were frozen: then the digest does not bind them.
    grouped: tuple[str, str, str] | None = None


@dataclass(frozen=True)
class PoolCard:
    """A question version at an exam's disposal."""

    version: int
    question: int
    row: int  # position of the row it serves
    ease: int  # thousandths of a point
    used: int
    options: int
    pinned: bool
    #: Of a case, for each part: how many options, and whether they keep their places.
    parts: tuple[tuple[int, bool], ...] = ()
    enemies: int | None = None  # cards of one number never stand on one paper


@dataclass(frozen=True)
class DrawPlan:
    """All that a draw reads; frozen when an exam is published."""

    code: str
    rows: Sequence[Row]
    pool: Sequence[PoolCard]
    roster: Sequence[RosterEntry]
    attempts: int
    shuffle: bool


@dataclass(frozen=True)
class Digests:
    """SHA-256 of what the draw reads, hexadecimal."""

    roster: str
    bank: str
    blueprint: str


@dataclass(frozen=True)
class DrawnPaper:
    """A paper as it is stored."""

    number: int
    attempt: int
    person: int | None  # None: a spare
    versions: tuple[int, ...]
    items: str  # canonical JSON, see quiz.models.Paper
    digest: str


def sha256(text: str) -> str:
    """SHA-256 of a text in UTF-8, hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def one_field(text: str) -> str:
    """A word as a digest takes it: no bar, which separates fields, in it."""
    return text.replace("|", "｜")


def digests_of(plan: DrawPlan) -> Digests:
    """The digests of roster, bank and blueprint. The order of the input is nothing."""
    return Digests(
        roster=_lines(
            (p.person, p.unit, p.tail_digest, p.staff_digest, *(p.grouped or ()))
            for p in sorted(plan.roster, key=lambda p: p.person)
        ),
        bank=_lines(
            _card_fields(c) for c in sorted(plan.pool, key=lambda c: c.version)
        ),
        blueprint=_lines([_header(plan), *map(_row_fields, _in_order(plan.rows))]),
    )


def commitment_of(secret: str) -> str:
    """What is shown of the secret before it is revealed."""
    return sha256(secret)


def seed_of(secret: str, public_value: str, digests: Digests) -> str:
    """The seed of an exam's draw."""
    digest = f"{digests.roster}|{digests.bank}|{digests.blueprint}"
    return sha256(f"{secret}|{public_value}|{digest}")


def paper_digest(code: str, number: int, items: str) -> str:
    """What a receipt shows of a paper."""
    return sha256(f"{code}|{number}|{items}")


def hand_size(plan: DrawPlan) -> int:
    """Papers in a hand of this draw; 0 if the pool cannot fill a paper."""
    return hand_for(largest_hand(_cells(plan)), len(plan.roster))


def draw(plan: DrawPlan, seed: str) -> list[DrawnPaper]:
    """Draw all papers of an exam: for everybody, every attempt, and spares.

    Attempt a sits where attempt 1 sat, in the hands after those of attempt a − 1.

    :return: In the order of their numbers. Spares have no person and attempt 1.
    :raises ValueError: If the pool cannot fill a paper or the roster is empty.
    """
    size = hand_size(plan)
    if not size:
        raise ValueError("the pool cannot fill a paper, or nobody is due")
    seating = _seat(plan, size, seed)
    hands = seating.hands * plan.attempts
    dealt = deal(_cells(plan), hands=hands, size=size, seed=seed)
    seated = _seated(seating, plan.attempts)
    write = _Writer(plan, seed)
    return [
        write.paper(number, cards, *seated.get(number, (None, 1)))
        for number, cards in enumerate(dealt)
    ]


def draw_further(plan: DrawPlan, seed: str, drawn: int) -> list[DrawnPaper]:
    """Go on with the draw of an exam: the hands after all those dealt so far.

    As many hands as the first attempt had; everybody of the roster sits in them where
    they sat then, so that colleagues share nothing here either.

    :param drawn: How many papers there are.
    :return: In the order of their numbers; the attempt is the caller's to say.
    """
    size = hand_size(plan)
    seating = _seat(plan, size, seed)
    dealt = deal(
        _cells(plan), hands=drawn // size + seating.hands, size=size, seed=seed
    )
    people = {place: person for person, place in seating.places.items()}
    write = _Writer(plan, seed)
    return [
        write.paper(number, dealt[number], people.get(number - drawn), 1)
        for number in range(drawn, len(dealt))
    ]


def option_order(
    seed: str, number: int, version: int, options: int, part: int = 0
) -> str:
    """The order in which a paper shows a question's options: "BADC" shows B as A.

    :param part: Of a case, from 1: its number is one more field of the lot.

    The lot, read as one big-endian number, picks letter after letter: divided by
    how many are left, the remainder says which, the quotient goes on.
    """
    left = list(LETTERS[:options])
    inner = [part] if part else []
    rest = int.from_bytes(lot(seed, number, "o", version, *inner), "big")
    order = []
    while left:
        rest, pick = divmod(rest, len(left))
        order.append(left.pop(pick))
    return "".join(order)


def _header(plan: DrawPlan) -> Sequence[str | int]:
    shuffle = int(plan.shuffle)
    return (plan.code, hand_size(plan), plan.attempts, shuffle, SEATING_RULE)


def _row_fields(row: Row) -> Sequence[str | int]:
    topic = "" if row.topic is None else row.topic
    difficulty = row.difficulty or ""
    fields = (row.position, row.kind, topic, difficulty, row.count, row.points)
    return (*fields, row.parts) if row.parts else fields


def _card_fields(c: PoolCard) -> Sequence[str | int]:
    fields = (c.version, c.question, c.row, c.ease, c.used, c.options, int(c.pinned))
    parts = (f"{options}.{int(pinned)}" for options, pinned in c.parts)
    enemies = () if c.enemies is None else (f"e{c.enemies}",)
    return (*fields, *parts, *enemies)


def _in_order(rows: Iterable[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: row.position)


def _cells(plan: DrawPlan) -> list[Cell]:
    cards: dict[int, list[Card]] = {row.position: [] for row in plan.rows}
    for card in plan.pool:
        cards[card.row].append(Card(card.version, card.ease, card.used, card.enemies))
    return [Cell(row.count, cards[row.position]) for row in _in_order(plan.rows)]


def _seat(plan: DrawPlan, size: int, seed: str) -> Seating:
    members = [Member(p.person, p.unit) for p in plan.roster]
    return seat(members, size=size, seed=seed)


def _seated(seating: Seating, attempts: int) -> dict[int, tuple[int, int]]:
    """Number of the paper → (person, attempt)."""
    block = seating.hands * seating.size
    return {
        (attempt - 1) * block + place: (person, attempt)
        for attempt in range(1, attempts + 1)
        for person, place in seating.places.items()
    }


class _Writer:
    """Puts the cards of a paper into their order on it."""

    def __init__(self, plan: DrawPlan, seed: str) -> None:
        rows = {row.position: row for row in plan.rows}
        # Questions of one kind and worth stand together, where the first such row is.
        sections: dict[tuple[str, int], int] = {}
        for row in _in_order(plan.rows):
            sections.setdefault((row.kind, row.points), len(sections))
        self._code = plan.code
        self._seed = seed
        self._section = {}
        self._points = {}
        #: By version how many options are shuffled; of a case for each part.
        self._options: dict[int, list[int]] = {}
        self._cases = {card.version for card in plan.pool if card.parts}
        for card in plan.pool:
            row = rows[card.row]
            asked = card.parts or ((card.options, card.pinned),)
            self._section[card.version] = sections[row.kind, row.points]
            self._points[card.version] = row.points
            self._options[card.version] = [
                options if plan.shuffle and not pinned else 0
                for options, pinned in asked
            ]

    def paper(
        self, number: int, cards: Sequence[Card], person: int | None, attempt: int
    ) -> DrawnPaper:
        """One paper as it is stored."""
        items = self.items(number, cards)
        return DrawnPaper(
            number=number,
            attempt=attempt,
            person=person,
            versions=tuple(card.id for card in cards),
            items=items,
            digest=paper_digest(self._code, number, items),
        )

    def items(self, number: int, cards: Iterable[Card]) -> str:
        """The paper's items: sections in order, questions inside them by lot."""
        order = sorted(
            (card.id for card in cards),
            key=lambda v: (self._section[v], lot(self._seed, number, "i", v)),
        )
        items = [
            [
                version,
                self._order(number, version),
                self._points[version],
            ]
            for version in order
        ]
        return json.dumps(items, separators=(",", ":"))

    def _order(self, number: int, version: int) -> str:
        """The order of a question's options; of a case those of its parts."""
        first = 1 if version in self._cases else 0
        return BETWEEN.join(
            option_order(self._seed, number, version, options, part)
            for part, options in enumerate(self._options[version], first)
        )


def _lines(records: Iterable[Sequence[str | int]]) -> str:
    return sha256("\n".join("|".join(map(str, record)) for record in records))
