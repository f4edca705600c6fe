"""The child process that reads papers: ``python -m question_bank.formats.reader``.

Word documents, texts and JSON; spreadsheets have a child of their own
(core.sheet_reader). Prints one JSON object: ``{"reading": …}``; ``{"table": true}`` for
a text that is a table with headings; or a refusal. Nothing that has a setting, a secret
or a database is imported here.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from core.cells import Note
from core.child import limit_this_process, print_refusal
from core.errors import Refused
from core.headings import heading_key
from core.sheet_kinds import FILE_LIMIT
from core.sheet_reader import decoded
from question_bank.formats.columns import HEADINGS
from question_bank.formats.neutral import find_items, read_item, read_neutral
from question_bank.formats.reading import Reading, dump_reading
from question_bank.rules.papers.paper import read_paper

TEXT_LIMIT = 2_000_000  # characters of a text: about 15,000 questions


def read(path: Path, filename: str) -> dict[str, Any]:
    """What is printed of a file."""
    ending = Path(filename).suffix.lower()
    if ending == ".docx":
        # Only here: the other kinds do not need its library.
        from question_bank.formats.document import read_word  # noqa: PLC0415

        return {"reading": dump_reading(read_word(path, filename))}
    if path.stat().st_size > FILE_LIMIT:
        raise Refused("“%(file)s”超过 20 MB。请拆成几个文件分别上传", file=filename)
    data = path.read_bytes()
    if ending == ".json":
        return {"reading": dump_reading(read_neutral(data, filename=filename))}
    text = _decoded(data, filename)
    if _is_table(text):
        return {"table": True}
    return {"reading": dump_reading(read_text(text))}


def read_text(text: str) -> Reading:
    """Read the questions of a text: a paper, or the neutral form in JSON."""
    items = find_items(text) if text.lstrip("\ufeff \t\r\n")[:1] in "[{" else None
    if items is not None:
        typed = [read_item(item, n) for n, item in enumerate(items, 1)]
        return Reading(typed, [])
    paper = read_paper(text)
    notes = [Note(doubt.message, doubt.values) for doubt in paper.doubts]
    return Reading(paper.typed, notes, paper.headings, paper.left, "line")


def _decoded(data: bytes, filename: str) -> str:
    head = data[:8].lstrip(b"\xef\xbb\xbf")
    if head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF")):
        raise Refused(
            "“%(file)s”不是文本文件，只是扩展名像。"
            "请把扩展名改回 .docx 或 .xlsx 后再上传",
            file=filename,
        )
    try:
        text = decoded(data, filename)
    except Refused:
        raise Refused(
            "“%(file)s”的文字编码无法识别。"
            "请用记事本打开，另存为 UTF-8 编码，或把文字直接粘贴到导入页",
            file=filename,
        ) from None
    if len(text) > TEXT_LIMIT:
        raise Refused(
            "“%(file)s”有 %(n)d 个字，超过了 %(limit)d 个字的上限。请拆成几份分别导入",
            file=filename,
            n=len(text),
            limit=TEXT_LIMIT,
        )
    return text


def _is_table(text: str) -> bool:
    """Whether one of the first lines holds headings: text copied from a spreadsheet."""
    known = {
        heading_key(word): part for part, words in HEADINGS.items() for word in words
    }
    for line in text[:20_000].splitlines()[:10]:
        for mark in ("\t", ",", ";"):
            cells = [heading_key(cell.strip('"')) for cell in line.split(mark)]
            parts = {known[cell] for cell in cells if cell in known}
            if {"stem", "key"} <= parts:
                return True
    return False


def main(path: str, filename: str) -> None:
    """Read a file and print what it holds."""
    limit_this_process()
    try:
        # In ASCII: half of a surrogate pair, which JSON may hold, is no UTF-8.
        answer = json.dumps(read(Path(path), filename))
    except Refused as refusal:
        print_refusal(refusal)
    else:
        sys.stdout.write(answer)


if __name__ == "__main__":
    main(*sys.argv[1:])
