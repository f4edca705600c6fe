"""Question papers in Word: their text as a paper, tables with headings as rows.

Runs in the child process of question_bank.formats.reader.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from core.cells import Cell, Note, Sheet, column_letters
from core.errors import Refused
from core.headings import table
from core.word_reader import (
    LOST,
    TOLD,
    Block,
    Paragraph,
    WordTable,
    read_document,
    shown_places,
)
from question_bank.formats.columns import ALSO_READ, HEADINGS, REQUIRED
from question_bank.formats.reading import Reading
from question_bank.formats.rows import read_rows
from question_bank.rules.intake import Typed
from question_bank.rules.papers.lines import Line, read_lines
from question_bank.rules.papers.paper import read_paper_lines
from question_bank.rules.validity import Problem


def read_word(path: Path, filename: str) -> Reading:
    """Read the questions of a .docx.

    :raises Refused: If it cannot be opened.
    """
    blocks = read_document(path, filename)
    lines: list[Line] = []
    rows: list[tuple[int, Typed]] = []  # with the paragraph they stand at
    notes: list[Note] = []
    tables = 0
    for block in blocks:
        if isinstance(block, Paragraph):
            lines += _lines(block)
            continue
        tables += 1
        found = _question_rows(block, tables, notes)
        if found is None:
            lines += list(_table_lines(block))
        else:
            at = next((p.number for p in _paragraphs([block])), 0)
            rows += [(at, one) for one in found]
    paper = read_paper_lines(lines)
    lost = {p.number: p.lost for p in _paragraphs(blocks) if p.lost}
    typed = [(one.number, _marked(one, lost)) for one in paper.typed]
    merged = sorted([*typed, *rows], key=lambda pair: pair[0])
    notes += [Note(doubt.message, doubt.values) for doubt in paper.doubts]
    return Reading(
        [one for _, one in merged],
        [*_lost_notes(lost), *notes],
        paper.headings,
        paper.left,
        "paragraph",
    )


def _lines(paragraph: Paragraph) -> list[Line]:
    """The lines of a paragraph: Word's soft breaks part them."""
    return [Line(paragraph.number, line.text) for line in read_lines(paragraph.text)]


def _paragraphs(blocks: Sequence[Block]) -> Iterator[Paragraph]:
    for block in blocks:
        if isinstance(block, Paragraph):
            yield block
        else:
            for row in block.rows:
                for cell in row:
                    yield from cell


# Tables


def _question_rows(
    block: WordTable, number: int, notes: list[Note]
) -> list[Typed] | None:
    """The questions of a table with headings; None if it has none."""
    rows = [
        [
            Cell(_cell_text(cell), f"{column_letters(column)}{row}")
            for column, cell in enumerate(cells)
        ]
        for row, cells in enumerate(block.rows, 1)
    ]
    kept = [cells for cells in rows if any(cell.text for cell in cells)]
    try:
        found = table(Sheet(f"表格{number}", kept, []), HEADINGS | ALSO_READ, REQUIRED)
    except Refused:
        return None
    return read_rows(found, notes)


def _cell_text(cell: Sequence[Paragraph]) -> str:
    texts = (line.text for p in cell for line in read_lines(p.text))
    return "\n".join(texts)


def _table_lines(block: WordTable) -> Iterator[Line]:
    """A table without headings as lines: options side by side, keys under numbers."""
    for cells in block.rows:
        texts = [[line for p in cell for line in _lines(p)] for cell in cells]
        filled = [lines for lines in texts if lines]
        if not filled:
            continue
        if all(len(lines) == 1 for lines in filled):
            whole = "\t".join(lines[0].text for lines in filled)
            yield Line(filled[0][0].number, whole)
        else:
            for lines in filled:
                yield from lines


# What was not taken


def _lost_notes(lost: dict[int, list[str]]) -> Iterator[Note]:
    """One sentence for each kind of thing, with its places."""
    for what, word in LOST.items():
        places = [number for number, all_ in lost.items() if what in all_ and number]
        if places:
            yield Note(
                "没有读取%(what)s：第 %(where)s 段",
                {"what": word, "where": shown_places(places)},
            )
        elif any(what in all_ for all_ in lost.values()):
            yield Note("没有读取%(what)s", {"what": word})
    for what, sentence in TOLD.items():
        places = [number for number, all_ in lost.items() if what in all_]
        if places:
            yield Note(
                "第 %(where)s 段%(what)s",
                {"what": sentence, "where": shown_places(places)},
            )


def _marked(one: Typed, lost: dict[int, list[str]]) -> Typed:
    """A question with a doubt for each thing that was lost in its paragraphs."""
    doubts = [
        Problem("这一题里有%(what)s，没有读取", "stem", {"what": LOST[what]})
        if what in LOST
        else Problem("这一题里%(what)s", "stem", {"what": TOLD[what]})
        for what in dict.fromkeys(
            what for number in one.lines for what in lost.get(number, ())
        )
    ]
    return replace(
        one,
        doubts=(*one.doubts, *doubts),
        counted="paragraph",
        parts=tuple(replace(part, counted="paragraph") for part in one.parts),
    )
