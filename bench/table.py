"""The table that a measurement ends in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass


@dataclass(frozen=True)
class Row:
    """One figure: ours, the floor's where there is one, and the budget."""

    what: str
    ours: str
    floor: str
    budget: str


HEAD = Row("", "this product", "floor", "budget")


def table(rows: Sequence[Row]) -> str:
    """The rows as text; figures to the right."""
    lines = [astuple(row) for row in (HEAD, *rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(4)]
    texts = []
    for n, (what, *figures) in enumerate(lines):
        cells = [
            f"{text:>{width}}" for text, width in zip(figures, widths[1:], strict=True)
        ]
        texts.append("  ".join([f"{what:<{widths[0]}}", *cells]).rstrip())
        if n == 0:
            texts.append("-" * (sum(widths) + 6))
    return "\n".join(texts)
