"""The tables that measurements end in, for the terminal and for the document."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

#: Columns of figures, in their order.
COLUMNS = ("SQLite", "PostgreSQL", "floor")
OURS = "ours"  # becomes the name of the database that was measured


@dataclass
class Row:
    """One figure on each database, the floor's where there is one, and the budget."""

    what: str
    figures: dict[str, str]
    budget: str = ""


@dataclass
class Table:
    """The rows of one part of the bench."""

    title: str
    rows: list[Row] = field(default_factory=list)

    def add(self, database: str, rows: Iterable[Row]) -> None:
        """Take in what was measured on a database; its column, and the floor's."""
        known = {row.what: row for row in self.rows}
        for row in rows:
            figures = {
                (database if name == OURS else name): text
                for name, text in row.figures.items()
            }
            if row.what in known:
                known[row.what].figures = figures | known[row.what].figures
            else:
                self.rows.append(Row(row.what, figures, row.budget))

    def _cells(self) -> list[list[str]]:
        used = [c for c in COLUMNS if any(c in row.figures for row in self.rows)]
        head = ["", *used, "budget"]
        body = [
            [row.what, *(row.figures.get(name, "") for name in used), row.budget]
            for row in self.rows
        ]
        return [head, *body]

    def text(self) -> str:
        """For the terminal; figures to the right."""
        cells = self._cells()
        widths = [max(len(line[n]) for line in cells) for n in range(len(cells[0]))]
        lines = [self.title, *(_padded(line, widths) for line in cells)]
        lines.insert(2, "-" * (sum(widths) + 2 * len(widths) - 2))
        return "\n".join(lines)

    def markdown(self) -> str:
        """For the document."""
        head, *body = self._cells()
        rule = ["---", *["--:"] * (len(head) - 1)]
        return "\n".join(f"| {' | '.join(line)} |" for line in (head, rule, *body))


def _padded(line: Sequence[str], widths: Sequence[int]) -> str:
    cells = [f"{text:>{width}}" for text, width in zip(line, widths, strict=True)]
    cells[0] = f"{line[0]:<{widths[0]}}"
    return "  ".join(cells).rstrip()


def ours(what: str, figure: str, budget: str = "") -> Row:
    """A figure of the product alone."""
    return Row(what, {OURS: figure}, budget)


def beside(what: str, figures: Iterable[str], budget: str = "") -> Row:
    """A figure of the product and the floor's of the same run."""
    mine, base = figures
    return Row(what, {OURS: mine, "floor": base}, budget)
