"""Papers as they are asked and scored: immutable, so kept in memory."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from question_bank.queries import Content, contents
from quiz.rules.rekeying import Change
from quiz.rules.scoring import Card
from quiz.rules.sheet import Field

BLANK = "【】"


@dataclass(frozen=True)
class Item:
    """One place of a paper."""

    version_id: int
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
        self._fields: dict[int, Field] = {}
        self.fragments: dict[int, Any] = {}  # rendered by the views
        #: Corrected keys, by exam and revision.
        self.keys: dict[tuple[int, int], Mapping[int, Change]] = {}

    def contents(self, version_ids: Sequence[int]) -> dict[int, Content]:
        """The contents of versions. No query for those known, else one."""
        missing = [v for v in version_ids if v not in self._contents]
        if missing:
            if len(self._contents) > self.MOST:
                self.clear()
                missing = list(version_ids)
            self._contents.update(contents(missing, self._connection))
        return self._contents

    def field(self, version_id: int) -> Field:
        """What a version that ``contents`` has read accepts. No query."""
        field = self._fields.get(version_id)
        if field is None:
            content = self._contents[version_id]
            fill = content.kind == "fill"
            size = blanks_in(content) if fill else len(content.options)
            field = self._fields[version_id] = Field(content.kind, size)
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


def blanks_in(content: Content) -> int:
    """How many texts a fill question takes."""
    return len(content.key)


#: The one cache of this process.
known = Cards()


def cards_on(text: str, kept: Cards = known) -> list[Card]:
    """A paper for scoring, keys included."""
    items = items_of(text)
    found = kept.contents([item.version_id for item in items])
    return [
        Card(
            version_id=item.version_id,
            kind=found[item.version_id].kind,
            key=found[item.version_id].key,
            order=item.order,
            points=item.points,
        )
        for item in items
    ]


class _Fields(Mapping[str, Field]):
    """What each question of a paper accepts; a save asks for one or two of them."""

    def __init__(self, text: str) -> None:
        self._versions: list[int] = [item[0] for item in json.loads(text)]
        known.contents(self._versions)

    def __getitem__(self, q: str) -> Field:
        place = int(q) if q.isascii() and q.isdigit() and len(q) < 5 else 0
        if not 1 <= place <= len(self._versions) or q[0] == "0":
            raise KeyError(q)
        return known.field(self._versions[place - 1])

    def __iter__(self) -> Iterator[str]:
        return (str(n) for n in range(1, len(self._versions) + 1))

    def __len__(self) -> int:
        return len(self._versions)


def fields_on(text: str) -> Mapping[str, Field]:
    """What each question of a paper accepts, by its number."""
    return _Fields(text)
