"""Papers as they are asked and scored: immutable, so kept in memory."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import sqlalchemy as sa

from question_bank.queries import Content, contents
from quiz.rules.rekeying import Changes
from quiz.rules.scoring import BETWEEN, Card, share_points
from quiz.rules.sheet import Field

BLANK = "【】"


class Item(NamedTuple):
    """One place of a paper."""

    version_id: int
    order: str
    points: int


class Place(NamedTuple):
    """One thing to answer on a paper: a question, or a part of a case."""

    q: str  # "12"; a part "12.2"
    version_id: int
    part: int  # of a case, from 1; 0: no case
    order: str
    points: int


class Cards:
    """Question contents of one process, read once per immutable version.

    :param connection: Where to read them, when it is not this application's database.
    """

    MOST = 20_000  # versions kept; a bank is rarely larger

    def __init__(self, connection: sa.Connection | None = None) -> None:
        self._connection = connection
        self._contents: dict[int, Content] = {}
        self._fields: dict[tuple[int, int], Field] = {}
        self.fragments: dict[int, Any] = {}  # rendered by the views
        #: Corrected keys, by exam and revision.
        self.keys: dict[tuple[int, int], Changes] = {}

    def contents(self, version_ids: Sequence[int]) -> dict[int, Content]:
        """The contents of versions. No query for those known, else one."""
        missing = [v for v in version_ids if v not in self._contents]
        if missing:
            if len(self._contents) > self.MOST:
                self.clear()
                missing = list(version_ids)
            self._contents.update(contents(missing, self._connection))
        return self._contents

    def field(self, version_id: int, part: int = 0) -> Field:
        """What a version that ``contents`` has read accepts. No query.

        :raises KeyError: If it has no such part, or none can be asked without one.
        """
        field = self._fields.get((version_id, part))
        if field is None:
            whole = self._contents[version_id]
            if not (1 <= part <= len(whole.parts) if whole.parts else part == 0):
                raise KeyError(part)
            content = part_of(whole, part)
            fill = content.kind == "fill"
            size = blanks_in(content) if fill else len(content.options)
            field = self._fields[version_id, part] = Field(content.kind, size)
        return field

    def clear(self) -> None:
        """Forget everything: another database is behind now (tests)."""
        self._contents.clear()
        self._fields.clear()
        self.keys.clear()
        self.fragments.clear()


def items_of(text: str) -> list[Item]:
    """The stored form of a paper, read."""
    return [Item(*item) for item in json.loads(text)]


def places_on(items: Sequence[Item]) -> list[Place]:
    """What a paper asks, in its order; a case is asked part by part."""
    return [
        place for n, item in enumerate(items, 1) for place in places_on_item(n, item)
    ]


def places_on_item(n: int, item: Item) -> list[Place]:
    """What the n-th item of a paper asks."""
    if BETWEEN not in item.order:
        return [Place(str(n), item.version_id, 0, item.order, item.points)]
    orders = item.order.split(BETWEEN)
    shares = share_points(item.points, len(orders))
    return [
        Place(f"{n}.{part}", item.version_id, part, order, points)
        for part, (order, points) in enumerate(zip(orders, shares, strict=True), 1)
    ]


def part_of(content: Content, part: int) -> Content:
    """A part of a case as a question by itself; 0: the question as it is."""
    if not part:
        return content
    kept = content.parts[part - 1]
    names = ("kind", "stem", "options", "key", "analysis", "citations")
    return replace(content, **{name: kept[name] for name in names}, parts=[])


def blanks_in(content: Content) -> int:
    """How many texts a fill question takes."""
    return len(content.key)


#: The one cache of this process.
known = Cards()


def cards_on(text: str, kept: Cards = known) -> list[Card]:
    """A paper for scoring, keys included."""
    places = places_on(items_of(text))
    found = kept.contents([place.version_id for place in places])
    cards = []
    for place in places:
        content = part_of(found[place.version_id], place.part)
        cards.append(
            Card(
                version_id=place.version_id,
                kind=content.kind,
                key=content.key,
                order=place.order,
                points=place.points,
                part=place.part,
            )
        )
    return cards


class _Fields(Mapping[str, Field]):
    """What each question of a paper accepts; a save asks for one or two of them."""

    def __init__(self, text: str) -> None:
        self._versions: list[int] = [item[0] for item in json.loads(text)]
        known.contents(self._versions)

    def __getitem__(self, q: str) -> Field:
        number, point, inner = q.partition(".")
        place = _counted(number)
        part = _counted(inner)
        if not 1 <= place <= len(self._versions) or bool(point) != bool(part):
            raise KeyError(q)
        return known.field(self._versions[place - 1], part)

    def __iter__(self) -> Iterator[str]:
        for n, version in enumerate(self._versions, 1):
            parts = len(known.contents([version])[version].parts)
            yield from (f"{n}.{part}" for part in range(1, parts + 1))
            if not parts:
                yield str(n)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _counted(text: str) -> int:
    """A number as a phone writes it, from 1; else 0."""
    plain = text.isascii() and text.isdigit() and len(text) < 5
    return int(text) if plain and text[0] != "0" else 0


def fields_on(text: str) -> Mapping[str, Field]:
    """What each question of a paper accepts, by its number."""
    return _Fields(text)
