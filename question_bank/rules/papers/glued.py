"""Questions that stand on one line: …D.五年2、行政复议法…."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from question_bank.rules.papers.labels import find_labels
from question_bank.rules.papers.layout import Block
from question_bank.rules.papers.lines import Line, fold
from question_bank.rules.papers.options import find_options

_JUDGED = re.compile(r"[(\[]\s*(?:[√×✓✗✘✔对错TF]|正确|错误)\s*[)\]]")
_NUMBER = re.compile(
    r"(?<![\d.])(?:(?P<a>\d{1,4})\s*[.、:)]\s*|\(\s*(?P<b>\d{1,4})\s*\)\s*"
    r"|第\s*(?P<c>\d{1,4})\s*题\s*[.、:]?\s*)(?=\S)"
)
_WINDOW = 2500  # characters on either side of a number that are looked at


def split_glued(block: Block) -> Iterator[Block]:
    """A block, cut where the next number begins a question of its own.

    Only inside a line: numbers at the beginning of lines have been looked at.
    """
    if block.number is None or block.parts:
        yield block
        return
    before = ""  # the folded text of this question so far
    lines: list[Line] = []
    whole: list[Line] = []
    head = block
    number = block.number
    following = [fold(line.text) for line in block.lines]
    for n, line in enumerate(block.lines):
        folded, begin = following[n], 0
        rest = "\n".join(following[n + 1 : n + 12])[:_WINDOW]
        shift = len(block.whole[n].text) - len(line.text)
        for found in _NUMBER.finditer(folded):
            if int(found["a"] or found["b"] or found["c"]) != number + 1:
                continue
            if not folded[begin : found.start()].strip():
                continue
            left = f"{before}\n{folded[begin : found.start()]}"[-_WINDOW:]
            right = f"{folded[found.end() : found.end() + _WINDOW]}\n{rest}"
            if not _both_are_questions(left, right):
                continue
            lines.append(replace(line, text=line.text[begin : found.start()].strip()))
            whole.append(_piece(block.whole[n], begin, found.start(), shift))
            yield replace(head, lines=lines, whole=whole)
            number += 1
            head = Block([], number, block.style)
            lines, whole, before, begin = [], [], "", found.end()
        lines.append(replace(line, text=line.text[begin:].strip()))
        whole.append(_piece(block.whole[n], begin, len(line.text), shift))
        before = f"{before}\n{folded[begin:]}"[-_WINDOW:]
    yield replace(head, lines=lines, whole=whole)


def _piece(whole: Line, begin: int, end: int, shift: int) -> Line:
    """A part of a line as it stood there; the first part has its number."""
    start = begin + shift if begin else 0
    return replace(whole, text=whole.text[start : end + shift].strip())


def _both_are_questions(before: str, after: str) -> bool:
    """Whether what stands on either side of a number is a question."""
    first, second = find_options(before), find_options(after)
    options_before = bool(first and len(first.spans) > 1)
    options_after = bool(second and len(second.spans) > 1 and second.start > 0)
    keyed_before = any(f.part in ("key", "both") for f in find_labels(before))
    judged_before = bool(_JUDGED.search(before))
    if options_after and (options_before or keyed_before or judged_before):
        return True
    next_line = after.partition("\n")[0]
    if judged_before and _JUDGED.search(next_line):
        return True
    return keyed_before and any(
        f.part in ("key", "both") for f in find_labels(next_line)
    )
