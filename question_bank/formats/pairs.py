"""Writing the workbook of questions that are alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import IO

import xlsxwriter

from question_bank.likeness import Pair
from question_bank.rules.intake import Kept
from question_bank.rules.validity import KINDS, typed_key

_HEADS = (
    ("相似程度", 10),
    ("编号", 8),
    ("题干", 60),
    ("答案", 12),
    ("较早的编号", 12),
    ("较早的题干", 60),
    ("较早的答案", 12),
    ("答案是否相同", 14),
)


def write_pairs(
    out: IO[bytes], pairs: Sequence[Pair], questions: Mapping[int, Kept]
) -> None:
    """One row a pair, both questions side by side."""
    options = {"strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, options | {"in_memory": True}) as book:
        sheet = book.add_worksheet("相似的题")
        head = book.add_format({"bold": True, "bg_color": "#E2F1EE", "border": 1})
        share = book.add_format({"num_format": "0%", "valign": "top"})
        text = book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
        for column, (name, width) in enumerate(_HEADS):
            sheet.set_column(column, column, width)
            sheet.write_string(0, column, name, head)
        sheet.freeze_panes(1, 0)
        for row, pair in enumerate(pairs, 1):
            one, other = questions[pair.question_id], questions[pair.other_id]
            sheet.write_number(row, 0, pair.share, share)
            cells = [*_cells(one), *_cells(other), _agree(one, other)]
            for column, value in enumerate(cells, 1):
                sheet.write_string(row, column, value, text)
        sheet.autofilter(0, 0, len(pairs), len(_HEADS) - 1)


def _cells(kept: Kept) -> list[str]:
    stem = f"（{KINDS[kept.draft.kind]}）{kept.draft.stem}"
    return [str(kept.question_id), stem, typed_key(kept.draft)]


def _agree(one: Kept, other: Kept) -> str:
    return "相同" if typed_key(one.draft) == typed_key(other.draft) else "不同"
