"""What the phones did and were told: kept in memory, and as JSON lines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Try:
    """One request of a phone and its answer."""

    phone: int
    token: str
    step: str  # save, submit, receipt, …
    sent: float  # seconds since 1970
    heard: float
    #: 0: no answer: it may or may not have been done.
    status: int
    body: Any  # of a save or a hand-in: the message, as it was sent
    reply: Any  # of a save: its JSON; of a receipt: what it showed
    retry_after: str  # the header, if it was there


class History:
    """All tries of one run, in the order they ended."""

    def __init__(self, path: Path) -> None:
        self.tries: list[Try] = []
        self.acknowledged = 0  # answers named by the server, each once
        self.last_acknowledged = 0.0  # when
        self._file = path.open("w", encoding="utf-8")

    def add(self, one: Try) -> None:
        """Write down one try."""
        self.tries.append(one)
        self._file.write(json.dumps(asdict(one), ensure_ascii=False) + "\n")

    def note_acknowledged(self, count: int, at: float) -> None:
        """So many answers more were acknowledged."""
        if count:
            self.acknowledged += count
            self.last_acknowledged = at

    def of(self, *steps: str) -> Iterator[Try]:
        """The tries of some steps."""
        return (one for one in self.tries if one.step in steps)

    def close(self) -> None:
        """Nothing more comes."""
        self._file.close()
